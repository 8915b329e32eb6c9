"""Mazes of one size at a time, larger ones than were trained too: errors, N, and what N follows.

    python benchmarks/mazes.py models/maze

prints for each size the part of mazes with a wrong cell, mean N, and Spearman's rank correlation
of N with the length of the way, and with the number of rounds in which dead ends can be closed: a
maze is solved as well by closing them, one cell a round, until only the way is left.

    python benchmarks/mazes.py models/maze --picture models/maze/ponder_maze.png

draws three mazes being solved instead, as a training run does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import torch
from torch import Tensor
from torch.nn import functional as F

from act_artefact.ranks import spearman
from act_mobile import load_model
from act_mobile.iterated import IteratedModel
from act_mobile.tasks.maze import ABOVE, BELOW, GOAL, INSIDE, LEFT, RIGHT, START, Maze, mazes
from act_mobile.training.pictures import STYLE
from act_mobile.training.pictures.maze import draw

SIDES = (3, 5, 7, 9, 11, 13, 15, 19)


def rounds(x: Tensor) -> Tensor:
    """Count the rounds in which dead ends can be closed: (B, 7, n, n) -> (B,)."""
    ends, left = (x[:, START] + x[:, GOAL]).bool(), x[:, INSIDE].bool()
    count = torch.zeros(len(x), dtype=torch.int64)
    while True:
        around = F.pad(left, (1, 1, 1, 1))
        neighbours = {
            RIGHT: around[:, 1:-1, 2:],
            BELOW: around[:, 2:, 1:-1],
            LEFT: around[:, 1:-1, :-2],
            ABOVE: around[:, :-2, 1:-1],
        }
        open_sides = sum((x[:, side] * there for side, there in neighbours.items()), x[:, 0] * 0)
        after = left & ((open_sides > 1) | ends)
        closed = (after != left).flatten(1).any(1)
        if not closed.any():
            return count
        count, left = count + closed, after


def follows(n: Tensor, measure: Tensor) -> float:
    """Return Spearman's rank correlation of N with a measure."""
    return spearman(n.numpy(), measure.numpy()) or 0.0


def main() -> None:
    """Print the table of a model."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="the folder of model.pt")
    parser.add_argument("--count", type=int, default=500, help="mazes of each size")
    parser.add_argument("--picture", type=Path, help="draw this instead")
    given = parser.parse_args()
    model = load_model(given.model / "model.pt").eval()
    if given.picture is not None:
        assert isinstance(model, IteratedModel)
        with mpl.rc_context(STYLE):
            draw(given.picture, Maze(), model)
        return
    print("side  wrong  mean N  N with length  N with rounds")
    trained: list[tuple[Tensor, Tensor, Tensor]] = []
    for side in SIDES:
        x, way = mazes(given.count, side, torch.Generator().manual_seed(side))
        with torch.no_grad():
            found = model(x)
        wrong = ((found.output[..., 0] > 0) != way).flatten(1).any(1).float().mean()
        n, length, closing = found.ponder.steps[:, 0], way.sum((1, 2)) - 1, rounds(x)
        print(
            f"{side:4}  {wrong:5.3f}  {n.float().mean():6.2f}  {follows(n, length):13.2f}"
            f"  {follows(n, closing):13.2f}"
        )
        if side <= model.config.height:
            trained.append((n, length, closing))
    n, length, closing = (torch.cat(each) for each in zip(*trained, strict=True))
    print(
        f"trained sizes together: {follows(n, length):.2f} with length, "
        f"{follows(n, closing):.2f} with rounds"
    )


if __name__ == "__main__":
    main()
