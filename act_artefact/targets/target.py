"""The description of a target: all that the exporter, the commands and the profiler know of it.

Only the code that converts to a target (``act_export/targets/NAME/``), runs its artefacts on this
machine (``act_export/runtimes/NAME.py``) or reads its runtime's profiles
(``act_profiling/operators/NAME.py``) knows more; each is found by the target's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, get_args, runtime_checkable

from act_artefact.form import Ponder

PARTS = ".parts"
"""Suffix of the folder that holds the parts of a host form as files."""


@dataclass(frozen=True)
class LibraryRuntime:
    """A device's runtime that is a shared library, which ``act-runner`` opens."""

    package: str
    """The Python package that brings the library, by the name it installs under."""
    module: str
    """The same package by the name it imports under."""
    pattern: str
    """Pattern of the library's file within the module's folder."""
    names: tuple[str, ...]
    """Patterns of the names that a user's own library may have."""
    version: str
    """Version of the package whose library is put on arm64 devices, pinned by the wheel's hash."""
    sha256: str
    platform: str
    """Platform tag of that wheel."""
    op_profiles: str = ""
    """Beginning of the runtime's own name where it writes a profile of its operators, which
    ``act_profiling/operators/NAME.py`` reads; empty if none is written."""


@runtime_checkable
class Engine(Protocol):
    """A module that compiles an engine of this project's own."""

    SOURCES: Path
    """The folder of its C files."""

    def library(self) -> Path:
        """Compile the engine for this machine, unless it is in the cache.

        Raises:
            UserError: there is no C compiler, or it does not compile.
        """
        ...


@dataclass(frozen=True)
class BuiltInRuntime:
    """A device's runtime that is compiled into a runner of its own, which needs no library."""

    runner: str
    """The runner's name."""
    folder: str
    """In ``native/runner/``: the C files by which the runner calls the engine."""
    engine_module: str
    """The Python module that compiles the engine; see :class:`Engine`."""

    @property
    def engine(self) -> Engine:
        """The module, imported now."""
        module = import_module(self.engine_module)
        if not isinstance(module, Engine):
            raise TypeError(f"{self.engine_module}: needs SOURCES and library()")
        return module


@dataclass(frozen=True)
class AppRuntime:
    """A device's runtime that belongs to its system, and that an app on it calls."""

    device: str
    """The kind of ``--device`` whose app it is."""
    place: str
    """Where that is, as a text says it."""


@dataclass(frozen=True)
class WebRuntime:
    """A runtime in browsers, which a page loads by its module of the target's name."""

    title: str
    package: str
    """Its package on npm."""
    version: str
    """The version with which the page is tested."""
    needs: tuple[str, ...] = ()
    """Packages that it fetches, too."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A file format, what writes it and what runs it."""

    name: str
    suffix: str
    """Suffix of the artefact's file or folder, with the dot."""
    packages: tuple[str, ...] = ()
    """Packages that converting and checking need, by the names they install under; their versions
    go into the manifest."""
    modules: tuple[str, ...] = ()
    """The same packages by the names they import under."""
    runtime: str
    """The runtime that checks the artefact on this machine, as a report says it."""
    measured: bool = True
    """True if that is the device's own runtime, whose times on this machine can be compared."""
    device: LibraryRuntime | BuiltInRuntime | AppRuntime | None
    """The runtime that runs the artefact on devices; None if it cannot be profiled."""
    web: WebRuntime | None = None
    """The runtime that a page fetches from npm's packages; None where it has its own, or none."""
    not_profiled: str = ""
    """Why it cannot be profiled, as an error says it."""
    readers: Mapping[str, str]
    """The oldest runtime that reads the artefact, by precision; tests/clients checks it."""
    ponders: tuple[Ponder, ...] = get_args(Ponder)
    """The kinds of ponder loop that it can express."""
    unrolled_from: float = 0.5
    """The share of max_ponder that mean N must reach for ``--ponder auto`` to try ``unroll``."""
    named_axes: bool = True
    """True if axes may be of a size that a call chooses, besides time."""
    bounded_axes: bool = False
    """True if such a size is at most the one that the model was made for."""
    keeps_layers: bool = False
    """True if torch's own nn.RNN, nn.GRU and nn.LSTM stay one operation each, whatever the time."""
    traced: bool = True
    """True if it lowers the traced program; else it reads the model itself."""
    folder: bool = False
    """True if the artefact is a folder, whatever the kind of ponder loop."""
    signatures: bool = False
    """True if one file holds all parts of the host form; else they are files in a folder."""
    embeds: bool = False
    """True if the artefact can be had as C source too."""
    on_page: bool = False
    """True if the page of ``act_export/web`` runs the artefact."""
    example: str
    """Arguments of an export to this target, for ``act-export --help``."""

    def artefact(self, name: str, ponder: Ponder) -> str:
        """The name of the file or folder that an export NAME is."""
        return f"{name}{PARTS if self._in_parts(ponder) else self.suffix}"

    def is_folder(self, ponder: Ponder) -> bool:
        """True if the artefact is a folder of files."""
        return self.folder or self._in_parts(ponder)

    def _in_parts(self, ponder: Ponder) -> bool:
        return ponder == "host" and not self.signatures


def suffixes(targets: Mapping[str, Target]) -> tuple[str, ...]:
    """Every suffix that an artefact may have."""
    return (PARTS, *dict.fromkeys(target.suffix for target in targets.values()))
