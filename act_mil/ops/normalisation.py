"""Normalisation over batches, channels and axes."""

from __future__ import annotations

import numpy as np

from act_mil.ops.activation import by_channel
from act_mil.ops.registry import op


@op("batch_norm")
def batch_norm(
    x: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    gamma: np.ndarray | None = None,
    beta: np.ndarray | None = None,
    *,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """Normalise ``x`` (n, C, *D) by the given statistics (C,) of each channel."""
    scale = 1 / np.sqrt(variance + epsilon)
    if gamma is not None:
        scale = scale * gamma
    shift = -mean * scale
    if beta is not None:
        shift = shift + beta
    return x * by_channel(scale, x) + by_channel(shift, x)


@op("instance_norm")
def instance_norm(
    x: np.ndarray,
    gamma: np.ndarray | None = None,
    beta: np.ndarray | None = None,
    *,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """Normalise each sample and channel of ``x`` (n, C, *D) by its own mean and variance."""
    normal = _standardise(x, tuple(range(2, x.ndim)), epsilon)
    if gamma is not None:
        normal = normal * by_channel(gamma, x)
    if beta is not None:
        normal = normal + by_channel(beta, x)
    return normal


@op("layer_norm")
def layer_norm(
    x: np.ndarray,
    gamma: np.ndarray | None = None,
    beta: np.ndarray | None = None,
    *,
    axes: tuple[int, ...] | None = None,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """Normalise ``x`` over ``axes`` (default all), whose sizes ``gamma`` and ``beta`` have."""
    over = range(x.ndim) if axes is None else sorted(axis % x.ndim for axis in axes)
    normal = _standardise(x, tuple(over), epsilon)
    sizes = [size if axis in over else 1 for axis, size in enumerate(x.shape)]
    if gamma is not None:
        normal = normal * gamma.reshape(sizes)
    if beta is not None:
        normal = normal + beta.reshape(sizes)
    return normal


@op("l2_norm")
def l2_norm(x: np.ndarray, *, epsilon: float = 1e-6) -> np.ndarray:
    """Divide ``x`` (*B, C, H, W) by the root of its squares' sum over the last three axes."""
    return x / np.sqrt(np.square(x).sum((-3, -2, -1), keepdims=True) + epsilon)


def _standardise(x: np.ndarray, axes: tuple[int, ...], epsilon: float) -> np.ndarray:
    centred = x - x.mean(axes, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axes, keepdims=True) + epsilon)
