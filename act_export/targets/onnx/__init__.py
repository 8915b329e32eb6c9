"""ONNX, by torch's own exporter, for ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import onnx_ir as ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass

from act_export.program import Program
from act_export.targets.onnx.names import rename
from act_export.targets.onnx.optimise import optimise
from act_export.targets.onnx.precision import to_half, to_int8

OPSET = 18
"""The lowest opset that the exporter writes by itself; ONNX Runtime reads it from 1.14 on."""

IR_VERSION = 8
"""The file's IR version, that opset's own: a newer one would be refused by runtimes that support
everything in the file."""

PRECISIONS: dict[str, Callable[[ir.Model], None]] = {
    "fp32": lambda model: None,
    "fp16": to_half,
    "int8": to_int8,
}


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    lowered = torch.onnx.export(
        program.exported,
        (),
        kwargs=program.example,
        input_names=[t.name for t in program.interface.inputs],
        output_names=[t.name for t in program.interface.outputs],
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert lowered is not None
    # The exporter notes on every node where it comes from, half of a small model's file.
    ClearMetadataAndDocStringPass()(lowered.model)
    optimise(lowered.model, float_weights=precision != "int8")
    PRECISIONS[precision](lowered.model)
    rename(lowered.model, [t.name for t in program.interface.outputs])
    lowered.model.ir_version = IR_VERSION
    lowered.model.metadata_props.update(metadata)
    lowered.save(path)


def operations(path: Path) -> int:
    def count(graph: onnx.GraphProto) -> int:
        inner = (a.g for node in graph.node for a in node.attribute if a.HasField("g"))
        return len(graph.node) + sum(count(g) for g in inner)

    return count(onnx.load(path, load_external_data=False).graph)


def metadata(path: Path) -> dict[str, str]:
    return {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}
