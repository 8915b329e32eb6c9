"""Batches to rows, and what a report makes of them."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from act_artefact.errors import CheckFailed, UserError
from act_profiling.devices.browser.batches import RowLayout, deal, least
from act_profiling.devices.browser.posted import Batch, Done, Failed, Hello, parse, parse_end
from act_profiling.job import DATA_MAGIC
from act_profiling.measurement import Measurement, Round
from act_profiling.report import html
from act_profiling.report.build import Report, build
from act_profiling.rows import ROWS_MAGIC
from tests.profiling.synthetic import measurement
from tests.profiling.test_report import check

PLAN = """act-plan 1
output y float32 1 2
output ponder_steps int32 1 1
output remainder float32 1 1
"""
STEPS = [3, 5, 3, 4, 3]


@pytest.fixture
def layout(tmp_path: Path) -> RowLayout:
    (tmp_path / "plan.txt").write_text(PLAN)
    (tmp_path / "data.bin").write_bytes(DATA_MAGIC + struct.pack("<Q", len(STEPS)))
    return RowLayout(tmp_path, "ponder")


def posted(steps: list[int], call: int = 0, nanoseconds: int = 0) -> bytes:
    rows = (
        struct.pack("<QQQIIif", call + k, 0, nanoseconds, 1, 7, n, 0.5) for k, n in enumerate(steps)
    )
    return ROWS_MAGIC + b"".join(rows)


def test_calls_get_the_means_of_their_n(layout: RowLayout, tmp_path: Path) -> None:
    rows = layout.read(posted(STEPS))
    deal(rows, [Batch(0, 10, 1e4), Batch(1, 2, 1e4), Batch(3, 4, 1e4), Batch(2, 5, 1e4)])
    assert rows["ns"].tolist() == [1000, 5000, 1000, 2500, 2000]
    layout.write(tmp_path / "rows.bin", rows)
    assert (tmp_path / "rows.bin").stat().st_size == layout.size


def test_an_n_without_a_batch_is_refused(layout: RowLayout) -> None:
    with pytest.raises(CheckFailed, match="no batch of calls with N = 4"):
        deal(layout.read(posted(STEPS)), [Batch(0, 10, 1e4), Batch(1, 2, 1e4)])
    with pytest.raises(CheckFailed, match="a batch of call 5, of 5"):
        deal(layout.read(posted(STEPS)), [Batch(5, 10, 1e4)])


def test_the_least_batch_of_a_call_stands_if_another_confirms_it() -> None:
    spoiled = [Batch(0, 1, 9e6), Batch(0, 2, 2e3), Batch(0, 1, 1001.0)]
    found, agreement = least([*spoiled, Batch(1, 1, 5e3), Batch(1, 1, 4999.0)])
    assert [(each.call, each.nanoseconds / each.count) for each in found] == [(0, 1e3), (1, 4999)]
    assert agreement is not None
    assert 0.999 < agreement < 1
    # Nothing confirms the least of the first call.
    disturbed = [Batch(0, 1, 9e6), Batch(0, 1, 2e3), Batch(1, 1, 5e3), Batch(1, 1, 4999.0)]
    _, agreement = least(disturbed)
    assert agreement is not None
    assert agreement < 0.9
    assert least([Batch(0, 1, 1.0), Batch(0, 1, 2.0), Batch(1, 1, 3.0)])[1] is None


@pytest.mark.parametrize("state", ["", "state h0 h0_out 0\n"])
def test_calls_that_carry_nothing_are_known(tmp_path: Path, state: str) -> None:
    (tmp_path / "plan.txt").write_text(PLAN + state)
    (tmp_path / "data.bin").write_bytes(DATA_MAGIC + struct.pack("<Q", len(STEPS)))
    assert RowLayout(tmp_path, "ponder").timeless == (not state)


@pytest.mark.parametrize(
    "contents",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(posted(STEPS)[:-1], id="cut short"),
        pytest.param(posted([*STEPS, 3]), id="a row too many"),
        pytest.param(posted(STEPS, call=1), id="other calls"),
        pytest.param(b"X" + posted(STEPS)[1:], id="no rows"),
        pytest.param(posted(STEPS, nanoseconds=9), id="times of its own"),
    ],
)
def test_rows_that_are_not_the_jobs_are_refused(layout: RowLayout, contents: bytes) -> None:
    with pytest.raises(CheckFailed, match="browser: the page"):
        layout.read(contents)


def test_rows_of_any_size_are_refused(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(PLAN.replace("y float32 1 2", "y float32 1 -1 2"))
    with pytest.raises(UserError, match="export with one time step a call"):
        RowLayout(tmp_path, "all")


@given(st.binary(max_size=200))
def test_what_no_page_posts_is_one_line(body: bytes) -> None:
    for kind in (Hello, Done, Failed):
        with pytest.raises(CheckFailed, match="what no page posts"):
            parse(body, kind)


@pytest.mark.parametrize("batch", ["[-1, 1, 1]", "[0, 0, 1]", "[0, 1, 0]", "[0, 1, 1e99]", "[0]"])
def test_batches_have_ranges(batch: str) -> None:
    times = '"clock_ns": 5000, "init_ns": 1, "first_ns": 1, "warmup_ns": 1'
    text = f'{{"runtime": "r", {times}, "hidden": false, "batches": [%s]}}'
    assert isinstance(parse_end((text % "[0, 1, 1]").encode()), Done)
    with pytest.raises(CheckFailed, match="what no page posts"):
        parse_end((text % batch).encode())


def report_of(made: Measurement, batches: int = 70, agreement: float | None = None) -> Report:
    further = {"batches": batches, "agreement": agreement}
    rounds = tuple(Round(each.rows, {**each.facts, **further}) for each in made.rounds)
    facts = {"name": "eval.npz", "sha256": "0" * 64, "sequences": 1, "time_steps": 9}
    return build(
        [Measurement(made.variant, made.golden, rounds, made.metric, sample=made.sample)],
        device="browser",
        identity="a browser",
        reports_latency=True,
        device_facts={},
        data=facts,
        versions={"act-mobile": "0"},
        settings={},
        boundary="a batch",
    )


def test_batches_have_no_tail() -> None:
    report = report_of(measurement())
    check(report)
    (variant,) = report["variants"]
    for name in ("per_call", "per_time_step"):
        summary = variant["latency"][name]
        assert [summary[each] for each in ("max", "p90", "p95", "p99")] == [None] * 4
        assert summary["p50"] > 0
    page = html.render(report)
    assert "p99 " not in page
    assert "by batches of calls, which have no tail" in page
    assert "Of means of batches, not of single calls" in page
    assert "Of means of batches" not in html.render(report_of(measurement(), batches=0))


def test_batches_off_a_line_are_refused() -> None:
    rng = np.random.default_rng(0)
    made = measurement(per_step=1.0, fixed=1e5, steps=rng.integers(1, 9, 40))
    report = report_of(made)
    check(report)
    assert "batches are not on a line: r² 0." in report["variants"][0]["missing"]
    assert "--min-seconds" in report["variants"][0]["missing"]


@pytest.mark.parametrize("agreement", [0.95, 0.995, None])
def test_images_are_refused_where_their_batches_differ(agreement: float | None) -> None:
    rng = np.random.default_rng(0)
    made = measurement(per_step=1.0, fixed=1e5, steps=rng.integers(1, 9, 40))
    made = replace(made, variant=replace(made.variant, sequence="whole"))
    missing = report_of(made, agreement=agreement)["variants"][0]["missing"]
    if agreement == 0.95:
        assert missing.startswith("batches of one call differ: r² 0.950 is less than 0.99")
    else:
        assert missing is None
