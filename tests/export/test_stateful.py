"""Own modules beyond a recurrent layer and a head: stateful layers, several inputs, no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_export import Export, Options, export
from act_export.report import table
from act_export.runtimes import load
from act_mobile import ACT
from tests.export import own_modules

pytestmark = pytest.mark.own_models

HERE = "tests.export.own_modules"
TARGETS = ("onnx", "tflite", "coreml")


def made(name: str, target: str, folder: Path, arrays: dict[str, Any], **options: Any) -> Export:
    np.savez(folder / "eval.npz", **arrays)
    (done,) = export(
        f"{HERE}:{name}",
        target,
        output=folder / "out",
        data=folder / "eval.npz",
        options=Options(**options),
    )
    return done


def draw(*shape: int) -> Any:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("target", TARGETS)
def test_stateful_layers_are_carried(target: str, tmp_path: Path) -> None:
    """Streamed over 200 time steps, as the module answers the whole sequence."""
    x = draw(1, 200, 3)
    done = made("listening", target, tmp_path, {"x": x}, ponder="loop")
    assert done.verification.time_steps == 200
    interface = done.manifest.interface
    assert {t.name: t.shape for t in interface.inputs[1:]} == {
        "window0": (1, 4, 3),
        "h1": (1, 5),
        "h2": (1, 5),
        "h3": (1, 6),
        "c3": (1, 6),
    }
    runtime = load(target, done.path)
    state = {t.name: np.zeros(t.at(0), t.dtype) for t in interface.inputs[1:]}
    answers = []
    for time_step in x[0]:
        outputs = runtime.run({"x": time_step[None], **state})
        answers.append(outputs["y"][0])
        state = {pair.input: outputs[pair.output] for pair in interface.states}
    with torch.no_grad():
        whole = own_modules.listening().eval()(torch.from_numpy(x))[0].numpy()
    assert np.abs(np.array(answers) - whole).max() < 1e-5


def test_stateful_layers_in_whole_sequences(tmp_path: Path) -> None:
    done = made("listening", "onnx", tmp_path, {"x": draw(4, 9, 3)}, ponder="loop", sequence=3)
    assert done.verification.passed
    assert done.written_out == []


def test_layers_that_are_written_out_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays = {"x": draw(4, 12, 3)}
    counts = []
    for time in (3, 6):
        folder = tmp_path / str(time)
        folder.mkdir()
        done = made("listening", "tflite", folder, arrays, ponder="loop", sequence=time)
        assert done.written_out == ["nn.GRU"]
        counts.append(done.operations)
        table([done])
        shown = " ".join(capsys.readouterr().out.split())
        assert f"{done.operations} operations, because nn.GRU is written out" in shown
    # Each time step more adds the operations of both layers of the GRU.
    assert counts[1] > counts[0] + 3 * 2 * 8


@pytest.mark.parametrize("target", TARGETS)
def test_two_inputs(target: str, tmp_path: Path) -> None:
    arrays = {"x": draw(5, 40, 3), "wheel": draw(5, 40, 2), "unread": np.arange(3)}
    done = made("steered", target, tmp_path, arrays, ponder="loop", batch=2)
    assert done.verification.passed
    assert [(t.name, t.shape) for t in done.manifest.interface.data_inputs] == [
        ("x", (2, 3)),
        ("wheel", (2, 2)),
    ]


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has x, this model reads 'wheel'"):
        made("steered", "onnx", tmp_path, {"x": draw(5, 40, 3)})
    with pytest.raises(UserError, match=r"'wheel' has shape \(5, 39, 2\): it must begin with"):
        made("steered", "onnx", tmp_path, {"x": draw(5, 40, 3), "wheel": draw(5, 39, 2)})


@pytest.mark.parametrize("target", TARGETS)
def test_two_ponder_modules_without_time(target: str, tmp_path: Path) -> None:
    done = made(
        "looking", target, tmp_path, {"x": draw(20, 3, 5, 4)}, ponder="loop", sequence="whole"
    )
    outputs = {t.name: t.shape for t in done.manifest.interface.outputs}
    assert outputs == {"y": (1, 2), "ponder_steps": (1, 2), "remainder": (1, 2)}
    assert done.manifest.sequence == "whole"
    assert done.verification.passed


def test_time_and_no_time_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="ponders without time: use --sequence whole"):
        made("looking", "onnx", tmp_path, {"x": draw(2, 5, 3, 5, 4)})
    with pytest.raises(UserError, match="ponders over time: use --sequence stream or T"):
        made("listening", "onnx", tmp_path, {"x": draw(2, 5, 3)}, sequence="whole")


class Backwards(nn.Module):
    """An nn.GRU that reads a sequence in both directions: no stream has its end."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(3, 4, batch_first=True, bidirectional=True)
        self.act = ACT(8, 5, cell="rnn", max_ponder=3)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.gru(x)[0]).output


def test_a_layer_in_both_directions_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "eval.npz", x=draw(2, 5, 3))
    with pytest.raises(UserError, match="GRU before or behind what ponders: only one with"):
        export(
            "tests.export.test_stateful:Backwards",
            "onnx",
            output=tmp_path / "out",
            data=tmp_path / "eval.npz",
        )
