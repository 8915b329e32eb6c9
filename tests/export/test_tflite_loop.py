"""Loops in TFLite, in LiteRT's interpreter: what they compute, and that they stop early."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ai_edge_litert.tools import flatbuffer_utils
from litert_converter import schema_py_generated as schema

from act_artefact.form import Form
from act_export.program import trace
from act_export.reference import call_model
from act_export.runtimes import load
from act_export.subject import Subject, model_subject
from act_export.targets import tflite
from act_mobile import ACTConfig, ACTModel
from tests.export.conftest import pondering
from tests.model.test_golden import golden_weights

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "act_vectors.json").read_text())
FORMS = [(ponder, whole) for ponder in ("loop", "peeled") for whole in (False, True)]
WHILE = schema.BuiltinOperator.WHILE


def subject_of(model: ACTModel) -> Subject:
    return model_subject("model", model.eval())


def convert(model: ACTModel, path: Path, form: Form) -> Path:
    tflite.convert(trace(subject_of(model), form), path, {}, "fp32")
    return path


def golden_cases() -> list[Any]:
    """Every model in every form; as conversion takes seconds, usually some models in one each."""
    return [
        pytest.param(
            index, *form, marks=() if index < 6 and place == index % 4 else pytest.mark.property
        )
        for index in range(len(GOLDEN["models"]))
        for place, form in enumerate(FORMS)
    ]


@pytest.mark.parametrize(("index", "ponder", "whole"), golden_cases())
def test_golden_models(index: int, ponder: Any, whole: bool, tmp_path: Path) -> None:
    """The float64 answers of one model and sequence, through the artefact."""
    case = GOLDEN["models"][index]
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    model = ACTModel(ACTConfig(**{k: case[k] for k in sizes}))
    model.load_state_dict(golden_weights(case, torch.float32))
    x, expect = np.array([case["x"]], np.float32), case["expect"]
    form = Form(ponder=ponder, sequence=x.shape[1] if whole else "stream")
    runtime = load("tflite", convert(model, tmp_path / "model.tflite", form))
    names = ("h0", "c0") if case["cell"] == "lstm" else ("h0",)
    state = {name: np.zeros((1, case["hidden_size"]), np.float32) for name in names}
    answers = []
    for call in [x] if whole else x.swapaxes(0, 1):
        answers.append(runtime.run({"x": call, **state}))
        state = {name: answers[-1][f"{name}_out"] for name in names}

    def over_time(name: str) -> np.ndarray[Any, Any]:
        return np.concatenate([a[name][0] if whole else a[name] for a in answers])

    assert over_time("ponder_steps")[:, 0].tolist() == expect["ponder_steps"]
    np.testing.assert_allclose(over_time("remainder")[:, 0], expect["remainder"], atol=1e-5)
    np.testing.assert_allclose(over_time("y"), expect["y"], atol=1e-5)
    final = np.concatenate([state[name] for name in names])
    np.testing.assert_allclose(final, np.reshape(expect["state"], final.shape), atol=1e-5)


@pytest.mark.parametrize(("ponder", "batch"), [("loop", 3), ("peeled", 1)])
def test_executes_as_many_steps_as_it_takes(ponder: Any, batch: int, tmp_path: Path) -> None:
    """The runtime itself counts how often it runs the loop's body."""
    model = pondering(max_ponder=9)
    path = convert(model, tmp_path / "model.tflite", Form(ponder=ponder, batch=batch))
    count_iterations(path)
    runtime = load("tflite", path)
    draw = np.random.default_rng(0)
    taken = []
    for _ in range(30):
        shapes = {"x": (batch, 3), "h0": (batch, 6), "c0": (batch, 6)}
        answer = runtime.run(
            {k: 5 * draw.standard_normal(s).astype(np.float32) for k, s in shapes.items()}
        )
        taken.append(answer["ponder_steps"].max().item())
        assert answer["iterations"] == taken[-1] - (ponder == "peeled")
    assert len(set(taken)) > 2


def count_iterations(path: Path) -> None:
    """Give the file's loop one more value to carry, which its body raises by one."""
    model = flatbuffer_utils.read_model(str(path))
    main = model.subgraphs[0]
    (loop,) = operators(model, main, WHILE)
    condition, body = (
        model.subgraphs[index]
        for index in (loop.builtinOptions.condSubgraphIndex, loop.builtinOptions.bodySubgraphIndex)
    )
    condition.inputs.append(add_tensor(model, condition))
    body.inputs.append(add_tensor(model, body))
    body.outputs.append(add_tensor(model, body))
    add = schema.OperatorT()
    (like, *_) = operators(model, body, schema.BuiltinOperator.ADD)
    add.opcodeIndex, add.builtinOptions = like.opcodeIndex, like.builtinOptions
    add.builtinOptionsType = like.builtinOptionsType
    add.inputs, add.outputs = [body.inputs[-1], add_tensor(model, body, 1)], [body.outputs[-1]]
    body.operators.append(add)
    loop.inputs.append(add_tensor(model, main, 0))
    loop.outputs.append(add_tensor(model, main))
    main.outputs.append(loop.outputs[-1])
    output = schema.TensorMapT()
    output.name, output.tensorIndex = b"iterations", loop.outputs[-1]
    model.signatureDefs[0].outputs.append(output)
    flatbuffer_utils.write_model(model, str(path))


def operators(model: Any, graph: Any, kind: int) -> list[Any]:
    codes = [flatbuffer_utils.get_builtin_code_from_operator_code(c) for c in model.operatorCodes]
    return [operator for operator in graph.operators if codes[operator.opcodeIndex] == kind]


def add_tensor(model: Any, graph: Any, value: int | None = None) -> int:
    """An int32 scalar; a constant if it has a value."""
    tensor = schema.TensorT()
    tensor.type, tensor.shape, tensor.name = schema.TensorType.INT32, [], b"iterations"
    tensor.buffer = 0
    if value is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.int32(value).tobytes(), np.uint8)
        model.buffers.append(buffer)
        tensor.buffer = len(model.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def test_structure(tmp_path: Path) -> None:
    """Loops whatever M is; weights are constants of the body, not copied from step to step."""
    model = pondering(max_ponder=100)
    path = convert(model, tmp_path / "model.tflite", Form(ponder="loop", sequence=50))
    assert tflite.operations(path) < 70
    file = flatbuffer_utils.read_model(str(path))
    loops = [(g, loop) for g in file.subgraphs for loop in operators(file, g, WHILE)]
    assert len(loops) == 2
    for graph, loop in loops:
        carried = [tuple(graph.tensors[i].shape) for i in loop.inputs]
        assert (24, 6) not in carried
        assert (1, 6) in carried
    _, ponder_loop = min(loops, key=lambda pair: len(pair[1].inputs) == 7)
    body = file.subgraphs[ponder_loop.builtinOptions.bodySubgraphIndex]
    (halting, update) = sorted(
        operators(file, body, schema.BuiltinOperator.FULLY_CONNECTED),
        key=lambda each: len(file.buffers[body.tensors[each.inputs[1]].buffer].data),
    )
    assert body.tensors[halting.inputs[1]].shape == [1, 6]
    assert body.tensors[update.inputs[1]].shape == [24, 6]


@pytest.mark.parametrize(
    ("config", "options"),
    [
        ({"cell": "gru", "num_layers": 2, "vocab_size": 7}, {"ponder": "loop", "batch": 2}),
        ({"cell": "lstm"}, {"ponder": "peeled", "budget_inputs": True}),
    ],
    ids=["tokens", "budget"],
)
def test_any_number_of_time_steps(
    config: dict[str, Any], options: dict[str, Any], tmp_path: Path
) -> None:
    """One artefact, whose calls have as many time steps as they like, in any order."""
    model = pondering(**config)
    form = Form(sequence="dynamic", **options)
    subject = subject_of(model)
    program = trace(subject, form)
    tflite.convert(program, tmp_path / "model.tflite", {}, "fp32")
    runtime = load("tflite", tmp_path / "model.tflite")
    draw = np.random.default_rng(0)
    for time in (1, 5, 2, 9, 1):
        inputs = {
            t.name: np.full(t.at(time), t.default, t.dtype)
            if t.default is not None
            else draw.integers(0, 7, t.at(time)).astype(t.dtype)
            for t in program.interface.inputs
        }
        answer = runtime.run(inputs)
        expected = call_model(subject, program.interface, form, inputs)
        for name, value in expected.items():
            np.testing.assert_allclose(answer[name], value, atol=1e-5)
            assert answer[name].shape == value.shape
