"""TFLite, by litert-torch."""

from __future__ import annotations

import zipfile
from pathlib import Path

import litert_torch
from litert_converter import schema_py_generated as schema

from act_export.program import Program
from act_export.targets.tflite import while_loop


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    with while_loop.lowering():
        model = litert_torch.convert(program.exported.module(), sample_kwargs=program.example)
    while_loop.outline(model._exporter.module)
    model.export(str(path))
    # The way TFLite files carry other files: a zip archive after the flatbuffer, which readers of
    # the model do not look at. Rewriting the flatbuffer would lose the alignment of its weights.
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in metadata.items():
            archive.writestr(zipfile.ZipInfo(name), text)


def operations(path: Path) -> int:
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    return sum(len(graph.operators or ()) for graph in model.subgraphs)


def metadata(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
