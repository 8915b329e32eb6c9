"""``act-runner``, built from native/runner at first use and kept in a cache."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from act_artefact.compiling import compiled, find_compiler
from act_artefact.errors import UserError
from act_artefact.targets import BuiltInRuntime

SOURCES = Path(__file__).parent / "native_runner"
"""A link to native/runner, whose files are in an installed package."""

AARCH64_GCC = "aarch64-linux-gnu-gcc"
ZIG_TARGET = "aarch64-linux-gnu.2.28"
"""The glibc of the runtimes' own wheels (manylinux_2_28)."""
ZIG_STATIC_TARGET = "aarch64-linux-musl"
"""zig has no static glibc."""

NAME = "act-runner"
"""The runner that opens a runtime's library."""


def host_runner(built_in: BuiltInRuntime | None = None) -> Path:
    """Build the runner for this machine, unless it is in the cache.

    Args:
        built_in: the one runtime that it has in it; by default it opens a library.

    Raises:
        UserError: there is no C compiler, or it does not compile.
    """
    return _build(find_compiler(NAME), built_in)


def aarch64_runner(built_in: BuiltInRuntime | None = None) -> Path:
    """Build the runner for 64-bit ARM with glibc, unless it is in the cache.

    Args:
        built_in: the one runtime that it has in it, which is then a static file that needs no
            library, not even glibc; by default it opens one.

    Raises:
        UserError: there is no cross-compiler, or it does not compile.
    """
    if gcc := shutil.which(AARCH64_GCC):
        return _build((gcc, "-static") if built_in else (gcc,), built_in)
    if importlib.util.find_spec("ziglang"):
        zig = (sys.executable, "-m", "ziglang", "cc", "-target")
        if built_in:
            return _build((*zig, ZIG_STATIC_TARGET, "-static"), built_in)
        return _build((*zig, ZIG_TARGET))
    raise UserError(
        "act-runner for arm64 needs a cross-compiler: apt-get install gcc-aarch64-linux-gnu, or "
        "pip install ziglang; or build it with the NDK and give its folder with --runtime"
    )


def _build(compile_with: Sequence[str], built_in: BuiltInRuntime | None = None) -> Path:
    files = sorted(SOURCES.glob("*.[ch]"))
    if built_in is None:
        return compiled(NAME, NAME, [*compile_with, "-O2"], files, ("-ldl", "-lm"))
    engine = built_in.engine.SOURCES
    own = [file for file in files if not file.match("runtime*.c")]
    calling = sorted((SOURCES / built_in.folder).glob("*.c"))
    # Without the first the compiler may round otherwise than in the engine's other builds.
    options = ("-ffp-contract=off", "-O2", "-I", str(engine))
    files = [*own, *calling, *sorted(engine.glob("*.[ch]"))]
    return compiled(NAME, built_in.runner, [*compile_with, *options], files, ("-lm",))
