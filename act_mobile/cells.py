"""The recurrent cells that ponder: torch's own, split where a time step and a ponder step part.

Within one time step the input x is fixed, so its projection is computed once; a ponder step only
adds the recurrent part. The flag (1 on the first ponder step, 0 after) is the last input column, so
on the first step its column of weights is added to the projection.

A cell is any module that is called as ``cell(input, state) -> state``, with a tensor for the state
where it has one, else a tuple. Its state is described by its attribute ``state``, or as torch's
(:mod:`act_mobile.state`). One that also has the members of :class:`SplitCell` is computed split;
any other works too, and pays for the projection at every ponder step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from act_artefact.errors import UserError, shown
from act_mobile.state import Combined, State, StateTensor, torch_state

sigmoid_backward = torch.ops.aten.sigmoid_backward.default
"""(dL/dy, y = sigmoid(x)) -> dL/dx."""
tanh_backward = torch.ops.aten.tanh_backward.default
"""(dL/dy, y = tanh(x)) -> dL/dx."""


class StepGradient(NamedTuple):
    """The gradient of a ponder step, of ``update(projection, state)`` with u = U h + d."""

    projection: Tensor
    recurrent: Tensor
    """Gradient with respect to u."""
    h: Tensor | None = None
    """Gradient with respect to h where it acts directly, not through u; None if nowhere."""
    rest: State = ()
    """Gradients with respect to the state's other tensors."""


@runtime_checkable
class SplitCell(Protocol):
    """A cell whose update is split into what depends on x alone and the rest.

    ``update(project(x) + flag, state)`` is the first ponder step of a time step,
    ``update(project(x), state)`` each later one.
    """

    state: tuple[StateTensor, ...]
    """The tensors that it carries from step to step; the first is its output h."""

    bounded: bool
    """True if no state can overflow, however many steps are taken."""

    def project(self, x: Tensor) -> Tensor:
        """The part of the update that depends on x alone: (..., I) -> (..., G)."""
        ...

    @property
    def flag(self) -> Tensor:
        """The term that the first ponder step's flag adds to the projection: (G,)."""
        ...

    def update(self, projection: Tensor, state: State) -> State:
        """One ponder step: (B, G), the state -> the next state."""
        ...


@runtime_checkable
class AnalyticCell(SplitCell, Protocol):
    """A split cell that knows its own derivative, so that training need not record every operation.

    With u = weight_hh h + bias_hh the update is ``forward_step(projection, u, state)``.
    """

    @property
    def weight_hh(self) -> Tensor:
        """(G, H)."""
        ...

    @property
    def bias_hh(self) -> Tensor:
        """(G,)."""
        ...

    def forward_step(
        self, projection: Tensor, recurrent: Tensor, state: State
    ) -> tuple[State, tuple[Tensor, ...]]:
        """(B, G), (B, G), state -> the next state and what ``backward_step`` needs."""
        ...

    def backward_step(self, d_state: State, saved: tuple[Tensor, ...]) -> StepGradient:
        """Compute the gradients of the step's arguments from that of the next state."""
        ...


class _TorchCell(nn.RNNCellBase):
    """The base of torch's cells: weights (G, I + 1) whose last column belongs to the flag."""

    bounded = True

    @property
    def state(self) -> tuple[StateTensor, ...]:
        return torch_state(self.hidden_size, 2 if isinstance(self, nn.LSTMCell) else 1)

    def project(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight_ih[:, :-1], self.bias_ih)

    @property
    def flag(self) -> Tensor:
        return self.weight_ih[:, -1]

    def update(self, projection: Tensor, state: State) -> State:
        recurrent = F.linear(state[0], self.weight_hh, self.bias_hh)
        return self.forward_step(projection, recurrent, state)[0]

    def forward_step(
        self, projection: Tensor, recurrent: Tensor, state: State
    ) -> tuple[State, tuple[Tensor, ...]]:
        raise NotImplementedError


class RNNCell(_TorchCell, nn.RNNCell):
    """h' = tanh(W x + b + U h + d), or relu; parameters as torch.nn.RNNCell."""

    def __init__(self, input_size: int, hidden_size: int, nonlinearity: str = "tanh") -> None:
        nn.RNNCell.__init__(self, input_size, hidden_size, nonlinearity=nonlinearity)
        self.bounded = nonlinearity == "tanh"
        self.activation = torch.tanh if self.bounded else torch.relu

    def forward_step(
        self, projection: Tensor, recurrent: Tensor, state: State
    ) -> tuple[State, tuple[Tensor, ...]]:
        h = self.activation(projection + recurrent)
        return (h,), (h,)

    def backward_step(self, d_state: State, saved: tuple[Tensor, ...]) -> StepGradient:
        (d_h,), (h,) = d_state, saved
        d_gate = tanh_backward(d_h, h) if self.bounded else d_h * (h > 0)
        return StepGradient(d_gate, d_gate)


class GRUCell(_TorchCell, nn.GRUCell):
    """Gates r, z, n in torch's order: n = tanh(x_n + r u_n), h' = n + z (h - n)."""

    def forward_step(
        self, projection: Tensor, recurrent: Tensor, state: State
    ) -> tuple[State, tuple[Tensor, ...]]:
        (h,) = state
        x_r, x_z, x_n = projection.chunk(3, -1)
        u_r, u_z, u_n = recurrent.chunk(3, -1)
        r, z = torch.sigmoid(x_r + u_r), torch.sigmoid(x_z + u_z)
        n = torch.tanh(x_n + r * u_n)
        return (n + z * (h - n),), (r, z, n, u_n, h)

    def backward_step(self, d_state: State, saved: tuple[Tensor, ...]) -> StepGradient:
        (d_h,), (r, z, n, u_n, h) = d_state, saved
        d_n = tanh_backward(d_h * (1 - z), n)
        d_z = sigmoid_backward(d_h * (h - n), z)
        d_r = sigmoid_backward(d_n * u_n, r)
        return StepGradient(
            torch.cat([d_r, d_z, d_n], -1), torch.cat([d_r, d_z, d_n * r], -1), d_h * z
        )


class LSTMCell(_TorchCell, nn.LSTMCell):
    """Gates i, f, g, o in torch's order: c' = f c + i g, h' = o tanh(c')."""

    def forward_step(
        self, projection: Tensor, recurrent: Tensor, state: State
    ) -> tuple[State, tuple[Tensor, ...]]:
        c = state[1]
        i, f, g, o = (projection + recurrent).chunk(4, -1)
        i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        new = f * c + i * g
        squashed = torch.tanh(new)
        return (o * squashed, new), (i, f, g, o, c, squashed)

    def backward_step(self, d_state: State, saved: tuple[Tensor, ...]) -> StepGradient:
        (d_h, d_c), (i, f, g, o, c, squashed) = d_state, saved
        d_c = d_c + tanh_backward(d_h * o, squashed)
        d_gates = torch.cat(
            [
                sigmoid_backward(d_c * g, i),
                sigmoid_backward(d_c * c, f),
                tanh_backward(d_c * i, g),
                sigmoid_backward(d_h * squashed, o),
            ],
            -1,
        )
        return StepGradient(d_gates, d_gates, rest=(d_c * f,))


class WholeCell:
    """A user's own cell as a :class:`SplitCell`: its projection is its input, flag column 0.

    Args:
        input_size: of the cell, the flag's column included.
        state: its description.
    """

    bounded = False

    def __init__(self, cell: nn.Module, input_size: int, state: tuple[StateTensor, ...]) -> None:
        self.cell, self.input_size, self.state = cell, input_size, state

    def project(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 1))

    @property
    def flag(self) -> Tensor:
        like = next(self.cell.parameters(), torch.ones(0))
        return F.pad(like.new_ones(1), (self.input_size - 1, 0))

    def update(self, projection: Tensor, state: State) -> State:
        new = self.cell(projection, state if len(state) > 1 else state[0])
        new = (new,) if isinstance(new, Tensor) else new
        found = [list(each.shape) if isinstance(each, Tensor) else each for each in new]
        wanted = [list(each.shape) for each in state]
        if found != wanted:
            raise UserError(
                f"cell {type(self.cell).__name__}: returned a state of shapes {shown(found)}, was "
                f"given {wanted}: a cell returns the next state, of the same shapes"
            )
        return tuple(new)


def as_split_cell(cell: nn.Module, input_size: int, state: tuple[StateTensor, ...]) -> SplitCell:
    """The cell itself if it is split, else a view of it that is."""
    # Torch's first: to check the protocol is to compute every property, in each forward pass.
    if isinstance(cell, (_TorchCell, SplitCell)):
        return cast(SplitCell, cell)
    return WholeCell(cell, input_size, state)


@dataclass(frozen=True)
class CellStep:
    """A cell as the step of a ponder loop, whose constant is the projection of x, (B, G)."""

    cell: SplitCell

    @property
    def combined(self) -> tuple[Combined, ...]:
        return tuple(each.combined for each in self.cell.state)

    @property
    def bounded(self) -> bool:
        return self.cell.bounded

    def first(self, constants: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (constants[0] + self.cell.flag,)

    def update(self, constants: tuple[Tensor, ...], state: State) -> State:
        return self.cell.update(constants[0], state)

    def features(self, constants: tuple[Tensor, ...], state: State) -> Tensor:
        """Read the output, h."""
        return state[0]


CellFactory = Callable[[int, int], nn.Module]
"""Makes a cell from (input_size, hidden_size); input_size counts the flag's column."""

CELLS: dict[str, CellFactory] = {
    "rnn": RNNCell,
    "rnn_relu": lambda input_size, hidden_size: RNNCell(input_size, hidden_size, "relu"),
    "gru": GRUCell,
    "lstm": LSTMCell,
}
"""Cells by the name that configurations and command lines use."""
