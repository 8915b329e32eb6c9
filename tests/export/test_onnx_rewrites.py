"""The graphs that the rewrites leave; that they compute the model is checked wherever they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import onnx
import pytest

from act_artefact.form import Form
from act_export.program import trace
from act_export.subject import model_subject
from act_export.targets import onnx as target
from tests.export.conftest import pondering

CELL = {
    "lstm": Counter(Gemm=2, Sigmoid=1, Tanh=2, Split=1, Mul=3, Add=1),
    "gru": Counter(Gemm=2, Sigmoid=1, Tanh=1, Split=1, Mul=2, Add=2, Sub=1),
    "rnn": Counter(Gemm=1, Tanh=1),
}
"""Ops of a cell's ponder step: one product and activation for gates that share it."""

HALTING = Counter(Gemm=1, Sigmoid=1, Add=2, Identity=1, Less=1, Squeeze=1)
"""Unit, sum, count, the sum before, and whether to go on, a scalar."""


@pytest.mark.parametrize("cell", CELL)
def test_a_ponder_step_is_bare(cell: str, tmp_path: Path) -> None:
    model = pondering(cell=cell).eval()
    path = tmp_path / "model.onnx"
    program = trace(model_subject("model", model), Form(ponder="peeled"))
    target.convert(program, path, {}, "fp32")
    file = onnx.load(path)
    onnx.checker.check_model(file, full_check=True)
    assert {(o.domain, o.version) for o in file.opset_import} == {("", target.OPSET)}
    (loop,) = (node for node in file.graph.node if node.op_type == "Loop")
    (body,) = (a.g for a in loop.attribute if a.name == "body")
    means = Counter(Gemm=2 if cell == "lstm" else 1)
    assert Counter(node.op_type for node in body.node) == CELL[cell] + HALTING + means
    outside = Counter(node.op_type for node in file.graph.node)
    assert not outside.keys() & {"Transpose", "Unsqueeze", "Slice", "Reshape"}
    assert outside["Squeeze"] == 1  # the condition of the first iteration
    shapes = {v.name: len(v.type.tensor_type.shape.dim) for v in file.graph.value_info}
    assert len(body.output[0].type.tensor_type.shape.dim) == 0
    assert shapes[loop.input[1]] == 0
    (turns,) = (t for t in file.graph.initializer if t.name == loop.input[0])
    assert onnx.numpy_helper.to_array(turns) > 0


def test_an_unrolled_step_adds_its_projection_once(tmp_path: Path) -> None:
    """The bias is in the projection, and the projection in the product, at every step."""
    model = pondering(cell="lstm", max_ponder=4).eval()
    path = tmp_path / "model.onnx"
    program = trace(model_subject("model", model), Form(ponder="unroll"))
    target.convert(program, path, {}, "fp32")
    graph = onnx.load(path).graph
    made = {output: node for node in graph.node for output in node.output}
    gates = [made[node.input[0]] for node in graph.node if node.op_type == "Split"]
    assert len(gates) == 4
    assert {node.op_type for node in gates} == {"Sigmoid"}
    products = [made[node.input[0]] for node in gates]
    assert {node.op_type for node in products} == {"Gemm"}
    assert len({node.input[2] for node in products}) == 2, "with the flag, and without"


def test_a_name_is_that_of_one_value(tmp_path: Path) -> None:
    """Also of constants that rewrites leave in a loop within a loop."""
    model = pondering(cell="lstm").eval()
    path = tmp_path / "model.onnx"
    form = Form(ponder="peeled", sequence=4, batch=3, budget_inputs=True)
    program = trace(model_subject("model", model), form)
    target.convert(program, path, {}, "fp32")

    def names(graph: onnx.GraphProto) -> Iterator[str]:
        yield from {value.name for value in (*graph.input, *graph.initializer)}
        for node in graph.node:
            yield from filter(None, node.output)
            for attribute in node.attribute:
                yield from names(attribute.g)

    counts = Counter(names(onnx.load(path).graph))
    assert [name for name, count in counts.items() if count > 1] == []
