"""The engine as WebAssembly: ``python -m act_engine.wasm`` writes ``act_engine/web/act.wasm``.

The compiler is zig, from PyPI at a pinned version and hash, kept in the cache: the same sources
give the same bytes. The module imports nothing, and its stack is stated, so that it begins small.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from act_artefact.cache import cache, kept
from act_artefact.compiling import compile_c
from act_artefact.errors import UserError
from act_artefact.wheels import fetch_wheel
from act_engine.build import SOURCES
from act_engine.library import CAN_FAIL, OTHERS

WEB = Path(__file__).parent / "web"
"""The folder of act.js and act.wasm, which a web page is given."""

ZIG = "0.17.1"
ZIG_SHA256 = (
    "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",  # Linux, x86-64
    "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",  # Linux, arm64
    "4e0b4b9c02b8d0d220e9948010f860b62ff11d96abb39762eca5fa2ef3f7bc97",  # macOS, x86-64
    "09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23",  # macOS, arm64
)
ZIG_FILES = tuple(
    f"ziglang/{name}"
    for name in (
        "zig",
        *(f"lib/{name}" for name in ("c", "compiler", "include/", "std/", "ubsan_rt.zig")),
        *(f"lib/libc/{name}" for name in ("musl/", "wasi/")),
        *(f"lib/libc/include/{name}-musl/" for name in ("generic", "wasm-wasi")),
    )
)
"""Beginnings of the names of the wheel's files that this target needs: half of the whole."""

TARGET = ("-target", "wasm32-wasi", "-std=c99", "-O3", "-msimd128", "-ffp-contract=off")
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-pedantic", "-Werror")

STACK = 65536
"""Bytes; the linker's own 16 MiB would be the module's memory from its start."""

EXPORTED = (
    *(f"act_{name}" for name in (*CAN_FAIL, *OTHERS) if name != "open"),
    *("aligned_alloc", "free"),
)
"""act.h's functions, but for that of files, and what act.js takes memory with."""


def build(to: Path) -> None:
    """Compile the engine to a WebAssembly module.

    Raises:
        UserError: the compiler cannot be fetched, or the engine does not compile.
    """
    compile_wasm(
        sorted(SOURCES.glob("*.c")),
        to,
        *("-mexec-model=reactor", "-fvisibility=hidden", "-s", f"-Wl,-z,stack-size={STACK}"),
        *(f"-Wl,--export={name}" for name in EXPORTED),
    )


def compile_wasm(sources: Sequence[Path], to: Path, *flags: str) -> None:
    """Compile C files with the pinned compiler, for WASI where they use it.

    Raises:
        UserError: the compiler cannot be fetched, or they do not compile.
    """
    zig = kept(cache() / f"zig-{ZIG}", _unpack_zig) / "ziglang" / "zig"
    with tempfile.TemporaryDirectory() as scratch:
        # Its own cache keeps the C library, which takes it the longest.
        caches = (
            f"ZIG_GLOBAL_CACHE_DIR={cache() / f'zig-{ZIG}-compiled'}",
            f"ZIG_LOCAL_CACHE_DIR={scratch}",
        )
        command = ["env", *caches, str(zig), "cc", *TARGET, *WARNINGS, *flags]
        made = Path(scratch) / to.name
        compile_c("the web's engine", [*command, *map(str, sources), "-o", str(made)])
        shutil.copyfile(made, to)


def _unpack_zig(to: Path) -> None:
    to.mkdir()
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(fetch_wheel("ziglang", ZIG, ZIG_SHA256, Path(folder))) as wheel,
    ):
        wheel.extractall(to, [name for name in wheel.namelist() if name.startswith(ZIG_FILES)])
    (to / "ziglang" / "zig").chmod(0o755)


def main() -> None:
    """Build the module where the package has it."""
    made = WEB / "act.wasm"
    build(made)
    print(f"{made}: {made.stat().st_size} bytes")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"web-engine: {error}")
