"""Weights in the bits that they are stored in. Biases, flags, halting units are always float32.

========= ==================================================================================
precision stores
========= ==================================================================================
fp32      float32
fp16      float16: the engine widens as it reads, and computes in float32
int8      a scale for each row; float16 for tables, and for matrices with fewer than 32 columns,
          which are small anyway
int4      a scale for every 32 columns of a row, in the layers' matrices where H >= 256; all else
          as for int8. Below that the int8 weights of a layer (4 H^2 bytes at most) fit in a
          phone's second cache, and memory is not what limits
========= ==================================================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.errors import UserError
from act_export.targets.native.description import Array

BLOCK = 32
"""Columns that share a scale in int4; fewer are not worth int8."""

INT4_HIDDEN = 256

CLIPPING = np.linspace(1.0, 0.7, 7)
"""Candidates for the largest weight of an int4 block, as fractions of the true one."""


class Store(IntEnum):
    """Storage formats of a map's weights; the values are the file's own numbers."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT8 = 2
    INT4 = 3


def store_of(precision: str, columns: int, hidden_size: int | None = None) -> Store:
    """Choose the storage format of a matrix.

    Args:
        hidden_size: of the layer that it belongs to; None for the head.
    """
    if precision == "fp32":
        return Store.FLOAT32
    if precision == "fp16" or columns < BLOCK:
        return Store.FLOAT16
    large = hidden_size is not None and hidden_size >= INT4_HIDDEN
    return Store.INT4 if precision == "int4" and large else Store.INT8


def table_store(precision: str) -> Store:
    """Choose the storage format of a table."""
    return Store.FLOAT32 if precision == "fp32" else Store.FLOAT16


def floats(values: Array, store: Store) -> npt.NDArray[Any]:
    """Rounded to float32 or float16.

    Raises:
        UserError: a value is out of its range.
    """
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32 if store is Store.FLOAT32 else np.float16)
    if not np.isfinite(rounded).all():
        raise UserError(
            f"target native: a weight of {np.abs(values).max():.3g} does not fit in "
            f"{rounded.dtype}: use --precision fp32"
        )
    return rounded


def to_int8(values: Array) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """(rows, columns) -> values -127 to 127 of the same shape, and a scale for each row."""
    scales = (np.abs(values).max(-1) / 127).astype(np.float32)
    codes = np.rint(values / np.where(scales, scales, 1)[:, None])
    return codes.clip(-127, 127).astype(np.int8), scales


def to_int4(values: Array) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """(rows, blocks x 32) -> values -7 to 7 of the same shape, and scales (rows, blocks).

    Of every block the scale is taken with which the squared error of its weights is smallest.
    """
    blocks = values.astype(np.float32).reshape(len(values), -1, BLOCK)
    largest = np.abs(blocks).max(-1)
    best = np.full(largest.shape, np.inf)
    codes = np.zeros(blocks.shape, np.int8)
    scales = np.zeros(largest.shape, np.float16)
    for part in CLIPPING:
        tried = floats(part * largest / 7, Store.FLOAT16).astype(np.float32)
        rounded = np.rint(blocks / np.where(tried, tried, 1)[..., None]).clip(-7, 7)
        error = np.square(rounded * tried[..., None] - blocks).sum(-1)
        better = error < best
        best = np.where(better, error, best)
        codes[better], scales[better] = rounded[better], tried[better]
    return codes.reshape(values.shape), scales
