"""Whole recurrent layers as one op.

``x`` is (s, b, I), states are (b, H), weights (gates * H, I) and (gates * H, H), with one bias
(gates * H,) that holds the input's and the state's together. MIL's ``gru`` is not here: its
documentation contradicts itself on where the reset gate acts, and the torch frontend of coremltools
never makes one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from act_mil.ops.activation import relu, sigmoid
from act_mil.ops.registry import op

Activation = Callable[[np.ndarray], np.ndarray]

ACTIVATIONS: dict[str, Activation] = {
    "linear": lambda x: x,
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
}


@op("rnn", many=True)
def rnn(
    x: np.ndarray,
    initial_h: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray | None = None,
    *,
    direction: str = "forward",
    output_sequence: bool = False,
    activation: str = "tanh",
) -> tuple[np.ndarray, ...]:
    """``h = activation(W_ih x + W_hh h + b)``.

    Returns:
        All states (s, b, H), or the last as (1, b, H) unless ``output_sequence``; the last (b, H).
    """
    if direction not in ("forward", "reverse"):
        raise ValueError(f"unknown direction {direction!r}")
    activate = _activation(activation)
    projected = _project(x, weight_ih, bias)
    h = initial_h
    states = np.empty((*x.shape[:2], h.shape[-1]), x.dtype)
    for step in _order(len(x), direction == "reverse"):
        h = activate(projected[step] + h @ weight_hh.T)
        states[step] = h
    return states if output_sequence else h[None], h


@op("lstm", many=True)
def lstm(
    x: np.ndarray,
    initial_h: np.ndarray,
    initial_c: np.ndarray,
    weight_ih: np.ndarray,
    weight_hh: np.ndarray,
    bias: np.ndarray | None = None,
    peephole: np.ndarray | None = None,
    weight_ih_back: np.ndarray | None = None,
    weight_hh_back: np.ndarray | None = None,
    bias_back: np.ndarray | None = None,
    peephole_back: np.ndarray | None = None,
    *,
    direction: str = "forward",
    output_sequence: bool = False,
    recurrent_activation: str = "sigmoid",
    cell_activation: str = "tanh",
    activation: str = "tanh",
    clip: float | None = None,
) -> tuple[np.ndarray, ...]:
    """A long short-term memory, its gates packed in the order input, forget, output, cell.

    ``c = f * c + i * cell_activation(z)`` and ``h = o * activation(c)``, with the gates i, f and o
    under ``recurrent_activation``. A bidirectional layer holds the forward half of its states and
    outputs first.

    Returns:
        All h (s, b, H), or the last as (1, b, H) unless ``output_sequence``; the last h and c.
    """
    if direction not in ("forward", "reverse", "bidirectional"):
        raise ValueError(f"unknown direction {direction!r}")
    if peephole is not None or peephole_back is not None or clip is not None:
        raise ValueError("peepholes and clipping are not implemented")
    gate, squash, out = map(_activation, (recurrent_activation, cell_activation, activation))

    def run(
        h: np.ndarray,
        c: np.ndarray,
        weights: tuple[np.ndarray, np.ndarray, np.ndarray | None],
        backwards: bool,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        projected = _project(x, weights[0], weights[2])
        states = np.empty((*x.shape[:2], h.shape[-1]), x.dtype)
        for step in _order(len(x), backwards):
            i, f, o, z = np.split(projected[step] + h @ weights[1].T, 4, axis=-1)
            c = gate(f) * c + gate(i) * squash(z)
            h = gate(o) * out(c)
            states[step] = h
        return states, h, c

    forward = (weight_ih, weight_hh, bias)
    if direction != "bidirectional":
        states, h, c = run(initial_h, initial_c, forward, direction == "reverse")
        return states if output_sequence else h[None], h, c
    if weight_ih_back is None or weight_hh_back is None:
        raise ValueError("a bidirectional layer has no backward weights")
    backward = (weight_ih_back, weight_hh_back, bias_back)
    h_halves = np.split(initial_h, 2, axis=-1)
    c_halves = np.split(initial_c, 2, axis=-1)
    states, h, c = (
        np.concatenate(halves, axis=-1)
        for halves in zip(
            run(h_halves[0], c_halves[0], forward, False),
            run(h_halves[1], c_halves[1], backward, True),
            strict=True,
        )
    )
    return states if output_sequence else h[None], h, c


def _activation(name: str) -> Activation:
    if name not in ACTIVATIONS:
        raise ValueError(f"activation {name!r} is none of {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]


def _project(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    projected = x @ weight.T
    return projected if bias is None else projected + bias


def _order(steps: int, backwards: bool) -> range:
    return range(steps - 1, -1, -1) if backwards else range(steps)
