"""The pictures of a run: loss.png, ponder.png, and where a task has one a picture of its own."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import torch

from act_mobile.tasks.task import Task

if TYPE_CHECKING:
    from act_mobile.ponder_model import PonderModel
    from act_mobile.training.evaluate import Evaluation

BLUE, ORANGE, GREY = "#2b6cb0", "#c05621", "#718096"
STYLE: dict[Any, Any] = {
    "figure.figsize": (6.4, 3.8),
    "figure.constrained_layout.use": True,
    "savefig.dpi": 150,
    "font.size": 10,
    "text.parse_math": False,  # titles and names come from data, where $ is a dollar
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "xtick.color": GREY,
    "ytick.color": GREY,
}
OWN = {"charlm": "text", "maze": "maze"}
"""The module here that draws pondering as a task's own kind of data, ``ponder_MODULE.png``."""

METRIC_NAMES = {
    "sequence_error": "sequence error",
    "accuracy": "accuracy",
    "bits_per_char": "bits per character",
    "mse": "mean squared error",
}


def write_pictures(
    output: Path, task: Task, model: PonderModel, found: Evaluation, metrics: dict[str, Any]
) -> None:
    """Draw what a run learned and what it ponders on."""
    with mpl.rc_context(STYLE):
        _loss(output / "loss.png", task, metrics)
        _ponder(output / "ponder.png", task, found)
        if task.name in OWN:
            import_module(f"{__name__}.{OWN[task.name]}").draw(
                output / f"ponder_{OWN[task.name]}.png", task, model
            )


def _loss(path: Path, task: Task, metrics: dict[str, Any]) -> None:
    figure, (above, below) = plt.subplots(2, sharex=True, figsize=(6.4, 4.6))
    steps, losses = zip(*metrics["losses"], strict=True)
    above.plot(steps, losses, color=GREY, alpha=0.35, linewidth=0.8)
    width = max(1, len(losses) // 100)
    smooth = torch.tensor(losses).unfold(0, width, 1).mean(1)
    above.plot(steps[width - 1 :], smooth.tolist(), color=BLUE)
    above.set_ylabel("training loss (nats)")
    above.set_title(f"{task.title}: loss, metric and ponder steps in training")
    history = metrics["history"]
    evaluations = [each["step"] for each in history]
    below.plot(evaluations, [each["metric"] for each in history], color=BLUE)
    below.set_ylabel(METRIC_NAMES[task.metric], color=BLUE)
    below.set_ylim(bottom=0)
    below.set_xlabel("update")
    steps_axis = below.twinx()
    steps_axis.plot(evaluations, [each["ponder_steps"] for each in history], color=ORANGE)
    steps_axis.set_ylabel("mean ponder steps N", color=ORANGE)
    steps_axis.set_ylim(bottom=0)
    figure.savefig(path)
    plt.close(figure)


def _ponder(path: Path, task: Task, found: Evaluation) -> None:
    figure, axes = plt.subplots()
    levels = found.levels
    names = task.difficulty_labels is not None
    places = list(range(len(levels))) if names else [level.difficulty for level in levels]
    n = [level.ponder_steps for level in levels]
    rho = [level.ponder_cost for level in levels]
    if names:
        axes.bar(places, n, width=0.6, color=BLUE, label="ponder steps N")
        axes.plot(places, rho, "o", color=ORANGE, label="ponder cost N + R")
        axes.set_xticks(places, [level.label for level in levels])
    else:
        axes.plot(places, n, "o-", color=BLUE, label="ponder steps N", markersize=4)
        axes.plot(places, rho, "-", color=ORANGE, label="ponder cost N + R")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(task.difficulty_name)
    axes.set_ylabel("mean per time step")
    axes.set_title(f"{task.title}: pondering against difficulty")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(path)
    plt.close(figure)
