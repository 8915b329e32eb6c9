"""State: what is carried from time step to time step, described by whoever carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from act_artefact.errors import UserError, shown

Combined = Literal["mean", "kept"]
"""The result of a state tensor for its row, where the policy's result is the mean over ponder
steps: ``mean``, weighted as for h, or ``kept``, the last step's value, as for a window of past
states."""

State = tuple[Tensor, ...]
"""The tensors of a state, each (B, ...), in the order in which they are described."""


@dataclass(frozen=True)
class StateTensor:
    """One tensor of a state."""

    name: str
    """The exported input's name, without the layer's number at its end."""
    shape: tuple[int, ...]
    """The shape without the batch axis, which comes first."""
    initial: float = 0.0
    """Its value where a sequence begins."""
    combined: Combined = "mean"


def describe_state(cell: nn.Module, hidden_size: int) -> tuple[StateTensor, ...]:
    """Describe a cell's state: by its ``state``, or as torch's cells, whose state is h, or h and c.

    Args:
        hidden_size: of the layer that the cell is for.

    Raises:
        UserError: the cell breaks the contract, and what that wants.
    """
    name = type(cell).__name__
    described = getattr(cell, "state", None)
    if described is None:
        count = getattr(cell, "state_size", 2 if isinstance(cell, nn.LSTMCell) else 1)
        if count not in (1, 2):
            raise UserError(
                f"cell {name}: has {shown(count)} state tensors: describe them by an attribute "
                "state, a tuple of act_mobile.StateTensor"
            )
        return torch_state(hidden_size, count)
    if not isinstance(described, tuple) or not all(isinstance(s, StateTensor) for s in described):
        raise UserError(f"cell {name}: its state must be a tuple of act_mobile.StateTensor")
    names = [each.name for each in described]
    fit = all(n.isidentifier() and not n[-1].isdigit() for n in names)
    if not fit or len(set(names)) != len(names):
        raise UserError(
            f"cell {name}: state names {shown(names)} must be words of letters, each once, without "
            "a digit at the end"
        )
    if not described or described[0].shape != (hidden_size,) or described[0].combined != "mean":
        raise UserError(
            f"cell {name}: the first tensor of its state is the layer's output: its shape must be "
            f"({hidden_size},), combined by mean"
        )
    return described


def described_together(
    cell: nn.Module, hidden_size: int, own: tuple[StateTensor, ...]
) -> tuple[StateTensor, ...]:
    """Describe the state of a layer: its cell's, then its policy's own.

    Raises:
        UserError: the cell breaks the contract, or both have a tensor of one name.
    """
    described = describe_state(cell, hidden_size)
    if taken := {each.name for each in described} & {each.name for each in own}:
        raise UserError(
            f"cell {type(cell).__name__}: state name {shown(min(taken))} is the halting policy's: "
            "choose another"
        )
    return (*described, *own)


def torch_state(hidden_size: int, count: int) -> tuple[StateTensor, ...]:
    """Describe h, or h and c, each (hidden_size,)."""
    return tuple(StateTensor(letter, (hidden_size,)) for letter in "hc"[:count])


def initial_state(described: tuple[StateTensor, ...], batch: int, like: Tensor) -> State:
    """The state of a batch of sequences that begin, with the dtype and device of ``like``."""
    return tuple(like.new_full((batch, *each.shape), each.initial) for each in described)
