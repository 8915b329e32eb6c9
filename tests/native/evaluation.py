"""A network evaluated in plain numpy, in float64: what the engine is compared with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_export.targets.native.description import Layer, Network

Array = npt.NDArray[np.float64]


class Answer(NamedTuple):
    """A sequence's results, (T, O) and (T, L), and its last state in the engine's order."""

    y: Array
    ponder_steps: npt.NDArray[np.int64]
    remainders: Array
    state: Array


def evaluate(network: Network, x: npt.NDArray[Any]) -> Answer:
    """Run a network over x (T, I) or tokens (T,) from the initial state."""
    if network.embedding is not None:
        x = network.embedding[x.astype(int)]
    layers = [_Layer(layer) for layer in network.layers]
    y, steps, remainders = [], [], []
    for given in x:
        vector = given
        for layer in layers:
            layer.step(vector)
            vector = layer.state[0]
        y.append(network.head.weight @ vector + network.head.bias)
        steps.append([layer.ponder_steps for layer in layers])
        remainders.append([layer.remainder for layer in layers])
    state = np.concatenate([np.concatenate([*each.state, each.kept]) for each in layers])
    return Answer(np.array(y), np.array(steps), np.array(remainders), state)


class _Layer:
    """A layer and its state."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        size, tensors = layer.hidden_size, 2 if layer.cell == "lstm" else 1
        self.state = np.zeros((tensors, size))
        self.kept = np.ones(1 if layer.halting == 3 else 0)
        self.ponder_steps, self.remainder = 0, 0.0

    def step(self, x: Array) -> None:
        """One time step, by the layer's policy."""
        policy = (self._fixed, self._act, self._pondernet, self._skip)[self.layer.halting]
        self.ponder_steps = 0
        policy(self.layer.input.weight @ x + self.layer.input.bias)

    def _update(self, projection: Array) -> float:
        """One ponder step: the halting unit of the next state."""
        self.state = _cell(
            self.layer, projection + self.layer.flag * (self.ponder_steps == 0), self.state
        )
        self.ponder_steps += 1
        return self._unit()

    def _unit(self) -> float:
        unit = self.layer.unit
        return float(_logistic(unit.weight[0] @ self.state[0] + unit.bias[0]))

    def _fixed(self, projection: Array) -> None:
        for _ in range(self.layer.max_ponder):
            self._update(projection)
        self.remainder = 1

    def _act(self, projection: Array) -> None:
        total, mean, last = 0.0, np.zeros_like(self.state), False
        while not last:
            halting = self._update(projection)
            self.remainder = 1 - total
            total += halting
            last = total >= self.layer.threshold or self.ponder_steps == self.layer.max_ponder
            mean += (self.remainder if last else halting) * self.state
        self.state = mean

    def _pondernet(self, projection: Array) -> None:
        left, last = 1.0, False
        while not last:
            halting = self._update(projection)
            self.remainder = left
            left *= 1 - halting
            last = 1 - left >= self.layer.threshold or self.ponder_steps == self.layer.max_ponder

    def _skip(self, projection: Array) -> None:
        (u,) = self.kept
        self.remainder = u
        due = 1 - u < self.layer.threshold
        if due:
            self._update(projection)
        self.kept = np.array([self._unit() if due else u + min(self._unit(), 1 - u)])


def _cell(layer: Layer, projection: Array, state: Array) -> Array:
    """One update: x's part of the gates, the state (tensors, H) -> the next state."""
    h = state[0]
    recurrent = layer.recurrent.weight @ h + layer.recurrent.bias
    if layer.cell == "gru":
        (r, z, n), (u_r, u_z, u_n) = np.split(projection, 3), np.split(recurrent, 3)
        update = _logistic(z + u_z)
        new = np.tanh(n + _logistic(r + u_r) * u_n)
        return ((1 - update) * new + update * h)[None]
    gates = projection + recurrent
    if layer.cell == "lstm":
        i, f, g, o = np.split(gates, 4)
        c = _logistic(f) * state[1] + _logistic(i) * np.tanh(g)
        return np.stack([_logistic(o) * np.tanh(c), c])
    return (np.tanh(gates) if layer.cell == "rnn" else np.maximum(gates, 0))[None]


def _logistic(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))
