"""The native engine's own file: the trained cells, not a graph of operations."""

from __future__ import annotations

from pathlib import Path

from act_artefact.manifest import METADATA_KEY
from act_export.program import Program
from act_export.targets.native.file import count_units, read_facts, write
from act_export.targets.native.network import network_of
from act_export.targets.native.source import write_source

__all__ = ["convert", "metadata", "operations", "write_source"]


def convert(program: Program, path: Path, metadata: dict[str, str], precision: str) -> None:
    """Write a file, which is the same for every batch and number of time steps."""
    assert program.subject is not None, "only the host form has parts"
    network = network_of(program.subject)
    path.write_bytes(write(network, precision, metadata.get(METADATA_KEY, "{}")))


def metadata(path: Path) -> dict[str, str]:
    return {METADATA_KEY: read_facts(path)[2]}


def operations(path: Path) -> int:
    """Look-ups and products with weights, the cells' updates, the halting units."""
    header, layers, _ = read_facts(path)
    embedding = int(header["embedding"]["rows"] > 0)
    return embedding + 3 * len(layers) + count_units(path) + 1
