"""ONNX, by torch's own exporter."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass

from act_export.program import Program

OPSET = 20


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
    lowered.model.metadata_props.update(metadata)
    lowered.save(path)


def operations(path: Path) -> int:
    def count(graph: onnx.GraphProto) -> int:
        inner = (a.g for node in graph.node for a in node.attribute if a.HasField("g"))
        return len(graph.node) + sum(count(g) for g in inner)

    return count(onnx.load(path, load_external_data=False).graph)


def metadata(path: Path) -> dict[str, str]:
    return {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}
