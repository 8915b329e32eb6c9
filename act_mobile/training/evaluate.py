"""Evaluation of a trained model on its task's evaluation set, and the files of the results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from act_artefact.ranks import spearman
from act_mobile.ponder_model import PonderModel
from act_mobile.tasks.task import Task
from act_mobile.training.loss import answers


@dataclass(frozen=True)
class Level:
    """All examples, or time steps, of one difficulty."""

    difficulty: int
    label: str
    count: int
    metric: float | None
    """None where nothing was asked."""
    ponder_steps: float
    ponder_cost: float


@dataclass(frozen=True)
class Evaluation:
    """A model's metric and pondering on the evaluation set."""

    metric: float
    steps: Tensor
    """N of every time step, or item, in every layer, of all rows: (time steps, L)."""
    cost: Tensor
    """rho = N + R, likewise."""
    levels: list[Level]
    spearman: float | None
    """Rank correlation of N and difficulty; None where either never differs, or difficulties are
    kinds without an order."""

    def summary(self) -> dict[str, Any]:
        """As metrics.json holds it; N and rho per time step and layer."""
        n = self.steps.float()
        return {
            "metric": self.metric,
            "ponder_steps": {
                "mean": n.mean().item(),
                "std": n.std().item(),
                "min": int(n.min()),
                "max": int(n.max()),
            },
            "ponder_cost": {"mean": self.cost.mean().item()},
            "spearman": self.spearman,
            "by_difficulty": [vars(level) for level in self.levels],
        }


def evaluate(model: PonderModel, task: Task) -> Evaluation:
    """Run ``model`` over the whole evaluation set."""
    batch = task.evaluation
    with torch.no_grad():
        out = answers(model, batch)
    score, asked, running = task.score(out.output, batch), batch.asked, batch.running
    difficulty = task.difficulty(batch)
    by_row = difficulty.dim() == 1
    levels = []
    for value in difficulty[running if not by_row else ...].unique().tolist():
        chosen = difficulty == value
        where = running & _spread(chosen, running)
        counted = asked & _spread(where, asked)
        rows = counted.flatten(1).any(1)
        labels = task.difficulty_labels
        levels.append(
            Level(
                difficulty=value,
                label=str(value) if labels is None else labels[value],
                count=int((chosen if by_row else where).sum()),
                metric=task.measure(score[rows], counted[rows]) if rows.any() else None,
                ponder_steps=out.ponder.steps[where].float().mean().item(),
                ponder_cost=out.ponder.cost[where].mean().item(),
            )
        )
    return Evaluation(
        task.measure(score, asked),
        out.ponder.steps[running],
        out.ponder.cost[running],
        levels,
        None if task.difficulty_labels else _correlation(out.ponder.steps, difficulty, running),
    )


def _correlation(steps: Tensor, difficulty: Tensor, running: Tensor) -> float | None:
    """Correlate N with the difficulty of a time step, or its mean over them with that of a row."""
    n = steps.float().mean(-1)
    if difficulty.shape == running.shape:
        return spearman(n[running].numpy(), difficulty[running].numpy())
    return spearman(((n * running).sum(1) / running.sum(1)).numpy(), difficulty.numpy())


def _spread(of_rows: Tensor, like: Tensor) -> Tensor:
    """Give a tensor the further axes of ``like``."""
    return of_rows.view(*of_rows.shape, *[1] * (like.dim() - of_rows.dim())).expand_as(like)


def write_evaluation(path: Path, task: Task) -> None:
    """Write the evaluation set as ``eval.npz``."""
    batch = task.evaluation
    tokens = not batch.inputs.is_floating_point()
    values, asked = batch.targets.is_floating_point(), batch.asked
    arrays = {
        "tokens" if tokens else "x": batch.inputs.numpy().astype("int32" if tokens else "float32"),
        "targets": batch.targets.numpy().astype("float32" if values else "int32"),
        "mask": (asked if batch.timed else _spread(asked, batch.targets)).numpy(),
        "metric": np.array(task.metric),
    }
    if task.difficulty_labels is None:
        arrays["difficulty"] = task.difficulty(batch).numpy().astype("int32")
        arrays["difficulty_name"] = np.array(task.difficulty_name)
    if task.title != task.name:
        arrays["title"] = np.array(task.title)
    if task.every > 1:
        arrays["every"] = np.array(task.every)
    if task.channels is not None:
        arrays["channels"] = np.array(",".join(task.channels))
    if batch.timed:
        arrays["lengths"] = batch.running.sum(1).numpy().astype("int32")
    np.savez_compressed(path, allow_pickle=False, **arrays)


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write ``metrics.json``."""
    path.write_text(json.dumps(metrics, indent=1) + "\n")
