"""Sequences cut into the calls of a deployed model: what is fed, in order; no torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_artefact.form import CallShape


@dataclass(frozen=True)
class Samples:
    """Input sequences; an item of a model without time is a sequence of one time step."""

    sequences: list[npt.NDArray[Any]]
    """Sequences of the first data input: (T,) of tokens or (T, I) of features, of any lengths."""
    source: str
    """Their origin, in words."""
    metric: str | None = None
    """Name of the metric that outputs are judged by, if there is one."""
    targets: list[npt.NDArray[Any]] | None = None
    """For each sequence, in the form of :func:`act_artefact.metrics.measure`; None if unknown."""
    asked: list[npt.NDArray[np.bool_]] | None = None
    """The mask of each sequence: True at the time steps whose output counts."""
    others: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    """The sequences of the further data inputs, by name, each as long as the first's."""

    def first(self, count: int) -> Samples:
        """Take the first so many sequences."""
        return replace(
            self,
            sequences=self.sequences[:count],
            targets=None if self.targets is None else self.targets[:count],
            asked=None if self.asked is None else self.asked[:count],
            others={name: each[:count] for name, each in self.others.items()},
        )

    @property
    def judged(self) -> bool:
        """True if outputs can be judged by a metric."""
        return self.metric is not None and self.targets is not None

    @property
    def time_steps(self) -> int:
        return sum(len(s) for s in self.sequences)


def cut(rows: npt.NDArray[Any], lengths: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Rows of one length, each to its own."""
    return [row[:length] for row, length in zip(rows, lengths, strict=True)]


class Place(NamedTuple):
    """Which part of which sequence a row of a call is."""

    sequence: int
    start: int
    length: int
    """Time steps; 0 for a row that has run out of sequences."""


@dataclass(frozen=True)
class Feed:
    """One call's worth of real input for every row of the batch."""

    inputs: npt.NDArray[Any]
    """As the artefact's first data input takes it."""
    others: dict[str, npt.NDArray[Any]]
    """As its further data inputs take them."""
    places: list[Place]
    """One for each row; the state of a row that starts at 0 is the initial one."""

    @property
    def time_steps(self) -> int:
        """Time steps of all rows together, without padding."""
        return sum(place.length for place in self.places)

    @property
    def fresh(self) -> npt.NDArray[np.bool_]:
        """Rows that start from the initial state: (B,)."""
        return np.array([place.start == 0 for place in self.places])


DYNAMIC_TIMES = (1, 7, 20, 3)
"""Time steps of the calls, in turn, where a call may have any number."""


def feeds(samples: Samples, shape: CallShape) -> Iterator[Feed]:
    """Cut the sequences into calls: each row of the batch goes through its own sequences in order.

    The last call of a sequence is padded with zeros where calls have one length.
    """
    times = DYNAMIC_TIMES if shape.sequence == "dynamic" else shape.time or (1,)
    lengths = [len(sequence) for sequence in samples.sequences]
    rows = [_Row(lengths, range(row, len(lengths), shape.batch)) for row in range(shape.batch)]
    for time in itertools.cycle(times):
        assert time is not None
        places = [row.take(time) for row in rows]
        longest = max(place.length for place in places)
        if longest == 0:
            return
        length = longest if shape.sequence == "dynamic" else time
        first, *others = (
            _rows(sequences, places, length)[:, slice(None) if shape.time else 0]
            for sequences in (samples.sequences, *samples.others.values())
        )
        yield Feed(first, dict(zip(samples.others, others, strict=True)), places)


def _rows(sequences: list[npt.NDArray[Any]], places: list[Place], time: int) -> npt.NDArray[Any]:
    """Put parts of sequences into one array, (B, T, ...), zeros past their ends."""
    like = sequences[0]
    rows = np.zeros((len(places), time, *like.shape[1:]), like.dtype)
    for row, (sequence, start, length) in zip(rows, places, strict=True):
        row[:length] = sequences[sequence][start : start + length]
    return rows


class _Row:
    """One row of a batch: the sequences that it works through."""

    def __init__(self, lengths: list[int], sequences: Iterable[int]) -> None:
        self._lengths = lengths
        self._left = list(sequences)
        self._at = 0

    def take(self, time: int) -> Place:
        """The next time steps, at most ``time``, of one sequence."""
        if not self._left:
            return Place(0, 0, 0)
        sequence, start = self._left[0], self._at
        self._at = min(start + time, self._lengths[sequence])
        place = Place(sequence, start, self._at - start)
        if self._at == self._lengths[sequence]:
            self._left, self._at = self._left[1:], 0
        return place
