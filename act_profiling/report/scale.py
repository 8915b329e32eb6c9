"""The axis of a metric: small differences near a perfect answer can be told apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from act_profiling.report.svg import BOTTOM, TOP, Axis, padded, segment, vertical

FAR_APART = 6.0
"""Errors whose largest and smallest have this ratio are shown by their logarithms."""

MOST_TICKS = 6

BREAK = 44.0
"""Height from a perfect answer to the smallest error, which no logarithm has a place for."""

TICKS = ((1, 2, 5), (1, 3), (1,))
"""Multiples of powers of ten with a tick, whichever are few enough."""


@dataclass(frozen=True)
class ErrorAxis(Axis):
    """The logarithm of the distance from the best possible value; that value is at the end.

    ``low`` and ``high`` are the logarithms (base 10) of the least and the largest distance.
    """

    best: float = 0.0
    """0 for errors, 1 for accuracy, whose axis runs the other way."""
    has_best: bool = False
    """True if the perfect answer is on the axis, beyond a break."""

    def __call__(self, value: float) -> float:
        error = abs(value - self.best)
        return self._perfect if error == 0 else super().__call__(math.log10(error))

    @property
    def _perfect(self) -> float:
        return self.start + math.copysign(BREAK, self.start - self.end)

    @property
    def floor(self) -> float:
        return max(self.start, self.end, self._perfect + 10 if self.has_best else 0.0)

    def ticks(self, size: float = 1.0, most: int = MOST_TICKS) -> list[tuple[float, str]]:
        """Places and numbers; the distances are 1, 2 and 5 times powers of ten."""
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        for multiples in TICKS:
            errors = [
                multiple * 10.0**power
                for power in powers
                for multiple in multiples
                if self.low <= math.log10(multiple * 10.0**power) <= self.high
            ]
            if len(errors) <= most:
                break
        shown = [(super(ErrorAxis, self).__call__(math.log10(e)), self._number(e)) for e in errors]
        return [*shown, (self._perfect, f"{self.best:g}")] if self.has_best else shown

    def _number(self, error: float) -> str:
        return f"{abs(self.best - error):.10g}"

    def rails(self, left: float) -> str:
        """Draw two strokes across the axis where it is broken."""
        if not self.has_best:
            return ""
        middle = (self.start + self._perfect) / 2
        strokes = (segment(left - 5, y + 3, left + 5, y - 3, "axis") for y in (middle, middle + 6))
        return "".join(strokes)


def metric_axis(values: Sequence[float], *, higher: bool, height: int) -> Axis:
    """Choose the axis on which the values of a metric can be told apart.

    Errors that are 0, or far apart, are on a logarithmic one; others on a straight one that begins
    and ends near them.

    Args:
        higher: whether a higher value is better, up to 1; else 0 is the best.
        height: of the picture.
    """
    best = 1.0 if higher else 0.0
    errors = [abs(value - best) for value in values]
    found = [error for error in errors if error > 0]
    perfect = len(found) < len(errors)
    beyond = any(value > best if higher else value < best for value in values)
    if not found or beyond or not (perfect or max(found) >= FAR_APART * min(found)):
        return vertical(*padded(values, 0.2), height)
    low, high = math.log10(min(found)), math.log10(max(found))
    room = max(0.12 * (high - low), 0.12)
    bottom, top = float(height - BOTTOM), float(TOP)
    if higher:
        start, end = (top + 10 + BREAK if perfect else top), bottom
    else:
        start, end = (bottom - 10 - BREAK if perfect else bottom), top
    return ErrorAxis(low - room, high + room, start, end, best, perfect)
