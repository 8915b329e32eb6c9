"""Reductions, running sums and sorting.

Reductions keep their operand's dtype, integers too, as MIL declares. Ties go to the lower index;
MIL leaves their order open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from act_mil.ops.registry import op

Reducer = Callable[..., np.ndarray]


def _log_sum_exp(x: np.ndarray, axis: tuple[int, ...] | None, keepdims: bool) -> np.ndarray:
    highest = x.max(axis=axis, keepdims=True)
    total = np.exp(x - highest).sum(axis=axis, keepdims=True)
    return (np.log(total) + highest).sum(axis=axis, keepdims=keepdims)


REDUCERS: dict[str, Reducer] = {
    "reduce_l1_norm": lambda x, **over: np.abs(x).sum(**over),
    "reduce_l2_norm": lambda x, **over: np.sqrt(np.square(x).sum(**over)),
    "reduce_log_sum": lambda x, **over: np.log(x.sum(**over)),
    "reduce_log_sum_exp": _log_sum_exp,
    "reduce_max": np.max,
    "reduce_mean": np.mean,
    "reduce_min": np.min,
    "reduce_prod": np.prod,
    "reduce_sum": np.sum,
    "reduce_sum_square": lambda x, **over: np.square(x).sum(**over),
}
ARG_REDUCERS: dict[str, Reducer] = {"reduce_argmax": np.argmax, "reduce_argmin": np.argmin}
INDEX_DTYPES = {"int32": np.int32, "uint16": np.uint16}


def _register_reducer(name: str, reducer: Reducer) -> None:
    @op(name)
    def reduce(
        x: np.ndarray, *, axes: tuple[int, ...] | None = None, keep_dims: bool = False
    ) -> np.ndarray:
        return np.asarray(reducer(x, axis=axes, keepdims=keep_dims)).astype(x.dtype, copy=False)


def _register_arg_reducer(name: str, reducer: Reducer) -> None:
    @op(name, rounds=False)
    def reduce_arg(
        x: np.ndarray, *, axis: int = -1, keep_dims: bool = False, output_dtype: str = "int32"
    ) -> np.ndarray:
        return np.asarray(reducer(x, axis, keepdims=keep_dims)).astype(index_dtype(output_dtype))


def index_dtype(name: str) -> Any:
    """The dtype an op gives its indices in."""
    if name not in INDEX_DTYPES:
        raise ValueError(f"index dtype {name!r} is none of {', '.join(INDEX_DTYPES)}")
    return INDEX_DTYPES[name]


for _name, _reducer in REDUCERS.items():
    _register_reducer(_name, _reducer)
for _name, _reducer in ARG_REDUCERS.items():
    _register_arg_reducer(_name, _reducer)


@op("cumsum")
def cumsum(
    x: np.ndarray, *, axis: int = 0, exclusive: bool = False, reverse: bool = False
) -> np.ndarray:
    """The running sum along ``axis``, from its end or without the element itself on request."""
    rows = np.moveaxis(x, axis, 0)[:: -1 if reverse else 1]
    sums = np.cumsum(rows, axis=0, dtype=x.dtype)
    if exclusive:
        sums = np.concatenate([np.zeros_like(sums[:1]), sums[:-1]])
    return np.moveaxis(sums[:: -1 if reverse else 1], 0, axis)


@op("argsort", rounds=False)
def argsort(x: np.ndarray, *, axis: int = -1, ascending: bool = False) -> np.ndarray:
    """The int32 indices that sort ``x`` along ``axis``."""
    if not ascending:
        # Integers are widened because the lowest has no negative of its own width.
        x = -(x if x.dtype.kind == "f" else x.astype(np.int64))
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


@op("topk", rounds=False, many=True)
def topk(
    x: np.ndarray,
    *,
    k: int = 1,
    axis: int = -1,
    ascending: bool = False,
    sort: bool = True,
    return_indices: bool = True,
    output_indices_dtype: str = "int32",
) -> tuple[np.ndarray, ...]:
    """The ``k`` largest elements along ``axis`` (``ascending``: the smallest) and their indices.

    They come sorted whether ``sort`` asks for it or not.
    """
    order = argsort(x, axis=axis, ascending=ascending).take(range(k), axis)
    best = np.take_along_axis(x, order, axis)
    return (best, order.astype(index_dtype(output_indices_dtype))) if return_indices else (best,)
