"""The programs that run jobs on an arm64 device: the runner, a runtime's library, a C library.

A phone has Android's C library, the runner and the pinned runtimes want glibc: it goes with them,
and the runner is started through glibc's own loader. A runner built with the NDK needs none of it:
a user's folder that holds ``act-runner`` is taken as it is. A runner with the runtime built in is
one static file, and goes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from act_artefact.errors import UserError
from act_artefact.targets import TARGETS, BuiltInRuntime
from act_profiling.glibc import LOADER, glibc
from act_profiling.libraries import arm64_library, own_library
from act_profiling.runner import NAME, aarch64_runner

ABIS = ("arm64-v8a", "aarch64")


@dataclass(frozen=True)
class DeviceProgram:
    """The files that are put beside a job on a device, and how a command begins there."""

    files: Mapping[str, Path]
    """Name there -> file here: the runner, the runtime's library, what they need."""
    command: tuple[str, ...]
    library: str = ""
    """The runtime's library, by its name there; empty where the runtime is in the runner."""
    version: str = ""
    """The library's, where it is known."""


Programs = Callable[[str, Sequence[str]], DeviceProgram]
"""(target, the device's ABIs, preferred first) -> the program that runs such jobs there.

Raises UserError where there is none for these ABIs.
"""


def device_programs(runtime: Path | None = None) -> Programs:
    """Return the programs for arm64 devices.

    Args:
        runtime: a folder with the runtimes' libraries for the device, perhaps with runners too;
            else the pinned libraries.
    """

    def program(target: str, abis: Sequence[str]) -> DeviceProgram:
        if not set(ABIS) & set(abis):
            raise UserError(f"the device runs {', '.join(abis) or 'nothing known'}, not arm64-v8a")
        device = TARGETS[target].device
        built_in = device if isinstance(device, BuiltInRuntime) else None
        name = built_in.runner if built_in else NAME
        start: tuple[str, ...] = (f"./{name}",)
        own = runtime / name if runtime else None
        own = own if own and own.is_file() else None
        if built_in:
            return DeviceProgram({name: own or aarch64_runner(built_in)}, start)
        library = own_library(runtime, target) if runtime else arm64_library(target)
        if own:
            files = {name: own}
        else:
            files = {name: aarch64_runner(), **glibc()}
            start = (f"./{LOADER}", "--library-path", ".", *start)
        files[library.path.name] = library.path
        return DeviceProgram(files, start, library.path.name, library.version)

    return program
