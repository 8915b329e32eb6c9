"""Ops that rearrange, join, cut and pad tensors without looking at their elements."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from act_mil.ops.registry import op

PAD_MODES = {"reflect": "reflect", "replicate": "edge"}
"""numpy's names for MIL's modes of padding, but for ``constant``."""


@op("reshape", rounds=False)
def reshape(x: np.ndarray, *, shape: tuple[int, ...]) -> np.ndarray:
    """``x`` in another ``shape``: 0 keeps the size of the same axis, one -1 takes what is left."""
    if 0 in shape and len(shape) == x.ndim:
        shape = tuple(old if new == 0 else new for old, new in zip(x.shape, shape, strict=True))
    return x.reshape(shape)


@op("transpose", rounds=False)
def transpose(x: np.ndarray, *, perm: tuple[int, ...]) -> np.ndarray:
    """``x`` with axis ``perm[i]`` at place i."""
    return x.transpose(perm)


@op("squeeze", rounds=False)
def squeeze(x: np.ndarray, *, axes: tuple[int, ...] | None = None) -> np.ndarray:
    """``x`` without those of ``axes`` (default all) whose size is 1; others stay, as in torch."""
    chosen = range(x.ndim) if axes is None else axes
    return x.squeeze(tuple(axis for axis in chosen if x.shape[axis] == 1))


@op("expand_dims", rounds=False)
def expand_dims(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
    """``x`` with an axis of size 1 at each of ``axes``, counted in the result."""
    return np.expand_dims(x, axes)


@op("flatten2d", rounds=False)
def flatten2d(x: np.ndarray, *, axis: int = 1) -> np.ndarray:
    """``x`` as a matrix: the axes before ``axis`` are its rows."""
    return x.reshape(math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))


@op("concat", rounds=False)
def concat(*values: np.ndarray, axis: int, interleave: bool = False) -> np.ndarray:
    """The tensors end to end along ``axis``, or with their rows in turn where ``interleave``."""
    if values[0].ndim == 0:
        return np.stack(values)
    if not interleave:
        return np.concatenate(values, axis)
    first = values[0]
    axis %= first.ndim
    sizes = (*first.shape[:axis], len(values) * first.shape[axis], *first.shape[axis + 1 :])
    return np.stack(values, axis + 1).reshape(sizes)


@op("stack", rounds=False)
def stack(*values: np.ndarray, axis: int) -> np.ndarray:
    """The tensors side by side along a new ``axis``."""
    return np.stack(values, axis)


@op("split", rounds=False, many=True)
def split(
    x: np.ndarray,
    *,
    axis: int,
    num_splits: int | None = None,
    split_sizes: tuple[int, ...] | None = None,
) -> tuple[np.ndarray, ...]:
    """``x`` cut along ``axis`` into ``split_sizes``, or into ``num_splits`` parts of one size."""
    if split_sizes is None:
        if num_splits is None:
            raise ValueError("has neither num_splits nor split_sizes")
        return tuple(np.split(x, num_splits, axis))
    if sum(split_sizes) != x.shape[axis]:
        raise ValueError(f"split_sizes {split_sizes} do not add up to {x.shape[axis]}")
    return tuple(np.split(x, np.cumsum(split_sizes[:-1]), axis))


@op("tile", rounds=False)
def tile(x: np.ndarray, *, reps: tuple[int, ...]) -> np.ndarray:
    """``x`` repeated ``reps[i]`` times along axis i."""
    return np.tile(x, reps)


@op("reverse", rounds=False)
def reverse(x: np.ndarray, *, axes: tuple[int, ...] | None = None) -> np.ndarray:
    """``x`` turned around along ``axes`` (default all)."""
    return np.flip(x, axes)


@op("reverse_sequence", rounds=False)
def reverse_sequence(
    x: np.ndarray, *, lengths: tuple[int, ...], seq_axis: int = 0, batch_axis: int = 0
) -> np.ndarray:
    """``x`` with the first ``lengths[b]`` elements of each sample turned around on ``seq_axis``."""
    turned = x.copy()
    samples = np.moveaxis(turned, (batch_axis, seq_axis), (0, 1))
    for sample, length in zip(samples, lengths, strict=True):
        sample[:length] = sample[:length][::-1].copy()
    return turned


@op("pad", rounds=False)
def pad(
    x: np.ndarray, *, pad: tuple[int, ...], mode: str = "constant", constant_val: float = 0.0
) -> np.ndarray:
    """``x`` with ``pad[2 * i]`` elements before and ``pad[2 * i + 1]`` after axis i.

    Where ``pad`` is shorter than two for each axis, it speaks of the last axes.
    """
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))
    if mode == "constant":
        return np.pad(x, widths, constant_values=constant_val)
    if mode not in PAD_MODES:
        raise ValueError(f"unknown mode {mode!r}")
    return np.pad(x, widths, PAD_MODES[mode])  # type: ignore[call-overload]


@op("band_part", rounds=False)
def band_part(x: np.ndarray, *, lower: int = -1, upper: int = -1) -> np.ndarray:
    """The last two axes' diagonal, ``lower`` diagonals below and ``upper`` above (-1: all)."""
    rows, columns = np.indices(x.shape[-2:])
    inside = (lower < 0) | (rows - columns <= lower)
    inside &= (upper < 0) | (columns - rows <= upper)
    return np.where(inside, x, x.dtype.type(0))


@op("sliding_windows", rounds=False)
def sliding_windows(x: np.ndarray, *, axis: int, size: int, stride: int = 1) -> np.ndarray:
    """Windows of ``size``, ``stride`` apart, along ``axis``: (*, windows, size, *)."""
    axis %= x.ndim
    windows = np.moveaxis(sliding_window_view(x, size, axis), -1, axis + 1)
    return windows[(slice(None),) * axis + (slice(None, None, stride),)]
