"""libact_jni.so, the native engine for a Java virtual machine: built once with CMake."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from act_artefact.cache import cache, kept
from tests.android.toolchain import run

ENGINE = Path(__file__).parents[2] / "native" / "engine"


def act_jni() -> Path:
    """The folder of the library."""
    files = [*ENGINE.glob("*.[ch]"), *(ENGINE / "bindings" / "kotlin").glob("*")]
    key = hashlib.sha256()
    for file in sorted(file for file in files if file.is_file()):
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    return kept(cache() / "android" / f"act-jni-{key.hexdigest()[:16]}", _build)


def _build(to: Path) -> None:
    compiler = shutil.which("javac")
    assert compiler is not None
    home = {"JAVA_HOME": os.fspath(Path(compiler).resolve().parents[1])}
    to.mkdir()
    with tempfile.TemporaryDirectory() as folder:
        source = ["cmake", "-S", ENGINE / "bindings" / "kotlin", "-B", folder]
        run([*source, "-DCMAKE_BUILD_TYPE=Release"], environment=home)
        run(["cmake", "--build", folder])
        shutil.copy(Path(folder) / "libact_jni.so", to)
