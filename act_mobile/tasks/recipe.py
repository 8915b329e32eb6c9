"""Recipes: the settings that a task is trained with where nobody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Recipe:
    """The settings that a task is trained with where the command line gives none."""

    cell: str | None
    """None where the data decide it."""
    hidden: int
    batch_size: int
    max_ponder: int
    tau: float
    lr: float
    steps: int
    lr_decay: float = 0.0
    """The last part of the steps, over which the learning rate falls to 0."""
    halting_bias: float = 1.0
    """The bias of the halting units at the start."""
    tau_warmup: float = 0.0
    """The first part of the steps, in which tau is 0."""
    tau_ramp: float = 0.0
    """The part of the steps after those, over which tau rises from 0 in a straight line."""
    note: str = field(default="", kw_only=True)
    """A sentence for whoever trains with these settings alone."""

    def __str__(self) -> str:
        """The settings as options of the command."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "note"}
        return ", ".join(
            f"--{name.replace('_', '-')} {value if isinstance(value, str) else f'{value:g}'}"
            for name, value in given.items()
            if value is not None
        )
