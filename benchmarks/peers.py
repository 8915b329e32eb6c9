"""A PyTorch user's export with the official converters today: an ACT step written plainly.

Torch's own cell on [x, flag] at every ponder step: masked and written out, or in a while_loop.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from act_mobile import ACTModel

Call = Callable[[], None]
"""One time step on the inputs that it was made with."""


class Plain(nn.Module):
    """The parts of an ACT model with torch's own cell."""

    def __init__(self, model: ACTModel) -> None:
        super().__init__()
        config = model.config
        self.lstm = config.cell == "lstm"
        kind = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "rnn": nn.RNNCell}[config.cell]
        self.cell = kind(config.input_size + 1, config.hidden_size)
        self.halting = nn.Linear(config.hidden_size, 1)
        self.head = nn.Linear(config.hidden_size, config.output_size)
        self.cell.load_state_dict(model.act.cells[0].state_dict())
        self.halting.load_state_dict(model.act.halting[0].state_dict())
        self.head.load_state_dict(model.head.state_dict())
        self.max_ponder, self.threshold = config.max_ponder, 1 - config.epsilon

    def update(self, x: Tensor, flag: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        inputs = torch.cat([x, flag], 1)
        new = self.cell(inputs, state if self.lstm else state[0])
        return tuple(new) if self.lstm else (new,)


class Masked(Plain):
    """max_ponder steps, masked."""

    def forward(self, x: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        total = steps = remainder = x.new_zeros(len(x), 1)
        running = x.new_ones(len(x), 1)
        means = tuple(torch.zeros_like(s) for s in state)
        for n in range(self.max_ponder):
            state = self.update(x, x.new_full((len(x), 1), float(n == 0)), state)
            halting = torch.sigmoid(self.halting(state[0]))
            last = (total + halting >= self.threshold).to(x.dtype)
            if n == self.max_ponder - 1:
                last = torch.ones_like(last)
            weight = running * (last * (1 - total) + (1 - last) * halting)
            means = tuple(m + weight * s for m, s in zip(means, state, strict=True))
            remainder = remainder + running * last * (1 - total)
            steps = steps + running
            total = total + halting * running
            running = running * (1 - last)
        return self.head(means[0]), steps, remainder, *means


class Looped(Plain):
    """torch's while_loop around the same step."""

    def forward(self, x: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        size = len(state)

        def more(n: Tensor, total: Tensor, *_: Tensor) -> Tensor:
            return ((total < self.threshold).squeeze() & (n < self.max_ponder)).reshape(())

        def body(n: Tensor, total: Tensor, remainder: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
            flag = (n < 0.5).to(x.dtype).reshape(1, 1)
            new = self.update(x, flag, rest[:size])
            halting = torch.sigmoid(self.halting(new[0]))
            last = ((total + halting >= self.threshold) | (n > self.max_ponder - 1.5)).to(x.dtype)
            weight = last * (1 - total) + (1 - last) * halting
            means = (m + weight * s for m, s in zip(rest[size:], new, strict=True))
            return n + 1, total + halting, last * (1 - total) + remainder, *new, *means

        zero = x.new_zeros(1, 1)
        start = (zero.sum(), zero, zero.clone(), *(s.clone() for s in state))
        n, _, remainder, *rest = while_loop(
            more, body, (*start, *(torch.zeros_like(s) for s in state))
        )
        return self.head(rest[size]), n, remainder, *rest[size:]


def eager(model: ACTModel, inputs: tuple[Tensor, ...]) -> Call:
    """PyTorch itself, with early exit."""
    plain = Plain(model).eval()

    def call() -> None:
        x, *rest = inputs
        state, total = tuple(rest), 0.0
        means = tuple(torch.zeros_like(s) for s in state)
        with torch.no_grad():
            for n in range(plain.max_ponder):
                state = plain.update(x, x.new_full((1, 1), float(n == 0)), state)
                halting = torch.sigmoid(plain.halting(state[0])).item()
                last = total + halting >= plain.threshold or n == plain.max_ponder - 1
                weight = 1 - total if last else halting
                means = tuple(m + weight * s for m, s in zip(means, state, strict=True))
                total += halting
                if last:
                    break
            plain.head(means[0])

    return call


def onnx(module: Plain, arrays: dict[str, np.ndarray[Any, Any]], path: Path) -> None:
    """torch.onnx."""
    inputs = tuple(map(torch.from_numpy, arrays.values()))
    with torch.no_grad():
        exported = torch.export.export(module.eval(), inputs)
        program = torch.onnx.export(
            exported, inputs, input_names=list(arrays), dynamo=True, verbose=False
        )
    assert program is not None
    program.save(path)


def litert(module: Plain, inputs: tuple[Tensor, ...], path: Path) -> None:
    """litert-torch."""
    import litert_torch

    litert_torch.convert(module.eval(), inputs).export(str(path))


def executorch(module: Plain, inputs: tuple[Tensor, ...]) -> Call:
    """ExecuTorch with XNNPACK."""
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower
    from executorch.runtime import Runtime

    lowered = to_edge_transform_and_lower(
        torch.export.export(module.eval(), inputs), partitioner=[XnnpackPartitioner()]
    )
    buffer = lowered.to_executorch().buffer
    program = Runtime.get().load_program(buffer)
    method = program.load_method("forward")
    kept = buffer, program  # the method reads them, but does not keep them alive

    def call() -> None:
        assert kept
        method.execute(inputs)

    return call
