"""Small `.actn` files, and the same with something wrong in them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from act_export.targets.native import precision as native_precision
from act_export.targets.native.description import GATES, Affine, CellKind, Image, Layer, Network
from act_export.targets.native.file import checksum, write

HEADER_BYTES, LAYER_BYTES, MAP_BYTES = 128, 192, 64
CHECKED_FROM = 32


def network(
    cell: CellKind = "lstm",
    *,
    hidden: int = 5,
    layers: int = 1,
    features: int = 3,
    vocabulary: int | None = None,
    outputs: int = 2,
    max_ponder: int = 4,
    halting: int = 1,
    threshold: float = 0.9,
    seed: int = 0,
) -> Network:
    """A network with random weights that halts where its input says.

    Args:
        vocabulary: for a network of tokens.
        halting: a policy's number.
    """
    draw = np.random.default_rng(seed)

    def affine(rows: int, columns: int) -> Affine:
        weight = draw.normal(size=(rows, columns)) / np.sqrt(columns)
        return Affine(weight, 0.1 * draw.normal(size=rows))

    gates = GATES[cell] * hidden
    return Network(
        embedding=None if vocabulary is None else draw.normal(size=(vocabulary, features)),
        layers=tuple(
            Layer(
                cell,
                halting,
                max_ponder,
                threshold,
                affine(gates, hidden if layer else features),
                draw.normal(size=gates),
                affine(gates, hidden),
                Affine(4 * draw.normal(size=(1, hidden)), np.full(1, -0.5))
                if halting
                else Affine(np.zeros((1, hidden)), np.zeros(1)),
            )
            for layer in range(layers)
        ),
        head=affine(outputs, hidden),
    )


def image_network(
    *,
    channels: int = 2,
    hidden: int = 3,
    outputs: int = 2,
    height: int = 2,
    width: int = 3,
    max_ponder: int = 2,
    halting: int = 1,
    pooled: bool = False,
    filled: bool = True,
) -> Network:
    """An iterated network with random weights."""
    draw = np.random.default_rng(0)

    def affine(rows: int, columns: int) -> Affine:
        weight = draw.normal(size=(rows, columns)) / np.sqrt(columns)
        return Affine(weight, 0.1 * draw.normal(size=rows))

    unit = Affine(4 * draw.normal(size=(1, 2 * hidden)), np.full(1, -0.5))
    none = Affine(np.zeros((1, 2 * hidden)), np.zeros(1))
    layer = Layer(
        "conv_gru",
        halting,
        max_ponder,
        0.9,
        affine(3 * hidden, 9 * hidden),
        None,
        affine(3 * hidden, 9 * hidden),
        unit if halting else none,
    )
    image = Image(affine(hidden, 9 * channels), height, width, pooled, filled)
    return Network(None, (layer,), affine(outputs, hidden), image)


def contents(given: Network, precision: str = "fp32") -> bytes:
    """A network's file; int4 is taken however small it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_precision, "INT4_HIDDEN", 1)
        return write(given, precision, '{"small": true}')


def mended(file: bytes | bytearray) -> bytes:
    """A file whose size and checksum are those that it says."""
    whole = np.frombuffer(bytearray(file), np.uint8).copy()
    whole[16:24] = np.frombuffer(struct.pack("<Q", len(whole)), np.uint8)
    sum_of_all = checksum(whole[CHECKED_FROM:], len(whole))
    whole[24:32] = np.frombuffer(struct.pack("<Q", sum_of_all), np.uint8)
    return whole.tobytes()


def changed(file: bytes, offset: int, form: str, value: Any) -> bytes:
    """A file with one number in its place, and its checksum right."""
    copy = bytearray(file)
    struct.pack_into("<" + form, copy, offset, value)
    return mended(copy)
