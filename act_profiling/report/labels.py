"""Names beside points, where they cover neither points nor each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from act_profiling.report.svg import LEFT, RIGHT, TOP, WIDTH

LETTER, LINE = 8.2, 16.0
"""Size of a letter in the larger type of a phone, which must fit as well."""

POINT_WEIGHT = 5


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


def place(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    edge: Sequence[tuple[float, float]],
    bottom: float,
) -> list[tuple[float, float, str]]:
    """Of each name: x and y of its baseline and its anchor; greedy, the least covered place.

    Args:
        edge: the corners of a line that names should not cover either.
        bottom: of the plot.
    """
    inside = Box(LEFT, TOP - 6, WIDTH - RIGHT + 12, bottom)
    # Covering a point is worse than covering a name.
    marks = POINT_WEIGHT * [Box(x - 8, y - 8, x + 8, y + 8) for x, y in points]
    taken: list[Box] = []
    for (x1, y1), (x2, y2) in pairwise(edge):
        taken.append(Box(min(x1, x2) - 2, min(y1, y2) - 2, max(x1, x2) + 2, max(y1, y2) + 2))
    found = []
    for (x, y), name in zip(points, names, strict=True):

        def cost(spot: tuple[Box, float, float, str]) -> float:
            box = spot[0]
            area = (box.right - box.left) * (box.bottom - box.top)
            covered = sum(box.shared(other) for other in (*taken, *marks))
            return covered + 3 * (area - box.shared(inside))

        box, px, py, anchor = min(_spots(x, y, len(name) * LETTER), key=cost)
        taken.append(box)
        found.append((px, py, anchor))
    return found


def _spots(x: float, y: float, width: float) -> Iterator[tuple[Box, float, float, str]]:
    """Places around a point, the most readable first."""
    for dy in (4.0, -8.0, 16.0, -22.0, 30.0, -36.0, 44.0):
        for side, anchor in ((11.0, "start"), (-11.0, "end"), (0.0, "middle")):
            if side == 0.0 and abs(dy) < 8:
                continue
            px, py = x + side, y + dy + (0 if side else (4 if dy > 0 else -4))
            left = {"start": px, "end": px - width, "middle": px - width / 2}[anchor]
            yield Box(left, py - LINE + 3, left + width, py + 3), px, py, anchor
