"""Training options: the command's options of the same names."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from act_artefact.errors import UserError, shown
from act_mobile.halting import parse_halting
from act_mobile.models import Config
from act_mobile.tasks.task import Task

MOST = 1e30
"""The largest of any number that weighs or scales something."""

LEAST = {"steps": 1, "batch_size": 1, "evaluate_every": 1, "tau": 0, "seed": 0, "patience": 1}
LARGEST = {
    "steps": 10**9,
    "batch_size": 1 << 20,
    "evaluate_every": 10**9,
    "patience": 10**9,
    "seed": (1 << 32) - 1,
}
FINITE = {"tau", "lr", "clip", "halting_bias", "target_metric", "target_steps"}


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
    halting_bias: float | None = None
    """The bias of the halting units at the start: the lower, the more ponder steps at first."""
    tau_warmup: float | None = None
    """The first part of the steps, in which tau is 0."""
    tau_ramp: float | None = None
    """The part of the steps after those, over which tau rises from 0 in a straight line."""
    target_steps: float | None = None
    """A mean N to which tau is steered after the warm-up."""
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
                    ("halting_bias", recipe.halting_bias),
                    ("tau_warmup", recipe.tau_warmup),
                    ("tau_ramp", recipe.tau_ramp),
                )
            },
        }
        _check_ranges(settings)
        _check_penalty(settings)
        return Options(**settings)

    def config(self, task: Task) -> Config:
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


def _check_ranges(settings: dict[str, Any]) -> None:
    given = {name: value for name, value in settings.items() if value is not None}
    for name, least in LEAST.items():
        if name in given and not given[name] >= least:
            raise UserError(f"{_option(name)} must be at least {least}, not {given[name]}")
    for name in ("lr_decay", "tau_warmup", "tau_ramp"):
        if not 0 <= given[name] <= 1:
            raise UserError(f"{_option(name)} must lie between 0 and 1, not {given[name]}")
    for name in ("lr", "clip"):
        if not given[name] > 0:
            raise UserError(f"--{name} must be above 0, not {given[name]}")
    for name in given.keys() & FINITE:
        if not math.isfinite(given[name]):
            raise UserError(f"{_option(name)} must be a finite number, not {given[name]}")
        if abs(given[name]) > MOST:
            raise UserError(f"{_option(name)} must lie within {MOST:g} of 0, not {given[name]:g}")
    for name, most in LARGEST.items():
        if name in given and given[name] > most:
            raise UserError(f"{_option(name)} must be at most {most}, not {shown(given[name])}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _check_penalty(settings: dict[str, Any]) -> None:
    if settings["tau_warmup"] + settings["tau_ramp"] > 1:
        raise UserError(
            f"--tau-warmup {settings['tau_warmup']} and --tau-ramp {settings['tau_ramp']} "
            "are together more than all steps: 1"
        )
    target, limit = settings["target_steps"], settings["max_ponder"]
    if target is None:
        return
    policy = parse_halting(settings["halting"], max_ponder=limit, epsilon=settings["epsilon"])
    if not policy.charges:
        raise UserError(
            f"--target-steps {target:g}: tau does not steer the N of {policy}: leave it out, or "
            "take a policy that charges for steps, such as act"
        )
    if policy.skips and not 0 < target <= 1:
        raise UserError(f"--target-steps {target:g}: a mean of {policy} lies between 0 and 1")
    if not policy.skips and not 1 <= target <= limit:
        raise UserError(
            f"--target-steps {target:g}: a mean of ponder steps lies between 1 and "
            f"--max-ponder {limit}"
        )
