"""Maze: which cells lie on the way from the start to the goal? Images of any height and width."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from act_artefact.errors import UserError
from act_mobile.iterated import IteratedConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import EVALUATION_SEED, Task, size

CHANNELS = ("right", "below", "left", "above", "inside", "start", "goal")
"""The channels of x: four that are 1 where no wall stands between a cell and that neighbour."""

RIGHT, BELOW, LEFT, ABOVE, INSIDE, START, GOAL = range(len(CHANNELS))


class Mazes(NamedTuple):
    """Mazes of one size."""

    x: Tensor
    """(B, 7, n, n) float32."""
    way: Tensor
    """(B, n, n) bool: the cells of the only way, start and goal among them."""


@dataclass(frozen=True)
class Maze(Task):
    """Mazes of ``smallest`` to ``largest`` cells a side, in each just one way between two cells.

    A maze is a random tree over its cells, by depth-first search (a "recursive backtracker"), which
    has long ways and dead ends of every length. The start is any cell, and the goal is drawn so
    that the length of the way is uniform between 1 and the longest that this start has.

    x: (B, 7, n, n), see ``CHANNELS``; targets: (B, n, n), 1 on the way. All mazes of a training
    batch have one size, drawn evenly; those for evaluation have all sizes, each filled up with
    zeros to the largest. The difficulty of a maze is the length of its way in steps.
    """

    name: ClassVar[str] = "maze"
    model: ClassVar[str] = "iterated"
    recipe: ClassVar[Recipe] = Recipe(
        "conv_gru", 24, 48, 48, 0.002, 3e-3, 12_000, 0.3, -2.0, 0.4, 0.1,
        note="From the start this stays above an error of 0.2. Mazes of 11x11 are learned in a "
        "chain of runs: begin with --largest 7 --halting fixed:16, and go on from its model with "
        "--init; models/README.md, under Mazes, has the commands.",
    )  # fmt: skip
    channels: ClassVar[tuple[str, ...]] = CHANNELS
    difficulty_name: ClassVar[str] = "length of the way"
    evaluation_rows: ClassVar[int] = 1024

    smallest: int = size(3, 2, 64, "cells a side of the smallest mazes")
    largest: int = size(11, 2, 64, "cells a side of the largest mazes")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.smallest > self.largest:
            raise UserError(
                f"smallest must be at most largest, {self.largest}, not {self.smallest}"
            )

    def config(self, **model: Any) -> IteratedConfig:
        layers, step = model.pop("num_layers", 1), model.pop("cell", self.recipe.cell)
        if layers != 1:
            raise UserError(f"--layers {layers}: this task's model has one step: leave it out")
        side = self.largest
        return IteratedConfig(
            channels=len(CHANNELS), output_size=1, height=side, width=side, step=step, **model
        )

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        side = int(torch.randint(self.smallest, self.largest + 1, (), generator=generator))
        x, way = mazes(size, side, generator)
        return _asked(x, way.long())

    @cached_property
    def evaluation(self) -> Batch:
        generator = torch.Generator().manual_seed(EVALUATION_SEED)
        rows, sides = self.evaluation_rows, range(self.smallest, self.largest + 1)
        x = torch.zeros(rows, len(CHANNELS), self.largest, self.largest)
        way = torch.zeros(rows, self.largest, self.largest, dtype=torch.int64)
        for turn, side in enumerate(sides):
            mine = slice(turn, None, len(sides))
            x[mine, :, :side, :side], way[mine, :side, :side] = mazes(
                len(way[mine]), side, generator
            )
        return _asked(x, way)

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.targets.sum((1, 2)) - 1


def _asked(x: Tensor, way: Tensor) -> Batch:
    """Ask about every cell of the mazes."""
    return Batch(x, way, None, x[:, INSIDE] > 0, timed=False)


def mazes(count: int, side: int, generator: torch.Generator) -> Mazes:
    """Make mazes of ``side`` x ``side`` cells; the generator's state alone decides which."""
    opened, cells = _tree(count, side, generator), side * side
    start = torch.randint(cells, (count,), generator=generator)
    far = _distances(opened, start)
    length = (torch.rand(count, generator=generator) * far.amax(1)).ceil().clamp(min=1)
    # Any of the cells that are so far away.
    drawn = torch.rand(count, cells, generator=generator) + 1
    goal = (drawn * (far == length[:, None])).argmax(1)
    way = far + _distances(opened, goal) == length[:, None]
    ends = F.one_hot(torch.stack([start, goal], 1), cells)
    channels = torch.cat([opened.mT, torch.ones(count, 1, cells), ends], 1)
    return Mazes(channels.unflatten(2, (side, side)), way.unflatten(1, (side, side)))


def _neighbours(side: int) -> Tensor:
    """The cell on each of a cell's four sides: (n^2, 4); n^2 where there is none."""
    cell = torch.arange(side * side).view(side, side)
    framed = F.pad(cell, (1, 1, 1, 1), value=side * side)
    sides = [framed[1:-1, 2:], framed[2:, 1:-1], framed[1:-1, :-2], framed[:-2, 1:-1]]
    return torch.stack(sides, -1).flatten(0, 1)


def _tree(count: int, side: int, generator: torch.Generator) -> Tensor:
    """Open walls from cell to cell, always to a new one, and back where there is none.

    Returns:
        (B, n^2, 4) bool, True where the wall to that neighbour is open.
    """
    cells, rows = side * side, torch.arange(count)
    neighbours = _neighbours(side)
    opened = torch.zeros(count, cells + 1, 4, dtype=torch.bool)
    seen = F.pad(torch.zeros(count, cells, dtype=torch.bool), (0, 1), value=True)
    came = torch.zeros(count, cells, dtype=torch.int64)  # the cells from the first to this one
    came[:, 0] = torch.randint(cells, (count,), generator=generator)
    seen[rows, came[:, 0]] = True
    depth = torch.zeros(count, dtype=torch.int64)
    # Every cell but the first is entered once and left once.
    for drawn in torch.rand(2 * cells - 2, count, 4, generator=generator) + 1:
        here = came[rows, depth]
        around = neighbours[here]
        free = ~seen.gather(1, around)
        side_of = (drawn * free).argmax(1)
        there, goes = around[rows, side_of], free.any(1)
        opened[rows, here, side_of] |= goes
        opened[rows, there, (side_of + 2) % 4] |= goes
        seen[rows, there] = True
        depth += torch.where(goes, 1, -1)
        came[rows, depth] = torch.where(goes, there, came[rows, depth])
    return opened[:, :cells]


def _distances(opened: Tensor, origin: Tensor) -> Tensor:
    """Count the steps from a cell of each maze to every cell: (B, n^2, 4), (B,) -> (B, n^2)."""
    count, cells, _ = opened.shape
    neighbours = _neighbours(math.isqrt(cells))
    front = F.one_hot(origin, cells + 1).bool()  # the cell beyond the edge is never reached
    reached, far = front.clone(), torch.zeros(count, cells, dtype=torch.int64)
    for steps in range(1, cells):
        near = (front[:, neighbours] & opened).any(-1) & ~reached[:, :cells]
        if not near.any():
            break
        far += steps * near
        front = F.pad(near, (0, 1))
        reached |= front
    return far


TASK = Maze
