"""Inputs, outputs, defaults, flexible shapes and float16."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil.mil import get_new_symbol
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from act_mil import MILError, Program, Value


@pytest.fixture(scope="module")
def flexible(save_model: Callable[[Any], Path]) -> Program:
    """Token ids (T,), T from 2 to 5, plus an optional offset (1,) of 7."""
    length = get_new_symbol()

    @mb.program(
        input_specs=[mb.TensorSpec((length,)), mb.TensorSpec((1,))], opset_version=ct.target.iOS16
    )
    def program(tokens: Any, offset: Any) -> Any:
        return mb.add(x=tokens, y=offset, name="y")

    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS16,
        compute_precision=ct.precision.FLOAT32,
        inputs=[
            ct.TensorType(name="tokens", shape=(ct.RangeDim(2, 5, default=2),)),
            ct.TensorType(name="offset", shape=(1,), default_value=np.array([7], np.float32)),
        ],
        skip_model_load=True,
    )
    model.user_defined_metadata["task"] = "parity"
    return Program(save_model(model))


def test_description(flexible: Program) -> None:
    float32 = np.dtype(np.float32)
    assert flexible.name == "main"
    assert flexible.inputs == (
        Value("tokens", (None,), float32, ranges=((2, 5),)),
        Value("offset", (1,), float32, default=7.0),
    )
    assert flexible.outputs == (Value("y", (None,), float32),)
    assert str(flexible.inputs[0]) == "(2..5)"
    assert flexible.metadata["task"] == "parity"


def test_default_and_lengths(flexible: Program) -> None:
    np.testing.assert_array_equal(flexible.run({"tokens": [1, 2, 3]})["y"], [8, 9, 10])
    np.testing.assert_array_equal(
        flexible.run({"tokens": [1, 2], "offset": [0.5]})["y"], [1.5, 2.5]
    )
    with pytest.raises(MILError, match=r"'tokens' has shape \(6,\), allowed: \(2..5\)"):
        flexible.run({"tokens": np.zeros(6)})


def test_listed_shapes(save_model: Callable[[Any], Path]) -> None:
    length = get_new_symbol()

    @mb.program(input_specs=[mb.TensorSpec((length, 2))], opset_version=ct.target.iOS16)
    def program(x: Any) -> Any:
        return mb.reduce_sum(x=x, axes=[0], name="y")

    shapes = ct.EnumeratedShapes([(1, 2), (4, 2)])
    model = ct.convert(
        program,
        source="milinternal",
        convert_to="mlprogram",
        minimum_deployment_target=ct.target.iOS16,
        inputs=[ct.TensorType(name="x", shape=shapes)],
        skip_model_load=True,
    )
    summed = Program(save_model(model))
    assert summed.inputs[0].shapes == ((1, 2), (4, 2))
    np.testing.assert_array_equal(summed.run({"x": np.ones((4, 2))})["y"], [4, 4])
    with pytest.raises(MILError, match=r"shape \(3, 2\), allowed: \(1, 2\) or \(4, 2\)"):
        summed.run({"x": np.ones((3, 2))})


def test_unlimited_range() -> None:
    value = Value("x", (None, 3), np.dtype(np.float32), ranges=((1, None), (3, 3)))
    assert str(value) == "(1.., 3)"
    assert value.allows((1000, 3))
    assert not value.allows((0, 3))
    assert not value.allows((1, 3, 1))


@pytest.fixture(scope="module")
def integers(save: Callable[..., Path]) -> Program:
    return Program(
        save(lambda i: {"y": mb.add(x=i, y=np.int32(1))}, {"i": np.zeros((2, 2), np.int32)})
    )


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "input 'i' is missing and has no default"),
        ({"i": np.zeros((2, 2), int), "j": [0]}, "has no input 'j'; its inputs: i"),
        ({"i": np.zeros((2, 3), int)}, r"'i' has shape \(2, 3\), allowed: \(2, 2\)"),
        ({"i": np.zeros((2, 2))}, "'i' is float64, not int32"),
        ({"i": np.full((2, 2), 2**31)}, "'i' has values outside int32"),
    ],
)
def test_unfit_inputs(integers: Program, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(MILError, match=message):
        integers.run(inputs)


@given(hnp.arrays(np.int64, (2, 2), elements=st.integers(-(2**31), 2**31 - 2)))
def test_wide_integers_that_fit(integers: Program, i: np.ndarray) -> None:
    result = integers.run({"i": i})["y"]
    np.testing.assert_array_equal(result, i + 1)
    assert result.dtype == np.int32


def test_outputs_are_the_callers_own(save: Callable[..., Path]) -> None:
    table = np.arange(12, dtype=np.float32)
    inputs = {"x": np.zeros(12, np.float32)}
    program = Program(
        save(lambda x: {"x_again": mb.identity(x=x), "table": mb.identity(x=table)}, inputs)
    )
    for value in program.run(inputs).values():
        value.fill(100)
    np.testing.assert_array_equal(inputs["x"], np.zeros(12))
    np.testing.assert_array_equal(program.run(inputs)["table"], table)


HALVES = hnp.arrays(np.float16, (3, 4), elements=st.floats(-300, 300, width=16))
WEIGHT = np.random.default_rng(7).standard_normal((5, 4)).astype(np.float16)


@pytest.fixture(scope="module")
def halves(save: Callable[..., Path]) -> Program:
    def build(x: Any, y: Any) -> dict[str, Any]:
        product = mb.mul(x=x, y=y)
        return {
            "chain": mb.sub(x=mb.mul(x=product, y=np.float16(3)), y=x),
            "linear": mb.linear(x=x, weight=WEIGHT),
            "sum": mb.reduce_sum(x=product, axes=[0]),
            "mean": mb.layer_norm(x=x, axes=[-1], epsilon=np.float16(0.01)),
            "moved": mb.concat(values=(mb.reverse(x=x), y), axis=0),
        }

    zeros = np.zeros((3, 4), np.float16)
    return Program(save(build, {"x": zeros, "y": zeros}))


def rounded(value: np.ndarray) -> np.ndarray:
    """Rounded once to float16 and widened again, to compute on."""
    return value.astype(np.float16).astype(np.float32)


@given(x=HALVES, y=HALVES)
def test_float16_rounds_each_result_once(halves: Program, x: np.ndarray, y: np.ndarray) -> None:
    results = halves.run({"x": x, "y": y})
    wide, other = x.astype(np.float32), y.astype(np.float32)
    with np.errstate(all="ignore"):
        product = rounded(wide * other)
        chain = rounded(rounded(product * 3) - wide)
        total = rounded(product.sum(0))
    np.testing.assert_array_equal(results["chain"], chain)
    np.testing.assert_array_equal(results["sum"], total)
    np.testing.assert_array_equal(results["moved"], np.concatenate([x[::-1, ::-1], y]))
    np.testing.assert_array_equal(results["linear"], rounded(wide @ WEIGHT.astype(np.float32).T))
    assert {value.dtype for value in results.values()} == {np.dtype(np.float16)}


def test_float16_overflows_to_infinity(halves: Program) -> None:
    x = np.full((3, 4), 300, np.float16)
    assert np.isposinf(halves.run({"x": x, "y": x})["chain"]).all()
