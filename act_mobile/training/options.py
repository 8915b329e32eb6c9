"""Training options: the command's options of the same names."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from act_artefact.errors import UserError, shown
from act_mobile.model import ACTConfig
from act_mobile.tasks.task import Task

MOST = 1e30
"""The largest of any number that weighs or scales something."""

MOST_STEPS = 10**9
MOST_ROWS = 1 << 20


@dataclass(frozen=True)
class Options:
    """Everything that decides what training gives; None takes the task's own setting."""

    cell: str | None = None
    hidden: int | None = None
    layers: int = 1
    max_ponder: int | None = None
    epsilon: float = 0.01
    tau: float | None = None
    halting: str = "act"
    init: str | None = None
    """A model.pt whose weights to start from, of a model of the same sizes."""
    halting_bias: float = 1.0
    """Where the halting units' bias starts: the lower, the more ponder steps at first."""
    steps: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    lr_decay: float | None = None
    """The last part of the steps, over which the learning rate falls to 0 in a straight line."""
    seed: int = 0
    clip: float = 1.0
    """The most that the norm of all gradients together may be."""
    evaluate_every: int = 1000
    """Training steps between two evaluations of the metric."""
    target_metric: float | None = None
    """Training ends early once the metric is this good."""
    patience: int | None = None
    """Training ends early after this many evaluations without a better metric."""
    recompute: bool = False
    """True to save memory at the cost of time (:mod:`act_mobile.recompute`); training is the same
    up to rounding."""

    def completed(self, task: Task) -> Options:
        """The same with the task's settings where there were none.

        Raises:
            UserError: a number is out of range.
        """
        recipe = task.recipe
        settings = {
            **asdict(self),
            **{
                name: getattr(self, name) if getattr(self, name) is not None else default
                for name, default in (
                    ("cell", recipe.cell),
                    ("hidden", recipe.hidden),
                    ("max_ponder", recipe.max_ponder),
                    ("tau", recipe.tau),
                    ("steps", recipe.steps),
                    ("batch_size", recipe.batch_size),
                    ("lr", recipe.lr),
                    ("lr_decay", recipe.lr_decay),
                )
            },
        }
        for name, least in (
            ("steps", 1),
            ("batch_size", 1),
            ("evaluate_every", 1),
            ("tau", 0),
            ("seed", 0),
        ):
            if not settings[name] >= least:
                option = name.replace("_", "-")
                raise UserError(f"--{option} must be at least {least}, not {settings[name]}")
        if not 0 <= settings["lr_decay"] <= 1:
            raise UserError(f"--lr-decay must lie between 0 and 1, not {settings['lr_decay']}")
        for name in ("lr", "clip"):
            if not settings[name] > 0:
                raise UserError(f"--{name} must be above 0, not {settings[name]}")
        for name in ("tau", "lr", "clip", "halting_bias", "target_metric"):
            value, option = settings[name], name.replace("_", "-")
            if value is not None and not math.isfinite(value):
                raise UserError(f"--{option} must be a finite number, not {value}")
            if value is not None and abs(value) > MOST:
                raise UserError(f"--{option} must lie within {MOST:g} of 0, not {value:g}")
        for name in ("steps", "batch_size", "evaluate_every", "patience"):
            most = MOST_ROWS if name == "batch_size" else MOST_STEPS
            if settings[name] is not None and settings[name] > most:
                option = name.replace("_", "-")
                raise UserError(f"--{option} must be at most {most}, not {shown(settings[name])}")
        if settings["patience"] is not None and settings["patience"] < 1:
            raise UserError(f"--patience must be at least 1, not {settings['patience']}")
        if settings["seed"] >= 1 << 32:
            raise UserError(f"--seed must be below {1 << 32}, not {settings['seed']}")
        return Options(**settings)

    def config(self, task: Task) -> ACTConfig:
        """The model's configuration; for completed options."""
        sizes: dict[str, Any] = {
            "hidden_size": self.hidden,
            "cell": self.cell,
            "num_layers": self.layers,
            "max_ponder": self.max_ponder,
            "epsilon": self.epsilon,
            "halting": self.halting,
        }
        return task.config(**sizes)
