"""Where an artefact is run: this machine, a phone over adb, or an emulated one."""

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


@dataclass(frozen=True)
class Settings:
    """How a job is run; the runner's options of the same names."""

    threads: int = 1
    cpus: str | None = None
    """A mask in hexadecimal; None leaves it to the system."""
    warmup: int = 10
    min_count: int = 1
    min_seconds: float = 0.0
    keep: Keep = "ponder"
    mark: bool = False
    """Whether an emulator counts between marks."""
    memory: bool = False
    operators: bool = False
    """Whether the runtime writes a profile of its operators."""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    rows: Path
    """``rows.bin``, on this machine; several runs' rows one after the other if it was resumed."""
    facts: Mapping[str, Any]
    """What the runner said of itself: runtime, init_ns, first_ns, ..."""
    counts: tuple[Mapping[str, int], ...] = ()
    """On an emulated device, for each timed call: instructions, macs, loads, stores."""
    operators: tuple[Operator, ...] = ()
    """Where the settings ask for them."""
    resumed: int = 0
    """How often the device had gone away and come back."""
    notes: tuple[str, ...] = field(default=())
    """What a reader of the report should know."""
    throttled: bool = False
    """The device was slowed down by heat at some time during the run."""


class Interrupted(Exception):
    """A run was ended from another thread."""


class Device(Protocol):
    """A place where jobs run."""

    name: str
    """As the user names it: host, adb:SERIAL, emulated."""
    reports_latency: bool
    """False for an emulated device, whose times are never shown as latency."""

    def describe(self) -> dict[str, Any]:
        """What it is: SoC, cores and their maxima, OS, governor, battery, ...; plain types."""
        ...

    def run(self, job: Job, settings: Settings, rows: Path) -> Outcome:
        """Run a job to its end; its rows are written to ``rows``.

        Raises:
            UserError: the device or the runtime on it cannot do this, and what would help.
            CheckFailed: the runner failed.
        """
        ...

    def interrupt(self) -> None:
        """From another thread than the one that runs: the run ends soon, by an exception."""
        ...

    def close(self) -> None:
        """Leave the device as it was: files removed, modes restored."""
        ...
