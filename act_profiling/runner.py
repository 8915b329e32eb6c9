"""``act-runner``, built from native/runner at first use and kept in a cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from act_engine.build import SOURCES as ENGINE
from act_mobile.errors import CheckFailed, UserError

SOURCES = Path(__file__).parent / "native_runner"
"""A link to native/runner, whose files are in an installed package."""
BUILD_SECONDS = 300.0

AARCH64_GCC = "aarch64-linux-gnu-gcc"
ZIG_TARGET = "aarch64-linux-gnu.2.28"
"""The glibc of the runtimes' own wheels (manylinux_2_28)."""
ZIG_STATIC_TARGET = "aarch64-linux-musl"
"""zig has no static glibc."""

NAME, NATIVE_NAME = "act-runner", "act-runner-native"
"""The runner that opens a runtime's library, and the one that has the native engine in it."""


def cache() -> Path:
    """The folder that keeps what was built or fetched."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "act-mobile"


@contextmanager
def cached(path: Path) -> Iterator[Path]:
    """Where to make something that becomes ``path``, within the cache, if the block ends well.

    Another process may make the same at the same time: whichever ends first is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".making-") as folder:
        made = Path(folder) / path.name
        yield made
        if not (path.is_dir() and made.is_dir()):
            made.replace(path)


def host_runner(*, native: bool = False) -> Path:
    """The runner for this machine.

    Args:
        native: with the native engine, and with no other runtime.

    Raises:
        UserError: there is no C compiler.
        CheckFailed: it does not compile.
    """
    return _build((compiler(),), native)


def compiler() -> str:
    """This machine's C compiler.

    Raises:
        UserError: there is none.
    """
    name = os.environ.get("CC", "cc")
    if path := shutil.which(name):
        return path
    raise UserError(
        f"act-profile builds its runner with the C compiler {name}, which is not there: install "
        "gcc or clang, or name one with CC="
    )


def aarch64_runner(*, native: bool = False) -> Path:
    """The runner for 64-bit ARM with glibc.

    Args:
        native: with the native engine, and with no other runtime or library: not even glibc.

    Raises:
        UserError: there is no cross-compiler.
        CheckFailed: it does not compile.
    """
    if gcc := shutil.which(AARCH64_GCC):
        return _build((gcc, "-static") if native else (gcc,), native)
    if importlib.util.find_spec("ziglang"):
        zig = (sys.executable, "-m", "ziglang", "cc", "-target")
        if native:
            return _build((*zig, ZIG_STATIC_TARGET, "-static"), native)
        return _build((*zig, ZIG_TARGET))
    raise UserError(
        "act-runner for arm64 needs a cross-compiler: apt-get install gcc-aarch64-linux-gnu, or "
        "pip install ziglang; or build it with the NDK and give its folder with --runtime"
    )


def _build(compile_with: Sequence[str], native: bool = False) -> Path:
    files = sorted(SOURCES.glob("*.[ch]"))
    if native:
        own = [file for file in files if not file.match("runtime*.c")]
        files = [*own, *sorted((SOURCES / "engine").glob("*.c")), *sorted(ENGINE.glob("*.[ch]"))]
    key = hashlib.sha256(repr(tuple(compile_with)).encode())
    for file in files:
        key.update(file.name.encode() + b"\0" + file.read_bytes())
    path = cache() / f"act-runner-{key.hexdigest()[:16]}" / (NATIVE_NAME if native else NAME)
    if not path.exists():
        sources = [str(file) for file in files if file.suffix == ".c"]
        # Without it the compiler may round otherwise than in the engine's other builds.
        options = ["-O2", *(["-ffp-contract=off", "-I", str(ENGINE)] if native else [])]
        libraries = ["-lm"] if native else ["-ldl", "-lm"]
        with cached(path) as made:
            compile_native([*compile_with, *options, *sources, "-o", str(made), *libraries])
    return path


def compile_native(command: Sequence[str]) -> None:
    """Run a C compiler.

    Raises:
        CheckFailed: it fails, and its first complaint.
    """
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"{command[0]}: not done after {BUILD_SECONDS:.0f} s") from None
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if "error" in line]
        reason = (complaints or done.stderr.splitlines() or ["no reason given"])[0]
        raise CheckFailed(f"native code does not compile with {command[0]}: {reason}")
