"""Mazes and the net's answer after each ponder step."""

from __future__ import annotations

from pathlib import Path

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from torch import Tensor

from act_mobile.halting.policy import Budget
from act_mobile.iterated import IteratedModel
from act_mobile.tasks.maze import BELOW, GOAL, INSIDE, RIGHT, START, Maze

COLUMNS = 8
"""Answers shown of each maze."""

INK, ANSWER, ENDS = "#1a202c", "Blues", "#9c3a06"


def draw(path: Path, task: Maze, model: IteratedModel) -> None:
    """Draw an easy, a middling and a hard maze being solved, to the end of its pondering.

    The answer after a ponder step is the one that a limit of so many steps gives. Where pondering
    did not end by itself, but at the model's own limit, the last title says so.
    """
    limit = model.config.max_ponder
    batch = task.evaluation
    length = task.difficulty(batch)
    hardest = int(length.argmax())
    wanted = [int(length.max()) // 6, int(length.max()) // 3]
    chosen = [int((length - each).abs().argmin()) for each in wanted] + [hardest]
    figure, grid = plt.subplots(len(chosen), COLUMNS, figsize=(1.25 * COLUMNS, 4.8))
    for row, item in zip(grid, chosen, strict=True):
        x = _cropped(batch.inputs[item])
        with torch.no_grad():
            n = int(model(x[None]).ponder.steps)
        shown = sorted({round(each) for each in np.geomspace(1, n, COLUMNS)})
        for axes in row:
            axes.set_axis_off()
        for axes, steps in zip(row, shown, strict=False):
            draw_maze(axes, x, answer_after(model, x, steps))
            axes.set_title(f"step {steps}" + (_ending(n, limit) if steps == n else ""), fontsize=8)
    marks = [_mark(channel) for channel in (START, GOAL)]
    figure.legend(
        marks, ["start", "goal"], loc="outside lower left", ncols=2, frameon=False, fontsize=9
    )
    figure.savefig(path)
    plt.close(figure)


def _ending(n: int, limit: int) -> str:
    return ", the limit" if n >= limit else " = N, stops"


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
    for channel in (START, GOAL):
        r, c = divmod(int(x[channel].argmax()), side)
        mark = _mark(channel, 40 / side)
        mark.set_data([c + 0.5], [r + 0.5])
        axes.add_line(mark)
    axes.set_aspect("equal")


def _mark(channel: int, size: float = 8.0) -> Line2D:
    """Make a disc for the start, or a ring for the goal: told apart without their colour."""
    face = ENDS if channel == START else "none"
    mark = Line2D([], [], linestyle="", marker="o", markersize=size, markerfacecolor=face)
    mark.set_markeredgecolor(ENDS)
    mark.set_markeredgewidth(size / 4)
    mark.set_path_effects([effects.withStroke(linewidth=size / 4 + 1.2, foreground="white")])
    return mark


def _cropped(x: Tensor) -> Tensor:
    """Take off what fills a maze up to the largest."""
    side = int(x[INSIDE].amax(0).sum())
    return x[:, :side, :side]
