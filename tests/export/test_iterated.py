"""Models without time: images of one size, or of any where the target allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.errors import UserError
from act_artefact.form import Form
from act_artefact.targets import TARGETS
from act_export import Options, export, read_manifest
from act_export.program import untraced
from act_export.runtimes import load
from act_export.subject import load_subject
from act_export.targets import tflite
from act_mobile import IteratedConfig, IteratedModel, load_model, save_model
from tests.export.own_modules import uneven

pytestmark = pytest.mark.own_models

ANY = ("height", "width")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = IteratedModel(IteratedConfig(4, 6, 2, 7, 9, max_ponder=4, epsilon=0.3))
    save_model(tmp_path / "model.pt", uneven(model))
    return tmp_path / "model.pt"


@pytest.mark.parametrize("target", ["onnx", "coreml", "native"])
def test_any_height_and_width(target: str, file: Path, tmp_path: Path) -> None:
    (done,) = export(
        file, target, output=tmp_path / "out", options=Options("loop", samples=20, dynamic=ANY)
    )
    interface = read_manifest(tmp_path / "out" / "model.manifest.json").interface
    assert interface.data.shape == (1, 4, *ANY)
    assert interface.outputs[0].shape == (1, *ANY, 2)
    assert interface.sizes == {"height": 7, "width": 9}
    runtime, model = load(target, done.path), load_model(file)
    larger = () if TARGETS[target].bounded_axes else ((3, 14), (20, 2))
    for height, width in ((7, 9), (1, 1), (6, 2), *larger):
        x = torch.randn(1, 4, height, width)
        with torch.no_grad():
            expected = model(x)
        y = runtime.run({"x": x.numpy()})
        assert np.abs(y["y"] - expected.output.numpy()).max() < 1e-5
        assert y["ponder_steps"].tolist() == expected.ponder.steps.tolist()


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        ("onnx", {"dynamic": ("depth",)}, "--dynamic depth: model has only height, width"),
        ("onnx", {"ponder": "host", "dynamic": ANY}, "--dynamic: the host form's parts have"),
        ("tflite", {"dynamic": ANY}, "target tflite has inputs of one size: leave --dynamic out"),
        ("onnx", {"sequence": "stream"}, "--sequence stream: the model has no time"),
    ],
)
def test_refused(
    target: str, options: dict[str, Any], message: str, file: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        export(file, target, output=tmp_path / "out", options=Options(**options))
    assert not (tmp_path / "out").exists()


def test_litert_torch_has_no_shapes_that_are_computed(file: Path, tmp_path: Path) -> None:
    """When this no longer raises, ``named_axes`` of the target can become true (0.10.0 raises)."""
    form = Form(ponder="loop", sequence="whole", dynamic=ANY)
    program = untraced(load_subject(file), form)
    with pytest.raises(TypeError, match="must have every element be nonnegative"):
        tflite.convert(program, tmp_path / "model.tflite", {}, "fp32")


def test_a_file_of_images(file: Path, tmp_path: Path) -> None:
    """Targets and mask have the shape of the places that are asked."""
    draw = np.random.default_rng(0)
    x = draw.standard_normal((30, 4, 7, 9)).astype(np.float32)
    targets, mask = draw.integers(0, 2, (30, 7, 9)), draw.random((30, 7, 9)) < 0.5
    np.savez(tmp_path / "eval.npz", x=x, targets=targets, mask=mask, metric="accuracy")
    (done,) = export(
        file,
        "onnx",
        output=tmp_path / "out",
        data=tmp_path / "eval.npz",
        options=Options("loop", precision="fp16"),
    )
    with torch.no_grad():
        right = load_model(file)(torch.from_numpy(x)).output.argmax(-1).numpy() == targets
    assert done.verification.metric is not None
    assert done.verification.metric.model == pytest.approx(right[mask].mean())
