"""What is put on an arm64 device so that jobs run there: the runner, a runtime, and a C library.

A phone has Android's C library, the runner and the pinned runtimes want glibc: it goes with them,
and the runner is started through glibc's own loader. A runner built with the NDK needs none of it:
a user's folder that holds ``act-runner`` is taken as it is. The runner with the native engine in it
is one static file, and goes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from act_artefact.errors import UserError
from act_profiling.devices.adb import Program, Programs
from act_profiling.emulator.root import default_root
from act_profiling.libraries import NATIVE, arm64_library, own_library
from act_profiling.runner import NAME, NATIVE_NAME, aarch64_runner

ABIS = ("arm64-v8a", "aarch64")

LOADER = "ld-linux-aarch64.so.1"
GLIBC = (
    LOADER,
    *("libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0"),
    *("libgcc_s.so.1", "libstdc++.so.6"),
)
CROSS_GLIBC = Path("/usr/aarch64-linux-gnu/lib")
"""Of the packages libc6-arm64-cross and libstdc++6-arm64-cross."""


def device_programs(runtime: Path | None = None) -> Programs:
    """What runs jobs on arm64 devices.

    Args:
        runtime: a folder with the runtimes' libraries for the device, perhaps ``act-runner`` and
            ``act-runner-native``; else the pinned ones.
    """

    def program(target: str, abis: Sequence[str]) -> Program:
        if not set(ABIS) & set(abis):
            raise UserError(f"the device runs {', '.join(abis) or 'nothing known'}, not arm64-v8a")
        name = NATIVE_NAME if target == NATIVE else NAME
        start: tuple[str, ...] = (f"./{name}",)
        own = runtime / name if runtime else None
        own = own if own and own.is_file() else None
        if target == NATIVE:
            return Program({name: own or aarch64_runner(native=True)}, start)
        library = own_library(runtime, target) if runtime else arm64_library(target)
        if own:
            files = {name: own}
        else:
            files = {name: aarch64_runner(), **glibc()}
            start = (f"./{LOADER}", "--library-path", ".", *start)
        files[library.path.name] = library.path
        return Program(files, start, library.path.name, library.version)

    return program


def glibc() -> dict[str, Path]:
    """glibc for arm64 and its loader: name -> file.

    Raises:
        UserError: it is not on this machine.
    """
    for folders in _glibc_folders():
        there = {file.name: file for folder in folders for file in folder.glob("*.so*")}
        if all(name in there for name in GLIBC):
            return {name: there[name] for name in GLIBC}
    raise UserError(
        "the device's runner needs glibc for arm64: apt-get install libc6-arm64-cross "
        "libstdc++6-arm64-cross, or make emulated-device; or build act-runner with the NDK and "
        "give its folder with --runtime"
    )


def _glibc_folders() -> tuple[tuple[Path, ...], ...]:
    """Places with a whole one each: two would not fit together."""
    root = default_root()
    return (CROSS_GLIBC,), tuple(root / f / "aarch64-linux-gnu" for f in ("lib", "usr/lib"))
