"""Weights as the kernels read them: tiles of panels of 16 rows (docs/native-format.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from act_export.targets.native.description import GATES, Affine, Array, Layer
from act_export.targets.native.precision import BLOCK, Store, floats, to_int4, to_int8

PANEL = 16
TILE = 4 * PANEL
QUAD = 4

COLUMNS = {Store.FLOAT32: 1, Store.FLOAT16: 1, Store.INT8: 2 * QUAD, Store.INT4: BLOCK}
"""The number of a panel's columns stored together; columns are padded to a multiple of it."""

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Packed:
    """A map's sections, and its size as the network has it."""

    store: Store
    rows: int
    columns: int
    weights: Values
    scales: Values | None = None
    sums: Values | None = None
    bias: Values | None = None
    table: bool = False


def matrix(weight: Array, bias: Array | None, store: Store) -> Packed:
    """Pack a matrix (rows, columns) with what is added to its product."""
    padded = pad(pad(weight, PANEL), COLUMNS[store], axis=1)
    panels = (len(padded) // PANEL, PANEL, -1)
    weights: Values
    scales: Values | None = None
    sums: Values | None = None
    if store is Store.INT8:
        codes, scales = to_int8(padded)
        sums = codes.sum(1, dtype=np.int32)
        weights = _in_tiles(codes.reshape(*panels, 2, QUAD).transpose(0, 2, 3, 1, 4))
    elif store is Store.INT4:
        codes, scales = to_int4(padded)
        halves = (codes + 8).astype(np.uint8).reshape(*panels, 2, 4, QUAD)
        pairs = halves[:, :, :, 0] | halves[:, :, :, 1] << 4
        weights = _in_tiles(pairs.transpose(0, 2, 3, 1, 4))
        scales = _in_tiles(scales.reshape(panels).swapaxes(1, 2))
    else:
        weights = _in_tiles(floats(padded, store).reshape(panels).swapaxes(1, 2))
    added = None if bias is None else floats(pad(bias, PANEL), Store.FLOAT32)
    rows, columns = weight.shape
    return Packed(store, rows, columns, weights, scales, sums, added)


def _in_tiles(panels: Values) -> Values:
    """(panels, columns' blocks, ...) -> the tiles' one after another: in each of up to four panels,
    block by block, the panels' side by side."""
    four = TILE // PANEL
    tiles = [panels[at : at + four] for at in range(0, len(panels), four)]
    return np.concatenate([tile.swapaxes(0, 1).reshape(-1) for tile in tiles])


def table(rows: Array, store: Store) -> Packed:
    """Pack a table (V, rows): one row for each token."""
    count, width = rows.shape
    return Packed(store, width, count, floats(pad(rows, PANEL, axis=1), store), table=True)


def packed_bytes(rows: int, columns: int, store: Store) -> int:
    """Approximate bytes of a matrix, or of a table of so many tokens, without biases."""
    bits = {Store.FLOAT32: 32.0, Store.FLOAT16: 16.0, Store.INT8: 8.0, Store.INT4: 4.5}[store]
    return int(rows * columns * bits / 8)


def in_blocks(rows: Array, gates: int) -> Array:
    """Gate after gate (gates x H, ...) -> [block][gate][16] (gates x Hp, ...)."""
    by_gate = pad(rows.reshape(gates, -1, *rows.shape[1:]), PANEL, axis=1)
    units = by_gate.shape[1]
    blocks = by_gate.reshape(gates, units // PANEL, PANEL, *rows.shape[1:]).swapaxes(0, 1)
    return blocks.reshape(gates * units, *rows.shape[1:])


def input_map(layer: Layer) -> Affine:
    """A layer's map from its input to the gates, in blocks, with every bias that is added there.

    The n gate of a GRU multiplies the recurrent part, bias included, by r: that bias is apart.
    """
    recurrent = layer.recurrent.bias
    if "gru" in layer.cell:
        recurrent = np.where(np.arange(len(recurrent)) < 2 * layer.hidden_size, recurrent, 0)
    return Affine(
        gate_rows(layer, layer.input.weight), gate_rows(layer, layer.input.bias + recurrent)
    )


def gate_rows(layer: Layer, rows: Array) -> Array:
    """A layer's rows, (gates x H, ...), as its cell has them: in blocks but for ``conv_gru``."""
    return rows if layer.cell == "conv_gru" else in_blocks(rows, GATES[layer.cell])


def pad(values: Array, unit: int, axis: int = 0) -> Array:
    """With zeros to a multiple of ``unit``."""
    missing = -values.shape[axis] % unit
    return np.pad(values, [(0, missing if a == axis else 0) for a in range(values.ndim)])
