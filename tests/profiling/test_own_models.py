"""Profiles of what is no recurrent layer and head: several data inputs, and models without time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_export import Options, export
from act_profiling import profile
from act_profiling.config import MeasureConfig
from act_profiling.devices.host import HostDevice

pytestmark = pytest.mark.own_models

QUICK = MeasureConfig(rounds=1, warmup=1, min_count=1, min_seconds=0)


def draw(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("target", ["onnx", "tflite"])
@pytest.mark.parametrize(
    ("name", "arrays", "sequence"),
    [
        ("steered", {"x": draw(4, 9, 3), "wheel": draw(4, 9, 2)}, "stream"),
        ("steered", {"x": draw(4, 9, 3), "wheel": draw(4, 9, 2)}, 3),
        ("looking", {"x": draw(12, 3, 5, 4)}, "whole"),
    ],
)
def test_profile(
    name: str, arrays: dict[str, Any], sequence: Any, target: str, tmp_path: Path
) -> None:
    """The golden bundle passes on the runner, and the metric is that of the exporter's check."""
    lead = (4, 9) if sequence != "whole" else (12,)
    targets = np.random.default_rng(1).integers(0, 2, lead)
    data = tmp_path / "eval.npz"
    np.savez(data, **arrays, targets=targets, metric="accuracy")
    (done,) = export(
        f"tests.export.own_modules:{name}",
        target,
        output=tmp_path / "out",
        data=data,
        options=Options("loop", sequence, precision="fp16"),
    )
    report = profile([done.path], data, HostDevice(), config=QUICK)
    (variant,) = report["variants"]
    assert variant["golden"]["passed"], variant["golden"]
    assert done.verification.metric is not None
    assert variant["metric"]["value"] == pytest.approx(done.verification.metric.artefact, abs=1e-9)
