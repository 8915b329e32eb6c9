"""The form in which a model is deployed: the shape of a call, and the kind of ponder loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from act_artefact.errors import UserError

Ponder = Literal["unroll", "loop", "peeled", "host"]
"""``loop``, ``peeled`` and ``host`` stop after N steps; ``unroll`` always computes max_ponder."""

Sequence = Literal["stream", "dynamic"] | int
"""``stream`` for one time step a call, or the number of time steps of a call, or any number."""


@dataclass(frozen=True)
class Form:
    """One way to call a deployed model."""

    ponder: Ponder = "unroll"
    sequence: Sequence = "stream"
    batch: int = 1
    budget_inputs: bool = False
    """True if ``halt_threshold`` and, in loop form, ``max_ponder`` are inputs."""

    def __post_init__(self) -> None:
        if self.ponder not in get_args(Ponder):
            raise UserError(f"--ponder {self.ponder!r}: use one of {', '.join(get_args(Ponder))}")
        if self.batch < 1:
            raise UserError(f"--batch must be at least 1, not {self.batch}")
        if isinstance(self.sequence, int) and self.sequence < 1:
            raise UserError(
                f"--sequence must be stream, dynamic or at least 1, not {self.sequence}"
            )
        if self.sequence == "dynamic" and not self.loops:
            raise UserError(
                "--sequence dynamic: an unrolled ponder loop has its time steps written out: "
                "use --ponder loop, or --sequence T"
            )

        if self.ponder == "host" and not self.stream:
            raise UserError(
                "--ponder host: the app drives the ponder loop of one time step: "
                "use --sequence stream"
            )

    @property
    def loops(self) -> bool:
        """True if the ponder loop ends after N steps."""
        return self.ponder != "unroll"

    @property
    def stream(self) -> bool:
        return self.sequence == "stream"

    @property
    def time(self) -> tuple[int | None, ...]:
        """The time axis of inputs and outputs: none, of one length, or (None) of any."""
        if isinstance(self.sequence, int):
            return (self.sequence,)
        return () if self.stream else (None,)
