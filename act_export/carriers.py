"""The parts of a module that an exported call reaches into, each by its kind's carrier.

A part that ponders takes the call's budget and gives N and R; one that carries state over time
takes the state and returns the next. So a module around such parts need not pass anything in or
out: see :func:`act_export.calling.called_with`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile.act import ACT
from act_mobile.causal import CausalConv1d
from act_mobile.halting.policy import Budget, Halting
from act_mobile.ponder.module import Ponder
from act_mobile.state import State, StateTensor, torch_state

Arguments = tuple[tuple[Any, ...], dict[str, Any]]

Part = TypeVar("Part", bound=nn.Module)


class Figures(NamedTuple):
    """N and R of a part that ponders, each (B, T, L), or (B, L) without time."""

    steps: Tensor
    remainder: Tensor


@dataclass(frozen=True)
class Carrier(ABC, Generic[Part]):
    """Adapter through which an exported call reaches a part of a module."""

    part: Part

    @property
    def policies(self) -> list[Halting]:
        """The halting policy of each of its layers that ponder."""
        return []

    @property
    def states(self) -> list[tuple[StateTensor, ...]]:
        """The state that it carries over time, layer by layer."""
        return []

    @abstractmethod
    def before(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], state: list[State] | None,
        budget: Budget | None,
    ) -> Arguments:  # fmt: skip
        """Make its arguments with a state and budget of the call's.

        Args:
            state: as ``states`` describes it; None for the initial one.

        Raises:
            UserError: it is called in a way in which nothing can be carried.
        """

    def figures(self, output: Any) -> Figures | None:
        """Read N and R in what it returned; None if it does not ponder."""
        return None

    def after(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> list[State]:
        """Find the next state, of the arguments that :meth:`before` made and the output."""
        return []


class CarriedACT(Carrier[ACT]):
    """An ACT layer."""

    @property
    def policies(self) -> list[Halting]:
        return [self.part.policy] * self.part.num_layers

    @property
    def states(self) -> list[tuple[StateTensor, ...]]:
        return self.part.states

    def before(self, args: Any, kwargs: Any, state: Any, budget: Budget | None) -> Arguments:
        if kwargs.get("lengths") is not None or (len(args) > 2 and args[2] is not None):
            raise UserError("an ACT layer is called with lengths: deployed rows have one length")
        return args[:1], {"state": state, "budget": within(self.part.policy, budget)}

    def figures(self, output: Any) -> Figures:
        return Figures(output.ponder.steps, output.ponder.remainder)

    def after(self, args: Any, kwargs: Any, output: Any) -> list[State]:
        return list(output.state)


class CarriedPonder(Carrier[Ponder]):
    """A Ponder module, which has no time."""

    @property
    def policies(self) -> list[Halting]:
        return [self.part.policy]

    def before(self, args: Any, kwargs: Any, state: Any, budget: Budget | None) -> Arguments:
        return args, {**kwargs, "budget": within(self.part.policy, budget)}

    def figures(self, output: Any) -> Figures:
        return Figures(output.steps.unsqueeze(-1), output.remainder.unsqueeze(-1))


class CarriedRecurrent(Carrier[nn.RNNBase]):
    """An nn.RNN, nn.GRU or nn.LSTM."""

    @property
    def states(self) -> list[tuple[StateTensor, ...]]:
        part = self.part
        described = torch_state(part.hidden_size, 2 if isinstance(part, nn.LSTM) else 1)
        return [described] * part.num_layers

    def before(self, args: Any, kwargs: Any, state: Any, budget: Any) -> Arguments:
        part = self.part
        if not part.batch_first or part.bidirectional or part.proj_size:
            raise UserError(
                f"{type(part).__name__} before or behind what ponders: only one with batch_first, "
                "in one direction and without proj_size can be deployed"
            )
        if state is None:
            return args, kwargs
        # Its own state lies layer first. Not by torch.stack: coremltools 9 fails to fuse it.
        tensors = tuple(
            torch.cat([layer.unsqueeze(0) for layer in each]) for each in zip(*state, strict=True)
        )
        return args[:1], {"hx": tensors if len(tensors) > 1 else tensors[0]}

    def after(self, args: Any, kwargs: Any, output: Any) -> list[State]:
        final = output[1] if isinstance(output[1], tuple) else (output[1],)
        return list(zip(*(each.unbind() for each in final), strict=True))


class CarriedWindow(Carrier[CausalConv1d]):
    """A causal convolution."""

    @property
    def states(self) -> list[tuple[StateTensor, ...]]:
        return [self.part.state] if self.part.state else []

    def before(self, args: Any, kwargs: Any, state: Any, budget: Any) -> Arguments:
        return args[:1], {"window": None if not state else state[0][0]}

    def after(self, args: Any, kwargs: Any, output: Any) -> list[State]:
        if not self.part.state:
            return []
        return [(self.part.following(args[0], kwargs["window"]),)]


CARRIERS: dict[type[nn.Module], type[Carrier[Any]]] = {
    ACT: CarriedACT,
    Ponder: CarriedPonder,
    nn.RNN: CarriedRecurrent,
    nn.GRU: CarriedRecurrent,
    nn.LSTM: CarriedRecurrent,
    CausalConv1d: CarriedWindow,
}
"""By the kind of the part."""


def carrier_of(part: nn.Module) -> Carrier[Any] | None:
    """Find a part's carrier; None if calls need not reach into it."""
    found = (made for kind, made in CARRIERS.items() if isinstance(part, kind))
    carrier = next(found, None)
    return None if carrier is None else carrier(part)


def within(policy: Halting, budget: Budget | None) -> Budget | None:
    """Limit a call's budget: the policy's own limits hold whatever a call asks for."""
    if budget is None:
        return None
    own = policy.budget
    threshold, limit = budget
    if isinstance(threshold, Tensor):
        # Also of NaN, which is no reason to stop at once: the limit decides.
        threshold = torch.where(threshold < 1, threshold, torch.ones_like(threshold)).clamp(min=0)
    if isinstance(limit, Tensor):
        limit = limit.clamp(1, int(own.max_ponder))
    return Budget(threshold, min(limit, own.max_ponder) if isinstance(limit, int) else limit)
