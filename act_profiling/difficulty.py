"""N and the metric by difficulty, where the data say how difficult each sequence is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.ranks import spearman

Array = npt.NDArray[Any]

MOST_LEVELS = 12
"""Difficulties that are more than this are shown in ranges."""


@dataclass(frozen=True)
class Level:
    """The sequences, or time steps, of some difficulties."""

    low: int
    high: int
    count: int
    ponder_steps: float
    """Mean N of a time step."""
    metric: float | None
    """Mean score; None where difficulty is that of time steps, of which sequences have several."""


@dataclass(frozen=True)
class Difficulty:
    """A variant's N and metric by difficulty."""

    name: str
    """The quantity, in words."""
    spearman: float | None
    """Rank correlation of N and difficulty; None where either never differs."""
    levels: list[Level]


def by_difficulty(
    name: str, difficulty: Sequence[Array], steps: Sequence[Array], scores: Array | None
) -> Difficulty:
    """Group by difficulty.

    Args:
        difficulty: of each sequence, () for the whole or (T,) for each time step.
        steps: N of each, (T,).
        scores: of each sequence, (S,), if all of them have one.
    """
    whole = difficulty[0].ndim == 0
    if whole:
        kinds = np.array([int(each) for each in difficulty])
        means = np.array([each.mean() for each in steps])
    else:
        kinds, means = np.concatenate(difficulty), np.concatenate(steps)
    judged = scores if whole and scores is not None and len(scores) == len(kinds) else None
    levels = []
    for low, high in _ranges(kinds):
        here = (kinds >= low) & (kinds <= high)
        metric = None if judged is None else float(judged[here].mean())
        levels.append(Level(low, high, int(here.sum()), float(means[here].mean()), metric))
    return Difficulty(name, spearman(kinds, means), levels)


def _ranges(kinds: Array) -> list[tuple[int, int]]:
    """The difficulties that there are, or ranges of about equal counts where they are many."""
    values, counts = np.unique(kinds, return_counts=True)
    if len(values) <= MOST_LEVELS:
        return [(int(value), int(value)) for value in values]
    part = (np.cumsum(counts) - counts / 2) * MOST_LEVELS // counts.sum()
    groups = [values[part == each] for each in np.unique(part)]
    return [(int(group[0]), int(group[-1])) for group in groups]
