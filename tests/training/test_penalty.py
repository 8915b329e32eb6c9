"""The time penalty's course during training, and a mean N that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from act_artefact.errors import UserError
from act_mobile.tasks.parity import Parity
from act_mobile.training.options import Options
from act_mobile.training.penalty import Penalty

Run = Callable[..., dict[str, Any]]


def penalty(**options: Any) -> Penalty:
    return Penalty(Options(**options).completed(Parity(4)))


def test_warm_up_and_ramp() -> None:
    course = penalty(steps=100, tau=0.5, tau_warmup=0.2, tau_ramp=0.4)
    n = torch.ones(3)
    seen = [course.at(step, n) for step in (0, 19, 20, 40, 60, 99)]
    assert seen == pytest.approx([0, 0, 0, 0.25, 0.5, 0.5])


def test_no_schedule_is_tau_from_the_start() -> None:
    assert penalty(steps=100, tau=0.5).at(0, torch.ones(1)) == 0.5


def test_tau_is_steered_until_n_is_as_wanted() -> None:
    """A net whose N falls as tau rises, N = 2 / sqrt(tau), ends at the target."""
    course = penalty(steps=4000, tau=1e-3, target_steps=5, tau_warmup=0.1, max_ponder=100)
    n = 60.0
    for step in range(4000):
        tau = course.at(step, torch.tensor([n]))
        assert (tau == 0) == (step < 400)
        n = min(60.0, 2 / tau**0.5) if tau else 60.0
    assert n == pytest.approx(5, rel=0.01)


def test_the_target_is_reached_and_survives_resuming(run_tiny: Run, tmp_path: Path) -> None:
    options = {
        "steps": 600, "evaluate_every": 300, "target_steps": 2.0, "tau": 0.01,
        "halting_bias": -2.0,
    }  # fmt: skip
    whole = run_tiny(tmp_path / "whole", **options)
    assert whole["ponder_steps"]["mean"] == pytest.approx(2, rel=0.15)
    with pytest.raises(UserError, match=r"--target-steps 2: not reached, the mean N is [34]\."):
        run_tiny(tmp_path / "parts", **{**options, "steps": 50})
    assert (tmp_path / "parts" / "model.pt").is_file()
    parts = run_tiny(tmp_path / "parts", resume=True, **options)
    assert parts["history"][-1] == whole["history"][-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tau_warmup": 1.5}, "--tau-warmup must lie between 0 and 1, not 1.5"),
        ({"tau_ramp": float("nan")}, "--tau-ramp must lie between 0 and 1, not nan"),
        ({"tau_warmup": 0.7, "tau_ramp": 0.4}, "--tau-warmup 0.7 and --tau-ramp 0.4 are together"),
        ({"target_steps": 0.5}, "--target-steps 0.5: a mean of ponder steps lies between 1 and"),
        ({"target_steps": 1.5, "halting": "skip"}, "--target-steps 1.5: a mean of skip lies"),
        ({"target_steps": 0.0, "halting": "skip"}, "--target-steps 0: a mean of skip lies"),
        ({"target_steps": 2.0, "halting": "fixed:2"}, "2: tau does not steer the N of fixed:2: "),
        ({"target_steps": 2.0, "halting": "pondernet"}, "tau does not steer the N of pondernet:0"),
        ({"target_steps": 11.0}, "--target-steps 11: a mean .* --max-ponder 10"),
        ({"target_steps": float("nan")}, "--target-steps must be a finite number, not nan"),
        ({"halting_bias": float("inf")}, "--halting-bias must be a finite number, not inf"),
    ],
)
def test_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Options(**options).completed(Parity(4))


def test_a_policy_that_skips_may_be_steered_below_one() -> None:
    assert Options(target_steps=0.2, halting="skip").completed(Parity(4)).target_steps == 0.2


def test_the_tasks_recipe_is_taken_where_nothing_is_given() -> None:
    completed = Options().completed(Parity(4))
    assert (completed.halting_bias, completed.tau_warmup, completed.tau_ramp) == (1.0, 0.0, 0.0)
