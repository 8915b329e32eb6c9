"""Numbers from raw rows: percentiles, the cost of a ponder step, and what is more than noise.

Confidence comes from the spread between rounds, never between the rows of one: rows share a
process, its memory layout and the state of the machine, so that thousands of them can agree on a
number which the next round does not repeat. Rounds are few (5 or so), and a bootstrap of few values
is too narrow: of 5, its 95 % interval misses about one time in six. Student's t is made for few
values, so each round gives one fit or one median, and the interval is t's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Interval = tuple[float, float]

CONFIDENCE = 0.95
PERCENTILES = (50, 90, 95, 99)
MOST_GROUPS = 16
"""The most groups of ponder steps in one table or picture; where N takes more values, neighbours
share a group."""


@dataclass(frozen=True)
class Summary:
    """A summary of nanoseconds or instructions; its percentiles interpolate linearly."""

    count: int
    mean: float
    min: float
    max: float
    p50: float
    p90: float
    p95: float
    p99: float


@dataclass(frozen=True)
class Group:
    """The calls whose N lies in ``low`` to ``high``, both included."""

    low: int
    high: int
    ponder_steps: float
    """Their mean N."""
    count: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class Line:
    """cost = fixed + per_step x N, for a call of N ponder steps."""

    fixed: float
    per_step: float
    r2: float
    """The share of the variation of a round's medians over N that its line explains: 0 to 1.

    The mean over rounds; the intervals show how much rounds differ.
    """
    rounds: int
    fixed_interval: Interval | None
    per_step_interval: Interval | None
    """None where there is one round and therefore no spread."""


@dataclass(frozen=True)
class Missing:
    """A number that these rows do not give, and why."""

    reason: str


@dataclass(frozen=True)
class Change:
    """The change of a cost from one measurement to another."""

    ratio: float
    """New over old."""
    interval: Interval | None
    """None where either has one round and therefore no spread."""

    @property
    def more_than_noise(self) -> bool | None:
        """True if the interval excludes 1; None if there is no interval."""
        if self.interval is None:
            return None
        return not self.interval[0] <= 1 <= self.interval[1]


def summarise(costs: Array) -> Summary:
    """Summarise at least one value."""
    costs = np.asarray(costs, np.float64)
    p50, p90, p95, p99 = np.percentile(costs, PERCENTILES)
    return Summary(
        len(costs),
        float(costs.mean()),
        float(costs.min()),
        float(costs.max()),
        float(p50),
        float(p90),
        float(p95),
        float(p99),
    )


def typical(call: Array, cost: Array, size: Array) -> float:
    """Compute cost per unit of ``size`` over the data, each call at the median of its repeats.

    Unlike a mean over rows it does not follow rare interruptions, unlike a median over rows it does
    see the few calls that ponder long: a limit on N that only these reach does not change p50.
    """
    order = np.lexsort((cost, call))
    sorted_cost = np.asarray(cost, np.float64)[order]
    _, starts, counts = np.unique(call[order], return_index=True, return_counts=True)
    # The median of a sorted stretch is its middle entry, or the mean of the two there.
    middles = [sorted_cost[starts + (counts - less) // 2] for less in (0, 1)]
    return float(np.mean(middles, axis=0).sum() / size[order][starts].sum())


def group_edges(ponder_steps: Array, most: int = MOST_GROUPS) -> Array:
    """First N of each group and the one after the last: one group for each N, if these are few."""
    low, high = int(ponder_steps.min()), int(ponder_steps.max())
    width = -(-(high - low + 1) // most)
    return np.arange(low, high + width + 1, width)


def by_ponder_steps(ponder_steps: Array, cost: Array, most: int = MOST_GROUPS) -> list[Group]:
    """Cost by N: groups of equal width, those without a call left out."""
    edges = group_edges(ponder_steps, most)
    groups = []
    for low, after in pairwise(edges):
        here = (ponder_steps >= low) & (ponder_steps < after)
        if here.any():
            steps = ponder_steps[here]
            p10, p50, p90 = np.percentile(cost[here], (10, 50, 90))
            groups.append(
                Group(
                    int(steps.min()),
                    int(steps.max()),
                    float(steps.mean()),
                    int(here.sum()),
                    float(p10),
                    float(p50),
                    float(p90),
                )
            )
    return groups


def fit(ponder_steps: Array, cost: Array) -> tuple[float, float]:
    """fixed and per_step of the line with the least absolute deviations: the median at each N.

    Least squares would follow the few calls that something interrupted for ten times their length.
    Found by iterated reweighting (Schlossmacher 1973), which starts from least squares, so that
    costs that lie on a line are given back exactly. N must take two values or more.
    """
    steps, cost = np.asarray(ponder_steps, np.float64), np.asarray(cost, np.float64)
    # Centred and in units of the spread, so that large fixed costs cost no digits.
    middle, level = steps.mean(), float(np.median(cost))
    x, y = steps - middle, cost - level
    spread = float(np.abs(y).mean())
    if spread == 0:
        return level, 0.0
    y = y / spread
    weights = np.ones_like(x)
    fixed = slope = 0.0
    for _ in range(100):
        before = fixed, slope
        total = weights.sum()
        mean_x, mean_y = (weights @ x) / total, (weights @ y) / total
        slope = float(weights @ ((x - mean_x) * (y - mean_y)) / (weights @ (x - mean_x) ** 2))
        fixed = float(mean_y - slope * mean_x)
        if max(abs(fixed - before[0]), abs(slope - before[1])) < 1e-9:
            break
        weights = 1 / np.maximum(np.abs(y - fixed - slope * x), 1e-6)
    per_step = slope * spread
    return level + fixed * spread - per_step * float(middle), per_step


def line(rounds: Sequence[tuple[Array, Array]]) -> Line | Missing:
    """The cost of a ponder step from rounds of (N, cost): the mean of a fit to each round.

    There is none where its fixed part would be below 0 by more than the rounds differ: then the
    calls that take more steps also have costlier ones, and no slope is the cost of one.
    """
    rounds = [(steps, cost) for steps, cost in rounds if len(steps)]
    if not rounds:
        return Missing("nothing was measured")
    steps = np.concatenate([steps for steps, _ in rounds])
    if steps.min() == steps.max():
        return Missing(f"every call took N = {steps[0]}: a line needs two different N")
    # Rounds run the same data; one that was cut short may have seen a single N.
    rounds = [(steps, cost) for steps, cost in rounds if steps.min() < steps.max()]
    if not rounds:
        return Missing("N differs between rounds alone: a line needs two different N in one")
    fits = [fit(steps, cost) for steps, cost in rounds]
    fixed, per_step = (np.array(values) for values in zip(*fits, strict=True))
    explained = [_explained(*table, *found) for table, found in zip(rounds, fits, strict=True)]
    interval = interval_of_mean(fixed)
    if (interval[1] if interval else fixed[0]) < 0:
        return Missing(
            "a step costs more in the calls that take more of them (as where inputs have several "
            "sizes), so no line gives what one costs"
        )
    return Line(
        float(fixed.mean()),
        float(per_step.mean()),
        float(np.mean(explained)),
        len(fits),
        interval,
        interval_of_mean(per_step),
    )


def _explained(steps: Array, cost: Array, fixed: float, per_step: float) -> float:
    """r^2 of a line over the medians at each N, weighted by the number of calls."""
    groups = by_ponder_steps(steps, cost)
    places = np.array([group.ponder_steps for group in groups])
    medians = np.array([group.p50 for group in groups])
    weights = np.array([group.count for group in groups], np.float64)
    level = np.average(medians, weights=weights)
    total = float(weights @ (medians - level) ** 2)
    rest = float(weights @ (medians - fixed - per_step * places) ** 2)
    return 1.0 if rest == 0 else max(0.0, 1 - rest / total) if total > 0 else 0.0


def interval_of_mean(values: Array) -> Interval | None:
    """Compute the confidence interval of the mean over rounds; None for one value."""
    if len(values) < 2:
        return None
    half = t_quantile(len(values) - 1) * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    mean = float(np.mean(values))
    return mean - half, mean + half


def change(old: Sequence[float], new: Sequence[float]) -> Change:
    """The ratio of two measurements from their rounds' medians, which are greater than 0."""
    step, interval = difference(np.log(np.asarray(old)), np.log(np.asarray(new)))
    if interval is None:
        return Change(math.exp(step), None)
    return Change(math.exp(step), (math.exp(interval[0]), math.exp(interval[1])))


def difference(old: Array, new: Array) -> tuple[float, Interval | None]:
    """Compute the difference of two means over rounds, with Welch's interval.

    The variances of the rounds may be unequal.
    """
    step = float(np.mean(new) - np.mean(old))
    if min(len(old), len(new)) < 2:
        return step, None
    parts = [float(np.var(values, ddof=1)) / len(values) for values in (old, new)]
    variance = sum(parts)
    if variance == 0:
        return step, (step, step)
    # Computed from shares, because the square of a small variance may be 0.
    freedom = 1 / sum(
        (part / variance) ** 2 / (len(values) - 1)
        for part, values in zip(parts, (old, new), strict=True)
    )
    half = t_quantile(freedom) * math.sqrt(variance)
    return step, (step - half, step + half)


@lru_cache
def t_quantile(freedom: float) -> float:
    """Half-width of Student's t at :data:`CONFIDENCE`, for any number of degrees of freedom.

    With t = sqrt(freedom) tan(angle) its density is cos(angle) ** (freedom - 1), a finite integral.
    """
    angle = np.linspace(0, np.pi / 2, 200_001)
    density = np.cos(angle) ** (freedom - 1)
    area = np.concatenate([[0], np.cumsum(density[1:] + density[:-1])])
    found = np.interp(CONFIDENCE, area / area[-1], angle)
    return float(math.sqrt(freedom) * np.tan(found))
