"""Slicing, gathering and scattering.

From iOS 17 on an index below 0 is out of bounds, and what an out-of-bounds index does is undefined;
before, -1 is the last element. The argument ``validate_indices``, which came with iOS 17, tells the
two apart. Here every index out of bounds is an error: its result would differ between devices.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from act_mil.ops.registry import op

SCATTER_MODES = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
}
"""Function that combines an element with its update, by ``mode``; ``update`` replaces it."""

Ints = tuple[int, ...]
Bools = tuple[bool, ...]


@op("slice_by_index", rounds=False)
def slice_by_index(
    x: np.ndarray,
    *,
    begin: Ints,
    end: Ints,
    stride: Ints | None = None,
    begin_mask: Bools | None = None,
    end_mask: Bools | None = None,
    squeeze_mask: Bools | None = None,
) -> np.ndarray:
    """``x[begin[0]:end[0]:stride[0], ...]``.

    A true ``begin_mask[i]`` or ``end_mask[i]`` leaves that end of axis i open; a true
    ``squeeze_mask[i]`` takes the one element at ``begin[i]`` and drops the axis.
    """
    return x[_key(begin, end, stride, begin_mask, end_mask, squeeze_mask)]


@op("slice_update", rounds=False)
def slice_update(
    x: np.ndarray,
    update: np.ndarray,
    *,
    begin: Ints,
    end: Ints,
    stride: Ints | None = None,
    begin_mask: Bools | None = None,
    end_mask: Bools | None = None,
    squeeze_mask: Bools | None = None,
) -> np.ndarray:
    """``x`` with the slice that :func:`slice_by_index` would return replaced by ``update``."""
    key = _key(begin, end, stride, begin_mask, end_mask, squeeze_mask)
    if x[key].shape != update.shape:
        raise ValueError(f"the update has shape {update.shape}, the slice {x[key].shape}")
    result = x.copy()
    result[key] = update
    return result


@op("slice_by_size", rounds=False)
def slice_by_size(x: np.ndarray, *, begin: Ints, size: Ints) -> np.ndarray:
    """``size[i]`` elements (-1: all that are left) from ``begin[i]`` on along each axis i."""
    starts = [b + n if b < 0 else b for b, n in zip(begin, x.shape, strict=True)]
    stops = [n if s == -1 else b + s for b, s, n in zip(starts, size, x.shape, strict=True)]
    if any(not 0 <= b <= e <= n for b, e, n in zip(starts, stops, x.shape, strict=True)):
        raise ValueError(f"begin {begin}, size {size} is outside a tensor of shape {x.shape}")
    return x[tuple(map(slice, starts, stops))]


@op("gather", rounds=False)
def gather(
    x: np.ndarray,
    indices: np.ndarray,
    *,
    axis: int = 0,
    batch_dims: int = 0,
    validate_indices: bool | None = None,
) -> np.ndarray:
    """The slices of ``x`` at ``indices`` along ``axis``: (*x[:axis], *indices, *x[axis + 1:]).

    The first ``batch_dims`` axes of both are walked together and stand once in the result.
    """
    axis %= x.ndim
    _check(indices, x.shape[axis], validate_indices)
    if batch_dims == 0:
        return np.take(x, indices, axis)
    rows = x.reshape(-1, *x.shape[batch_dims:])
    places = indices.reshape(-1, *indices.shape[batch_dims:])
    taken = [np.take(r, p, axis - batch_dims) for r, p in zip(rows, places, strict=True)]
    return np.stack(taken).reshape(*x.shape[:batch_dims], *taken[0].shape)


@op("gather_along_axis", rounds=False)
def gather_along_axis(
    x: np.ndarray, indices: np.ndarray, *, axis: int = 0, validate_indices: bool | None = None
) -> np.ndarray:
    """``x[..., indices[..., i, ...], ...]``: for each index the element of ``x`` in its own row."""
    _check(indices, x.shape[axis], validate_indices)
    return np.take_along_axis(x, indices.astype(np.intp), axis)


@op("gather_nd", rounds=False)
def gather_nd(
    x: np.ndarray,
    indices: np.ndarray,
    *,
    batch_dims: int = 0,
    validate_indices: bool | None = None,
) -> np.ndarray:
    """The slices of ``x`` at the positions in the last axis of ``indices``."""
    sizes = x.shape[batch_dims:]
    _check(indices, sizes[: indices.shape[-1]], validate_indices)
    if batch_dims == 0:
        return x[_coordinates(indices)]
    rows = x.reshape(-1, *sizes)
    places = indices.reshape(-1, *indices.shape[batch_dims:])
    taken = [r[_coordinates(p)] for r, p in zip(rows, places, strict=True)]
    return np.stack(taken).reshape(*x.shape[:batch_dims], *taken[0].shape)


@op("scatter")
def scatter(
    data: np.ndarray,
    indices: np.ndarray,
    updates: np.ndarray,
    *,
    axis: int = 0,
    mode: str = "add",
    validate_indices: bool | None = None,
) -> np.ndarray:
    """``data`` with its slices at ``indices`` (C,) along ``axis`` combined with ``updates``."""
    _check(indices, data.shape[axis], validate_indices)
    result = data.copy()
    _combine(np.moveaxis(result, axis, 0), (indices,), np.moveaxis(updates, axis, 0), mode)
    return result


@op("scatter_along_axis")
def scatter_along_axis(
    data: np.ndarray,
    indices: np.ndarray,
    updates: np.ndarray,
    *,
    axis: int = 0,
    mode: str = "add",
    validate_indices: bool | None = None,
) -> np.ndarray:
    """``data`` with the elements :func:`gather_along_axis` would take combined with ``updates``."""
    axis %= data.ndim
    _check(indices, data.shape[axis], validate_indices)
    result = data.copy()
    where: list[np.ndarray] = list(np.indices(indices.shape, sparse=True))
    where[axis] = indices
    _combine(result, tuple(where), updates, mode)
    return result


@op("scatter_nd")
def scatter_nd(
    data: np.ndarray,
    indices: np.ndarray,
    updates: np.ndarray,
    *,
    mode: str = "add",
    validate_indices: bool | None = None,
) -> np.ndarray:
    """``data`` with the slices :func:`gather_nd` would take combined with ``updates``."""
    _check(indices, data.shape[: indices.shape[-1]], validate_indices)
    result = data.copy()
    _combine(result, _coordinates(indices), updates, mode)
    return result


# An unrolled program asks for the same few keys at every time step.
@lru_cache(maxsize=4096)
def _key(
    begin: Ints,
    end: Ints,
    stride: Ints | None,
    begin_mask: Bools | None,
    end_mask: Bools | None,
    squeeze_mask: Bools | None,
) -> tuple[int | slice, ...]:
    return tuple(
        begin[i]
        if squeeze_mask is not None and squeeze_mask[i]
        else slice(
            None if begin_mask is not None and begin_mask[i] else begin[i],
            None if end_mask is not None and end_mask[i] else end[i],
            None if stride is None else stride[i],
        )
        for i in range(len(begin))
    )


def _check(
    indices: np.ndarray, sizes: int | tuple[int, ...], validate_indices: bool | None
) -> None:
    upper = np.asarray(sizes)
    lower = -upper if validate_indices is None else np.zeros_like(upper)
    if ((indices < lower) | (indices >= upper)).any():
        raise ValueError(
            f"an index of {indices.min()}..{indices.max()} is out of bounds for size {sizes}"
            + ("" if validate_indices is None else " (from iOS 17 on, indices start at 0)")
        )


def _coordinates(indices: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.moveaxis(indices, -1, 0))


def _combine(
    target: np.ndarray, where: tuple[np.ndarray, ...], updates: np.ndarray, mode: str
) -> None:
    if mode == "update":
        target[where] = updates
    elif mode in SCATTER_MODES:
        SCATTER_MODES[mode].at(target, where, updates)
    else:
        raise ValueError(f"unknown mode {mode!r}")
