"""Compressed constants (``constexpr_*``) and run-time (de)quantisation.

Ops of one name differ between iOS 16 and iOS 18 in how they store packed integers: up to iOS 17 as
bytes with the ``shape`` beside them, from iOS 18 on as a tensor of a sub-byte type.
"""

from __future__ import annotations

import math

import numpy as np

from act_mil.blobs import unpack_bits
from act_mil.ops.registry import op

Pair = tuple[np.ndarray, np.ndarray]


@op("constexpr_affine_dequantize", rounds=False)
def constexpr_affine_dequantize(
    quantized_data: np.ndarray, zero_point: np.ndarray, scale: np.ndarray, *, axis: int
) -> np.ndarray:
    """``scale * (quantized_data - zero_point)``, both scalars or one for each place of ``axis``."""
    return dequantize(quantized_data, scale, zero_point, axis=axis)


@op("constexpr_cast", rounds=False)
def constexpr_cast(source_val: np.ndarray, *, output_dtype: str) -> np.ndarray:
    """``source_val``, stored as fp16, as fp32."""
    if output_dtype != "fp32":
        raise ValueError(f"output_dtype is {output_dtype!r}, not 'fp32'")
    return source_val.astype(np.float32)


@op("constexpr_blockwise_shift_scale", rounds=False)
def constexpr_blockwise_shift_scale(
    data: np.ndarray, scale: np.ndarray, offset: np.ndarray | None = None
) -> np.ndarray:
    """``scale * (data - offset)``, each entry of scale and offset for one block of ``data``."""
    shifted = data.astype(np.float32)
    if offset is not None:
        shifted = shifted - _spread(offset, data.shape)
    return (_spread(scale, data.shape) * shifted).astype(scale.dtype)


@op("constexpr_lut_to_dense", rounds=False)
def constexpr_lut_to_dense(
    indices: np.ndarray,
    lut: np.ndarray,
    *,
    shape: tuple[int, ...] | None = None,
    vector_axis: int | None = None,
) -> np.ndarray:
    """The entries of ``lut`` at ``indices``.

    iOS 16: ``lut`` is (P,), ``indices`` bytes that hold log2(P) bits for each element of ``shape``.
    iOS 18: ``lut`` is (*G, P, V) with one table for each block of ``indices``, of as many axes as
    G; each index brings V elements, which line up along ``vector_axis``.
    """
    if shape is not None:
        bits = (len(lut) - 1).bit_length()
        return lut[unpack_bits(indices.tobytes(), bits, math.prod(shape))].reshape(shape)
    tables = (
        np.arange(size) // (size // groups)
        for size, groups in zip(indices.shape, lut.shape[:-2], strict=True)
    )
    vectors = lut[(*np.ix_(*tables), indices)]
    size = lut.shape[-1]
    if size == 1:
        return vectors.squeeze(-1)
    if vector_axis is None:
        raise ValueError(f"vectors of {size} elements need vector_axis")
    axis = vector_axis % indices.ndim
    shape = tuple(n * size if i == axis else n for i, n in enumerate(indices.shape))
    return np.moveaxis(vectors, -1, axis + 1).reshape(shape)


@op("constexpr_sparse_to_dense", rounds=False)
def constexpr_sparse_to_dense(
    nonzero_data: np.ndarray, mask: np.ndarray, *, shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """Zeros with ``nonzero_data`` (D,) where ``mask`` has its D ones.

    iOS 16: ``mask`` is bytes with one bit for each element of ``shape``; iOS 18: it has the
    result's shape.
    """
    if shape is not None:
        mask = unpack_bits(mask.tobytes(), 1, math.prod(shape)).reshape(shape)
    if np.count_nonzero(mask) != nonzero_data.size:
        raise ValueError(f"{np.count_nonzero(mask)} mask bits for {nonzero_data.size} elements")
    dense = np.zeros(mask.shape, nonzero_data.dtype)
    dense[mask != 0] = nonzero_data
    return dense


@op("constexpr_lut_to_sparse", rounds=False, many=True)
def constexpr_lut_to_sparse(
    indices_mask: np.ndarray,
    indices_nonzero_data: np.ndarray,
    lut: np.ndarray,
    *,
    vector_axis: int | None = None,
) -> Pair:
    """Look up the nonzero elements only: their mask and their values."""
    indices = constexpr_sparse_to_dense(indices_nonzero_data, indices_mask)
    dense = constexpr_lut_to_dense(indices, lut, vector_axis=vector_axis)
    mask = indices_mask
    if lut.shape[-1] > 1 and vector_axis is not None:
        mask = mask.repeat(lut.shape[-1], vector_axis)
    return mask, dense[mask != 0]


@op("constexpr_sparse_blockwise_shift_scale", rounds=False, many=True)
def constexpr_sparse_blockwise_shift_scale(
    data_mask: np.ndarray,
    nonzero_data: np.ndarray,
    scale: np.ndarray,
    offset: np.ndarray | None = None,
) -> Pair:
    """Dequantise the nonzero elements only: their mask and their values."""
    data = constexpr_sparse_to_dense(nonzero_data, data_mask)
    return data_mask, constexpr_blockwise_shift_scale(data, scale, offset)[data_mask != 0]


@op("quantize", rounds=False)
def quantize(
    input: np.ndarray,
    scale: np.ndarray,
    zero_point: np.ndarray | None = None,
    *,
    output_dtype: str,
    axis: int | None = None,
) -> np.ndarray:
    """``round(input / scale) + zero_point`` limited to ``output_dtype``, int8 or uint8."""
    limits = np.iinfo(output_dtype)
    steps = np.round(input.astype(np.float32) / _along(scale, input, axis))
    if zero_point is not None:
        steps = steps + _along(zero_point, input, axis)
    return np.clip(steps, limits.min, limits.max).astype(output_dtype)


@op("dequantize", rounds=False)
def dequantize(
    input: np.ndarray,
    scale: np.ndarray,
    zero_point: np.ndarray | None = None,
    *,
    axis: int | None = None,
) -> np.ndarray:
    """``scale * (input - zero_point)`` in the dtype of ``scale``."""
    shifted = input.astype(np.float32)
    if zero_point is not None:
        shifted = shifted - _along(zero_point, input, axis)
    return (_along(scale, input, axis) * shifted).astype(scale.dtype)


def _along(values: np.ndarray, x: np.ndarray, axis: int | None) -> np.ndarray:
    values = values.astype(np.float32)
    if values.ndim == 0 or axis is None:
        return values
    sizes = [1] * x.ndim
    sizes[axis] = -1
    return values.reshape(sizes)


def _spread(blocks: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    for axis, size in enumerate(shape):
        if size % blocks.shape[axis]:
            raise ValueError(f"blocks of shape {blocks.shape} do not divide shape {shape}")
        if size != blocks.shape[axis]:
            blocks = blocks.repeat(size // blocks.shape[axis], axis)
    return blocks
