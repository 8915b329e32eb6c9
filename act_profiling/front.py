"""The Pareto front: the variants worth their cost, where each step buys something.

Two runtimes answer the same up to rounding, and of two models one is always a little luckier on the
data at hand. So a metric is better only where the gain is more than rounding, and more than the
noise of the data: all variants answer the same sequences, and are compared sequence by sequence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from act_profiling.measurement import Metric
from act_profiling.statistics import t_quantile

ROUNDING = 1e-4
"""Relative: metrics that are closer than this are equal."""

COUNTED = ("accuracy", "sequence_error")
"""Metrics that are the part of the answers which are right or wrong."""


def pareto_front(costs: Sequence[float], metrics: Sequence[Metric], higher: bool) -> list[bool]:
    """Mark the variants on the front: nothing that costs no more is as good.

    Args:
        higher: whether a higher metric is the better one.
    """
    sign = 1 if higher else -1
    order = sorted(range(len(costs)), key=lambda k: (costs[k], -sign * metrics[k].value))
    front = order[:1]
    for k in order[1:]:
        if better(metrics[k], metrics[front[-1]], higher):
            front.append(k)
    return [k in front for k in range(len(costs))]


def better(one: Metric, other: Metric, higher: bool) -> bool:
    """True if a metric is better by more than rounding and noise."""
    gain = one.value - other.value if higher else other.value - one.value
    return not equal(one.value, other.value) and gain > noise(one, other)


def equal(one: float, other: float) -> bool:
    """True if two values of a metric differ by rounding at most."""
    return math.isclose(one, other, rel_tol=ROUNDING)


def noise(one: Metric, other: Metric) -> float:
    """Half the confidence interval of the difference of two metrics on the same sequences.

    Where mistakes are counted, nets that make the same ones may still differ elsewhere: one answer
    more is taken to be right in one net and wrong in the other, half of it each way (Agresti and
    Min 2005), so that the noise of equal scores is not 0. Other scores differ wherever nets do.

    0 where it is not known: there is one sequence, or no score of each.
    """
    if one.scores is None or other.scores is None or one.weights is None or len(one.scores) < 2:
        return 0.0
    difference, count = one.scores - other.scores, len(one.scores)
    shares = one.weights / one.weights.sum()
    spread = shares * (difference - shares @ difference)
    unseen = 1 / float(one.weights.sum()) if one.name in COUNTED else 0.0
    error = math.sqrt((float(spread @ spread) + unseen**2) * count / (count - 1))
    return t_quantile(count - 1) * error


def weigh(metric: str, asked: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return each sequence's weight in a metric, given how many of its time steps count."""
    return np.ones(len(asked)) if metric == "sequence_error" else np.asarray(asked, np.float64)
