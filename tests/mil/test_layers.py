"""Matrix products, convolution, pooling, normalisation, recurrent layers and lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from coremltools.converters.mil import Builder as mb  # noqa: N813
from torch import nn
from torch.nn import functional

from act_mil import MILError, Program

RNG = np.random.default_rng(3)


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


WIDE, TALL = normal(2, 3, 4), normal(2, 5, 4)
LINE, PLANE = normal(2, 4, 11), normal(2, 4, 7, 6)
WEIGHT, BIAS = normal(5, 4), normal(5)
KERNEL_1D, KERNEL_2D, GROUPED = normal(6, 4, 3), normal(6, 4, 3, 2), normal(6, 2, 3)
CHANNELS = {"gamma": normal(4), "beta": normal(4)}
MEAN, VARIANCE = normal(4), np.abs(normal(4)) + 0.1
INPUTS = {"wide": WIDE, "tall": TALL, "line": LINE, "plane": PLANE}
T = {name: torch.from_numpy(value) for name, value in INPUTS.items()}
torch_ = torch.from_numpy


def conv(source: str, kernel: np.ndarray, **arguments: Any) -> Callable[..., Any]:
    bias = np.arange(len(kernel), dtype=np.float32)
    return lambda **x: mb.conv(x=x[source], weight=kernel, bias=bias, **arguments)


def conv1d(kernel: np.ndarray, x: torch.Tensor = T["line"], **arguments: Any) -> torch.Tensor:
    return functional.conv1d(x, torch_(kernel), torch.arange(len(kernel)).float(), **arguments)


def conv2d(**arguments: Any) -> torch.Tensor:
    return functional.conv2d(T["plane"], torch_(KERNEL_2D), torch.arange(6).float(), **arguments)


def pool(kind: str, source: str, **arguments: Any) -> Callable[..., Any]:
    return lambda **x: getattr(mb, f"{kind}_pool")(x=x[source], **arguments)


def scores(wide: torch.Tensor, tall: torch.Tensor, mask: Any = None) -> torch.Tensor:
    return functional.scaled_dot_product_attention(wide, tall, tall, mask)


MASK = np.array([[True, False, True, True, False]] * 3)

CASES: dict[str, tuple[Callable[..., Any], Callable[[], torch.Tensor]]] = {
    "linear": (
        lambda wide, **_: mb.linear(x=wide, weight=WEIGHT, bias=BIAS),
        lambda: functional.linear(T["wide"], torch_(WEIGHT), torch_(BIAS)),
    ),
    "linear/vector": (
        lambda wide, **_: mb.linear(x=mb.reduce_sum(x=wide, axes=[0, 1]), weight=WEIGHT),
        lambda: functional.linear(T["wide"].sum((0, 1)), torch_(WEIGHT)),
    ),
    "matmul": (
        lambda wide, tall, **_: mb.matmul(x=wide, y=tall, transpose_y=True),
        lambda: T["wide"] @ T["tall"].mT,
    ),
    "matmul/left": (
        lambda wide, tall, **_: mb.matmul(x=tall, y=tall, transpose_x=True),
        lambda: T["tall"].mT @ T["tall"],
    ),
    "einsum": (
        lambda plane, **_: mb.einsum(
            values=(plane, mb.transpose(x=plane, perm=[0, 3, 2, 1])), equation="nchw,nwhu->nchu"
        ),
        lambda: torch.einsum("nchw,nwhu->nchu", T["plane"], T["plane"].permute(0, 3, 2, 1)),
    ),
    "scaled_dot_product_attention": (
        lambda wide, tall, **_: mb.scaled_dot_product_attention(query=wide, key=tall, value=tall),
        lambda: scores(T["wide"], T["tall"]),
    ),
    "scaled_dot_product_attention/bool": (
        lambda wide, tall, **_: mb.scaled_dot_product_attention(
            query=wide, key=tall, value=tall, attn_mask=MASK
        ),
        lambda: scores(T["wide"], T["tall"], torch_(MASK)),
    ),
    "scaled_dot_product_attention/float": (
        lambda wide, tall, **_: mb.scaled_dot_product_attention(
            query=wide, key=tall, value=tall, attn_mask=MASK.astype(np.float32)
        ),
        lambda: scores(T["wide"], T["tall"], torch_(MASK).float()),
    ),
    "conv/1d": (conv("line", KERNEL_1D), lambda: conv1d(KERNEL_1D)),
    "conv/strides": (
        conv("line", KERNEL_1D, strides=[3], dilations=[2], pad_type="custom", pad=[2, 1]),
        lambda: conv1d(KERNEL_1D, functional.pad(T["line"], (2, 1)), stride=3, dilation=2),
    ),
    "conv/groups": (
        conv("line", GROUPED, groups=2, pad_type="same"),
        lambda: conv1d(GROUPED, groups=2, padding="same"),
    ),
    "conv/2d": (
        conv("plane", KERNEL_2D, strides=[2, 1], dilations=[1, 3]),
        lambda: conv2d(stride=(2, 1), dilation=(1, 3)),
    ),
    "conv/same": (
        conv("plane", KERNEL_2D, pad_type="same"),
        lambda: functional.conv2d(
            functional.pad(T["plane"], (0, 1, 1, 1)), torch_(KERNEL_2D), torch.arange(6).float()
        ),
    ),
    "conv/same_strides": (
        conv("line", KERNEL_1D, strides=[2], pad_type="same"),
        lambda: conv1d(KERNEL_1D, functional.pad(T["line"], (1, 1)), stride=2),
    ),
    "conv/same_lower": (
        conv("plane", KERNEL_2D, pad_type="same_lower"),
        lambda: functional.conv2d(
            functional.pad(T["plane"], (1, 0, 1, 1)), torch_(KERNEL_2D), torch.arange(6).float()
        ),
    ),
    "max_pool": (
        pool("max", "plane", kernel_sizes=[3, 2], strides=[2, 2], pad_type="custom", pad=[1] * 4),
        lambda: functional.max_pool2d(T["plane"], (3, 2), 2, 1),
    ),
    "max_pool/ceil": (
        pool("max", "line", kernel_sizes=[3], strides=[3], pad_type="valid", ceil_mode=True),
        lambda: functional.max_pool1d(T["line"], 3, 3, ceil_mode=True),
    ),
    "avg_pool": (
        pool("avg", "line", kernel_sizes=[4], strides=[2], pad_type="custom", pad=[2, 2]),
        lambda: functional.avg_pool1d(T["line"], 4, 2, 2),
    ),
    "avg_pool/exclude": (
        pool(
            "avg",
            "plane",
            kernel_sizes=[3, 3],
            strides=[1, 2],
            pad_type="custom",
            pad=[1] * 4,
            exclude_padding_from_average=True,
        ),
        lambda: functional.avg_pool2d(T["plane"], 3, (1, 2), 1, count_include_pad=False),
    ),
    "avg_pool/ceil": (
        pool(
            "avg",
            "line",
            kernel_sizes=[3],
            strides=[3],
            pad_type="custom",
            pad=[1, 1],
            ceil_mode=True,
        ),
        lambda: functional.avg_pool1d(T["line"], 3, 3, 1, ceil_mode=True),
    ),
    "batch_norm": (
        lambda plane, **_: mb.batch_norm(
            x=plane, mean=MEAN, variance=VARIANCE, epsilon=0.01, **CHANNELS
        ),
        lambda: functional.batch_norm(
            T["plane"], *map(torch_, (MEAN, VARIANCE, *CHANNELS.values())), eps=0.01
        ),
    ),
    "batch_norm/plain": (
        lambda line, **_: mb.batch_norm(x=line, mean=MEAN, variance=VARIANCE),
        lambda: functional.batch_norm(T["line"], torch_(MEAN), torch_(VARIANCE)),
    ),
    "instance_norm": (
        lambda line, **_: mb.instance_norm(x=line, epsilon=0.01, **CHANNELS),
        lambda: functional.instance_norm(
            T["line"], None, None, *map(torch_, CHANNELS.values()), eps=0.01
        ),
    ),
    "layer_norm": (
        lambda wide, **_: mb.layer_norm(x=wide, axes=[-1], epsilon=0.01, **CHANNELS),
        lambda: functional.layer_norm(T["wide"], (4,), *map(torch_, CHANNELS.values()), 0.01),
    ),
    "layer_norm/two": (
        lambda wide, **_: mb.layer_norm(x=wide, axes=[1, 2], epsilon=1e-5),
        lambda: functional.layer_norm(T["wide"], (3, 4)),
    ),
    "l2_norm": (
        lambda plane, **_: mb.l2_norm(x=plane, epsilon=0.5),
        lambda: T["plane"] / (T["plane"].square().sum((1, 2, 3), True) + 0.5).sqrt(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_layer(name: str, run_cases: Callable[..., Any]) -> None:
    program, results = run_cases(CASES, INPUTS)
    expected = CASES[name][1]().numpy()
    assert results[name].shape == expected.shape
    np.testing.assert_allclose(results[name], expected, rtol=1e-5, atol=1e-5)
    assert program.op_counts[name.partition("/")[0]] > 0


def packed(layer: nn.RNNBase, order: list[int], suffix: str = "") -> tuple[np.ndarray, ...]:
    """torch's weights with their gates in MIL's ``order`` and the two biases added up."""
    ih, hh, b_ih, b_hh = (
        getattr(layer, f"{kind}_l0{suffix}").detach().numpy()
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )

    def reorder(array: np.ndarray) -> np.ndarray:
        return np.concatenate([np.split(array, len(order))[gate] for gate in order])

    return reorder(ih), reorder(hh), reorder(b_ih + b_hh)


SEQUENCE = normal(5, 2, 3)
LSTM_ORDER = [0, 1, 3, 2]


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("output_sequence", [True, False])
def test_lstm(direction: str, output_sequence: bool, save: Callable[..., Path]) -> None:
    both = direction == "bidirectional"
    layer = nn.LSTM(3, 4, bidirectional=both)
    ih, hh, bias = packed(layer, LSTM_ORDER)
    backward: dict[str, np.ndarray] = {}
    if both:
        names = ("weight_ih_back", "weight_hh_back", "bias_back")
        backward = dict(zip(names, packed(layer, LSTM_ORDER, "_reverse"), strict=True))
    h, c = normal(1 + both, 2, 4), normal(1 + both, 2, 4)
    inputs = {"x": SEQUENCE} | {
        name: np.concatenate(list(state), -1) for name, state in (("h", h), ("c", c))
    }

    def build(x: Any, h: Any, c: Any) -> dict[str, Any]:
        outputs = mb.lstm(
            x=x,
            initial_h=h,
            initial_c=c,
            weight_ih=ih,
            weight_hh=hh,
            bias=bias,
            direction=direction,
            output_sequence=output_sequence,
            **backward,
        )
        return dict(zip(("y", "h_out", "c_out"), outputs, strict=True))

    x = torch_(SEQUENCE)
    if direction == "reverse":
        x = x.flip(0)
    y, (h_out, c_out) = layer(x, (torch_(h), torch_(c)))
    if direction == "reverse":
        y = y.flip(0)
    h_wide, c_wide = (torch.cat(list(state), -1) for state in (h_out, c_out))
    results = Program(save(build, inputs)).run(inputs)
    expected = {"y": y if output_sequence else h_wide[None], "h_out": h_wide, "c_out": c_wide}
    for name, value in expected.items():
        np.testing.assert_allclose(results[name], value.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("direction", "activation"), [("forward", "tanh"), ("reverse", "relu")])
def test_rnn(direction: str, activation: str, save: Callable[..., Path]) -> None:
    layer = nn.RNN(3, 4, nonlinearity=activation)
    ih, hh, bias = packed(layer, [0])
    inputs = {"x": SEQUENCE, "h": normal(2, 4)}

    def build(x: Any, h: Any) -> dict[str, Any]:
        y, last = mb.rnn(
            x=x,
            initial_h=h,
            weight_ih=ih,
            weight_hh=hh,
            bias=bias,
            direction=direction,
            output_sequence=True,
            activation=activation,
        )
        return {"y": y, "h_out": last}

    turn = [0] if direction == "reverse" else []
    y, last = layer(torch_(SEQUENCE).flip(turn), torch_(inputs["h"])[None])
    results = Program(save(build, inputs)).run(inputs)
    expected = {"y": y.flip(turn), "h_out": last[0]}
    for name, value in expected.items():
        np.testing.assert_allclose(results[name], value.detach().numpy(), rtol=1e-5, atol=1e-6)


def list_program(x: Any, index: Any) -> dict[str, Any]:
    index = mb.squeeze(x=index)
    ls = mb.make_list(init_length=2, dynamic_length=True, elem_shape=(3,), dtype="fp32")
    ls = mb.list_write(ls=ls, index=index, value=mb.gather(x=x, indices=0))
    ls = mb.list_scatter(ls=ls, indices=[0, 3], value=mb.mul(x=x, y=2.0))
    return {
        "read": mb.list_read(ls=ls, index=index),
        "all": mb.list_gather(ls=ls, indices=[3, 1, 0]),
        "length": mb.list_length(ls=ls),
    }


def test_lists(save: Callable[..., Path]) -> None:
    inputs = {"x": normal(2, 3), "index": np.array([1], np.int32)}
    program = Program(save(list_program, inputs))
    x = inputs["x"]
    results = program.run(inputs)
    np.testing.assert_array_equal(results["read"], x[0])
    np.testing.assert_array_equal(results["all"], [2 * x[1], x[0], 2 * x[0]])
    assert results["length"] == 4
    with pytest.raises(MILError, match=r"list_gather .*element 1 is read before it is written"):
        program.run(inputs | {"index": np.array([5], np.int32)})
    with pytest.raises(MILError, match=r"list_write .*index -1 is outside a list of 2"):
        program.run(inputs | {"index": np.array([-1], np.int32)})


def test_list_of_fixed_length(save: Callable[..., Path]) -> None:
    def build(x: Any, index: Any) -> dict[str, Any]:
        ls = mb.make_list(init_length=2, dynamic_length=False, elem_shape=(3,), dtype="fp32")
        ls = mb.list_write(ls=ls, index=mb.squeeze(x=index), value=x)
        return {"y": mb.list_read(ls=ls, index=mb.squeeze(x=index))}

    inputs = {"x": normal(3), "index": np.array([1], np.int32)}
    program = Program(save(build, inputs))
    np.testing.assert_array_equal(program.run(inputs)["y"], inputs["x"])
    with pytest.raises(MILError, match=r"list_write .*index 2 is outside a list of 2"):
        program.run(inputs | {"index": np.array([2], np.int32)})
