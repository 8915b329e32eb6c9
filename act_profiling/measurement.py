"""The raw measurement of one variant, before anything is computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from act_artefact.manifest import Manifest
from act_artefact.schema import Mismatch, Name, typed
from act_profiling.difficulty import Difficulty
from act_profiling.images import Images
from act_profiling.job import Call
from act_profiling.operators import Operator
from act_profiling.rows import Row

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class VariantFacts:
    """A variant as a report tells it: an artefact and how it is run."""

    label: str
    """Unique within a report."""
    artefact: str
    """Its name within a report."""
    sha256: str
    target: str
    ponder: str
    precision: str
    batch: int
    sequence: str | int
    max_ponder: int
    epsilon: float | None
    """None where the number of ponder steps is fixed: a baseline."""
    budget: Mapping[str, float] = field(default_factory=dict)
    """Values of budget inputs other than their defaults."""
    threads: int = 1
    cpus: str | None = None
    """A mask in hexadecimal; None leaves it to the system."""
    task: str | None = None
    """The name of the task, where the model says it."""

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        artefact: str,
        label: str,
        budget: Mapping[str, float] | None = None,
        threads: int = 1,
        cpus: str | None = None,
    ) -> Self:
        return cls(
            label=label,
            artefact=artefact,
            sha256=manifest.sha256,
            target=manifest.target,
            ponder=manifest.ponder,
            precision=manifest.precision,
            batch=manifest.batch,
            sequence=manifest.sequence,
            max_ponder=manifest.max_ponder,
            epsilon=manifest.epsilon,
            budget=dict(budget or {}),
            threads=threads,
            cpus=cpus,
            task=_task(manifest),
        )


def _task(manifest: Manifest) -> str | None:
    """Take the task's name if it is one: whoever made the model wrote it."""
    try:
        return typed(manifest.task.get("name"), Name)
    except Mismatch:
        return None


@dataclass(frozen=True)
class GoldenCheck:
    """The device's answers compared with the golden bundle's; if not equal, no number is shown."""

    passed: bool
    calls: int
    max_abs_error: Mapping[str, float] = field(default_factory=dict)
    ponder_steps_differ: int = 0
    reason: str = ""
    """The place where it failed, in one line."""


@dataclass(frozen=True)
class Round:
    """One run of a variant over the data, in a process of its own."""

    rows: tuple[Row, ...]
    """In the order in which they were timed, after warm-up."""
    facts: Mapping[str, Any]
    """Facts that the runner reports: runtime, init_ns, first_ns, warmup_ns, ..."""
    counts: tuple[Mapping[str, int], ...] = ()
    """Counts for each row on an emulated device: instructions, macs, loads, stores."""
    throttled: bool = False
    """The device was slowed down by heat: kept, in no summary."""
    resumed: int = 0
    """The number of times that the device went away and came back."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """Score of the run's outputs on the task; names of :mod:`act_artefact.metrics`."""

    name: str
    value: float
    scores: Array | None = field(default=None, compare=False)
    """Score of each sequence alone: (S,)."""
    weights: Array | None = field(default=None, compare=False)
    """Weight of each sequence in ``value``: (S,)."""


@dataclass(frozen=True)
class Sample:
    """A stretch of the data with its ponder steps, to be looked at."""

    ponder_steps: Array
    """(T,) or (T, L)."""
    tokens: Array | None = None
    """(T,) integer, where the data are tokens."""
    inputs: Array | None = None
    """(T, I), where they are not."""
    vocabulary: str | None = None
    """``bytes`` where tokens are bytes of text."""
    starts: tuple[int, ...] = (0,)
    """The time steps with which a sequence begins."""
    answers: tuple[Answer, ...] = ()
    """The classes asked for and said, in order, where these have names."""


@dataclass(frozen=True)
class Answer:
    """A stretch of time steps that all have one class, and were all said to be of one."""

    start: int
    end: int
    """The time step after the last."""
    target: str
    said: str


@dataclass(frozen=True)
class Measurement:
    """All that was measured of one variant on one device."""

    variant: VariantFacts
    golden: GoldenCheck
    rounds: tuple[Round, ...] = ()
    """Interleaved with those of the other variants; none where the golden check failed."""
    metric: Metric | None = None
    memory: Mapping[str, int] = field(default_factory=dict)
    """From a run of its own: peak_kib, init_peak_kib."""
    operators: tuple[Operator, ...] = ()
    """From a run of its own, which writing a profile slows down."""
    sample: Sample | None = None
    images: Images | None = None
    """None where the data are no images."""
    difficulty: Difficulty | None = None
    """None where the data do not say how difficult they are."""
    real_time_steps: Array | None = None
    """(calls, B): how many time steps of each row are data and not padding; None: all."""


def real_time_steps(calls: Iterable[Call]) -> Array | None:
    """Return the rows' numbers of time steps of data, (calls, B); None if calls lack places."""
    counts = [[steps for _, _, steps in call.places] for call in calls]
    return np.asarray(counts, np.int64) if counts and all(counts) else None
