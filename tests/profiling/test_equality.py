"""One notion of equality: what verification hands out passes the golden check where it is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from act_artefact.files import digest
from act_artefact.golden import read_golden
from act_artefact.manifest import read_manifest
from act_export import Options, export
from act_mobile import load_model
from act_profiling import profile
from act_profiling.config import MeasureConfig
from act_profiling.devices.host import HostDevice
from tests.export.test_property import CHOSEN, SHARDS

MODELS = Path(__file__).parents[2] / "models"
QUICK = MeasureConfig(rounds=1, min_count=1, min_seconds=0, warmup=0, memory=False, operators=False)

CASES: list[tuple[str, str, Any, Any, int]] = [
    (model, target, sequence, ponder, batch)
    for sequence, ponder in (
        *(("stream", ponder) for ponder in ("loop", "unroll")),
        *((16, ponder) for ponder in ("loop", "unroll")),
        ("dynamic", "loop"),  # written-out time steps are of one number
    )
    for batch in (1, 4)
    for model in ("parity", "charlm")
    for target in ("onnx", "tflite", "native")
    if not (target == "native" and ponder == "unroll")
]


@pytest.mark.property
@pytest.mark.parametrize("shard", CHOSEN)
def test_what_is_exported_passes_its_golden_check(shard: int, tmp_path: Path) -> None:
    """Also where chaotic dynamics amplify rounding: parity in calls of 8 and 16 time steps."""
    for number, case in list(enumerate(CASES))[shard::SHARDS]:
        model, target, sequence, ponder, batch = case
        (done,) = export(
            MODELS / model / "model.pt",
            target,
            output=tmp_path / str(number),
            data=MODELS / model / "eval.npz",
            options=Options(ponder, sequence, batch, samples=100),
        )
        data = MODELS / model / "eval.npz"
        (variant,) = profile([done.path], data, HostDevice(), items=8, config=QUICK)["variants"]
        assert variant["golden"]["passed"], (case, variant["golden"]["reason"])
        assert variant["golden"]["calls"] == 8


def test_no_tolerance_is_far_above_the_floor_where_dynamics_are_tame(tmp_path: Path) -> None:
    (done,) = export(
        MODELS / "charlm" / "model.pt",
        "native",
        output=tmp_path,
        data=MODELS / "charlm" / "eval.npz",
        options=Options(samples=20),
    )
    for call in read_golden(done.manifest, tmp_path):
        for name, tolerance in call.answer.tolerance.items():
            floor = 1e-5 * (1 + np.abs(call.answer.outputs[name]))
            assert (tolerance >= 0.999 * floor).all()
            assert (tolerance <= 2 * floor).all()
        assert not call.answer.on_threshold.any()


def other_weights(folder: Path, to: Path, tolerances: float) -> Path:
    """Copy an ONNX export with another bias of the head, by so many of y's tolerances."""
    to.mkdir()
    manifest = read_manifest(folder / "model.manifest.json")
    (to / "model.golden.npz").write_bytes((folder / "model.golden.npz").read_bytes())
    largest = max(c.answer.tolerance["y"].max() for c in read_golden(manifest, folder))
    bias = load_model(MODELS / "charlm" / "model.pt").head.bias.detach().numpy()
    model = onnx.load(folder / "model.onnx")
    (found,) = [
        each
        for each in model.graph.initializer
        if np.array_equal(numpy_helper.to_array(each).ravel(), bias)
    ]
    changed = numpy_helper.to_array(found) + np.float32(tolerances * largest)
    found.CopyFrom(numpy_helper.from_array(changed, found.name))
    onnx.save(model, to / "model.onnx")
    facts = {**manifest.to_json(), "sha256": digest(to / "model.onnx")}
    (to / "model.manifest.json").write_text(json.dumps(facts))
    return to / "model.onnx"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    options = Options("loop", samples=20)
    data = MODELS / "charlm" / "eval.npz"
    export(MODELS / "charlm/model.pt", "onnx", output=folder, data=data, options=options)
    return folder


@pytest.mark.parametrize(("tolerances", "passes"), [(0.0, True), (0.05, True), (10.0, False)])
def test_another_y_fails(exported: Path, tmp_path: Path, tolerances: float, passes: bool) -> None:
    artefact = other_weights(exported, tmp_path / "other", tolerances)
    data = MODELS / "charlm" / "eval.npz"
    (variant,) = profile([artefact], data, HostDevice(), items=1, config=QUICK)["variants"]
    assert variant["golden"]["passed"] == passes
    assert ("latency" in variant) == passes
    assert variant["golden"]["reason"].startswith("" if passes else "y is off by")
