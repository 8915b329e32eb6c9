"""Rows of runs that were cut short, put together: none too few, none twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from act_artefact.errors import CheckFailed
from act_profiling.devices import Job, Settings
from act_profiling.resume import HEAD, Kept, Place
from act_profiling.rows import ROWS_MAGIC
from tests.device.conftest import CALLS, FIRST_CALLS, ONCE, ROW_SIZE, measured


def run_rows(first: int, count: int) -> bytes:
    """Build the rows that a runner writes from call ``first`` on."""
    rows, call, repeat = bytearray(ROWS_MAGIC), first, 0
    for _ in range(count):
        rows += HEAD.pack(call, repeat, 1000 + call, 1, 0)
        rows += (call % 7 + 1).to_bytes(4, "little") + bytes(4)
        call, repeat = (call + 1, repeat) if call + 1 < CALLS else (0, repeat + 1)
    return bytes(rows)


@pytest.mark.parametrize("cut", range(0, 8 + CALLS * ROW_SIZE, 37))
def test_cut_anywhere(job: Job, tmp_path: Path, cut: int) -> None:
    rows = tmp_path / "rows.bin"
    kept = Kept(job, Settings())
    rows.write_bytes(run_rows(0, CALLS)[:cut])
    kept.add(rows, whole=False)
    assert kept.next.call in FIRST_CALLS
    assert kept.count == kept.next.call
    rows.write_bytes(run_rows(kept.next.call, CALLS - kept.count))
    kept.add(rows, whole=True)
    kept.write(rows)
    assert measured(rows) == ONCE


def test_many_cuts_over_many_passes(job: Job, tmp_path: Path) -> None:
    rows, chance = tmp_path / "rows.bin", random.Random(0)
    kept = Kept(job, Settings(min_count=3 * CALLS))
    while (left := 3 * CALLS - kept.count) > 20:
        written = run_rows(kept.next.call, left)
        rows.write_bytes(written[: chance.randrange(20 * ROW_SIZE)])
        kept.add(rows, whole=False)
    assert kept.settings.min_count == left
    rows.write_bytes(run_rows(kept.next.call, left))
    kept.add(rows, whole=True)
    kept.write(rows)
    assert measured(rows) == [(repeat, call) for repeat in range(3) for call in range(CALLS)]


def test_the_rest_is_shorter(job: Job, tmp_path: Path) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(run_rows(0, 10))
    kept = Kept(job, Settings(min_count=100, min_seconds=1e-5))
    kept.add(rows, whole=False)
    assert kept.settings.min_count == 90
    assert kept.settings.min_seconds == 0, "10 calls of 1 us took 10 us"


def test_a_cut_at_the_end_of_a_pass(job: Job, tmp_path: Path) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(run_rows(0, CALLS))
    kept = Kept(job, Settings())
    kept.add(rows, whole=False)
    assert kept.next == Place(0, 1)


def test_zeros_after_a_reboot_are_no_rows(job: Job, tmp_path: Path) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(run_rows(0, 10) + bytes(100 * ROW_SIZE))
    kept = Kept(job, Settings())
    kept.add(rows, whole=False)
    assert kept.next == Place(10, 0)


@pytest.mark.parametrize("contents", [b"", ROWS_MAGIC[:3], ROWS_MAGIC, bytes(800), b"ELF"])
def test_files_with_no_rows(job: Job, tmp_path: Path, contents: bytes) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(contents)
    kept = Kept(job, Settings())
    kept.add(rows, whole=False)
    assert kept.next == Place(0, 0)


def test_a_whole_run_that_is_not_a_runners(job: Job, tmp_path: Path) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(bytes(800))
    with pytest.raises(CheckFailed, match="not what a runner writes"):
        Kept(job, Settings()).add(rows, whole=True)


@pytest.mark.parametrize(
    "wrong", [run_rows(1, 10), run_rows(0, 10)[:-1], run_rows(0, 10) + run_rows(0, 10)[8:]]
)
def test_a_whole_run_out_of_order(job: Job, tmp_path: Path, wrong: bytes) -> None:
    rows = tmp_path / "rows.bin"
    rows.write_bytes(wrong)
    with pytest.raises(CheckFailed, match="is not the next call's"):
        Kept(job, Settings()).add(rows, whole=True)
