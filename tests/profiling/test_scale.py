"""The axis of a metric keeps the order of values and tells small errors apart."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from act_profiling.report.scale import ErrorAxis, metric_axis
from act_profiling.report.svg import TOP

errors = st.lists(st.just(0.0) | st.floats(1e-9, 1.0), min_size=1, max_size=12)


def test_no_error_and_a_small_one_are_apart() -> None:
    axis = metric_axis([0.0, 0.002, 0.5], higher=False, height=300)
    none, small, large = axis(0.0), axis(0.002), axis(0.5)
    assert none - small > 40
    assert small - large > 40
    assert isinstance(axis, ErrorAxis)
    assert (none, "0") in axis.ticks()
    assert axis.rails(50.0).count("<line") == 2, "the axis is broken between them"


def test_accuracy_has_1_on_top() -> None:
    axis = metric_axis([1.0, 0.999, 0.9], higher=True, height=300)
    assert axis(1.0) < axis(0.999) - 40 < axis(0.9) - 80
    shown = [number for _, number in axis.ticks(1.0, 6)]
    assert {"0.9", "0.99", "0.999", "1"} <= {*shown}


@pytest.mark.parametrize("values", [[1.9, 2.6], [0.02, 0.05], [0.0], [3.0, 3.0], [1.2, -0.1]])
def test_values_of_one_size_have_a_straight_axis(values: list[float]) -> None:
    axis = metric_axis(values, higher=False, height=300)
    assert not isinstance(axis, ErrorAxis)
    assert all(TOP <= axis(value) <= axis.floor for value in values)


@given(errors, st.booleans())
def test_order_is_kept_within_the_picture(found: list[float], higher: bool) -> None:
    values = [1.0 - error if higher else error for error in found]
    axis = metric_axis(values, higher=higher, height=300)
    places = [axis(value) for value in sorted(values)]
    assert all(one >= other - 1e-6 for one, other in pairwise(places)), "larger values are above"
    assert all(TOP - 1e-6 <= place <= axis.floor + 1e-6 for place in places)
    assert all(TOP - 1e-6 <= place <= axis.floor + 1e-6 for place, _ in axis.ticks(1.0, 6))
