"""Inputs that act-runner refuses: bad files, libraries, artefacts, disks; none crashes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from act_artefact.errors import CheckFailed, UserError
from act_profiling.devices import Settings
from act_profiling.devices.host import HostDevice, failure
from act_profiling.libraries import installed_library
from tests.profiling.running_sum import SIZE, running_sum
from tests.profiling.test_runner import calls_of, prepare, started

ERRORS = {2: UserError, 3: UserError, 4: UserError, 5: CheckFailed, 6: UserError}

Change = Callable[[Path], Path | None]
"""Spoils a job in its folder; returns a library, if that is what it spoils."""


def edit(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        plan = folder / "plan.txt"
        text = plan.read_text()
        assert old in text
        plan.write_text(text.replace(old, new))

    return change


def write(name: str, contents: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(contents)

    return change


def no_library(folder: Path) -> Path:
    path = folder / "libonnxruntime.so"
    path.write_bytes(b"no library")
    return path


def other_library(folder: Path) -> Path:
    return installed_library("tflite").path


def full_disk(folder: Path) -> None:
    (folder / "rows.bin").symlink_to("/dev/full")


@pytest.mark.parametrize(
    ("code", "change", "reason"),
    [
        (2, edit("act-plan 1", "act-plan 2"), "another version"),
        (2, edit("batch 1", "batch 0"), "not a size"),
        (2, edit("sum.onnx", "../sum.onnx"), "not a name"),
        (2, edit("sum.onnx", "%2E%2e"), "not a name"),
        (2, edit("sum.onnx", "a%2Fb"), "not a name"),
        (2, edit("sum.onnx", "a%00b"), "not a name"),
        (2, edit("sum.onnx", "a%0gb"), "% without two hexadecimal digits"),
        (2, edit("sum.onnx", "a%"), "% without two hexadecimal digits"),
        (2, edit("input h0 float32", "input h0 float64"), "float32 or int32"),
        (2, edit("state h0 h0_out 0", "state h0 h1_out 0"), "no output of the name"),
        (2, edit("state h0 h0_out 0\n", ""), "not a call"),
        (2, edit("state h0 h0_out 0", "state x h0_out 0"), "a state before the data"),
        (2, write("data.bin", b"ACTDATA1"), "cut short"),
        (2, write("data.bin", b"ACTROWS1" + bytes(8)), "not a data file"),
        (2, write("data.bin", b"ACTDATA1" + bytes(8)), "no calls"),
        (3, no_library, "libonnxruntime.so"),
        (3, other_library, "lacks OrtGetApiBase"),
        (4, write("sum.onnx", b"no model"), "sum.onnx"),
        (4, edit("input x float32 1 2", "input x int32 1 2"), "is float32, not int32"),
        (4, edit("output y float32 1 2", "output y float32 1 3"), "y is of another shape"),
        (6, full_disk, "No space left"),
    ],
)
def test_a_bad_job_is_refused_in_one_line(
    tmp_path: Path, code: int, change: Change, reason: str
) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [2]))
    library = change(tmp_path)
    done = started(job, library=str(library) if library else None)
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("act-runner: ")
    assert reason in line
    assert isinstance(failure(done.returncode, done.stderr), ERRORS[code])


def test_a_call_that_fails_ends_the_run(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path, column=SIZE)
    job = prepare(tmp_path, manifest, calls_of(manifest, [2]))
    with pytest.raises(CheckFailed, match="call 0: .*indices"):
        HostDevice().run(job, Settings(warmup=0), tmp_path / "rows.bin")


def test_a_crashed_runner_is_told_from_one_that_failed() -> None:
    assert isinstance(failure(-11, "INFO: noise"), CheckFailed)
    assert "SIGSEGV" in str(failure(-11, "INFO: noise"))


def test_a_run_that_stands_still_is_given_up(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [1]))
    with pytest.raises(CheckFailed, match="no row for 0.5 s"):
        # Warm-up writes no rows.
        HostDevice(stuck_seconds=0.5).run(job, Settings(warmup=10**9), tmp_path / "rows.bin")


def test_damaged_files_never_crash_the_runner(tmp_path: Path) -> None:
    """Cut short anywhere, or with a byte changed: refused, in one line, or run."""
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [2, 1]))
    random = np.random.default_rng(0)
    for name in ("plan.txt", "data.bin"):
        good = (tmp_path / name).read_bytes()
        cuts = [good[:length] for length in random.integers(0, len(good), 30)]
        for bad in (*cuts, *(_mutated(good, random) for _ in range(60))):
            (tmp_path / name).write_bytes(bad)
            done = started(job, library="none.so")
            assert done.returncode in (2, 3, 6), (name, bad, done)
            assert done.stderr.startswith("act-runner: ")
            assert len(done.stderr.splitlines()) == 1
        (tmp_path / name).write_bytes(good)


def _mutated(contents: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(contents)
    for place in random.integers(0, len(changed), random.integers(1, 4)):
        changed[place] = random.choice([0, 1, 10, 32, 45, 57, 255, random.integers(256)])
    return bytes(changed)


def test_options_are_checked(tmp_path: Path) -> None:
    manifest = running_sum(tmp_path)
    job = prepare(tmp_path, manifest, calls_of(manifest, [3]))
    for options, reason in (
        (("--from", "1"), "no sequence begins"),
        (("--from", "9"), "no sequence begins"),
        (("--warmup", "-1"), "not a number"),
        (("--min-count", "1.5"), "not a whole number"),
        (("--keep", "some"), "ponder or all"),
        (("--cpus", "xyz"), "not a mask"),
        (("--threads", "0"), "at least 1"),
        (("--speed", "9"), "not understood"),
    ):
        done = started(job, *options)
        assert done.returncode == 2, options
        assert reason in done.stderr
