"""The `.actn` file (docs/native-format.md): a network in, bytes out, and its facts read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_export.targets.native.description import Affine, Array, Image, Layer, Network
from act_export.targets.native.panels import (
    PANEL,
    Packed,
    gate_rows,
    input_map,
    matrix,
    packed_bytes,
    pad,
    table,
)
from act_export.targets.native.precision import Store, floats, store_of, table_store

MAGIC = b"\x89ACTN\r\n\x1a"
VERSION = 1
ALIGNMENT = 64
UNCHECKED = 32
"""Bytes before those that the checksum is of."""

CELLS = ("rnn", "rnn_relu", "gru", "lstm", "conv_gru")
"""In the order of the file's numbers."""

TABLE_BYTES = 1 << 20
"""Up to here a table of the first layer's projections is taken, even where an embedding and a
matrix are smaller: one look-up is faster."""

MAP = np.dtype(
    [(name, "<u4") for name in ("store", "kind", "rows", "columns")]
    + [(name, "<u8") for name in ("weights", "scales", "sums", "bias")]
    + [("reserved", "V16")]
)
LAYER = np.dtype(
    [(name, "<u4") for name in ("cell", "hidden_size", "max_ponder", "halting")]
    + [("threshold", "<f4"), ("unit_bias", "<f4")]
    + [(name, "<u8") for name in ("unit", "flag", "recurrent_bias")]
    + [(name, "<u4") for name in ("height", "width", "pooled", "filled")]
    + [("input", MAP), ("recurrent", MAP)]
)
HEADER = np.dtype(
    [("magic", "V8"), ("version", "<u4"), ("header_size", "<u4")]
    + [(name, "<u8") for name in ("size", "checksum")]
    + [(name, "<u4") for name in ("layers", "features", "vocabulary", "outputs")]
    + [("metadata", "<u8"), ("metadata_size", "<u8"), ("embedding", MAP)]
)

Record = Any
"""An element of one of these types, whose fields are assigned to."""


def write(network: Network, precision: str, metadata: str) -> bytes:
    """A network's file.

    Raises:
        UserError: a weight is out of the range of its numbers.
    """
    layers = network.layers
    records = np.zeros(1, [("header", HEADER), ("layers", LAYER, len(layers)), ("head", MAP)])
    sections = _Sections(records.nbytes)
    header, table_of_layers, head = (records[0][name] for name in ("header", "layers", "head"))
    text = np.frombuffer(metadata.encode(), np.uint8)
    header["magic"], header["version"], header["header_size"] = MAGIC, VERSION, HEADER.itemsize
    header["layers"], header["outputs"] = len(layers), len(network.head.bias)
    header["metadata"], header["metadata_size"] = sections.add(text), len(text)
    if network.image is not None:
        _write_image(sections, header, table_of_layers[0], network.image, precision)
    for layer, record in zip(layers, table_of_layers, strict=True):
        store = _store(layer, layer.input, precision)
        first = layer is layers[0]
        if first and network.embedding is not None:
            header["vocabulary"] = len(network.embedding)
            embedding, given = _from_tokens(layer, network.embedding, store, table_store(precision))
            if embedding is not None:
                sections.write(header["embedding"], embedding)
        else:
            given = _matrix(input_map(layer), store)
            if first and network.image is None:
                header["features"] = layer.input.columns
        sections.write(record["input"], given)
        _write_layer(sections, record, layer, precision)
    sections.write(head, _matrix(network.head, store_of(precision, network.head.columns)))
    return sections.file(records)


def read_facts(path: Path) -> tuple[Record, Record, str]:
    """The header, the layers and the metadata of a file that is whole."""
    contents = np.memmap(path, np.uint8, "r")
    header = contents[: HEADER.itemsize].view(HEADER)[0]
    end = HEADER.itemsize + int(header["layers"]) * LAYER.itemsize
    start = int(header["metadata"])
    text = contents[start : start + int(header["metadata_size"])].tobytes().decode()
    return header, contents[HEADER.itemsize : end].view(LAYER), text


def count_units(path: Path) -> int:
    """Count the layers that have a halting unit: one whose weights are not all zero."""
    contents = np.memmap(path, np.uint8, "r")
    _, layers, _ = read_facts(path)
    sections = (contents[int(each["unit"]) :][: 4 * _unit_floats(each)] for each in layers)
    return sum(bool(section.any()) for section in sections)


def _unit_floats(layer: Record) -> int:
    padded = -(-int(layer["hidden_size"]) // PANEL) * PANEL
    return padded * (2 if layer["height"] else 1)


def checksum(contents: npt.NDArray[np.uint8], size: int) -> int:
    """Compute the checksum of all after the first 32 bytes of a file of this size."""
    factor = np.uint64(0x9E3779B97F4A7C15)
    rows = np.zeros((-(-len(contents) // 64), 8), "<u8")
    rows.reshape(-1).view(np.uint8)[: len(contents)] = contents
    at_once = 1 << 14
    powers = np.multiply.accumulate(np.r_[np.uint64(1), np.full(at_once, factor)])
    lanes = np.zeros(8, np.uint64)
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        lanes = lanes * powers[len(some)] + (some * powers[len(some) - 1 :: -1, None]).sum(0)
    total = np.array([size], np.uint64)
    for lane in lanes:
        total = total * factor + lane
    return int(total[0])


def _from_tokens(
    layer: Layer, embedding: Array, store: Store, looked_up: Store
) -> tuple[Packed | None, Packed]:
    """The embedding, if there is to be one, and the input map of a layer that reads tokens."""
    projection = input_map(layer)
    vocabulary, width = embedding.shape
    gates = len(projection.bias)
    direct = packed_bytes(gates, vocabulary, looked_up)
    apart = packed_bytes(width, vocabulary, looked_up) + packed_bytes(gates, width, store)
    if direct <= max(apart, TABLE_BYTES):
        return None, table(embedding @ projection.weight.T + projection.bias, looked_up)
    return table(embedding, looked_up), _matrix(projection, store)


def _matrix(affine: Affine, store: Store) -> Packed:
    return matrix(affine.weight, affine.bias, store)


def _store(layer: Layer, weights: Affine, precision: str) -> Store:
    # int4 saves reading weights, and those of an image are read once for many places.
    return store_of(
        precision, weights.columns, None if layer.cell == "conv_gru" else layer.hidden_size
    )


def _write_image(
    sections: _Sections, header: Record, record: Record, image: Image, precision: str
) -> None:
    header["features"] = image.channels
    encoder = image.encoder
    sections.write(header["embedding"], _matrix(encoder, store_of(precision, encoder.columns)))
    record["height"], record["width"] = image.height, image.width
    record["pooled"], record["filled"] = image.pooled, image.filled


def _write_layer(sections: _Sections, record: Record, layer: Layer, precision: str) -> None:
    hidden = layer.hidden_size
    record["cell"], record["hidden_size"] = CELLS.index(layer.cell), hidden
    record["max_ponder"], record["halting"] = layer.max_ponder, layer.halting
    record["threshold"], record["unit_bias"] = layer.threshold, layer.unit.bias[0]
    parts = layer.unit.weight.reshape(-1, hidden)  # of an image's mean, and of its maximum
    record["unit"] = sections.add_floats(pad(parts, PANEL, axis=1).reshape(-1))
    if layer.flag is not None:
        record["flag"] = sections.add_floats(gate_rows(layer, layer.flag))
    if "gru" in layer.cell:
        record["recurrent_bias"] = sections.add_floats(layer.recurrent.bias[2 * hidden :])
    store = _store(layer, layer.recurrent, precision)
    weight = gate_rows(layer, layer.recurrent.weight)
    sections.write(record["recurrent"], matrix(weight, None, store))


@dataclass
class _Sections:
    """The sections after the records, each at a multiple of 64 bytes."""

    end: int
    placed: list[tuple[int, npt.NDArray[Any]]] = field(default_factory=list)

    def add(self, values: npt.NDArray[Any]) -> int:
        """Place an array and return its offset."""
        offset = _up(self.end)
        self.placed.append((offset, np.ascontiguousarray(values)))
        self.end = offset + values.nbytes
        return offset

    def add_floats(self, values: Array) -> int:
        """Place a vector of float32, padded to whole panels."""
        return self.add(floats(pad(values, PANEL), Store.FLOAT32))

    def write(self, record: Record, packed: Packed) -> None:
        """Place a map's sections and fill in its record."""
        record["store"], record["kind"] = packed.store, packed.table
        record["rows"], record["columns"] = packed.rows, packed.columns
        for name in ("weights", "scales", "sums", "bias"):
            values = getattr(packed, name)
            record[name] = 0 if values is None else self.add(values)

    def file(self, records: npt.NDArray[Any]) -> bytes:
        """The whole file, with its size and checksum."""
        contents = np.zeros(_up(self.end), np.uint8)
        for offset, values in self.placed:
            contents[offset : offset + values.nbytes] = values.reshape(-1).view(np.uint8)
        records["header"]["size"] = contents.size
        contents[: records.nbytes] = records.view(np.uint8)
        records["header"]["checksum"] = checksum(contents[UNCHECKED:], contents.size)
        contents[:UNCHECKED] = records.view(np.uint8)[:UNCHECKED]
        return contents.tobytes()


def _up(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
