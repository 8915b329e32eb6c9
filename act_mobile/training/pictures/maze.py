"""Mazes and the net's answer after each ponder step."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from act_mobile.halting.policy import Budget
from act_mobile.iterated import IteratedModel
from act_mobile.tasks.maze import BELOW, GOAL, INSIDE, RIGHT, START, Maze

COLUMNS = 8
"""Answers shown of each maze."""

INK, ANSWER, ENDS = "#1a202c", "Blues", ("#c05621", "#2f855a")


def draw(path: Path, task: Maze, model: IteratedModel) -> None:
    """Draw an easy, a middling and a hard maze being solved, to the end of its pondering.

    The answer after a ponder step is the one that a limit of so many steps gives.
    """
    batch = task.evaluation
    length = task.difficulty(batch)
    hardest = int(length.argmax())
    wanted = [int(length.max()) // 6, int(length.max()) // 3]
    chosen = [int((length - each).abs().argmin()) for each in wanted] + [hardest]
    figure, grid = plt.subplots(len(chosen), COLUMNS, figsize=(1.25 * COLUMNS, 4.4))
    for row, item in zip(grid, chosen, strict=True):
        x = _cropped(batch.inputs[item])
        with torch.no_grad():
            n = int(model(x[None]).ponder.steps)
        shown = sorted({round(each) for each in np.geomspace(1, n, COLUMNS)})
        for axes in row:
            axes.set_axis_off()
        for axes, steps in zip(row, shown, strict=False):
            draw_maze(axes, x, answer_after(model, x, steps))
            axes.set_title(f"step {steps}" + (f" of {n}" if steps == n else ""), fontsize=8)
    figure.savefig(path)
    plt.close(figure)


def answer_after(model: IteratedModel, x: Tensor, steps: int) -> Tensor:
    """Compute the probability of each cell to lie on the way, at most ``steps`` ponder steps.

    (7, n, n) -> (n, n).
    """
    threshold, _ = model.policy.budget
    with torch.no_grad():
        return torch.sigmoid(model(x[None], budget=Budget(threshold, steps)).output[0, ..., 0])


def draw_maze(axes: Axes, x: Tensor, answer: Tensor) -> None:
    """Draw the walls of a maze, (7, n, n), on its answer, (n, n)."""
    side = x.shape[-1]
    axes.imshow(answer.numpy(), cmap=ANSWER, vmin=0, vmax=1.6, extent=(0, side, side, 0))
    shut = (x == 0).numpy()
    for r, c in np.argwhere(shut[RIGHT]):
        axes.plot([c + 1, c + 1], [r, r + 1], color=INK, linewidth=1)
    for r, c in np.argwhere(shut[BELOW]):
        axes.plot([c, c + 1], [r + 1, r + 1], color=INK, linewidth=1)
    axes.plot([0, 0, side], [side, 0, 0], color=INK, linewidth=1)
    for channel, colour in zip((START, GOAL), ENDS, strict=True):
        r, c = divmod(int(x[channel].argmax()), side)
        axes.plot(c + 0.5, r + 0.5, "o", color=colour, markersize=24 / side)
    axes.set_aspect("equal")


def _cropped(x: Tensor) -> Tensor:
    """Take off what fills a maze up to the largest."""
    side = int(x[INSIDE].amax(0).sum())
    return x[:, :side, :side]
