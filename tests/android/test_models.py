"""The library ``act`` and its runtimes on a JVM, on exports of the shipped models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_artefact.manifest import read_manifest
from act_profiling.rows import read_rows
from tests.android.cases import write_cases
from tests.android.jars import act, compiled_tests, runtime_environment, runtime_jars
from tests.android.models import exports
from tests.android.toolchain import junit, need

pytestmark = pytest.mark.android


@pytest.fixture(autouse=True)
def _tools() -> None:
    need("npm", "java", "javac", "cmake", "aapt2")


def test_the_library_reads_and_streams() -> None:
    """Needs no Android, no runtime and no JNI."""
    classes = ["io.actmobile.kit.ReadersTest", "io.actmobile.kit.StreamingTest"]
    printed = junit(classes, [act(), compiled_tests()], {})
    assert "OK (17 tests)" in printed


def test_every_export_answers_as_its_model(tmp_path: Path) -> None:
    properties, variables = runtime_environment(tmp_path)
    printed = junit(
        ["io.actmobile.tests.ModelsTest"],
        [*runtime_jars(), compiled_tests()],
        {**properties, "models": exports(), "cases": write_cases(tmp_path / "cases.json")},
        variables,
    )
    assert "OK (7 tests)" in printed
    manifest = read_manifest(exports() / "parity-onnx-loop-fp32" / "model.manifest.json")
    (row,) = read_rows(tmp_path / "rows.bin", manifest, "ponder")
    assert (row.call, row.repeat, row.nanoseconds) == (2, 1, 1_500_000_000_000)
    assert row.outputs["ponder_steps"].item() == 3
    np.testing.assert_equal(row.outputs["remainder"], np.float32([[0.25]]))
