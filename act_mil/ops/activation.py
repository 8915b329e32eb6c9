"""Activation functions: elementwise, but for softmax. All take and return floats."""

from __future__ import annotations

import math

import numpy as np

from act_mil.ops.arithmetic import erf
from act_mil.ops.registry import op


@op("sigmoid")
def sigmoid(x: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-x))``."""
    return 1 / (1 + np.exp(-x))


@op("sigmoid_hard")
def sigmoid_hard(x: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """``alpha * x + beta`` limited to [0, 1]."""
    return np.clip(alpha * x + beta, 0, 1)


@op("scaled_tanh")
def scaled_tanh(x: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """``alpha * tanh(beta * x)``."""
    return alpha * np.tanh(beta * x)


@op("relu", rounds=False)
def relu(x: np.ndarray) -> np.ndarray:
    """``max(x, 0)``."""
    return np.maximum(x, 0)


@op("relu6", rounds=False)
def relu6(x: np.ndarray) -> np.ndarray:
    """``x`` limited to [0, 6]."""
    return np.clip(x, 0, 6)


@op("clamped_relu")
def clamped_relu(x: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """``min(beta, x)`` where ``x >= 0``, else ``min(beta, alpha * x)``."""
    return np.minimum(np.where(x >= 0, x, alpha * x), beta)


@op("leaky_relu")
def leaky_relu(x: np.ndarray, *, alpha: float) -> np.ndarray:
    """``x`` where ``x >= 0``, else ``alpha * x``."""
    return np.where(x >= 0, x, alpha * x)


@op("thresholded_relu", rounds=False)
def thresholded_relu(x: np.ndarray, *, alpha: float) -> np.ndarray:
    """``x`` where ``x >= alpha``, else 0."""
    return np.where(x >= alpha, x, x.dtype.type(0))


@op("prelu")
def prelu(x: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """``x`` (n, C, *D) where ``x > 0``, else ``alpha * x`` with one ``alpha`` (C,) a channel."""
    return np.where(x > 0, x, by_channel(alpha, x) * x)


@op("elu")
def elu(x: np.ndarray, *, alpha: float) -> np.ndarray:
    """``x`` where ``x > 0``, else ``alpha * (exp(x) - 1)``."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@op("silu")
def silu(x: np.ndarray) -> np.ndarray:
    """``x * sigmoid(x)``."""
    return x * sigmoid(x)


@op("gelu")
def gelu(x: np.ndarray, *, mode: str = "EXACT") -> np.ndarray:
    """The Gaussian error linear unit, exact or by one of its two approximations."""
    if mode == "EXACT":
        return 0.5 * x * (1 + erf(x / math.sqrt(2)))
    if mode == "TANH_APPROXIMATION":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    if mode == "SIGMOID_APPROXIMATION":
        return x * sigmoid(1.702 * x)
    raise ValueError(f"unknown mode {mode!r}")


@op("softplus")
def softplus(x: np.ndarray) -> np.ndarray:
    """``ln(1 + exp(x))``."""
    return np.logaddexp(x, x.dtype.type(0))


@op("softplus_parametric")
def softplus_parametric(x: np.ndarray, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """``alpha * ln(1 + exp(beta * x))`` with one ``alpha`` and ``beta`` (C,) a channel of ``x``."""
    return by_channel(alpha, x) * softplus(by_channel(beta, x) * x)


@op("softsign")
def softsign(x: np.ndarray) -> np.ndarray:
    """``x / (1 + |x|)``."""
    return x / (1 + np.abs(x))


@op("linear_activation")
def linear_activation(x: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """``alpha * x + beta``."""
    return alpha * x + beta


@op("softmax")
def softmax(x: np.ndarray, *, axis: int = -1) -> np.ndarray:
    """``exp(x)`` divided by its sum along ``axis``."""
    exponentials = np.exp(x - x.max(axis, keepdims=True))
    return exponentials / exponentials.sum(axis, keepdims=True)


def by_channel(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Shape ``values`` (C,) so that they broadcast along axis 1 of ``x`` (n, C, *D)."""
    return values.reshape(-1, *[1] * (x.ndim - 2))
