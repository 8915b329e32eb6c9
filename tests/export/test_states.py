"""State as whoever carries it describes it: any number of tensors, any shapes, mean or kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_export import Export, Options, export
from act_export.runtimes import load
from act_mobile import ACT, StateTensor
from act_mobile.act import ACTOutput
from act_mobile.ponder import PonderKind
from tests.export.own_modules import WindowCell, window

pytestmark = pytest.mark.own_models

FORMS: list[dict[str, Any]] = [
    {"ponder": "loop"},
    {"ponder": "peeled", "batch": 3},
    {"ponder": "unroll", "batch": 2},
    {"ponder": "host"},
    {"ponder": "loop", "sequence": "dynamic"},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    x = np.random.default_rng(0).standard_normal((3, 100, 3)).astype(np.float32)
    np.savez(tmp_path / "eval.npz", x=x)
    return tmp_path / "eval.npz"


def export_window(target: str, form: dict[str, Any], data: Path, folder: Path) -> Export:
    (done,) = export(
        "tests.export.own_modules:window",
        target,
        output=folder / "out",
        data=data,
        options=Options(**form),
    )
    return done


@pytest.mark.parametrize(
    ("target", "form"),
    [
        *(("onnx", form) for form in FORMS),
        *((target, form) for target in ("tflite", "coreml") for form in FORMS[2:]),
    ],
    ids=lambda case: case if isinstance(case, str) else "-".join(map(str, case.values())),
)
def test_three_state_tensors(target: str, form: dict[str, Any], data: Path, tmp_path: Path) -> None:
    """Checked over 200 time steps; the names, shapes and initial values are the cell's."""
    if target == "tflite" and form.get("sequence") == "dynamic":
        # litert-torch 0.10 has no padding of a tensor with an unknown size: when this no longer
        # raises, own cells can have calls of any number of time steps in TFLite too.
        with pytest.raises(UserError, match="tflite: its converter refuses the model.*padding"):
            export_window(target, form, data, tmp_path)
        return
    done = export_window(target, form, data, tmp_path)
    assert done.verification.passed
    assert done.verification.time_steps >= 200
    interface = done.manifest.interface
    batch = form.get("batch", 1)
    shapes = {t.name: t.shape for t in interface.inputs[1:]}
    assert shapes == {
        "h0": (batch, 6),
        "slow0": (batch, 6),
        "window0": (batch, 4, 6),
    }
    assert [pair.initial for pair in interface.states] == [0, 0.5, 0]


@pytest.mark.parametrize("target", ["onnx", "tflite", "coreml"])
def test_streamed_is_the_model(target: str, data: Path, tmp_path: Path) -> None:
    """200 calls, each fed what the one before returned, against one call of the module."""
    done = export_window(target, {"ponder": "loop", "samples": 10}, data, tmp_path)
    module = window().eval()
    x = np.random.default_rng(1).standard_normal((1, 200, 3)).astype(np.float32)
    with torch.no_grad():
        expected = module(torch.from_numpy(x)).numpy()[0]
    runtime = load(target, done.path)
    pairs = done.manifest.interface.states
    state = {
        t.name: np.full(t.at(1), pair.initial, np.float32)
        for t, pair in zip(done.manifest.interface.inputs[1:], pairs, strict=True)
    }
    for t in range(200):
        answer = runtime.run({"x": x[:, t], **state})
        np.testing.assert_allclose(answer["y"][0], expected[t], atol=1e-4)
        state = {pair.input: answer[pair.output] for pair in pairs}


def test_the_engine_says_what_it_runs(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="native.*cell"):
        export("tests.export.own_modules:window", "native", output=tmp_path / "o", data=data)


@pytest.mark.parametrize("kind", ["unroll", "loop", "peeled"])
def test_kinds_agree(kind: PonderKind) -> None:
    torch.compiler.reset()  # what other tests have compiled is another program to the operator
    torch.manual_seed(0)
    act = ACT(3, 6, cell=WindowCell, max_ponder=5).double()
    with torch.no_grad():
        act.halting[0].weight.mul_(8)
        act.halting[0].bias.fill_(-0.5)
        x = torch.randn(4, 3, 3, dtype=torch.float64)
        eager: ACTOutput = act(x)
        act.kind = kind
        other: ACTOutput = act(x)
    assert eager.ponder.steps.unique().numel() > 1
    assert torch.equal(eager.ponder.steps, other.ponder.steps)
    for one, two in zip(eager.state[0], other.state[0], strict=True):
        torch.testing.assert_close(one, two, atol=1e-12, rtol=1e-12)


def test_what_is_kept_is_the_last_step() -> None:
    """The window holds what the last ponder step saw, not a mean of windows."""
    torch.manual_seed(0)
    act = ACT(3, 6, cell=WindowCell, max_ponder=1)
    out = act(torch.randn(1, 1, 3))
    h, _, kept = out.state[0]
    assert torch.equal(kept[:, -1], h)
    assert (kept[:, :-1] == 0).all()


class Bad(nn.Module):
    """A cell that says of itself and returns what a test tells it to."""

    def __init__(self, state: Any, answer: Any = None) -> None:
        super().__init__()
        self.state, self.answer = state, answer

    def forward(self, x: Tensor, state: Any) -> Any:
        return self.answer(state)


H = StateTensor("h", (4,))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([H], "its state must be a tuple"),
        (("h",), "its state must be a tuple"),
        ((), "the first tensor of its state is the layer's output"),
        ((StateTensor("h", (5,)),), r"its shape must be \(4,\)"),
        ((StateTensor("h", (4,), combined="kept"),), "combined by mean"),
        ((H, H), "state names .* each once"),
        ((H, StateTensor("h0", (4,))), "without a digit"),
        ((H, StateTensor("a b", (4,))), "words of letters"),
    ],
)
def test_a_description_that_breaks_the_contract(state: Any, message: str) -> None:
    with pytest.raises(UserError, match=f"cell Bad: .*{message}"):
        ACT(3, 4, cell=lambda *_: Bad(state))


@pytest.mark.parametrize(
    "answer",
    [
        lambda state: state[:1],
        lambda state: (*state, state[0]),
        lambda state: (state[0], state[1][:, :2]),
        lambda state: (state[0], "c"),
    ],
)
def test_a_state_that_changes_shape(answer: Any) -> None:
    act = ACT(3, 4, cell=lambda *_: Bad((H, StateTensor("c", (4,))), answer))
    with pytest.raises(UserError, match="cell Bad: returned a state of shapes"):
        act(torch.zeros(2, 1, 3))


def test_several_tensors_need_a_description() -> None:
    cell = nn.Linear(4, 4)
    cell.state_size = 3
    with pytest.raises(UserError, match="cell Linear: has 3 state tensors: describe them"):
        ACT(3, 4, cell=lambda *_: cell)
