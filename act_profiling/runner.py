"""``act-runner``, built from native/runner at first use and kept in a cache."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from act_artefact.compiling import compiled, find_compiler
from act_artefact.errors import UserError
from act_engine.build import SOURCES as ENGINE

SOURCES = Path(__file__).parent / "native_runner"
"""A link to native/runner, whose files are in an installed package."""

AARCH64_GCC = "aarch64-linux-gnu-gcc"
ZIG_TARGET = "aarch64-linux-gnu.2.28"
"""The glibc of the runtimes' own wheels (manylinux_2_28)."""
ZIG_STATIC_TARGET = "aarch64-linux-musl"
"""zig has no static glibc."""

NAME, NATIVE_NAME = "act-runner", "act-runner-native"
"""The runner that opens a runtime's library, and the one that has the native engine in it."""


def host_runner(*, native: bool = False) -> Path:
    """The runner for this machine.

    Args:
        native: with the native engine, and with no other runtime.

    Raises:
        UserError: there is no C compiler, or it does not compile.
    """
    return _build(find_compiler("act-runner"), native)


def aarch64_runner(*, native: bool = False) -> Path:
    """The runner for 64-bit ARM with glibc.

    Args:
        native: with the native engine, and with no other runtime or library: not even glibc.

    Raises:
        UserError: there is no cross-compiler, or it does not compile.
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
    if not native:
        return compiled("act-runner", NAME, [*compile_with, "-O2"], files, ("-ldl", "-lm"))
    own = [file for file in files if not file.match("runtime*.c")]
    files = [*own, *sorted((SOURCES / "engine").glob("*.c")), *sorted(ENGINE.glob("*.[ch]"))]
    # Without the first the compiler may round otherwise than in the engine's other builds.
    options = ("-ffp-contract=off", "-O2", "-I", str(ENGINE))
    return compiled("act-runner", NATIVE_NAME, [*compile_with, *options], files, ("-lm",))
