"""N and the metric by difficulty, from eval.npz to a report's page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from act_artefact.data import load
from act_artefact.errors import UserError
from act_artefact.ranks import spearman
from act_profiling.difficulty import by_difficulty
from act_profiling.report import html
from act_profiling.report.build import Report
from tests.profiling.synthetic import TEXT, measurement, report

values = st.lists(st.integers(0, 5), min_size=3, max_size=30)


@given(values, values)
def test_rank_correlation_is_scipys(one: list[int], other: list[int]) -> None:
    count = min(len(one), len(other))
    a, b = np.array(one[:count]), np.array(other[:count])
    found = spearman(a, b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert found is None
    else:
        assert found == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)


def test_of_sequences() -> None:
    steps = [np.array([1, 3]), np.array([4]), np.array([6])]
    found = by_difficulty("length", [np.array(k) for k in (1, 1, 2)], steps, np.array([0, 1, 1.0]))
    easy, hard = found.levels
    assert (easy.low, easy.high, easy.count) == (1, 1, 2)
    assert (easy.ponder_steps, easy.metric) == (3, 0.5)
    assert (hard.ponder_steps, hard.metric) == (6, 1)
    assert found.spearman == pytest.approx(np.sqrt(3) / 2)


def test_of_time_steps() -> None:
    steps = [np.array([1, 3]), np.array([4])]
    found = by_difficulty("gates", [np.array([1, 2]), np.array([2])], steps, np.array([0, 1.0]))
    assert [(each.low, each.ponder_steps, each.metric) for each in found.levels] == [
        (1, 1, None),
        (2, 3.5, None),
    ]


def test_many_difficulties_are_ranges() -> None:
    kinds = [np.array(k) for k in range(60)]
    levels = by_difficulty("d", kinds, [np.array([k]) for k in range(60)], None).levels
    assert len(levels) == 12
    assert [(each.low, each.high) for each in levels][:2] == [(0, 4), (5, 9)]
    assert sum(each.count for each in levels) == 60


def graded(metric: float) -> Report:
    steps = np.full(len(TEXT), 4, np.int32)
    kinds = [np.array(k % 3) for k in range(9)]
    act = by_difficulty("length", kinds, [np.array([1 + k % 3]) for k in range(9)], np.ones(9))
    fixed = by_difficulty("length", kinds, [np.array([4])] * 9, np.zeros(9))
    nets = [
        replace(
            measurement(f"fixed{k}", steps=steps, epsilon=None, max_ponder=k, metric=bits),
            difficulty=fixed,
        )
        for k, bits in ((3, 1.95), (4, 1.9))
    ]
    return report([replace(measurement("act", metric=metric), difficulty=act), *nets])


def test_the_page_shows_it() -> None:
    page = html.render(graded(1.92))
    assert "Does it think longer about what is harder?" in page
    assert "rank correlation (Spearman) 1.00" in page
    assert "act: 0 1, 1 2, 2 3; fixed3: 0 4, 1 4, 2 4" in page
    assert "Where does it pay?" in page
    assert "Does it think longer" not in html.render(report([measurement("act")]))


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        (np.ones(3, int), "'difficulty' must be 4 whole numbers"),
        (np.ones(4), "'difficulty' must be 4 whole numbers"),
        (np.full(4, 1 << 40), "'difficulty' has numbers that do not fit in int32"),
    ],
)
def test_bad_difficulties(given_: np.ndarray[tuple[int], np.dtype[np.generic]], message: str,
                          tmp_path: Path) -> None:  # fmt: skip
    np.savez(tmp_path / "eval.npz", x=np.ones((4, 2, 1), np.float32), difficulty=given_)
    with pytest.raises(UserError, match=message):
        load(tmp_path / "eval.npz")
