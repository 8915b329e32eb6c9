"""An artefact whose answers are known without a model: its state is the sum of its inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from act_artefact.interface import Interface, StatePair, Tensor
from act_artefact.manifest import Manifest

SIZE = 2


def running_sum(folder: Path, batch: int = 1, initial: float = 0.0, column: int = 0) -> Manifest:
    """Write ``sum.onnx``: y = h0_out = h0 + x; N a column of y, one beyond SIZE fails in a call."""
    row, ones = [batch, SIZE], [batch, 1]
    nodes = [
        helper.make_node("Add", ["x", "h0"], ["y"]),
        helper.make_node("Identity", ["y"], ["h0_out"]),
        helper.make_node("Gather", ["y", "place"], ["column"], axis=1),
        helper.make_node("Cast", ["column"], ["ponder_steps"], to=TensorProto.INT32),
        helper.make_node("Neg", ["column"], ["remainder"]),
    ]
    graph = helper.make_graph(
        nodes,
        "sum",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, row) for n in ("x", "h0")],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, row),
            helper.make_tensor_value_info("ponder_steps", TensorProto.INT32, ones),
            helper.make_tensor_value_info("remainder", TensorProto.FLOAT, ones),
            helper.make_tensor_value_info("h0_out", TensorProto.FLOAT, row),
        ],
        [numpy_helper.from_array(np.array([column]), "place")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "sum.onnx")
    return Manifest(
        artefact="sum.onnx",
        target="onnx",
        ponder="loop",
        sequence="stream",
        precision="fp32",
        batch=batch,
        interface=Interface(
            inputs=(Tensor("x", "float32", (batch, SIZE)), Tensor("h0", "float32", (batch, SIZE))),
            outputs=(
                Tensor("y", "float32", (batch, SIZE)),
                Tensor("ponder_steps", "int32", (batch, 1)),
                Tensor("remainder", "float32", (batch, 1)),
                Tensor("h0_out", "float32", (batch, SIZE)),
            ),
            states=(StatePair("h0", "h0_out", initial),),
        ),
        model={},
        task={},
        epsilon=0.01,
        max_ponder=4,
        metric=None,
        labels=None,
        vocabulary=None,
    )
