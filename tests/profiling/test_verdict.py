"""Pondering against fixed numbers of steps, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from act_profiling.measurement import Metric
from act_profiling.statistics import interval_of_mean
from act_profiling.verdict import Array, Entrant, Verdict, judge


def entrant(label: str, cost: float, steps: float, value: float, scores: int = 0) -> Entrant:
    """A net; of so many sequences a part ``value`` is wrong, the first ones."""
    each = (np.arange(scores) < value * scores).astype(float) if scores else None
    weights = None if each is None else np.ones(scores)
    return Entrant(label, cost, steps, Metric("sequence_error", value, each, weights))


NETS = [entrant(f"fixed{k}", 10 * k, k, error) for k, error in ((4, 0.5), (8, 0.1), (16, 0))]


def test_between_two_nets() -> None:
    found = judge(entrant("act", 30, 5, 0.2), NETS, higher=False)
    # A quarter of the way back from 8 to 4 steps.
    assert (found.steps, found.ratio) == (pytest.approx(7), pytest.approx(30 / 70))
    assert (found.bound, found.nets) == ("between", ["fixed4", "fixed8"])


def test_as_good_as_a_net() -> None:
    found = judge(entrant("act", 100, 9, 0.1), NETS, higher=False)
    assert (found.steps, found.ratio) == (8, 100 / 80)


def test_better_than_all_of_them() -> None:
    nets = [*NETS[:2], entrant("fixed16", 160, 16, 0.1)]
    found = judge(entrant("act", 40, 5, 0.05), nets, higher=False)
    # 16 steps are no better than 8, so that 8 is what it must beat.
    assert (found.bound, found.steps, found.ratio) == ("at least", 8, 0.5)
    assert found.nets == ["fixed8"]


def test_worse_than_all_of_them() -> None:
    found = judge(entrant("act", 10, 1, 0.6), NETS, higher=False)
    assert (found.bound, found.steps, found.ratio, found.ratio_interval) == ("below", 4, None, None)


def test_a_higher_metric_may_be_better() -> None:
    nets = [entrant("one", 10, 1, 0.5), entrant("three", 30, 3, 0.9)]
    assert judge(entrant("act", 10, 2, 0.7), nets, higher=True).ratio == pytest.approx(0.5)


def test_noise_of_the_data_widens_the_interval() -> None:
    def found(count: int) -> tuple[float, float]:
        nets = [entrant(f"f{k}", 10 * k, k, e, count) for k, e in ((4, 0.5), (8, 0.1), (16, 0.0))]
        verdict = judge(entrant("act", 30, 5, 0.2, count), nets, higher=False)
        assert verdict.ratio is not None
        assert verdict.ratio_interval is not None
        low, high = verdict.ratio_interval
        assert low < verdict.ratio < high
        assert verdict.steps_interval[0] < verdict.steps < verdict.steps_interval[1]
        return low, high

    few, many = found(100), found(10_000)
    assert few[1] - few[0] > 5 * (many[1] - many[0])


def of_parity(wrong: int) -> Verdict:
    """The figures of parity-brief and its fixed nets, with so many of 4096 sequences wrong."""
    nets = [(2, 0.87, 9), (3, 1.19, 1), (6, 2.13, 0)]
    fixed = [entrant(f"f{k}", cost, k, errors / 4096, 4096) for k, cost, errors in nets]
    return judge(entrant("brief", 1.07, 2.4, wrong / 4096, 4096), fixed, higher=False)


def test_one_sequence_more_that_is_wrong_does_not_turn_the_verdict() -> None:
    """Six steps without a mistake in 4096 are no better than three with one."""
    for wrong in (0, 1, 2):
        found = of_parity(wrong)
        assert "f6" not in found.nets
        assert found.ratio == pytest.approx(0.91, abs=0.03)
        assert found.ratio_interval is not None
        assert found.ratio_interval[0] < 1 < found.ratio_interval[1]


@pytest.mark.parametrize("metric", ["sequence_error", "accuracy"])
def test_the_same_mistakes_leave_an_interval(metric: str) -> None:
    def of(label: str, steps: int, value: float) -> Entrant:
        scores = (np.arange(200) < value * 200).astype(float)
        return Entrant(label, 10 * steps, steps, Metric(metric, value, scores, np.ones(200)))

    good, bad = (0.9, 0.5) if metric == "accuracy" else (0.1, 0.5)
    nets = [of("four", 4, bad), of("eight", 8, good)]
    found = judge(of("act", 5, good), nets, higher=metric == "accuracy")
    assert found.steps_interval[0] < found.steps == 8
    assert found.ratio_interval is not None
    assert found.ratio_interval[0] == found.ratio < found.ratio_interval[1]


def test_times_that_differ_from_round_to_round_widen_the_interval() -> None:
    speeds = np.array([1, 2, 1.5, 1.2])

    def found(own: list[float]) -> list[float]:
        """Judge a net whose time in each round is off by these factors, all nets' by speeds."""
        nets = [replace(net, rounds=[*left_out(net.cost * speeds)]) for net in NETS]
        act = replace(entrant("act", 30, 5, 0.2), rounds=[*left_out(30 * speeds * own)])
        interval = judge(act, nets, higher=False).ratio_interval
        assert interval is not None
        return interval

    # A machine whose speed changes for all alike says nothing of the ratio.
    assert found([1, 1, 1, 1]) == pytest.approx([30 / 70, 30 / 70])
    low, high = found([0.99, 1, 1.01, 1])
    assert low < 30 / 70 < high
    wider = found([0.98, 1, 1.02, 1])
    assert np.log(wider[1] / wider[0]) == pytest.approx(2 * np.log(high / low), rel=0.01)


def test_a_round_in_which_one_net_was_throttled_is_left_out() -> None:
    nets = [replace(net, rounds=[net.cost] * 3) for net in NETS]
    act = replace(entrant("act", 30, 5, 0.2), rounds=[30, 30, np.nan])
    assert judge(act, nets, higher=False).ratio_interval == pytest.approx([30 / 70, 30 / 70])


def left_out(rounds: Array) -> Array:
    """Means over all rounds but one: of these the jackknife's error is that of the mean."""
    means: Array = (np.nansum(rounds) - rounds) / (np.isfinite(rounds).sum() - 1)
    return means


def test_the_jackknife_of_means_is_the_error_of_the_mean() -> None:
    own = 1 + np.array([0.01, -0.02, 0.005, 0.005])
    nets = [replace(net, rounds=[net.cost] * 4) for net in NETS]
    act = replace(entrant("act", 30, 5, 0.2), rounds=[*left_out(30 * own)])
    interval = judge(act, nets, higher=False).ratio_interval
    expected = interval_of_mean(own)
    assert interval is not None
    assert expected is not None
    half = (expected[1] - expected[0]) / 2
    assert np.log(interval[1] / interval[0]) / 2 == pytest.approx(half, rel=0.01)


errors = st.lists(st.floats(0, 1), min_size=2, max_size=6)


@given(errors, st.floats(0, 1), st.floats(0.1, 100))
def test_steps_lie_within_those_of_the_nets(values: list[float], value: float, cost: float) -> None:
    nets = [entrant(f"f{k}", 10.0 * k, k, error) for k, error in enumerate(values, 1)]
    found = judge(entrant("act", cost, 2.5, value), nets, higher=False)
    assert 1 <= found.steps <= len(values)
    assert found.steps_interval[0] <= found.steps <= found.steps_interval[1]
    assert (found.ratio is None) == (value > values[0])
    if found.ratio is not None:
        assert cost / (10 * len(values)) <= found.ratio * (1 + 1e-9)
        assert found.ratio <= cost / 10 * (1 + 1e-9)
