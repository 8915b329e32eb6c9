"""Sequences cut into the calls of a deployed model: what is fed, in order; no torch."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_artefact.form import Form


@dataclass(frozen=True)
class Samples:
    """Input sequences.

    ``sequences`` are arrays (T,) of tokens or (T, I) of features, of any lengths; ``source`` says
    in words where they come from; ``metric`` is the one they are judged by, where there is one.
    """

    sequences: list[npt.NDArray[Any]]
    source: str
    metric: str | None = None
    targets: list[npt.NDArray[Any]] | None = None
    """For each sequence, in the form of :func:`act_artefact.metrics.measure`; None if unknown."""
    asked: list[npt.NDArray[np.bool_]] | None = None
    """For each sequence, the time steps whose output counts."""

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
    """As the artefact's data input takes it."""
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


def feeds(samples: Samples, form: Form) -> Iterator[Feed]:
    """Cut the sequences into calls: each row of the batch goes through its own sequences in order.

    The last call of a sequence is padded with zeros where the form has one length of calls.
    """
    times = {"stream": (1,), "dynamic": DYNAMIC_TIMES}.get(str(form.sequence), (form.sequence,))
    lengths = [len(sequence) for sequence in samples.sequences]
    rows = [_Row(lengths, range(row, len(lengths), form.batch)) for row in range(form.batch)]
    like = samples.sequences[0]
    for time in map(int, itertools.cycle(times)):
        places = [row.take(time) for row in rows]
        longest = max(place.length for place in places)
        if longest == 0:
            return
        inputs = np.zeros(
            (form.batch, longest if form.sequence == "dynamic" else time, *like.shape[1:]),
            like.dtype,
        )
        for row, (sequence, start, length) in zip(inputs, places, strict=True):
            row[:length] = samples.sequences[sequence][start : start + length]
        yield Feed(inputs[:, 0] if form.stream else inputs, places)


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
