"""Core ML's while loops: torch's own, converted by act_export.targets.coreml.while_loop."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal

import coremltools as ct
import numpy as np
import pytest
import torch
from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

from act_artefact.form import Form
from act_export.program import trace
from act_mobile import ACTConfig, ACTModel
from tests.export.conftest import pondering
from tests.export.coreml_packages import Pair, largest_error, subject_of
from tests.model.test_golden import GOLDEN, golden_weights

WHILE = torch.ops.higher_order.while_loop
Loop = Literal["loop", "peeled"]


FORMS = list(itertools.product(("loop", "peeled"), ("stream", "whole")))
GOLDEN_CASES = [
    # Six models each time, in one of the four forms: a conversion takes a second or two.
    pytest.param(
        index,
        *form,
        marks=[] if index < 6 and number == index % len(FORMS) else [pytest.mark.property],
    )
    for index in range(len(GOLDEN["models"]))
    for number, form in enumerate(FORMS)
]


@pytest.mark.parametrize(("index", "ponder", "sequence"), GOLDEN_CASES)
def test_golden_models(index: int, ponder: Loop, sequence: str, tmp_path: Path) -> None:
    """The answers, and an early exit: the loop's body ran as often as there were ponder steps."""
    case = GOLDEN["models"][index]
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    model = ACTModel(ACTConfig(**{k: case[k] for k in sizes}))
    model.load_state_dict(golden_weights(case, torch.float32))
    x = np.array(case["x"], np.float32)
    stream = sequence == "stream"
    pair = Pair(model, tmp_path, Form(ponder=ponder, sequence="stream" if stream else len(x)))

    states = pair.program.interface.states
    state = {pair.input: np.zeros((1, case["hidden_size"]), np.float32) for pair in states}
    answers, iterations = [], 0
    for now in x[:, None] if stream else [x[None]]:
        answers.append(pair.saved.run({"x": now, **state}))
        iterations += pair.saved.while_iterations
        state = {pair.input: answers[-1][pair.output] for pair in states}

    expect = case["expect"]
    steps = np.concatenate([a["ponder_steps"].reshape(-1) for a in answers])
    assert steps.tolist() == expect["ponder_steps"]
    in_loop = steps if ponder == "loop" else steps - 1
    assert iterations == in_loop.sum() + (0 if stream else len(x))
    assert while_loops(pair) == (1 if stream else 2), "other targets convert the same program"
    for actual, expected in (
        (np.concatenate([a["remainder"].reshape(-1) for a in answers]), expect["remainder"]),
        (np.concatenate([a["y"].reshape(-1, case["output_size"]) for a in answers]), expect["y"]),
        (np.concatenate([state[pair.input] for pair in states]), expect["state"]),
    ):
        np.testing.assert_allclose(actual, expected, atol=1e-5, rtol=0)


def while_loops(pair: Pair) -> int:
    """Count the while loops of the traced program."""
    modules = pair.program.exported.graph_module.modules()
    graphs = [module.graph for module in modules if isinstance(module, torch.fx.GraphModule)]
    return sum(len(graph.find_nodes(op="call_function", target=WHILE)) for graph in graphs)


@pytest.mark.parametrize(
    ("ponder", "sequence", "config"),
    [
        ("peeled", "stream", {"cell": "gru", "vocab_size": 11, "num_layers": 2}),
        ("loop", 3, {"num_layers": 2}),
        ("loop", 3, {"cell": "rnn_relu", "halting": "fixed:3"}),
    ],
)
def test_a_batch_ponders_until_its_last_row_halts(
    ponder: Loop, sequence: Any, config: dict[str, Any], tmp_path: Path
) -> None:
    pair = Pair(pondering(**config), tmp_path, Form(ponder=ponder, sequence=sequence, batch=3))
    for _ in range(5):
        actual, expected = pair.answers()
        assert actual["ponder_steps"].tolist() == expected["ponder_steps"].tolist()
        assert largest_error(actual, expected) < 1e-5
        if "halting" not in config:
            steps = expected["ponder_steps"].reshape(3, -1).max(0) - (ponder == "peeled")
            times = 0 if sequence == "stream" else 2 * sequence  # each layer loops over time
            assert pair.saved.while_iterations == steps.sum() + times


def test_coremltools_does_not_convert_while_loop_itself() -> None:
    """Should this fail, see whether ours is still needed."""
    exported = trace(subject_of(pondering()), Form(ponder="loop")).exported
    assert "while_loop" not in _TORCH_OPS_REGISTRY.name_to_func_mapping
    with pytest.raises(NotImplementedError, match=r"Only torch\.Tensor attr handled yet"):
        ct.convert(exported.run_decompositions(), convert_to="mlprogram", skip_model_load=True)


def test_another_converter_of_while_loop_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def theirs(context: Any, node: Any) -> None:
        raise AssertionError("ours was to be used")

    registered = _TORCH_OPS_REGISTRY.name_to_func_mapping
    monkeypatch.setitem(registered, "while_loop", theirs)
    actual, expected = Pair(pondering(), tmp_path, Form(ponder="loop")).answers()
    assert largest_error(actual, expected) < 1e-5
    assert registered["while_loop"] is theirs


def test_the_package_does_not_grow_with_max_ponder(tmp_path: Path) -> None:
    few, many = (
        Pair(
            pondering(max_ponder=limit), tmp_path / str(limit), Form(ponder="loop")
        ).saved.operations
        for limit in (4, 100)
    )
    assert few == many
