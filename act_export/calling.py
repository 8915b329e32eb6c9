"""Calls of a module with explicit state and budget, whatever its own forward passes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from act_artefact.errors import UserError
from act_export.carriers import Carrier, Figures
from act_mobile.halting.policy import Budget
from act_mobile.state import State


@dataclass
class Called:
    """The findings of one call, part by part in the order in which they were called."""

    figures: list[Figures] = field(default_factory=list)
    """N and R of the parts that ponder."""
    states: list[State] = field(default_factory=list)
    """The next state of every layer that carries one."""


@contextmanager
def called_with(
    carriers: list[Carrier[Any]], state: list[Tensor] | None, budget: Budget | None
) -> Iterator[Called]:
    """Give each part its state and the budget in the block, and collect what they make.

    Args:
        carriers: of the module's parts, in the order in which its forward calls them.
        state: all tensors, in that order; None for the initial ones.
    """
    called = Called()
    rest = None if state is None else iter(state)
    given: dict[nn.Module, list[State] | None] = {
        each.part: None
        if rest is None
        else [tuple(next(rest) for _ in described) for described in each.states]
        for each in carriers
    }
    hooks = [hook for each in carriers for hook in _hooks(each, given[each.part], budget, called)]
    try:
        yield called
    finally:
        for hook in hooks:
            hook.remove()


def _hooks(
    carrier: Carrier[Any], state: list[State] | None, budget: Budget | None, called: Called
) -> list[Any]:
    seen = False

    def before(part: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        nonlocal seen
        if seen:
            raise UserError(
                f"{type(part).__name__} is called twice: each part that ponders or carries state "
                "may be called once per forward"
            )
        seen = True
        return carrier.before(args, kwargs, state, budget)

    def after(part: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        figures = carrier.figures(output)
        if figures is not None:
            called.figures.append(figures)
        called.states.extend(carrier.after(args, kwargs, output))

    return [
        carrier.part.register_forward_pre_hook(before, with_kwargs=True),
        carrier.part.register_forward_hook(after, with_kwargs=True),
    ]
