"""The comparison itself: within tolerance, the same N, and something compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from act_artefact.equality import Agreement, Answer


def answer(on_threshold: bool = False) -> Answer:
    """Two rows of three values, of which the last may be off by 0.5."""
    y = np.arange(6, dtype=np.float32).reshape(2, 3)
    return Answer(
        {"y": y, "ponder_steps": np.full((2, 1), 4, np.int32)},
        {"y": np.array([[0.1, 0.1, 0.5]] * 2, np.float32)},
        np.array([[on_threshold], [False]]),
    )


def agreement(change: Any = 0.0, steps: Any = 0, on_threshold: bool = False) -> Agreement:
    expected, found = answer(on_threshold), Agreement()
    found.add(
        expected,
        {
            "y": expected.outputs["y"] + np.asarray(change, np.float32),
            "ponder_steps": expected.outputs["ponder_steps"] + np.asarray(steps, np.int32),
        },
    )
    return found


def test_equal() -> None:
    found = agreement()
    assert found.reason() == ""
    assert found.compared == 6
    assert found.ponder_steps_equal == 2


def test_each_value_has_its_own_tolerance() -> None:
    assert agreement([0, 0, 0.4]).reason() == ""
    assert agreement([0, 0.2, 0]).reason() == "y is off by 2.0e-01, 1.0e-01 allowed"
    assert agreement([0, 0.2, 0.4]).reason() == "y is off by 2.0e-01, 1.0e-01 allowed"
    assert agreement([0, 0, 0.6]).reason() == "y is off by 6.0e-01, 5.0e-01 allowed"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_wrong(bad: float) -> None:
    found = agreement([bad, 0.3, 0])
    assert found.reason().startswith(f"y is off by {abs(bad):.1e}")


def test_another_n_where_it_may_differ() -> None:
    """Nothing of its row is compared, but the other row is."""
    found = agreement([[9, 9, 9], [0, 0, 0]], [[1], [0]], on_threshold=True)
    assert found.reason() == ""
    assert (found.ponder_steps_equal, found.ponder_steps_differ, found.compared) == (1, 1, 3)


def test_another_n_where_it_may_not() -> None:
    assert agreement(steps=[[0], [1]], on_threshold=True).reason() == "N differs in 1 time steps"
    assert agreement(steps=[[-1], [0]]).reason() == "N differs in 1 time steps"


def test_a_comparison_of_nothing_fails() -> None:
    assert Agreement().reason() == "nothing could be compared"


@given(st.lists(st.floats(-1, 1, width=32), min_size=6, max_size=6))
def test_calls_add_up(changes: list[float]) -> None:
    """Two calls together fail exactly if one of them does."""
    first, second = changes[:3], changes[3:]
    both = agreement(first)
    expected = answer()
    both.add(expected, {**expected.outputs, "y": expected.outputs["y"] + np.float32(second)})
    alone = [agreement(first), agreement(second)]
    assert bool(both.reason()) == any(each.reason() for each in alone)
    assert both.max_abs_error["y"] == max(each.max_abs_error["y"] for each in alone)
