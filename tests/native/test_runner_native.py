"""act-runner with the engine in it: what it refuses, and that its arm64 file needs no other."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.targets import TARGETS
from act_engine import Model
from act_profiling.programs import device_programs
from act_profiling.runner import AARCH64_GCC, aarch64_runner, host_runner
from tests.native.small import contents, network

BUILT_IN = TARGETS["native"].device

PLAN = """act-plan 1
target native
artefact small.actn
batch 2
input x float32 2 -1 3
input h0 float32 2 5
input c0 float32 2 5
input halt_threshold float32 1
input max_ponder int32 1
output y float32 2 -1 2
output ponder_steps int32 2 -1 1
output remainder float32 2 -1 1
output h0_out float32 2 5
output c0_out float32 2 5
state h0 h0_out 0
state c0 c0_out 0
budget halt_threshold 0.9
budget max_ponder 3
"""

Change = Callable[[Path], None]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """Two calls of three time steps, of two rows."""
    x = np.random.default_rng(0).normal(size=(2, 2, 3, 3)).astype("<f4")
    head = struct.pack("<II4B", 3, 0, 1, 1, 0, 0)
    calls = [head + x[0].tobytes(), struct.pack("<II4B", 3, 0, 0, 0, 0, 0) + x[1].tobytes()]
    (tmp_path / "data.bin").write_bytes(b"ACTDATA1" + struct.pack("<Q", 2) + b"".join(calls))
    (tmp_path / "plan.txt").write_text(PLAN)
    (tmp_path / "small.actn").write_bytes(contents(network()))
    return tmp_path


def started(program: list[str], job: Path, *options: str) -> Any:
    files = [str(job / name) for name in ("plan.txt", "data.bin", "rows.bin")]
    command = [*program, *files, "--keep", "all", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def edit(old: str, new: str) -> Change:
    def change(job: Path) -> None:
        assert old in PLAN
        (job / "plan.txt").write_text(PLAN.replace(old, new))

    return change


def spoil(file: bytes) -> Change:
    def change(job: Path) -> None:
        (job / "small.actn").write_bytes(file)

    return change


def infinite(job: Path) -> None:
    data = bytearray((job / "data.bin").read_bytes())
    data[28:32] = struct.pack("<f", np.inf)
    (job / "data.bin").write_bytes(data)


@pytest.mark.parametrize(
    ("code", "change", "reason"),
    [
        (3, edit("target native", "target onnx"), "native engine alone"),
        (4, spoil(b""), "not an .actn file"),
        (4, spoil(contents(network())[:-64]), "shorter or longer"),
        (4, spoil(contents(network(vocabulary=9))), "x is int32, not float32"),
        (4, spoil(contents(network(features=4))), "x is of another shape"),
        (4, spoil(contents(network(hidden=6))), "h0 is of another shape"),
        (4, spoil(contents(network(outputs=3))), "y is of another shape"),
        (4, spoil(contents(network(layers=2))), "more states"),
        (4, spoil(contents(network("gru"))), "fewer states"),
        (4, edit("x float32 2 -1 3", "x float32 2 -1 -1"), "of another shape"),
        (4, edit("x float32 2 -1 3", "x float32 2 3 3"), "y is of another shape"),
        (4, edit("y float32 2 -1 2", "y float32 2 1 2"), "y is of another shape"),
        (4, edit("steps int32 2 -1 1", "steps float32 2 -1 1"), "ponder_steps is int32"),
        (4, edit("remainder float32 2 -1 1", "remainder float32 2 -1 2"), "remainder is"),
        (2, edit("c0_out float32 2 5", "c0_out float32 2 -1"), "of one shape"),
        (4, edit("max_ponder int32 1", "max_ponder float32 1"), "max_ponder is int32"),
        (5, edit("max_ponder 3", "max_ponder 5"), "max_ponder not in 1"),
        (5, edit("halt_threshold 0.9", "halt_threshold 2"), "threshold is not in 0..1"),
        (5, infinite, "NaN or infinite"),
        (5, spoil(contents(network(halting=0))), "same number of ponder steps"),
    ],
)
def test_a_bad_job_is_refused_in_one_line(
    job: Path, code: int, change: Change, reason: str
) -> None:
    change(job)
    done = started([str(host_runner(BUILT_IN))], job)
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("act-runner: ")
    assert reason in line


@pytest.mark.parametrize(
    ("code", "options"),
    [(2, ("--library", "any.so")), (2, ("--threads", "2")), (3, ("--op-profile", "ops"))],
)
def test_options_of_other_runtimes_are_refused(
    job: Path, code: int, options: tuple[str, ...]
) -> None:
    done = started([str(host_runner(BUILT_IN))], job, *options)
    assert done.returncode == code
    assert "native engine" in done.stderr


def test_the_runner_of_other_runtimes_has_no_engine(job: Path) -> None:
    done = started([str(host_runner())], job)
    assert done.returncode == 3
    assert "no native engine" in done.stderr
    (job / "plan.txt").write_text(PLAN.replace("target native", "target onnx"))
    done = started([str(host_runner())], job)
    assert done.returncode == 2
    assert "--library" in done.stderr


def test_a_device_gets_the_runner_alone() -> None:
    if shutil.which(AARCH64_GCC) is None:
        pytest.skip(f"{AARCH64_GCC} is not installed")
    program = device_programs()("native", ["arm64-v8a"])
    assert list(program.files) == ["act-runner-native"]
    assert program.command == ("./act-runner-native",)
    assert program.library == ""


def test_a_users_own_runner_is_taken(tmp_path: Path) -> None:
    own = tmp_path / "act-runner-native"
    own.touch()
    program = device_programs(tmp_path)("native", ["arm64-v8a"])
    assert program.files == {"act-runner-native": own}


@pytest.mark.parametrize("cpu", ["cortex-a53", "cortex-a76"])
def test_the_arm64_file_is_alone(job: Path, cpu: str) -> None:
    """It is started without a loader and a C library, and answers as this machine does."""
    for tool in ("qemu-aarch64", AARCH64_GCC):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    here = started([str(host_runner(BUILT_IN))], job, "--warmup", "0")
    assert here.returncode == 0, here.stderr
    expected = outputs(job)
    nowhere = ["qemu-aarch64", "-L", "/nonexistent", "-cpu", cpu]
    there = started([*nowhere, str(aarch64_runner(BUILT_IN))], job, "--warmup", "0")
    assert there.returncode == 0, there.stderr
    assert ("neon-dot" in there.stdout) == (cpu == "cortex-a76")
    found = outputs(job)
    np.testing.assert_array_equal(found["ponder_steps"], expected["ponder_steps"])
    for name in ("y", "remainder", "state"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_what_halting_keeps_is_a_state(job: Path) -> None:
    given = network(halting=3, max_ponder=1, threshold=0.5)
    (job / "small.actn").write_bytes(contents(given))
    plan = PLAN.replace("max_ponder 3", "max_ponder 1").replace(
        "halt_threshold 0.9", "halt_threshold 0.5"
    )
    plan = plan.replace("input c0 float32 2 5\n", "input c0 float32 2 5\ninput u0 float32 2 1\n")
    plan = plan.replace(
        "c0_out float32 2 5\n", "c0_out float32 2 5\noutput u0_out float32 2 1\n"
    ).replace("state c0 c0_out 0\n", "state c0 c0_out 0\nstate u0 u0_out 1\n")
    (job / "plan.txt").write_text(plan)
    done = started([str(host_runner(BUILT_IN))], job, "--warmup", "0")
    assert done.returncode == 0, done.stderr
    kept = np.dtype([*ROW.descr[:-1], ("state", "<f4", (2 * 11,))])
    rows = np.frombuffer((job / "rows.bin").read_bytes()[8:], kept)
    x = np.random.default_rng(0).normal(size=(2, 2, 3, 3)).astype("<f4")
    contexts = [Model(contents(given)).context() for _ in range(2)]
    for call, row in enumerate(rows):
        for place, context in enumerate(contexts):
            if call == 0:
                context.reset()
            answer = context.run(x[call, place])
            np.testing.assert_array_equal(row["ponder_steps"][place], answer.ponder_steps[:, 0])
            np.testing.assert_array_equal(row["y"][place], answer.y)
            assert row["state"][20 + place] == context.state[10]
    assert 0 in rows["ponder_steps"]
    (job / "plan.txt").write_text(PLAN)
    assert "more states" in started([str(host_runner(BUILT_IN))], job).stderr


ROW = np.dtype(
    [
        *((name, "<u8") for name in ("call", "repeat", "nanoseconds")),
        *((name, "<u4") for name in ("time", "digest")),
        *(("y", "<f4", (2, 3, 2)), ("ponder_steps", "<i4", (2, 3)), ("remainder", "<f4", (2, 3))),
        ("state", "<f4", (2, 2, 5)),
    ]
)


def outputs(job: Path) -> Any:
    """The rows of all calls."""
    rows = np.frombuffer((job / "rows.bin").read_bytes()[8:], ROW)
    assert rows["call"].tolist() == [0, 1]
    return rows
