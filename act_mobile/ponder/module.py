"""Ponder: the front door to the ponder loop for nets of one's own."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile.halting import parse_halting
from act_mobile.halting.policy import Budget, Halting
from act_mobile.ponder import Pondered, Pondering, PonderKind, ponder
from act_mobile.state import State, StateTensor, initial_state

MEMBERS = ("combined", "bounded", "first", "update", "features", "initial")
"""The members of a step, as :class:`act_mobile.ponder.pondering.Step` and :class:`Ponder` say."""


class Ponder(nn.Module):
    """Repeat a step until its halting policy ends it; without time: see :class:`act_mobile.ACT`.

    Args:
        step: a module that is a :class:`act_mobile.ponder.pondering.Step` and has, besides,
            ``initial(constants) -> state``, the state before the first ponder step.
        features: F, the numbers that ``step.features`` gives the halting policy, (B, F).
        halting: the policy, as ``HALTINGS`` in :mod:`act_mobile.halting` writes them.
        max_ponder: M, the most ponder steps.
        epsilon: a row ends when its halting sum reaches 1 - epsilon.

    Raises:
        UserError: the step lacks a member, or there is no such policy.
    """

    num_layers = 1

    def __init__(
        self,
        step: nn.Module,
        features: int,
        *,
        halting: str = "act",
        max_ponder: int = 100,
        epsilon: float = 0.01,
    ) -> None:
        super().__init__()
        if missing := [name for name in MEMBERS if not hasattr(step, name)]:
            raise UserError(
                f"step {type(step).__name__}: lacks {', '.join(missing)}: see "
                "act_mobile.ponder.pondering.Step"
            )
        self.step = step
        self.policy: Halting = parse_halting(halting, max_ponder=max_ponder, epsilon=epsilon)
        self.kind: PonderKind = "eager"
        """The kind of ponder loop; exporters set another before they trace."""
        self.halting = self.policy.module(features)
        self.states: list[tuple[StateTensor, ...]] = []
        """Nothing is kept from one call to the next."""
        self.observe: Callable[[int, Tensor], None] | None = None
        """As :attr:`act_mobile.ACT.observe`, with 0 for the layer."""

    def forward(
        self, *constants: Tensor, state: State | None = None, budget: Budget | None = None
    ) -> Pondered:
        """Ponder a batch of rows to their end.

        Args:
            constants: what the step reads, each (B, ...).
            state: before the first ponder step; else the step's initial one.
            budget: another threshold and limit of ponder steps than the module's own.
        """
        state = self.step.initial(constants) if state is None else state  # type: ignore[operator]
        observe = self.observe
        start = Pondering(
            self.step,  # type: ignore[arg-type]
            constants,
            state,
            self.policy,
            self.policy.unit(self.halting),
            self.policy.budget if budget is None else budget,
            initial_state(self.policy.state, len(state[0]), state[0]),
            None if observe is None else lambda progress: observe(0, progress),
        )
        return ponder(start, self.kind)

    def extra_repr(self) -> str:
        return f"halting={self.policy}, max_ponder={self.policy.max_ponder}"
