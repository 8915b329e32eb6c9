"""Items that are images: what was read, the answer after some ponder steps, and the one asked for.

An answer is a map, one class or number for each of the target's places, or one class for the whole.
The answer after k ponder steps is the artefact's own at a budget of k. Everything here comes from a
stranger's file, so its size is bounded: few items, few answers, large images thinned out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import escaped
from act_artefact.feeds import Samples

Array = npt.NDArray[Any]

ROLES = ("right", "below", "left", "above", "inside", "start", "goal")
"""Channels that are drawn as what their names say: ways to four neighbours, what belongs to the
picture, and two marked places. An ``eval.npz`` names its channels with ``channels``."""

ITEMS, ANSWERS, SIDE = 3, 8, 64
"""The most items, answers of an item, and pixels of a side that a report has."""

HARD = (0.15, 0.5, 1.0)
"""The items that are shown, as parts of the greatest difficulty."""

LETTERS = 24


@dataclass(frozen=True)
class Answer:
    """An answer after at most ``limit`` ponder steps."""

    limit: int
    values: list[list[float]] | None
    """The map."""
    word: str | None
    """The class of the whole."""


@dataclass(frozen=True)
class Image:
    """One item."""

    number: int
    """Its place in the data."""
    difficulty: int | None
    ponder_steps: int
    channels: list[list[list[float]]]
    """(C, H, W): those of ``Images.channels``, or one, the mean of all."""
    target: Answer | None
    asked: list[list[float]] | None
    """1 at the places of a map that are judged, else 0; None if all are."""
    answers: list[Answer]
    """The last one is the final answer."""


@dataclass(frozen=True)
class Images:
    """Some of the data, from easy to hard."""

    channels: list[str]
    """Those of :data:`ROLES` that the data have; none where no channel has such a name."""
    judged: bool
    """True if answers are classes, which are right or wrong."""
    low: float
    high: float
    """The range of values in maps: of a probability 0 and 1."""
    items: list[Image]


def pictured(samples: Samples) -> bool:
    """True if the items are images, (C, H, W), of at least 2 x 2 pixels."""
    shape = samples.sequences[0].shape[1:]
    return len(shape) == 3 and min(shape[1:]) >= 2


def chosen(difficulty: Sequence[int]) -> list[int]:
    """The places of an easy, a middling and a hard item, each once."""
    values = np.asarray(difficulty, np.float64)
    span = values.max() - values.min()
    found = [int(np.abs(values - values.min() - part * span).argmin()) for part in HARD]
    for number in range(min(ITEMS, len(values))):  # where all are the same
        if len(set(found)) < ITEMS:
            found = list(dict.fromkeys([*found, number]))
    return list(dict.fromkeys(found))[:ITEMS]


def limits(ponder_steps: int) -> list[int]:
    """Limits of ponder steps, evenly apart in their logarithm, below the N of an item."""
    steps = np.geomspace(1, max(ponder_steps, 1), ANSWERS).round().astype(int)
    return [int(k) for k in np.unique(steps) if k < ponder_steps]


def images(
    samples: Samples,
    names: Sequence[str] | None,
    labels: Sequence[str] | None,
    items: Sequence[tuple[int, int | None, int]],
    final: Mapping[int, Array],
    before: Mapping[int, Mapping[int, Array]],
) -> Images:
    """Put together what a report shows.

    Args:
        names: of the channels.
        labels: of the classes.
        items: number, difficulty and N of each.
        final: the answer y to each item, by its number.
        before: the same by the limit of ponder steps.
    """
    shape = samples.sequences[0].shape[1:]
    roles = [role for role in ROLES if role in (names or ())] if max(shape[1:]) <= SIDE else []
    reader = _Reader(samples, labels)
    made = []
    for number, difficulty, ponder_steps in items:
        x = samples.sequences[number][0].astype(np.float64)
        picked = x[[list(names or ()).index(role) for role in roles]] if roles else x.mean(0)[None]
        answers = [
            reader.answer(number, limit, found[number])
            for limit, found in sorted(before.items())
            if limit < ponder_steps
        ]
        last = reader.answer(number, ponder_steps, final[number])
        asked = reader.target(number, ponder_steps)
        shown = [each for each in (*answers, last) if each is not None]
        planes, judged = [_plain(each) for each in picked], reader.asked(number)
        made.append(Image(number, difficulty, ponder_steps, planes, asked, judged, shown))
    return Images(roles, samples.metric != "mse", *reader.range, made)


class _Reader:
    """Answers and targets of one file of data, as maps or words."""

    def __init__(self, samples: Samples, labels: Sequence[str] | None) -> None:
        self.samples, self.labels = samples, labels
        self.range = (0.0, 1.0)
        if samples.targets is not None:
            low, high = (float(f([f(t) for t in samples.targets])) for f in (np.min, np.max))
            if samples.metric == "mse":
                self.range = low, high if high > low else low + 1
            elif high > 1:
                self.range = 0.0, high

    def answer(self, number: int, limit: int, y: Array) -> Answer | None:
        """Read an output: a probability, a class, or for mse the value itself."""
        if self.samples.targets is None or not np.isfinite(y).all():
            return None
        target = self.samples.targets[number][0]
        if y.size % target.size:
            return None
        scores = y.reshape(*target.shape, -1).astype(np.float64)
        classes = scores.shape[-1]
        if self.samples.metric == "mse":
            values = scores[..., 0]
        elif classes == 1 and target.size == 1:
            values = (scores[..., 0] > 0).astype(np.float64)
        elif classes == 1:
            values = 1 / (1 + np.exp(-scores[..., 0].clip(-60, 60)))
        else:
            values = scores.argmax(-1).astype(np.float64)
        return self._shown(limit, values, classes)

    def target(self, number: int, limit: int) -> Answer | None:
        if self.samples.targets is None:
            return None
        return self._shown(limit, self.samples.targets[number][0].astype(np.float64), 0)

    def asked(self, number: int) -> list[list[float]] | None:
        """Read where an item is judged."""
        if self.samples.asked is None:
            return None
        mask = self.samples.asked[number][0]
        return None if mask.all() or mask.ndim != 2 else _plain(mask)

    def _shown(self, limit: int, values: Array, classes: int) -> Answer | None:
        if values.ndim == 2:
            return Answer(limit, _plain(values), None)
        if values.size != 1:
            return None
        (value,) = values.ravel()
        known = self.labels is not None and classes != 1 and 0 <= value < len(self.labels)
        word = self.labels[int(value)] if known and self.labels else f"{value:.3g}"
        return Answer(limit, None, escaped(word, LETTERS))


def _plain(values: Array) -> list[list[float]]:
    """(H, W) as lists, every k-th pixel of large ones; numbers that a report can hold."""
    every = -(-max(values.shape) // SIDE)
    thinned = values[::every, ::every]
    rows: list[list[float]] = np.round(thinned.astype(np.float64), 3).tolist()
    return rows
