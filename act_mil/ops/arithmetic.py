"""Elementwise arithmetic, comparison, logic and conversion.

Binary ops broadcast as numpy does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from act_mil.ops.registry import op

BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "real_div": np.true_divide,
    "floor_div": np.floor_divide,
    "mod": np.mod,
    "pow": np.power,
}
EXACT_BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "maximum": np.maximum,
    "minimum": np.minimum,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
}
UNARY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "acos": np.arccos,
    "asin": np.arcsin,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "exp2": np.exp2,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "square": np.square,
    "tan": np.tan,
    "tanh": np.tanh,
}
EXACT_UNARY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "logical_not": np.logical_not,
    "round": np.round,
    "sign": np.sign,
}
CAST_DTYPES = {
    "bool": np.bool_,
    "fp16": np.float16,
    "fp32": np.float32,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "uint8": np.uint8,
    "uint16": np.uint16,
}


def _register_binary(name: str, ufunc: Callable[..., np.ndarray], rounds: bool) -> None:
    # A ufunc has no signature to read the parameters from.
    @op(name, rounds=rounds)
    def binary(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return ufunc(x, y)


def _register_unary(name: str, ufunc: Callable[..., np.ndarray], rounds: bool) -> None:
    @op(name, rounds=rounds)
    def unary(x: np.ndarray) -> np.ndarray:
        return ufunc(x)


for _name, _binary in BINARY.items():
    _register_binary(_name, _binary, rounds=True)
for _name, _binary in EXACT_BINARY.items():
    _register_binary(_name, _binary, rounds=False)
for _name, _unary in UNARY.items():
    _register_unary(_name, _unary, rounds=True)
for _name, _unary in EXACT_UNARY.items():
    _register_unary(_name, _unary, rounds=False)

_erf = np.frompyfunc(math.erf, 1, 1)


@op("erf")
def erf(x: np.ndarray) -> np.ndarray:
    """The Gauss error function."""
    return np.asarray(_erf(x)).astype(x.dtype)


@op("log")
def log(x: np.ndarray, *, epsilon: float = 1e-45) -> np.ndarray:
    """``ln(x + epsilon)``."""
    return np.log(x + epsilon)


@op("rsqrt")
def rsqrt(x: np.ndarray, *, epsilon: float = 1e-12) -> np.ndarray:
    """``1 / sqrt(x + epsilon)``."""
    return 1 / np.sqrt(x + epsilon)


@op("inverse")
def inverse(x: np.ndarray, *, epsilon: float = 1e-4) -> np.ndarray:
    """``1 / (x + epsilon)``."""
    return 1 / (x + epsilon)


@op("clip", rounds=False)
def clip(x: np.ndarray, *, alpha: float, beta: float) -> np.ndarray:
    """``x`` limited to [alpha, beta]."""
    return np.clip(x, alpha, beta)


@op("threshold", rounds=False)
def threshold(x: np.ndarray, *, alpha: float) -> np.ndarray:
    """``max(x, alpha)``."""
    return np.maximum(x, alpha)


@op("select", rounds=False)
def select(cond: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """``a`` where ``cond`` is true, else ``b``; the three broadcast."""
    return np.where(cond, a, b)


@op("cast", rounds=False)
def cast(x: np.ndarray, *, dtype: str) -> np.ndarray:
    """``x`` as ``dtype``; floats become integers by dropping the fraction."""
    if dtype not in CAST_DTYPES:
        raise ValueError(f"dtype {dtype!r} is none of {', '.join(CAST_DTYPES)}")
    return x.astype(CAST_DTYPES[dtype])


@op("identity", rounds=False)
def identity(x: np.ndarray) -> np.ndarray:
    """``x`` under another name."""
    return x
