"""act-runner with the engine in it, on images."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from act_artefact.targets import TARGETS
from act_engine import Model
from act_export.targets.native.description import Network
from act_profiling.runner import host_runner
from tests.native.small import contents, image_network, network
from tests.native.test_runner_native import started

PLAN = """act-plan 1
target native
artefact small.actn
batch 2
input x float32 2 2 3 4
input halt_threshold float32 1
input max_ponder int32 1
output y float32 2 3 4 2
output ponder_steps int32 2 1
output remainder float32 2 1
budget halt_threshold 0.9
budget max_ponder 3
"""

X = np.random.default_rng(0).normal(size=(3, 2, 2, 3, 4)).astype("<f4")
"""Three calls of two images; the largest that the model takes is 4 x 4."""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    head = struct.pack("<II4B", 1, 0, 1, 1, 0, 0)
    calls = b"".join(head + x.tobytes() for x in X)
    (tmp_path / "data.bin").write_bytes(b"ACTDATA1" + struct.pack("<Q", len(X)) + calls)
    (tmp_path / "plan.txt").write_text(PLAN)
    (tmp_path / "small.actn").write_bytes(contents(model()))
    return tmp_path


def model(**settings: int | bool) -> Network:
    return image_network(**{"height": 4, "width": 4, "max_ponder": 5, **settings})  # type: ignore[arg-type]


def answered(job: Path, y: tuple[int, ...]) -> np.ndarray:
    """The rows of all calls, compared with the engine's own answers."""
    done = started([str(host_runner(TARGETS["native"].device))], job, "--warmup", "0")
    assert done.returncode == 0, done.stderr
    row = np.dtype(
        [
            *((name, "<u8") for name in ("call", "repeat", "nanoseconds")),
            *((name, "<u4") for name in ("time", "digest")),
            *(("y", "<f4", (2, *y)), ("ponder_steps", "<i4", 2), ("remainder", "<f4", 2)),
        ]
    )
    return np.frombuffer((job / "rows.bin").read_bytes()[8:], row)


@pytest.mark.parametrize("pooled", [False, True])
def test_images(job: Path, pooled: bool) -> None:
    shape = (2,) if pooled else (3, 4, 2)
    if pooled:
        (job / "plan.txt").write_text(PLAN.replace("y float32 2 3 4 2", "y float32 2 2"))
    (job / "small.actn").write_bytes(contents(model(pooled=pooled)))
    context = Model(contents(model(pooled=pooled))).context()
    context.set_budget(0.9, 3)
    rows = answered(job, shape)
    assert len(rows) == len(X)
    for x, row in zip(X, rows, strict=True):
        for place in range(2):
            np.testing.assert_array_equal(row["y"][place], context.run_image(x[place]))
            assert row["ponder_steps"][place] == context.ponder_steps[0]
            assert row["remainder"][place] == np.float32(context.remainders[0])


@pytest.mark.parametrize(
    ("given", "plan", "reason"),
    [
        (model(channels=3), PLAN, "x is of another shape"),
        (model(height=2), PLAN, "x is of another shape"),
        (model(width=3), PLAN, "x is of another shape"),
        (model(outputs=3), PLAN, "y is of another shape"),
        (model(pooled=True), PLAN, "y is of another shape"),
        (network(features=24), PLAN, "more states"),
        (model(), PLAN.replace("x float32 2 2 3 4", "x float32 2 24"), "x is of another shape"),
        (model(), PLAN.replace("x float32 2 2 3 4", "x float32 2 2 -1 4"), "of another shape"),
        (model(), PLAN.replace("x float32 2", "x int32 2"), "x is float32, not int32"),
        (model(), PLAN.replace("steps int32 2 1", "steps int32 2 2"), "ponder_steps is of"),
    ],
)
def test_what_does_not_fit_is_refused(job: Path, given: Network, plan: str, reason: str) -> None:
    (job / "small.actn").write_bytes(contents(given))
    (job / "plan.txt").write_text(plan)
    done = started([str(host_runner(TARGETS["native"].device))], job)
    assert done.returncode == 4, done.stderr
    (line,) = done.stderr.splitlines()
    assert reason in line
