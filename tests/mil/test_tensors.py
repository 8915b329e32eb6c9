"""Ops on shapes, indices, order and sums, against coremltools' value inference or numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from act_mil import MILError, Program

X = np.random.default_rng(2).permutation(24).reshape(2, 3, 4).astype(np.float32)
Y = np.arange(-12, 12, dtype=np.float32).reshape(2, 3, 4)
I = np.array([[2, 0], [1, 1]], np.int32)  # noqa: E741
INPUTS = {"x": X, "y": Y, "i": I}


def op(name: str, **arguments: Any) -> Any:
    """A case on ``x`` that coremltools can compute itself."""

    def build(x: Any, **_: Any) -> Any:
        return getattr(mb, name)(x=x, **arguments)

    return build, None


CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any] | None]] = {
    "reshape": op("reshape", shape=[4, -1]),
    "reshape/zero": op("reshape", shape=[0, -1, 2]),
    "transpose": op("transpose", perm=[2, 0, 1]),
    "transpose/negative": op("transpose", perm=[-1, 0, 1]),
    "expand_dims": op("expand_dims", axes=[0, -1]),
    "squeeze": (
        lambda x, **_: mb.squeeze(x=mb.reshape(x=x, shape=[2, 1, 12, 1]), axes=[1]),
        lambda x, **_: x.reshape(2, 12, 1),
    ),
    "squeeze/all": (
        lambda x, **_: mb.squeeze(x=mb.reshape(x=x, shape=[2, 1, 12, 1])),
        lambda x, **_: x.reshape(2, 12),
    ),
    "squeeze/larger": (lambda x, **_: mb.squeeze(x=x, axes=[0]), lambda x, **_: x),
    "flatten2d": op("flatten2d", axis=2),
    "tile": op("tile", reps=[1, 2, 3]),
    "reverse": op("reverse", axes=[0, 2]),
    "reverse/all": op("reverse"),
    "reverse_sequence": (
        lambda x, **_: mb.reverse_sequence(x=x, lengths=[2, 4], seq_axis=2, batch_axis=0),
        lambda x, **_: np.stack([x[0][:, [1, 0, 2, 3]], x[1][:, ::-1]]),
    ),
    "pad": op("pad", pad=[1, 2, 0, 3], constant_val=7.0),
    "pad/reflect": op("pad", pad=[2, 1], mode="reflect"),
    "pad/replicate": op("pad", pad=[1, 0, 0, 2], mode="replicate"),
    "band_part": op("band_part", lower=1, upper=0),
    "band_part/upper": op("band_part", lower=0, upper=-1),
    "sliding_windows": (
        lambda x, **_: mb.sliding_windows(x=x, axis=2, size=2, stride=2),
        lambda x, **_: x.reshape(2, 3, 2, 2),
    ),
    "concat": (
        lambda x, y, **_: mb.concat(values=(x, y), axis=-2),
        lambda x, y, **_: np.concatenate([x, y], 1),
    ),
    "concat/interleave": (
        lambda x, y, **_: mb.concat(values=(x, y), axis=1, interleave=True),
        lambda x, y, **_: np.stack([x, y], 2).reshape(2, 6, 4),
    ),
    "concat/scalars": (
        lambda i, **_: mb.concat(values=(mb.reduce_max(x=i), np.int32(5)), axis=0),
        lambda i, **_: np.array([i.max(), 5]),
    ),
    "stack": (
        lambda x, y, **_: mb.stack(values=(x, y), axis=-1),
        lambda x, y, **_: np.stack([x, y], -1),
    ),
    "split": (lambda x, **_: mb.split(x=x, num_splits=2, axis=2)[1], lambda x, **_: x[..., 2:]),
    "split/sizes": (
        lambda x, **_: mb.split(x=x, split_sizes=[1, 3], axis=-1)[1],
        lambda x, **_: x[..., 1:],
    ),
    "slice_by_index": op("slice_by_index", begin=[0, 1, 3], end=[2, 3, 0], stride=[1, 1, -2]),
    "slice_by_index/masks": op(
        "slice_by_index",
        begin=[1, 2, -3],
        end=[0, 0, -1],
        begin_mask=[False, True, False],
        end_mask=[True, True, False],
    ),
    "slice_by_index/squeeze": op(
        "slice_by_index", begin=[-1, 0, 1], end=[0, 2, 3], squeeze_mask=[True, False, False]
    ),
    "slice_by_size": op("slice_by_size", begin=[0, 1, -2], size=[-1, 2, 1]),
    "slice_update": (
        lambda x, y, **_: mb.slice_update(
            x=x,
            update=mb.slice_by_index(x=y, begin=[0, 0, 0], end=[2, 2, 2]),
            begin=[0, 1, 0],
            end=[0, 0, 0],
            stride=[1, 1, 2],
            begin_mask=[True, False, False],
            end_mask=[True, True, True],
        ),
        lambda x, y, **_: np.concatenate(
            [x[:, :1], np.stack([y[:, :2, 0], x[:, 1:, 1], y[:, :2, 1], x[:, 1:, 3]], -1)], 1
        ),
    ),
    "gather": (lambda x, i, **_: mb.gather(x=x, indices=i, axis=1), lambda x, i, **_: x[:, i]),
    "gather/scalar": op("gather", indices=1, axis=-1),
    "gather/batch": (
        lambda x, i, **_: mb.gather(x=x, indices=i, axis=2, batch_dims=1),
        lambda x, i, **_: np.stack([x[0][:, i[0]], x[1][:, i[1]]]),
    ),
    "gather_along_axis": (
        lambda x, y, **_: mb.gather_along_axis(x=x, indices=mb.argsort(x=y, axis=2), axis=2),
        lambda x, y, **_: np.take_along_axis(x, np.argsort(-y, 2), 2),
    ),
    "gather_nd": (
        lambda x, i, **_: mb.gather_nd(
            x=mb.transpose(x=x, perm=[1, 0, 2]), indices=[[2, 1], [0, 0]]
        ),
        lambda x, **_: x[[1, 0], [2, 0]],
    ),
    "gather_nd/batch": (
        lambda x, **_: mb.gather_nd(x=x, indices=[[[2, 1]], [[0, 3]]], batch_dims=1),
        lambda x, **_: np.array([[x[0, 2, 1]], [x[1, 0, 3]]]),
    ),
    "argsort": op("argsort", axis=1, ascending=True),
    "argsort/descending": op("argsort", axis=-1),
    "argsort/integers": (
        lambda i, **_: mb.argsort(x=i, axis=0),
        lambda i, **_: np.argsort(-i, 0, "stable"),
    ),
    "topk": (lambda x, **_: mb.topk(x=x, k=2, axis=2)[0], lambda x, **_: -np.sort(-x, 2)[..., :2]),
    "topk/indices": (
        lambda x, **_: mb.topk(x=x, k=2, axis=1, ascending=True, output_indices_dtype="uint16")[1],
        lambda x, **_: np.argsort(x, 1)[:, :2],
    ),
    "topk/values": (
        lambda x, **_: mb.topk(x=x, k=2, axis=-1, return_indices=False),
        lambda x, **_: -np.sort(-x, -1)[..., :2],
    ),
    "topk/unsigned": (
        lambda i, **_: mb.topk(x=mb.cast(x=i, dtype="uint8"), k=1, axis=-1)[0],
        lambda i, **_: i.max(-1, keepdims=True),
    ),
    "cumsum": op("cumsum", axis=1),
    "cumsum/reverse": op("cumsum", axis=2, reverse=True),
    "cumsum/exclusive": (
        lambda x, **_: mb.cumsum(x=x, axis=2, exclusive=True),
        lambda x, **_: np.cumsum(x, 2) - x,
    ),
    "shape": op("shape"),
    "fill": (
        lambda **_: mb.fill(shape=[2, 3], value=1.5),
        lambda **_: np.full((2, 3), 1.5, np.float32),
    ),
    "fill/dynamic": (
        lambda x, **_: mb.fill(shape=mb.shape(x=x), value=np.int32(3)),
        lambda **_: np.full((2, 3, 4), 3, np.int32),
    ),
    "fill_like": (
        lambda x, **_: mb.fill_like(ref_tensor=x, value=2.0),
        lambda x, **_: np.full_like(x, 2),
    ),
    "range_1d": (
        lambda i, **_: mb.range_1d(start=np.int32(1), end=mb.reduce_sum(x=i), step=np.int32(2)),
        lambda **_: np.array([1, 3], np.int32),
    ),
    "non_zero": (lambda i, **_: mb.non_zero(x=i), lambda i, **_: np.argwhere(i)),
    "one_hot": (
        lambda i, **_: mb.one_hot(
            indices=i, one_hot_vector_size=3, axis=0, on_value=2.5, off_value=-1.0
        ),
        lambda i, **_: np.where(np.arange(3)[:, None, None] == i, 2.5, -1).astype(np.float32),
    ),
    "reduce_argmax": op("reduce_argmax", axis=1, keep_dims=True),
    "reduce_argmin": (
        lambda x, **_: mb.reduce_argmin(x=x, axis=-1, output_dtype="uint16"),
        lambda x, **_: x.argmin(-1),
    ),
    "reduce_mean/integers": (
        lambda i, **_: mb.reduce_mean(x=i, axes=[0]),
        lambda i, **_: i.mean(0).astype(int),
    ),
    **{
        f"reduce_{kind}": op(f"reduce_{kind}", axes=[0, -1], keep_dims=keep)
        for kind, keep in {
            "l1_norm": False,
            "l2_norm": True,
            "log_sum": False,
            "log_sum_exp": False,
            "max": True,
            "mean": False,
            "min": False,
            "prod": True,
            "sum": False,
            "sum_square": True,
        }.items()
    },
    "reduce_sum/all": op("reduce_sum"),
}


@pytest.mark.parametrize("name", CASES)
def test_op(
    name: str,
    run_cases: Callable[..., Any],
    infer: Callable[..., np.ndarray],
) -> None:
    program, results = run_cases(CASES, INPUTS)
    build, reference = CASES[name]
    expected = reference(**INPUTS) if reference else infer(build, {"x": X})
    assert results[name].shape == expected.shape
    np.testing.assert_allclose(results[name], expected, rtol=1e-6)
    assert program.op_counts[name.partition("/")[0]] > 0


MODES = {
    "update": lambda old, new: new,
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
}
SCATTER_CASES = {
    f"{kind}/{mode}": (
        lambda x, y, kind=kind, mode=mode, **_: SCATTERS[kind][0](x, y, mode),
        kind,
        mode,
    )
    for kind in ("scatter", "scatter_along_axis", "scatter_nd")
    for mode in MODES
}
SCATTERS: dict[str, Any] = {
    "scatter": (
        lambda x, y, mode: mb.scatter(
            data=x,
            indices=[2, 0],
            updates=mb.slice_by_size(x=y, begin=[0, 0, 0], size=[2, 2, 4]),
            axis=1,
            mode=mode,
        ),
        (slice(None), [2, 0]),
        (slice(None), slice(2)),
    ),
    "scatter_along_axis": (
        lambda x, y, mode: mb.scatter_along_axis(
            data=x, indices=np.full((2, 3, 1), 3, np.int32), updates=mb.slice_by_size(
                x=y, begin=[0, 0, 0], size=[2, 3, 1]
            ), axis=-1, mode=mode,
        ),
        (slice(None), slice(None), [3]),
        (slice(None), slice(None), slice(1)),
    ),
    "scatter_nd": (
        lambda x, y, mode: mb.scatter_nd(
            data=x,
            indices=[[1, 2], [0, 1]],
            updates=mb.slice_by_index(
                x=y, begin=[0, 0, 0], end=[1, 2, 4], squeeze_mask=[True, False, False]
            ),
            mode=mode,
        ),
        ([1, 0], [2, 1]),
        (0, slice(2)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCATTER_CASES)
def test_scatter(name: str, run_cases: Callable[..., Any]) -> None:
    _, results = run_cases(SCATTER_CASES, {"x": X, "y": Y})
    _, kind, mode = SCATTER_CASES[name]
    _, target, source = SCATTERS[kind]
    expected = X.copy()
    with np.errstate(divide="ignore"):
        expected[target] = MODES[mode](expected[target], Y[source])
    np.testing.assert_allclose(results[name], expected, rtol=1e-6)


def test_scatter_adds_up_repeated_indices(save: Callable[..., Path]) -> None:
    inputs = {"x": X, "y": Y}
    path = save(lambda x, y: {"z": mb.scatter(data=x, indices=[1, 1], updates=y)}, inputs)
    np.testing.assert_array_equal(Program(path).run(inputs)["z"], X + [[[0]], [[1]]] * Y.sum(0))


@pytest.fixture(scope="module")
def slicer(save: Callable[..., Path]) -> Program:
    """One program that slices by inputs, in all combinations of masks on its second axis."""

    def build(x: Any, begin: Any, end: Any) -> dict[str, Any]:
        return {
            f"slice_{first}_{last}_{stride % 10}": mb.slice_by_index(
                x=x,
                begin=begin,
                end=end,
                stride=[1, stride],
                begin_mask=[False, bool(first)],
                end_mask=[False, bool(last)],
            )
            for first in (0, 1)
            for last in (0, 1)
            for stride in (1, 3, -2)
        }

    ends = np.zeros(2, np.int32)
    return Program(save(build, {"x": np.zeros((4, 7), np.float32), "begin": ends, "end": ends}))


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=2))
def test_slices_are_numpy_slices(slicer: Program, ends: list[tuple[int, int]]) -> None:
    x = np.arange(28, dtype=np.float32).reshape(4, 7)
    begin, end = zip(*ends, strict=True)
    for name, result in slicer.run({"x": x, "begin": begin, "end": end}).items():
        first, last, stride = map(int, name.split("_")[1:])
        stride = stride if stride < 5 else stride - 10
        columns = slice(None if first else begin[1], None if last else end[1], stride)
        np.testing.assert_array_equal(result, x[begin[0] : end[0], columns])


@pytest.fixture(scope="module")
def gatherers(save: Callable[..., Path]) -> dict[str, Program]:
    """The same gather before and after iOS 17, which changed what a negative index means."""
    inputs = {"x": np.zeros((5, 3), np.float32), "indices": np.zeros((2, 4), np.int32)}

    def build(x: Any, indices: Any) -> dict[str, Any]:
        return {"y": mb.gather(x=x, indices=indices, axis=0)}

    targets = {"before": ct.target.iOS16, "after": ct.target.iOS17}
    return {name: Program(save(build, inputs, target)) for name, target in targets.items()}


@given(hnp.arrays(np.int32, (2, 4), elements=st.integers(-7, 6)))
@settings(max_examples=60)
def test_gather_bounds(gatherers: dict[str, Program], indices: np.ndarray) -> None:
    x = np.arange(15, dtype=np.float32).reshape(5, 3)
    for name, lowest in {"before": -5, "after": 0}.items():
        inputs = {"x": x, "indices": indices}
        if indices.min() >= lowest and indices.max() < 5:
            np.testing.assert_array_equal(gatherers[name].run(inputs)["y"], x[indices])
        else:
            with pytest.raises(MILError, match=r"gather '\w+': an index of .* is out of bounds"):
                gatherers[name].run(inputs)


@given(st.data())
@settings(max_examples=40)
def test_dynamic_shapes(reshaper: Program, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(2, 12), (-1, 6), (24, 1), (3, -1), (0, -1)]))
    reps = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    outputs = reshaper.run({"x": x, "shape": shape, "reps": reps})
    wanted = (4, 6) if shape[0] == 0 else shape
    np.testing.assert_array_equal(outputs["reshaped"], x.reshape(wanted))
    np.testing.assert_array_equal(outputs["tiled"], np.tile(x, reps))


@pytest.fixture(scope="module")
def reshaper(save: Callable[..., Path]) -> Program:
    """A program whose results' sizes are only known at run time."""
    sizes = np.ones(2, np.int32)
    inputs = {"x": np.zeros((4, 6), np.float32), "shape": sizes, "reps": sizes}
    return Program(
        save(
            lambda x, shape, reps: {
                "reshaped": mb.reshape(x=x, shape=shape),
                "tiled": mb.tile(x=x, reps=reps),
            },
            inputs,
        )
    )


def test_embedding_rows(save: Callable[..., Path]) -> None:
    table = torch.nn.Embedding(11, 3).weight.detach().numpy()
    inputs = {"tokens": np.array([[3, 10, 0]], np.int32)}
    path = save(lambda tokens: {"y": mb.gather(x=table, indices=tokens, axis=0)}, inputs)
    np.testing.assert_array_equal(Program(path).run(inputs)["y"], table[[[3, 10, 0]]])
