"""TFLite, by litert-torch."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

from litert_converter import schema_py_generated as schema
from litert_torch import fx_infra
from litert_torch._convert import core, litert_converter
from litert_torch._convert.signature import Signature
from litert_torch.model import DEFAULT_SIGNATURE_NAME

from act_export.host import Part
from act_export.program import Program
from act_export.targets.tflite import lowerings, outputs, while_loop
from act_export.targets.tflite.precision import with_precision


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    """Write a file of one signature."""
    _write(path, _flatbuffer({DEFAULT_SIGNATURE_NAME: program}), metadata, precision)


def convert_parts(
    parts: Sequence[Part], path: Path, metadata: dict[str, str], precision: str
) -> None:
    """Write the parts of a host form as signatures of one file, which share their weights."""
    programs = {part.facts.name: part.program for part in parts}
    _write(path, _flatbuffer(programs), metadata, precision)


def _write(path: Path, flatbuffer: bytes, metadata: dict[str, str], precision: str) -> None:
    path.write_bytes(with_precision(flatbuffer, precision))
    # The way TFLite files carry other files: a zip archive after the flatbuffer, which readers of
    # the model do not look at. Rewriting the flatbuffer would lose the alignment of its weights.
    with zipfile.ZipFile(path, "a") as archive:
        for name, text in metadata.items():
            archive.writestr(zipfile.ZipInfo(name), text)


def _flatbuffer(programs: dict[str, Program]) -> bytes:
    """One signature a program; equal weights are there once."""
    exported = [
        core._run_convert_passes(
            fx_infra.safe_run_decompositions(
                program.exported, fx_infra.decomp.pre_convert_decomp(), can_skip=False
            )
        )
        for program in programs.values()
    ]
    signatures = [
        Signature(name, program.exported.graph_module, (), program.example)
        for name, program in programs.items()
    ]
    with lowerings.registered():
        exporter = litert_converter.exported_programs_to_flatbuffer(exported, signatures)
    while_loop.outline(exporter.module)
    outputs.separate(exporter.module)
    return exporter.to_bytes()


def operations(path: Path) -> int:
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    return sum(len(graph.operators or ()) for graph in model.subgraphs)


def metadata(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}
