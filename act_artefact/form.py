"""The form in which a model is deployed: the shape of a call, and the kind of ponder loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from act_artefact.errors import UserError

Ponder = Literal["unroll", "loop", "peeled", "host"]
"""``loop``, ``peeled`` and ``host`` stop after N steps; ``unroll`` always computes max_ponder."""

Sequence = Literal["stream", "dynamic", "whole"] | int
"""``stream`` for one time step a call, or the number of time steps of a call, or any number;
``whole`` for a model without time, which answers a call by itself."""


@dataclass(frozen=True, kw_only=True)
class CallShape:
    """The shape of a deployed model's call."""

    sequence: Sequence = "stream"
    batch: int = 1
    budget_inputs: bool = False
    """True if ``halt_threshold`` and, in a loop, ``max_ponder`` are inputs."""
    dynamic: tuple[str, ...] = ()
    """The model's axes, by name, whose size a call chooses."""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise UserError(f"--batch must be at least 1, not {self.batch}")
        if isinstance(self.sequence, int) and self.sequence < 1:
            raise UserError(
                f"--sequence must be stream, dynamic or at least 1, not {self.sequence}"
            )

    @property
    def stream(self) -> bool:
        """True if a call is one time step, and the state goes from call to call."""
        return self.sequence == "stream"

    @property
    def whole(self) -> bool:
        """True if the model has no time."""
        return self.sequence == "whole"

    @property
    def time(self) -> tuple[int | None, ...]:
        """The time axis of inputs and outputs: none, of one length, or (None) of any."""
        if isinstance(self.sequence, int):
            return (self.sequence,)
        return (None,) if self.sequence == "dynamic" else ()


@dataclass(frozen=True, kw_only=True)
class Form(CallShape):
    """A call's shape and how it ponders."""

    ponder: Ponder = "unroll"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ponder not in get_args(Ponder):
            raise UserError(f"--ponder {self.ponder!r}: use one of {', '.join(get_args(Ponder))}")
        if self.sequence == "dynamic" and not self.loops:
            raise UserError(
                "--sequence dynamic: an unrolled ponder loop has its time steps written out: "
                "use --ponder loop, or --sequence T"
            )
        if self.ponder == "host" and self.time:
            raise UserError(
                "--ponder host: the app drives the ponder loop of one time step: "
                "use --sequence stream"
            )
        if self.ponder == "host" and self.dynamic:
            raise UserError("--dynamic: the host form's parts have stated sizes: use --ponder loop")

    @property
    def loops(self) -> bool:
        """True if the ponder loop ends after N steps."""
        return self.ponder != "unroll"
