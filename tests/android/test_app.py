"""The demo's app on a Java virtual machine, with real inference: life, pictures, benchmark."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_artefact.manifest import read_manifest
from act_mobile import load_model
from act_profiling.rows import read_rows
from tests.android.api import is_listed
from tests.android.apk import APP
from tests.android.classfile import references
from tests.android.jars import act_android, app, compiled_tests, runtime_environment, runtime_jars
from tests.android.models import MODELS, exports
from tests.android.pictures import draw
from tests.android.toolchain import junit, need

pytestmark = pytest.mark.android


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("npm", "java", "javac", "cmake", "aapt2")


def test_the_activity_lives(tmp_path: Path) -> None:
    """Also 200 random sequences of events."""
    properties, variables = runtime_environment(tmp_path)
    given = {**properties, "models": exports(), "app": APP, "java.awt.headless": "true"}
    jars = [*runtime_jars(), compiled_tests()]
    printed = junit(["io.actmobile.tests.AppTest"], jars, given, variables)
    assert "OK (13 tests)" in printed


def test_pictures_are_drawn(tmp_path: Path) -> None:
    assert "OK (5 tests)" in draw(tmp_path)
    assert len(list(tmp_path.iterdir())) == 18


def test_the_benchmark_writes_the_runners_rows(tmp_path: Path) -> None:
    folder = tmp_path / "benchmark"
    shutil.copytree(exports() / "charlm-native-loop-fp32-budget", folder)
    tokens = np.load(MODELS / "charlm" / "eval.npz")["tokens"][:3, :8]
    # A call's own shape: one sequence, one time step.
    np.savez(folder / "data.npz", tokens=tokens[:, :, None])
    properties, variables = runtime_environment(tmp_path)
    jars = [*runtime_jars(), compiled_tests()]
    given = {**properties, "benchmark": folder}
    printed = junit(["io.actmobile.tests.BenchmarkTest"], jars, given, variables)
    assert "OK (2 tests)" in printed
    manifest = read_manifest(folder / "model.manifest.json")
    rows = list(read_rows(folder / "rows.bin", manifest, "ponder"))
    assert [(row.call, row.repeat) for row in rows] == [(c, r) for r in (0, 1) for c in range(24)]
    first, second = rows[:24], rows[24:]
    assert [row.digest for row in first] == [row.digest for row in second]
    steps = [row.outputs["ponder_steps"].item() for row in first]
    assert steps == model_steps(tokens)
    brief = read_rows(folder / "brief.bin", manifest, "ponder")
    assert {row.outputs["ponder_steps"].item() for row in brief} == {1}


def model_steps(tokens: npt.NDArray[np.int32]) -> list[int]:
    """N of the model itself, sequence by sequence."""
    with torch.no_grad():
        answer = load_model(MODELS / "charlm" / "model.pt").double()(torch.from_numpy(tokens))
    return answer.ponder.steps[..., 0].flatten().tolist()


def test_what_the_app_calls_is_androids_public_api() -> None:
    """By the signatures of Android 10, beside which newer ones have lost none of these."""
    called = {*references(app()), *references(act_android())}
    assert len(called) > 100
    assert not sorted(call for call in called if not is_listed(call))
