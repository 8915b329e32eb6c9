"""Devices that run artefacts: this machine, phones, an emulated one, or a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from act_profiling.operators import Operator
    from act_profiling.rows import Keep


@dataclass(frozen=True)
class Job:
    """A folder that holds all a run needs: the artefact, ``plan.txt`` and ``data.bin``."""

    folder: Path
    target: str
    """A name in :data:`act_artefact.targets.TARGETS`: which runtime is needed."""
    first_calls: tuple[int, ...] = (0,)
    """The calls with which sequences begin: where a run that was cut short may resume."""
    export: Path | None = None
    """The artefact as it was given, with its manifest and golden bundle beside it."""

    def files(self) -> dict[str, Path]:
        """List its files by their names in the folder."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path for path in found}


@dataclass(frozen=True)
class Settings:
    """Settings of a job's run; the runner's options of the same names."""

    threads: int = 1
    cpus: str | None = None
    """A mask in hexadecimal; None leaves it to the system."""
    warmup: int = 10
    min_count: int = 1
    min_seconds: float = 0.0
    keep: Keep = "ponder"
    mark: bool = False
    """True if an emulator counts between marks."""
    memory: bool = False
    operators: bool = False
    """True if the runtime writes a profile of its operators."""


@dataclass(frozen=True)
class Outcome:
    """The results of a run."""

    rows: Path
    """``rows.bin``, on this machine; several runs' rows one after the other if it was resumed."""
    facts: Mapping[str, Any]
    """Facts that the runner reports: runtime, init_ns, first_ns, ..."""
    counts: tuple[Mapping[str, int], ...] = ()
    """Counts for each timed call on an emulated device: instructions, macs, loads, stores."""
    operators: tuple[Operator, ...] = ()
    """The profile of operators, where the settings request it."""
    resumed: int = 0
    """The number of times that the device went away and came back."""
    notes: tuple[str, ...] = field(default=())
    """Notes for a reader of the report."""
    throttled: bool = False
    """The device was slowed down by heat at some time during the run."""


class Interrupted(Exception):
    """A run was ended from another thread."""


class Device(Protocol):
    """A place where jobs run."""

    name: str
    """The user's name for it: host, adb:SERIAL, emulated, browser, ios:NAME."""
    reports_latency: bool
    """False for an emulated device, whose times are never shown as latency."""

    def describe(self) -> dict[str, Any]:
        """Describe it in plain types: SoC, cores and their maxima, OS, governor, battery, ...

        Some entries are not facts for the report to list: ``identity``, which must be equal for two
        reports to be of the same device; ``boundary``, what is timed, where that is not a runtime's
        own call; ``notes`` for a reader.
        """
        ...

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end; its rows are written to ``rows``.

        Raises:
            UserError: the device or the runtime on it cannot do this, and what would help.
            CheckFailed: the runner failed.
        """
        ...

    def interrupt(self) -> None:
        """End the run soon, by an exception; called from another thread than the one that runs."""
        ...

    def close(self) -> None:
        """Leave the device as it was: files removed, modes restored."""
        ...
