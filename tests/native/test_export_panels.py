"""Weights in the file's layouts, read back element by element as docs/native-format.md has them."""

from __future__ import annotations

import numpy as np
import pytest

from act_export.targets.native.description import Affine, Array, Layer
from act_export.targets.native.panels import in_blocks, input_map, matrix, table
from act_export.targets.native.precision import Store, store_of, to_int4, to_int8

ROWS, COLUMNS = 85, 70
"""A tile of 64 rows, and one of 32, of which the last eleven are none."""
DRAW = np.random.default_rng(0)
WEIGHT = DRAW.standard_normal((ROWS, COLUMNS))


def in_panels(values: Array, *block: int) -> Array:
    """The tiles of `values` as (panels, columns' blocks, *block)."""
    first = values.size * 4 // 6
    tiles = values[:first].reshape(-1, 4, *block), values[first:].reshape(-1, 2, *block)
    return np.concatenate([tile.swapaxes(0, 1) for tile in tiles])


@pytest.mark.parametrize("store", [Store.FLOAT32, Store.FLOAT16])
def test_floats(store: Store) -> None:
    packed = matrix(WEIGHT, np.arange(ROWS), store)
    assert packed.weights.shape == (96 * COLUMNS,)
    for row, column in ((0, 0), (15, 69), (16, 1), (63, 33)):
        assert packed.weights[column * 64 + row] == packed.weights.dtype.type(WEIGHT[row, column])
    second = packed.weights[64 * COLUMNS :].reshape(COLUMNS, 32)
    np.testing.assert_array_equal(second[:, :21].T, WEIGHT[64:].astype(second.dtype))
    assert not second[:, 21:].any()
    assert packed.bias is not None
    assert packed.bias.tolist() == [*range(ROWS), *[0] * 11]
    assert (packed.rows, packed.columns) == (ROWS, COLUMNS)


def test_int8() -> None:
    packed = matrix(WEIGHT, None, Store.INT8)
    panels = in_panels(packed.weights, 2, 16, 4)
    assert panels.shape == (6, 9, 2, 16, 4)
    assert packed.scales is not None
    assert packed.sums is not None
    for row in range(ROWS):
        codes = panels[row // 16, :, :, row % 16].reshape(-1).astype(int)
        scale = packed.scales[row]
        assert scale == np.float32(np.abs(WEIGHT[row]).max() / 127)
        assert np.abs(codes).max() == 127
        assert packed.sums[row] == codes.sum()
        assert (np.abs(codes[:COLUMNS] * scale - WEIGHT[row]) <= scale * 0.5001).all()
        assert not codes[COLUMNS:].any()
    assert not packed.scales[ROWS:].any()


def test_int4() -> None:
    packed = matrix(WEIGHT, None, Store.INT4)
    assert packed.scales is not None
    panels, scales = in_panels(packed.weights, 4, 16, 4), in_panels(packed.scales, 16)
    assert panels.shape == (6, 3, 4, 16, 4)
    assert scales.shape == (6, 3, 16)
    found = np.zeros((ROWS, 96))
    for row in range(ROWS):
        for column in range(96):
            block, within = divmod(column, 32)
            half, place = divmod(within, 16)
            byte = panels[row // 16, block, place // 4, row % 16, place % 4]
            code = (int(byte) >> 4 * half & 15) - 8
            assert -7 <= code <= 7
            found[row, column] = code * scales[row // 16, block, row % 16]
    assert not found[:, COLUMNS:].any()
    assert np.square(found[:, :COLUMNS] - WEIGHT).mean() < 0.011
    padding = panels[5, :, :, 5:]
    assert (padding == 0x88).all()


def test_int4_scales_are_better_than_those_of_the_largest_weight() -> None:
    codes, scales = to_int4(WEIGHT[:, :64])
    blocks = WEIGHT[:, :64].reshape(-1, 32)

    def error(scale: np.ndarray) -> np.ndarray:
        rounded = np.rint(blocks / scale[:, None]).clip(-7, 7)
        return np.square(rounded * scale[:, None] - blocks).sum(1)

    plain = (np.abs(blocks).max(1) / 7).astype(np.float16).astype(float)
    found = error(scales.reshape(-1).astype(float))
    assert (found <= error(plain)).all()
    assert found.sum() < 0.9 * error(plain).sum()
    assert np.abs(codes).max() == 7


def test_zeros_have_no_scale() -> None:
    zeros = np.zeros((2, 32))
    for codes, scales in (to_int8(zeros), to_int4(zeros)):
        assert not codes.any()
        assert not scales.any()


def test_tables() -> None:
    packed = table(WEIGHT, Store.FLOAT16)
    assert packed.table
    assert (packed.rows, packed.columns) == (COLUMNS, ROWS)
    assert packed.weights.shape == (ROWS, 80)
    np.testing.assert_array_equal(packed.weights[:, :COLUMNS], WEIGHT.astype(np.float16))


def test_rows_in_blocks_of_units() -> None:
    """Three gates of 20 units: two blocks of 16 units, in each gate after gate."""
    rows = np.arange(60.0)
    found = in_blocks(rows, 3).reshape(2, 3, 16)
    for gate in range(3):
        assert found[0, gate].tolist() == list(range(20 * gate, 20 * gate + 16))
        assert found[1, gate, :4].tolist() == list(range(20 * gate + 16, 20 * gate + 20))
        assert not found[1, gate, 4:].any()


def test_biases_are_added_up_but_for_the_n_gate() -> None:
    def biases(cell: str, gates: int) -> list[float]:
        layer = Layer(
            cell,  # type: ignore[arg-type]
            1, 3, 0.9,
            Affine(np.ones((gates, 2)), np.arange(1.0, gates + 1)),
            np.ones(gates),
            Affine(np.ones((gates, 1)), np.full(gates, 10.0)),
            Affine(np.ones((1, 1)), np.ones(1)),
        )  # fmt: skip
        return input_map(layer).bias.reshape(gates, 16)[:, 0].tolist()

    assert biases("lstm", 4) == [11, 12, 13, 14]
    assert biases("gru", 3) == [11, 12, 3]
    assert biases("rnn", 1) == [11]


@pytest.mark.parametrize(
    ("precision", "columns", "hidden", "store"),
    [
        ("fp32", 8, 512, Store.FLOAT32),
        ("fp16", 512, 512, Store.FLOAT16),
        ("int8", 31, 512, Store.FLOAT16),
        ("int8", 32, None, Store.INT8),
        ("int4", 31, 512, Store.FLOAT16),
        ("int4", 255, 255, Store.INT8),
        ("int4", 32, 256, Store.INT4),
        ("int4", 512, None, Store.INT8),
    ],
)
def test_which_maps_get_which_bits(
    precision: str, columns: int, hidden: int | None, store: Store
) -> None:
    assert store_of(precision, columns, hidden) is store
