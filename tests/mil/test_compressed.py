"""Compressed weights: what coremltools.optimize writes, and every packed type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import coremltools.optimize.coreml as optimize
import numpy as np
import pytest
from coremltools.converters.mil import Builder as mb  # noqa: N813
from coremltools.converters.mil.mil import types
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from act_mil import Program

RNG = np.random.default_rng(4)
WEIGHT = RNG.standard_normal((64, 32)).astype(np.float32)
EYE = {"x": np.eye(32, dtype=np.float32)}


def quantized(**options: Any) -> Callable[[Any], Any]:
    config = optimize.OpLinearQuantizerConfig(weight_threshold=0, **options)
    return lambda model: optimize.linear_quantize_weights(
        model, optimize.OptimizationConfig(op_type_configs={"linear": config})
    )


def palettized(**options: Any) -> Callable[[Any], Any]:
    config = optimize.OpPalettizerConfig(weight_threshold=0, **options)
    return lambda model: optimize.palettize_weights(
        model,
        optimize.OptimizationConfig(op_type_configs={"linear": config}),
    )


def pruned(model: Any) -> Any:
    config = optimize.OpMagnitudePrunerConfig(target_sparsity=0.6, weight_threshold=0)
    return optimize.prune_weights(
        model, optimize.OptimizationConfig(op_type_configs={"linear": config})
    )


def pruned_then(step: Callable[..., Any], config: Any) -> Callable[[Any], Any]:
    options = optimize.OptimizationConfig(op_type_configs={"linear": config})
    return lambda model: step(pruned(model), options, joint_compression=True)


NEW, OLD = ct.target.iOS18, ct.target.iOS16
COMPRESSIONS: dict[str, tuple[Any, Callable[[Any], Any], set[str]]] = {
    "int8": (NEW, quantized(mode="linear_symmetric"), {"constexpr_blockwise_shift_scale"}),
    "int8 asymmetric": (NEW, quantized(mode="linear"), {"constexpr_blockwise_shift_scale"}),
    "int4 blocks": (
        NEW,
        quantized(mode="linear_symmetric", dtype="int4", granularity="per_block", block_size=8),
        {"constexpr_blockwise_shift_scale"},
    ),
    "uint4": (NEW, quantized(mode="linear", dtype="uint4"), {"constexpr_blockwise_shift_scale"}),
    "int8 before iOS 18": (
        OLD,
        quantized(mode="linear_symmetric"),
        {"constexpr_affine_dequantize"},
    ),
    "uint8 before iOS 18": (
        OLD,
        quantized(mode="linear", dtype="uint8"),
        {"constexpr_affine_dequantize"},
    ),
    **{
        f"{bits}-bit palette": (
            NEW,
            palettized(mode="uniform", nbits=bits),
            {"constexpr_lut_to_dense"},
        )
        for bits in (1, 2, 4, 6, 8)
    },
    "grouped palettes": (
        NEW,
        palettized(mode="uniform", nbits=4, granularity="per_grouped_channel", group_size=16),
        {"constexpr_lut_to_dense"},
    ),
    **{
        f"{bits}-bit palette before iOS 18": (
            OLD,
            palettized(mode="uniform", nbits=bits),
            {"constexpr_lut_to_dense"},
        )
        for bits in (2, 6)
    },
    "sparse": (NEW, pruned, {"constexpr_sparse_to_dense"}),
    "sparse before iOS 18": (OLD, pruned, {"constexpr_sparse_to_dense"}),
    "sparse int8": (
        NEW,
        pruned_then(
            optimize.linear_quantize_weights,
            optimize.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=0),
        ),
        {"constexpr_sparse_blockwise_shift_scale", "constexpr_sparse_to_dense"},
    ),
    "sparse palette": (
        NEW,
        pruned_then(
            optimize.palettize_weights,
            optimize.OpPalettizerConfig(mode="uniform", nbits=4, weight_threshold=0),
        ),
        {"constexpr_lut_to_sparse", "constexpr_sparse_to_dense"},
    ),
}


def ops_of(model: Any) -> set[str]:
    function = model.get_spec().mlProgram.functions["main"]
    return {op.type for op in function.block_specializations[function.opset].operations}


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_optimized_weights(
    name: str, convert: Callable[..., Any], save_model: Callable[[Any], Path]
) -> None:
    target, compress, constexprs = COMPRESSIONS[name]
    model = convert(lambda x: {"y": mb.linear(x=x, weight=WEIGHT)}, EYE, target)
    compressed = compress(model)
    plain = optimize.decompress_weights(compressed)
    assert constexprs <= ops_of(compressed)
    assert not any(op.startswith("constexpr") for op in ops_of(plain))
    # The identity times the weights yields the weights themselves.
    weights, expected = (Program(save_model(m)).run(EYE)["y"].T for m in (compressed, plain))
    np.testing.assert_array_equal(weights, expected)
    assert np.abs(weights - WEIGHT).max() > 0


PACKED = {
    "uint1": types.np_uint1_dtype,
    "uint2": types.np_uint2_dtype,
    "uint3": types.np_uint3_dtype,
    "uint4": types.np_uint4_dtype,
    "uint6": types.np_uint6_dtype,
    "uint8": np.uint8,
}


@st.composite
def packed_tensors(draw: st.DrawFn) -> list[tuple[str, np.ndarray]]:
    """Integers of every packed type, in sizes that do and do not fill whole bytes."""
    tensors = []
    for kind in (*PACKED, "int4"):
        low, bits = (-8, 3) if kind == "int4" else (0, int(kind.removeprefix("uint")))
        shape = draw(hnp.array_shapes(max_dims=3, max_side=7))
        elements = st.integers(low, 2**bits - 1)
        tensors.append((kind, draw(hnp.arrays(np.int16, shape, elements=elements))))
    return tensors


@given(packed_tensors())
@settings(max_examples=6, deadline=None)
def test_packed_integers(save: Callable[..., Path], tensors: list[tuple[str, np.ndarray]]) -> None:
    def unpacked(kind: str, values: np.ndarray) -> Any:
        rank = values.ndim
        if kind == "int4":
            scale = np.ones([1] * rank, np.float32)
            data = values.astype(types.np_int4_dtype)
            return mb.constexpr_blockwise_shift_scale(data=data, scale=scale)
        entries = 2 ** int(kind.removeprefix("uint"))
        lut = np.arange(entries, dtype=np.float32).reshape(*[1] * rank, entries, 1)
        return mb.constexpr_lut_to_dense(indices=values.astype(PACKED[kind]), lut=lut)

    def build(x: Any) -> dict[str, Any]:
        return {f"as_{kind}": mb.add(x=unpacked(kind, values), y=x) for kind, values in tensors}

    inputs = {"x": np.zeros(1, np.float32)}
    results = Program(save(build, inputs)).run(inputs)
    for kind, values in tensors:
        np.testing.assert_array_equal(results[f"as_{kind}"], values)


MASK = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]])
VECTORS = np.arange(8, dtype=np.float32).reshape(1, 1, 4, 2)
TWO_TABLES = np.arange(16, dtype=np.float32).reshape(2, 1, 4, 2)


def vectors(axis: int, lut: np.ndarray) -> Callable[[], Any]:
    indices = np.array([[3, 0, 1], [2, 2, 1]]).astype(types.np_uint2_dtype)
    return lambda: mb.constexpr_lut_to_dense(indices=indices, lut=lut, vector_axis=axis)


def sparse_vectors(axis: int) -> Callable[[], Any]:
    def build() -> Any:
        mask, values = mb.constexpr_lut_to_sparse(
            indices_mask=MASK.astype(types.np_uint1_dtype),
            indices_nonzero_data=np.array([0, 3, 1, 2, 2]).astype(types.np_uint2_dtype),
            lut=VECTORS,
            vector_axis=axis,
        )
        return mb.constexpr_sparse_to_dense(nonzero_data=values, mask=mask)

    return build


def sparse_blocks() -> Any:
    mask, values = mb.constexpr_sparse_blockwise_shift_scale(
        data_mask=MASK.astype(types.np_uint1_dtype),
        nonzero_data=np.array([10, -11, 3, 4, 5], np.int8),
        scale=np.array([[0.5, 0.25]], np.float32),
        offset=np.array([[1, 2]], np.int8),
    )
    return mb.constexpr_sparse_to_dense(nonzero_data=values, mask=mask)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(vectors(0, VECTORS), id="vectors on axis 0"),
        pytest.param(vectors(-1, VECTORS), id="vectors on the last axis"),
        pytest.param(vectors(1, TWO_TABLES), id="two tables of vectors"),
        pytest.param(sparse_vectors(0), id="sparse vectors on axis 0"),
        pytest.param(sparse_vectors(1), id="sparse vectors on axis 1"),
        pytest.param(sparse_blocks, id="sparse blocks with offsets"),
    ],
)
def test_decompression_equals_that_of_coremltools(
    build: Callable[[], Any], save: Callable[..., Path]
) -> None:
    made = []

    def program(x: Any) -> dict[str, Any]:
        made.append(build())
        return {"y": mb.add(x=made[-1], y=x)}

    inputs = {"x": np.zeros(1, np.float32)}
    result = Program(save(program, inputs)).run(inputs)["y"]
    np.testing.assert_array_equal(result, made[0].op.materialized_val_inference())


def test_constexpr_cast(save: Callable[..., Path]) -> None:
    table = RNG.standard_normal((4, 5)).astype(np.float16)

    def build(x: Any) -> dict[str, Any]:
        return {"y": mb.mul(x=mb.constexpr_cast(source_val=table, output_dtype="fp32"), y=x)}

    inputs = {"x": np.ones(1, np.float32)}
    result = Program(save(build, inputs, ct.target.iOS16)).run(inputs)["y"]
    np.testing.assert_array_equal(result, table)
    assert result.dtype == np.float32


def test_run_time_quantization(save: Callable[..., Path]) -> None:
    scale, zero = np.array([0.1, 0.5, 2], np.float32), np.array([3, -4, 0], np.int8)

    def build(x: Any) -> dict[str, Any]:
        q = mb.quantize(input=x, scale=scale, zero_point=zero, axis=0, output_dtype="int8")
        plain = mb.quantize(input=x, scale=np.float32(0.3), output_dtype="uint8")
        return {
            "y": mb.dequantize(input=q, scale=scale, zero_point=zero, axis=0),
            "q": mb.cast(x=plain, dtype="int32"),
        }

    x = RNG.standard_normal((3, 5)).astype(np.float32) * 20
    results = Program(save(build, {"x": x})).run({"x": x})
    steps = np.clip(np.round(x / scale[:, None]) + zero[:, None], -128, 127)
    np.testing.assert_allclose(results["y"], (steps - zero[:, None]) * scale[:, None], rtol=1e-6)
    np.testing.assert_array_equal(results["q"], np.clip(np.round(x / np.float32(0.3)), 0, 255))


def test_narrow_weights_are_read_as_stored(save: Callable[..., Path]) -> None:
    tables = {
        name: RNG.integers(0, 100, (4, 5)).astype(name)
        for name in ("int8", "uint8", "int16", "uint16", "int32")
    }
    tables["float16"] = RNG.standard_normal((4, 5)).astype(np.float16)

    def build(i: Any) -> dict[str, Any]:
        return {
            f"from_{name}": mb.gather(x=table, indices=i, axis=0) for name, table in tables.items()
        }

    inputs = {"i": np.array([2, 0], np.int32)}
    results = Program(save(build, inputs)).run(inputs)
    for name, table in tables.items():
        np.testing.assert_array_equal(results[f"from_{name}"], table[[2, 0]])
