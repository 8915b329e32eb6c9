"""Ops that make tensors from sizes, ranges and indices rather than from elements."""

from __future__ import annotations

import numpy as np

from act_mil.ops.registry import op

ZERO = np.zeros((), np.float32)


@op("fill", rounds=False)
def fill(value: np.ndarray | None = None, *, shape: tuple[int, ...]) -> np.ndarray:
    """A tensor of ``shape`` full of ``value`` (default 0.0), in its dtype."""
    value = ZERO if value is None else value
    return np.full(shape, value, value.dtype)


@op("fill_like", rounds=False)
def fill_like(ref_tensor: np.ndarray, value: np.ndarray | None = None) -> np.ndarray:
    """A tensor of ``ref_tensor``'s shape full of ``value`` (default 0.0), in the value's dtype."""
    return fill(value, shape=ref_tensor.shape)


@op("range_1d")
def range_1d(start: np.ndarray, end: np.ndarray, step: np.ndarray) -> np.ndarray:
    """``start, start + step, ...`` up to ``end``, exclusive."""
    return np.arange(start.item(), end.item(), step.item(), dtype=start.dtype)


@op("shape", rounds=False)
def shape(x: np.ndarray) -> np.ndarray:
    """The sizes of ``x``, int32."""
    return np.array(x.shape, np.int32)


@op("non_zero", rounds=False)
def non_zero(x: np.ndarray) -> np.ndarray:
    """The indices (N, rank) of the elements that are not 0, int32."""
    return np.argwhere(x).astype(np.int32)


@op("one_hot", rounds=False)
def one_hot(
    indices: np.ndarray,
    on_value: np.ndarray | None = None,
    off_value: np.ndarray | None = None,
    *,
    one_hot_vector_size: int,
    axis: int = -1,
) -> np.ndarray:
    """``on_value`` (default 1) at each index along a new ``axis``, ``off_value`` (0) elsewhere."""
    on_value = np.ones((), np.int32) if on_value is None else on_value
    off_value = np.zeros((), np.int32) if off_value is None else off_value
    hot = indices[..., None] == np.arange(one_hot_vector_size)
    return np.moveaxis(np.where(hot, on_value, off_value), -1, axis)
