"""Statistics recover what measurements were made of, and say so where they cannot."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from act_profiling import statistics
from act_profiling.statistics import Line, Missing

ponders = st.lists(st.integers(1, 40), min_size=3, max_size=60).filter(lambda ns: len(set(ns)) > 1)


def rows_of(draw: st.DrawFn, largest: int = 10**9) -> tuple[Any, Any]:
    steps = np.array(draw(ponders))
    cost = draw(st.lists(st.integers(1, largest), min_size=len(steps), max_size=len(steps)))
    return steps, np.array(cost)


rows = st.composite(rows_of)


@given(ponders, st.integers(0, 10**7), st.integers(-(10**4), 10**6))
def test_a_line_is_given_back(ns: list[int], fixed: int, per_step: int) -> None:
    steps = np.array(ns)
    found = statistics.fit(steps, fixed + per_step * steps)
    assert found == pytest.approx((fixed, per_step), rel=1e-9, abs=1e-3)


@given(rows(largest=1000))
def test_hardly_any_line_deviates_less(table: tuple[Any, Any]) -> None:
    """The line of least absolute deviations passes through two of the points."""
    steps, cost = table
    best = min(
        _deviation(steps, cost, cost[i] - slope * steps[i], slope)
        for i in range(len(steps))
        for j in range(i)
        if steps[i] != steps[j]
        for slope in [(cost[j] - cost[i]) / (steps[j] - steps[i])]
    )
    assert _deviation(steps, cost, *statistics.fit(steps, cost)) <= best * 1.01 + 1e-3


@given(rows(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(table: tuple[Any, Any], random: Any) -> None:
    steps, cost = table
    order = np.array(random.sample(range(len(steps)), len(steps)))
    shuffled = steps[order], cost[order]
    one, other = statistics.summarise(cost), statistics.summarise(shuffled[1])
    assert vars(other) == pytest.approx(vars(one))
    groups = [vars(group) for group in statistics.by_ponder_steps(steps, cost)]
    for group, again in zip(groups, statistics.by_ponder_steps(*shuffled), strict=True):
        assert vars(again) == pytest.approx(group)
    calls, size = np.arange(len(steps)) % 3, np.ones(len(steps))
    typical = statistics.typical(calls, cost, size)
    assert statistics.typical(calls[order], cost[order], size) == pytest.approx(typical)
    # Two lines may deviate equally little; what they leave over is the same.
    found = [_deviation(steps, cost, *statistics.fit(*each)) for each in (table, shuffled)]
    assert found[1] == pytest.approx(found[0], rel=1e-2)


def _deviation(steps: Any, cost: Any, fixed: float, per_step: float) -> float:
    return float(np.abs(cost - fixed - per_step * steps).sum())


def noisy(seed: int, rounds: int = 5, count: int = 2000, spread: float = 0.01) -> list[Any]:
    """Rounds of 40 us + 20 us x N whose speeds differ, with interruptions of ten times a call."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(rounds):
        steps = rng.integers(1, 9, count)
        cost = (40_000 + 20_000 * steps) * (1 + rng.normal(0, spread))
        cost = cost + rng.normal(0, 300, count)
        cost[rng.random(count) < 0.01] *= 10
        made.append((steps, cost))
    return made


def test_interruptions_do_not_bend_the_line() -> None:
    steps, cost = noisy(0, rounds=1, spread=0.0)[0]
    assert statistics.fit(steps, cost) == pytest.approx((40_000, 20_000), rel=2e-3)
    squares = np.polyfit(steps, cost, 1)
    assert abs(squares[0] - 20_000) > 500, "least squares would have done"


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(200):
        line = statistics.line(noisy(seed, count=60))
        assert isinstance(line, Line)
        assert line.per_step_interval is not None
        inside += line.per_step_interval[0] <= 20_000 <= line.per_step_interval[1]
    assert 0.90 <= inside / 200 <= 0.99


def test_an_interval_is_students() -> None:
    """Mean 3, deviation sqrt(2.5), so 3 +- 2.77645 sqrt(2.5 / 5)."""
    found = statistics.interval_of_mean(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert found == pytest.approx((1.03676, 4.96324), rel=1e-5)


def test_r2_says_how_straight_it_is() -> None:
    straight = statistics.line(noisy(1))
    steps = np.repeat(np.arange(1, 9), 50)
    flat = statistics.line([(steps, np.tile([100.0, 101.0], 200))])
    bent = statistics.line([(steps, 100.0 * (steps - 4.5) ** 2)])
    assert isinstance(straight, Line)
    assert isinstance(flat, Line)
    assert isinstance(bent, Line)
    assert straight.r2 > 0.999
    assert flat.per_step == pytest.approx(0, abs=0.2)
    slow = [(steps, (1 + k) * cost) for k, (steps, cost) in enumerate(noisy(1, spread=0.0))]
    apart = statistics.line(slow)
    assert isinstance(apart, Line)
    assert apart.r2 > 0.999, "rounds differ in speed, each is straight"
    assert bent.r2 == pytest.approx(0, abs=0.2)


def test_one_number_of_ponder_steps_makes_no_line() -> None:
    line = statistics.line([(np.full(9, 6), np.arange(9.0))] * 5)
    assert line == Missing("every call took N = 6: a line needs two different N")


def test_rounds_of_one_n_each_make_no_line() -> None:
    line = statistics.line([(np.full(3, n), np.full(3, 10.0 * n)) for n in (1, 2)])
    assert line == Missing("N differs between rounds alone: a line needs two different N in one")


def test_nothing_measured_makes_no_line() -> None:
    assert statistics.line([]) == Missing("nothing was measured")


@pytest.mark.parametrize("rounds", [1, 3])
def test_calls_whose_steps_differ_in_cost_make_no_line(rounds: int) -> None:
    """Images of two sizes: the large ones take more steps, of which each costs four times more."""
    steps = np.repeat(np.arange(4, 24), 10)
    cost = steps * np.where(steps < 14, 1_000.0, 4_000.0)
    line = statistics.line([(steps, cost)] * rounds)
    assert isinstance(line, Missing)
    assert "several sizes" in line.reason


def test_one_round_has_a_line_and_no_interval() -> None:
    line = statistics.line(noisy(3, rounds=1))
    assert isinstance(line, Line)
    assert (line.fixed_interval, line.per_step_interval, line.rounds) == (None, None, 1)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.7062), (2, 4.30265), (4, 2.77645), (9, 2.26216), (30, 2.04227), (1000, 1.96234)],
)
def test_quantiles_are_students(freedom: int, quantile: float) -> None:
    assert statistics.t_quantile(freedom) == pytest.approx(quantile, rel=1e-5)


def test_typical_sees_the_rare_long_calls_and_not_interruptions() -> None:
    calls = np.tile(np.arange(10), 5)
    cost = np.where(calls == 9, 1000.0, 100.0)
    cost[3] = 1e6
    assert np.median(cost) == 100
    assert statistics.typical(calls, cost, np.ones(50)) == 190
    assert statistics.typical(calls, cost, np.full(50, 2)) == 95


def test_groups_hold_every_call_once() -> None:
    steps = np.random.default_rng(0).integers(100, 400, 500)
    groups = statistics.by_ponder_steps(steps, steps * 1.0)
    assert len(groups) <= statistics.MOST_GROUPS
    assert sum(group.count for group in groups) == 500
    assert all(one.high < other.low for one, other in pairwise(groups))


def test_few_n_have_a_group_each() -> None:
    groups = statistics.by_ponder_steps(np.array([2, 2, 5]), np.array([10, 20, 50]))
    assert [(g.low, g.high, g.count, g.p50) for g in groups] == [(2, 2, 2, 15), (5, 5, 1, 50)]


@given(st.lists(st.floats(1, 1e9), min_size=2, max_size=8), st.floats(0.1, 10))
def test_a_change_of_all_rounds_is_found(medians: list[float], ratio: float) -> None:
    change = statistics.change(medians, [value * ratio for value in medians])
    assert change.ratio == pytest.approx(ratio)
    assert change.interval is not None
    assert change.interval[0] <= change.ratio * (1 + 1e-9)
    assert change.interval[1] >= change.ratio * (1 - 1e-9)


def test_a_change_is_told_from_noise() -> None:
    rounds = [100.0, 101.0, 99.0, 100.5, 99.5]
    assert statistics.change(rounds, [value * 1.05 for value in rounds]).more_than_noise is True
    assert statistics.change(rounds, [100.2, 99.4, 101.1, 99.0, 100.6]).more_than_noise is False
    assert statistics.change(rounds, [300.0]).more_than_noise is None


def test_exact_counts_change_by_one() -> None:
    assert statistics.change([1000.0] * 3, [1000.0] * 3).more_than_noise is False
    assert statistics.change([1000.0] * 3, [1001.0] * 3).more_than_noise is True
