"""The app's APK and bundle: D8 and bundletool, and keys that are made for the test."""

from __future__ import annotations

import hashlib
import struct
import tempfile
import zipfile
from functools import cache as once
from pathlib import Path

from act_artefact.cache import cache, kept
from tests.android.apk import MIN_SDK, linked
from tests.android.jars import act, act_android, app, framework, litert, ort, resources
from tests.android.toolchain import bundletool, kotlin_library, onnxruntime, run

PAGE = 16384
"""Bytes of the largest pages that phones have."""

ABI = "arm64-v8a"
_ALIGNMENT = 0xD935
"""The extra field of an entry that says to what multiple its data are aligned."""


@once
def dex(min_api: int = MIN_SDK) -> Path:
    """``classes.dex``: all classes of the app but LiteRT's, which come from Google's repository."""
    jars = [act(), act_android(), app(), resources(), kotlin_library(), ort()]
    key = hashlib.sha256(str(min_api).encode())
    for jar in jars:
        key.update(jar.read_bytes())

    def make(to: Path) -> None:
        to.mkdir()
        libraries = [framework(), litert()]
        java = Path(
            run(["java", "-XshowSettings:properties", "-version"])
            .split("java.home = ")[1]
            .split()[0]
        )
        words: list[str | Path] = ["java", "-Xmx1g", "-cp", bundletool(), "com.android.tools.r8.D8"]
        words += ["--release", "--min-api", str(min_api), "--lib", java]
        for library in libraries:
            words += ["--lib", library]
        run([*words, "--output", to, *jars])

    return kept(cache() / "android" / f"dex-{key.hexdigest()[:16]}", make)


@once
def from_dex() -> Path:
    """``classes.dex`` as a jar again, by Debian's enjarify.

    Made for Android 5, whose interfaces have no methods with bodies: enjarify knows none.
    """
    (file,) = dex(min_api=21).glob("*.dex")
    key = hashlib.sha256(file.read_bytes()).hexdigest()[:16]

    def make(to: Path) -> None:
        # It asks for python3 on PATH, which must be the one that has it.
        said = run(["enjarify", file, "-o", to], environment={"PATH": "/usr/bin:/bin"})
        if ", 0 classes had errors" not in said:
            raise RuntimeError(f"enjarify: {said[-2000:]}")

    return kept(cache() / "android" / f"from-dex-{key}" / "app.jar", make)


def _native_libraries() -> list[Path]:
    return sorted((onnxruntime() / "jni" / ABI).glob("*.so"))


def write_apk(to: Path, assets: Path) -> None:
    """Write the app, unsigned, its libraries aligned to pages."""
    with zipfile.ZipFile(linked() / "base.apk") as base, zipfile.ZipFile(to, "w") as made:
        for info in base.infolist():
            stored = info.filename == "resources.arsc"
            _add(made, info.filename, base.read(info), compressed=not stored, multiple=4)
        for file in sorted(dex().glob("*.dex")):
            _add(made, file.name, file.read_bytes(), compressed=True, multiple=4)
        for library in _native_libraries():
            name = f"lib/{ABI}/{library.name}"
            _add(made, name, library.read_bytes(), compressed=False, multiple=PAGE)
        for file in sorted(assets.rglob("*")):
            if file.is_file():
                name = f"assets/models/{file.relative_to(assets)}"
                _add(made, name, file.read_bytes(), compressed=True, multiple=4)


def _add(
    archive: zipfile.ZipFile, name: str, data: bytes, *, compressed: bool, multiple: int
) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    if not compressed:
        assert archive.fp is not None
        start = archive.fp.tell() + 30 + len(name.encode()) + 6
        padding = -start % multiple
        info.extra = struct.pack("<HHH", _ALIGNMENT, 2 + padding, multiple) + bytes(padding)
    archive.writestr(info, data)


def sign(unsigned: Path, to: Path, folder: Path) -> None:
    """Sign with a key that is made in ``folder``."""
    store = folder / "key.p12"
    secret = ["-storepass", "android", "-keypass", "android"]
    made = ["keytool", "-genkeypair", "-keystore", store, "-storetype", "PKCS12", "-alias", "key"]
    made += ["-keyalg", "RSA", "-keysize", "2048", "-validity", "10000", "-dname", "CN=Test"]
    run([*made, *secret])
    signed = ["apksigner", "sign", "--ks", store, "--ks-pass", "pass:android"]
    run([*signed, "--min-sdk-version", str(MIN_SDK), "--out", to, unsigned])


def write_bundle(to: Path) -> None:
    """Write the app as a bundle, as stores take it."""
    with tempfile.TemporaryDirectory() as name:
        module = Path(name) / "base.zip"
        with (
            zipfile.ZipFile(linked() / "proto.apk") as base,
            zipfile.ZipFile(module, "w", zipfile.ZIP_DEFLATED) as made,
        ):
            for info in base.infolist():
                inside = "manifest/" if info.filename == "AndroidManifest.xml" else ""
                made.writestr(inside + info.filename, base.read(info))
            for file in sorted(dex().glob("*.dex")):
                made.write(file, f"dex/{file.name}")
            for library in _native_libraries():
                made.write(library, f"lib/{ABI}/{library.name}")
        tool = ["java", "-jar", bundletool()]
        run([*tool, "build-bundle", f"--modules={module}", f"--output={to}"])


def misaligned(apk: Path) -> list[str]:
    """Native libraries that cannot be mapped from the file where pages have 16 KB."""
    wrong = []
    with zipfile.ZipFile(apk) as archive, apk.open("rb") as file:
        for info in archive.infolist():
            if not info.filename.endswith(".so"):
                continue
            file.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4))
            start = info.header_offset + 30 + name + extra
            mapped = info.compress_type == zipfile.ZIP_STORED and start % PAGE == 0
            if not mapped or _load_alignment(archive.read(info)) < PAGE:
                wrong.append(info.filename)
    return wrong


def _load_alignment(library: bytes) -> int:
    """The least alignment of an ELF file's loaded segments."""
    offset, width, count = (
        struct.unpack_from("<Q", library, 32)[0],
        *struct.unpack_from("<HH", library, 54),
    )
    segments = (struct.unpack_from("<IIQQQQQQ", library, offset + i * width) for i in range(count))
    return min(int(segment[7]) for segment in segments if segment[0] == 1)
