"""Elementwise ops and activations against torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb  # noqa: N813
from torch.nn import functional

from act_mil import Program

Torch = Callable[..., torch.Tensor]

RNG = np.random.default_rng(1)
UNIT = RNG.uniform(-0.9, 0.9, (3, 4)).astype(np.float32)
POSITIVE = RNG.uniform(0.1, 3, (3, 4)).astype(np.float32)
WIDE = (RNG.standard_normal((2, 3, 4)) * 30).astype(np.float32)
INPUTS = {"unit": UNIT, "positive": POSITIVE, "wide": WIDE}
CHANNELS = np.array([0.5, -1.5, 2.0], np.float32)


def unary(op: str, source: str, reference: Torch, **attributes: Any) -> Any:
    def build(**inputs: Any) -> Any:
        return getattr(mb, op)(x=inputs[source], **attributes)

    return build, lambda inputs: reference(inputs[source])


def by_channel(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values)[:, None]


CASES = {
    "abs": unary("abs", "wide", torch.abs),
    "acos": unary("acos", "unit", torch.acos),
    "asin": unary("asin", "unit", torch.asin),
    "atan": unary("atan", "wide", torch.atan),
    "atanh": unary("atanh", "unit", torch.atanh),
    "ceil": unary("ceil", "wide", torch.ceil),
    "clip": unary("clip", "wide", lambda x: x.clip(-2, 5.5), alpha=-2.0, beta=5.5),
    "cos": unary("cos", "unit", torch.cos),
    "cosh": unary("cosh", "unit", torch.cosh),
    "erf": unary("erf", "unit", torch.erf),
    "exp": unary("exp", "unit", torch.exp),
    "exp2": unary("exp2", "unit", torch.exp2),
    "floor": unary("floor", "wide", torch.floor),
    "identity": unary("identity", "wide", torch.clone),
    "inverse": unary("inverse", "positive", lambda x: 1 / (x + 0.25), epsilon=0.25),
    "log": unary("log", "positive", lambda x: torch.log(x + 0.5), epsilon=0.5),
    "round": unary("round", "wide", torch.round),
    "rsqrt": unary("rsqrt", "positive", lambda x: torch.rsqrt(x + 0.5), epsilon=0.5),
    "sign": unary("sign", "wide", torch.sign),
    "sin": unary("sin", "unit", torch.sin),
    "sinh": unary("sinh", "unit", torch.sinh),
    "sqrt": unary("sqrt", "positive", torch.sqrt),
    "square": unary("square", "wide", torch.square),
    "tan": unary("tan", "unit", torch.tan),
    "tanh": unary("tanh", "wide", torch.tanh),
    "threshold": unary("threshold", "wide", lambda x: x.clip(min=1.5), alpha=1.5),
    "clamped_relu": unary(
        "clamped_relu",
        "wide",
        lambda x: torch.where(x >= 0, x, 0.1 * x).clip(max=6),
        alpha=0.1,
        beta=6.0,
    ),
    "elu": unary("elu", "wide", lambda x: functional.elu(x, 0.7), alpha=0.7),
    "gelu": unary("gelu", "unit", functional.gelu),
    "gelu/tanh": unary(
        "gelu",
        "unit",
        lambda x: functional.gelu(x, approximate="tanh"),
        mode="TANH_APPROXIMATION",
    ),
    "gelu/sigmoid": unary(
        "gelu", "unit", lambda x: x * torch.sigmoid(1.702 * x), mode="SIGMOID_APPROXIMATION"
    ),
    "leaky_relu": unary("leaky_relu", "wide", lambda x: functional.leaky_relu(x, 0.2), alpha=0.2),
    "linear_activation": unary(
        "linear_activation", "unit", lambda x: 3 * x - 1, alpha=3.0, beta=-1.0
    ),
    "prelu": (
        lambda wide, **_: mb.prelu(x=mb.expand_dims(x=wide, axes=[3]), alpha=CHANNELS),
        lambda inputs: functional.prelu(inputs["wide"][..., None], torch.from_numpy(CHANNELS)),
    ),
    "relu": unary("relu", "wide", torch.relu),
    "relu6": unary("relu6", "wide", functional.relu6),
    "scaled_tanh": unary(
        "scaled_tanh", "unit", lambda x: 1.7 * torch.tanh(0.6 * x), alpha=1.7, beta=0.6
    ),
    "sigmoid": unary("sigmoid", "wide", torch.sigmoid),
    "sigmoid_hard": unary(
        "sigmoid_hard", "wide", lambda x: (0.2 * x + 0.5).clip(0, 1), alpha=0.2, beta=0.5
    ),
    "silu": unary("silu", "wide", functional.silu),
    "softmax": unary("softmax", "wide", lambda x: torch.softmax(x, 1), axis=1),
    "softplus": unary("softplus", "wide", functional.softplus),
    "softplus_parametric": unary(
        "softplus_parametric",
        "wide",
        lambda x: by_channel(CHANNELS) * functional.softplus(by_channel(CHANNELS) * x),
        alpha=CHANNELS,
        beta=CHANNELS,
    ),
    "softsign": unary("softsign", "wide", functional.softsign),
    "thresholded_relu": unary(
        "thresholded_relu", "wide", lambda x: functional.threshold(x, 2.5, 0), alpha=2.5
    ),
    "select": (
        lambda unit, positive, **_: mb.select(cond=mb.greater(x=unit, y=0.0), a=unit, b=positive),
        lambda inputs: torch.where(inputs["unit"] > 0, inputs["unit"], inputs["positive"]),
    ),
    "cast/int32": unary("cast", "wide", lambda x: x.int(), dtype="int32"),
    "cast/bool": unary("cast", "wide", lambda x: (x != 0).int(), dtype="bool"),
    "cast/fp16": (
        lambda wide, **_: mb.cast(x=mb.cast(x=wide, dtype="fp16"), dtype="fp32"),
        lambda inputs: inputs["wide"].half().float(),
    ),
}

LEFT = np.array([[-7, -3, 0, 2], [5, 8, -1, 4]])
RIGHT = np.array([3, -2, 4, 2])
BINARY: dict[str, Torch] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "floor_div": torch.floor_divide,
    "mod": torch.remainder,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "equal": torch.eq,
    "not_equal": torch.ne,
    "less": torch.lt,
    "less_equal": torch.le,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "real_div": torch.div,
}
LOGICAL: dict[str, Torch] = {
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
}
BINARY_INPUTS = {
    "float": {"x": LEFT.astype(np.float32) / 2, "y": RIGHT.astype(np.float32)},
    "int": {"x": LEFT.astype(np.int32), "y": np.abs(RIGHT).astype(np.int32)},
}


def binary(op: str) -> Any:
    return lambda x, y: getattr(mb, op)(x=x, y=y), BINARY[op]


def logical(op: str) -> Any:
    def build(x: Any, y: Any) -> Any:
        return getattr(mb, op)(x=mb.cast(x=x, dtype="bool"), y=mb.greater(x=y, y=mb.sub(x=y, y=x)))

    return build, lambda x, y: LOGICAL[op](x.bool(), y > y - x)


BINARY_CASES = {
    "float": {op: binary(op) for op in BINARY} | {op: logical(op) for op in LOGICAL},
    "int": {op: binary(op) for op in BINARY if op != "real_div"},
}


@pytest.mark.parametrize("name", CASES)
def test_unary(name: str, run_cases: Callable[..., Any]) -> None:
    program, results = run_cases(CASES, INPUTS)
    expected = CASES[name][1]({key: torch.from_numpy(value) for key, value in INPUTS.items()})
    np.testing.assert_allclose(results[name], expected.numpy(), rtol=2e-6, atol=2e-6)
    assert program.op_counts[name.partition("/")[0]] > 0


@pytest.mark.parametrize(
    ("kind", "op"), [(kind, op) for kind, cases in BINARY_CASES.items() for op in cases]
)
def test_binary(kind: str, op: str, run_cases: Callable[..., Any]) -> None:
    inputs = BINARY_INPUTS[kind]
    program, results = run_cases(BINARY_CASES[kind], inputs)
    expected = BINARY_CASES[kind][op][1](*map(torch.from_numpy, inputs.values())).numpy()
    np.testing.assert_allclose(results[op], expected, rtol=1e-6, atol=1e-6)
    assert program.op_counts[op] > 0


def test_logical_not(save: Callable[..., Any]) -> None:
    inputs = {"x": np.array([0, 2, -1], np.int32)}
    program = Program(save(lambda x: {"y": mb.logical_not(x=mb.cast(x=x, dtype="bool"))}, inputs))
    np.testing.assert_array_equal(program.run(inputs)["y"], [1, 0, 0])
