"""Words beside points, where they cover neither points nor each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from act_profiling.report.svg import LEFT, RIGHT, TOP, WIDTH

LETTER, LINE = 8.2, 16.0
"""Size of a letter in the larger type of a phone, which must fit as well."""

POINT_WEIGHT = 5
FAR = 8
ROUNDS = 3

Point = tuple[float, float]


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Box) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)


class Label(NamedTuple):
    words: str
    beside: Sequence[Point]
    """The points it may stand beside, whichever has room."""


class Spot(NamedTuple):
    """The baseline of a label, its anchor, what it covers, and how far from its point it is."""

    x: float
    y: float
    anchor: str
    box: Box
    distance: float


def place(
    labels: Sequence[Label],
    points: Sequence[Point],
    lines: Iterable[Sequence[Point]],
    bottom: float,
) -> list[Spot]:
    """Where each label covers least: the longest first, and again now that all have a place.

    Args:
        lines: the corners of lines that labels should not cover either.
        bottom: of the plot.
    """
    inside = Box(LEFT, TOP - 6, WIDTH - RIGHT + 12, bottom)
    # Covering a point is worse than covering a label.
    marks = POINT_WEIGHT * [Box(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    marks += [Box(x - 4, y - 4, x + 4, y + 4) for line in lines for x, y in _along(line)]
    found: dict[int, Spot] = {}
    longest_first = sorted(range(len(labels)), key=lambda k: -len(labels[k].words))
    for k in ROUNDS * longest_first:
        taken = [*marks, *(spot.box for other, spot in found.items() if other != k)]

        def cost(spot: Spot, taken: Sequence[Box] = taken) -> float:
            box = spot.box
            area = (box.right - box.left) * (box.bottom - box.top)
            covered = sum(box.shared(other) for other in taken)
            return covered + 3 * (area - box.shared(inside)) + FAR * spot.distance

        width = len(labels[k].words) * LETTER
        spots = (spot for x, y in labels[k].beside for spot in _spots(x, y, width))
        found[k] = min(spots, key=cost)
    return [found[k] for k in range(len(labels))]


def _along(line: Sequence[Point]) -> Iterator[Point]:
    """Points of a line, 8 apart at most."""
    for (x1, y1), (x2, y2) in pairwise(line):
        count = math.ceil(math.dist((x1, y1), (x2, y2)) / 8)
        for k in range(count):
            yield x1 + (x2 - x1) * k / count, y1 + (y2 - y1) * k / count


def _spots(x: float, y: float, width: float) -> Iterator[Spot]:
    """Places around a point, the most readable first."""
    for dy in (4.0, -8.0, 16.0, -22.0, 30.0, -36.0, 44.0):
        for side, anchor in ((11.0, "start"), (-11.0, "end"), (0.0, "middle")):
            if side == 0.0 and abs(dy) < 8:
                continue
            px, py = x + side, y + dy + (0 if side else (4 if dy > 0 else -4))
            left = {"start": px, "end": px - width, "middle": px - width / 2}[anchor]
            yield Spot(px, py, anchor, Box(left, py - LINE + 3, left + width, py + 3), abs(dy))
