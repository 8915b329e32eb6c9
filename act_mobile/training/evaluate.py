"""Evaluation of a trained model on its task's evaluation set, and the files of the results."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from act_mobile.model import ACTModel
from act_mobile.tasks.task import Task


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
    """N of every time step in every layer, of all rows: (time steps, L)."""
    cost: Tensor
    """rho = N + R, likewise."""
    levels: list[Level]

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
            "by_difficulty": [vars(level) for level in self.levels],
        }


def evaluate(model: ACTModel, task: Task) -> Evaluation:
    """Run ``model`` over the whole evaluation set."""
    batch = task.evaluation
    with torch.no_grad():
        out = model(batch.inputs, lengths=batch.lengths)
    score, asked, running = task.score(out.output, batch.targets), batch.asked, batch.running
    difficulty = task.difficulty(batch)
    by_row = difficulty.dim() == 1
    levels = []
    for value in difficulty[running if not by_row else ...].unique().tolist():
        chosen = difficulty == value
        where = running & (chosen[:, None] if by_row else chosen)
        counted = asked & where
        rows = counted.any(1)
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
        task.measure(score, asked), out.ponder.steps[running], out.ponder.cost[running], levels
    )


def write_evaluation(path: Path, task: Task) -> None:
    """Write the evaluation set as ``eval.npz``."""
    batch = task.evaluation
    tokens = not batch.inputs.is_floating_point()
    arrays = {
        "tokens" if tokens else "x": batch.inputs.numpy().astype("int32" if tokens else "float32"),
        "targets": batch.targets.numpy().astype("int32"),
        "lengths": batch.running.sum(1).numpy().astype("int32"),
        "mask": batch.asked.numpy(),
        "metric": np.array(task.metric),
    }
    np.savez_compressed(path, allow_pickle=False, **arrays)


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write ``metrics.json``."""
    path.write_text(json.dumps(metrics, indent=1) + "\n")
