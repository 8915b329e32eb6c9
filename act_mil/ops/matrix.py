"""Matrix products."""

from __future__ import annotations

import numpy as np

from act_mil.ops.registry import op


@op("linear")
def linear(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> np.ndarray:
    """``x @ weight.T + bias`` of ``x`` (*D, I), ``weight`` (O, I) and ``bias`` (O,)."""
    product = x @ weight.T
    return product if bias is None else product + bias


@op("matmul")
def matmul(
    x: np.ndarray, y: np.ndarray, *, transpose_x: bool = False, transpose_y: bool = False
) -> np.ndarray:
    """``x @ y`` as numpy has it, the last two axes of either swapped first on request."""
    if transpose_x and x.ndim > 1:
        x = x.swapaxes(-1, -2)
    if transpose_y and y.ndim > 1:
        y = y.swapaxes(-1, -2)
    return np.matmul(x, y)


@op("einsum")
def einsum(*values: np.ndarray, equation: str) -> np.ndarray:
    """Einstein summation over two tensors; sizes of 1 broadcast."""
    names = equation.replace(" ", "").split("->")[0].split(",")
    sizes: dict[str, int] = {}
    for axes, value in zip(names, values, strict=True):
        for axis, size in zip(axes, value.shape, strict=True):
            sizes[axis] = max(size, sizes.get(axis, 1))
    spread = (
        np.broadcast_to(value, [sizes[axis] for axis in axes])
        for axes, value in zip(names, values, strict=True)
    )
    return np.einsum(equation, *spread)


@op("scaled_dot_product_attention")
def scaled_dot_product_attention(
    query: np.ndarray, key: np.ndarray, value: np.ndarray, attn_mask: np.ndarray | None = None
) -> np.ndarray:
    """``softmax(query @ key.T / sqrt(E) + mask) @ value``.

    ``query`` is (*B, L, E), ``key`` (*B, S, E), ``value`` (*B, S, V); a boolean mask keeps the
    scores where it is true, any other is added.
    """
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.dtype.type(query.shape[-1]))
    if attn_mask is not None and attn_mask.dtype == np.bool_:
        scores = np.where(attn_mask, scores, scores.dtype.type(-np.inf))
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ value
