"""The Pareto front takes a gain for one only where it is more than rounding and noise."""

from __future__ import annotations

import numpy as np
import pytest

from act_profiling.front import better, noise, pareto_front
from act_profiling.measurement import Metric


def values(*found: float) -> list[Metric]:
    return [Metric("accuracy", value) for value in found]


def judged(scores: list[float], weights: list[float]) -> Metric:
    shares = np.array(weights) / sum(weights)
    return Metric("accuracy", float(shares @ np.array(scores)), np.array(scores), np.array(weights))


def test_front_is_what_nothing_cheaper_matches() -> None:
    costs, accuracy = [1, 2, 3, 4, 2.5], [0.5, 0.8, 0.7, 0.9, 0.8]
    assert pareto_front(costs, values(*accuracy), True) == [True, True, False, True, False]
    errors = values(*(1 - value for value in accuracy))
    assert pareto_front(costs, errors, False) == [True, True, False, True, False]


def test_of_the_same_up_to_rounding_the_cheapest_is_on_it() -> None:
    assert pareto_front([3, 1, 2], values(0.70001, 0.7, 0.70002), True) == [False, True, False]


def test_small_gains_in_a_row_do_not_add_up_unseen() -> None:
    found = pareto_front([1, 2, 3], values(1.0, 1.00008, 1.00016), True)
    assert found == [True, False, True]


def test_a_gain_within_the_noise_of_the_sequences_is_none() -> None:
    draw = np.random.default_rng(0)
    scores, weights = draw.random(50), draw.integers(5, 30, 50).astype(float)
    base = judged(list(scores), list(weights))
    lucky = judged(list(scores + draw.normal(0.0, 0.1, 50) + 0.005), list(weights))
    steady = judged(list(scores + draw.normal(0.0, 0.001, 50) + 0.005), list(weights))
    assert better(steady, base, True)
    assert not better(base, steady, True)
    assert not better(lucky, base, True)
    assert better(base, steady, False)


def test_noise_is_that_of_a_weighted_mean() -> None:
    """Against the spread of the mean over many data sets of the same kind."""
    draw = np.random.default_rng(1)
    weights = [1.0, 2.0, 3.0, 4.0] * 10
    zeros = judged([0.0] * 40, weights)
    means, halves = [], []
    for _ in range(400):
        one = judged(list(draw.normal(0.0, 1.0, 40)), weights)
        means.append(one.value)
        halves.append(noise(one, zeros))
    covered = np.mean(np.abs(means) < np.array(halves))
    assert 0.90 < covered < 0.99


def test_one_sequence_tells_no_noise() -> None:
    assert noise(judged([1.0], [3]), judged([0.0], [3])) == 0
    assert noise(*values(0.1, 0.9)) == 0


@pytest.mark.parametrize(("one", "other"), [(0.0, 0.0), (2.0, 2.0001)])
def test_what_is_equal_is_not_better(one: float, other: float) -> None:
    assert not better(*values(one, other), True)
    assert not better(*values(other, one), True)
