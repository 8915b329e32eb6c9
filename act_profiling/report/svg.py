"""Drawing: elements as text, axes with round numbers, the colours of N."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 16, 22, 52
"""Margins of a plot within a picture, wide enough for the larger type of a phone."""

LEVELS = 8
"""The number of N's colours, ``--n0`` to ``--n7`` in page.css."""


def element(name: str, content: str = "", **attributes: object) -> str:
    """``stroke_width=2`` is written ``stroke-width="2"``; ``class_`` is ``class``."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{shown}>{content}</{name}>"


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(x: float, y: float, content: str, anchor: str = "middle", class_: str = "soft") -> str:
    return element("text", escape(content), x=x, y=y, text_anchor=anchor, class_=class_)


def tip(content: str) -> str:
    """Shown where a mark is pointed at."""
    return element("title", escape(content))


def segment(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def polyline(points: Iterable[tuple[float, float]], class_: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element("polyline", points=path, class_=class_)


def bar(left: float, top: float, width: float, height: float, class_: str, note: str) -> str:
    """A rectangle; a width or height below 0 is one of 0."""
    width, height = max(width, 0.0), max(height, 0.0)
    return element("rect", tip(note), x=left, y=top, width=width, height=height, class_=class_)


def picture(
    name: str,
    title: str,
    description: str,
    parts: Iterable[str],
    height: float,
    width: float = WIDTH,
    class_: str | None = None,
) -> str:
    """A whole SVG, which a screen reader reads as its title and description."""
    head = element("title", escape(title), id=f"{name}-t")
    head += element("desc", escape(description), id=f"{name}-d")
    return element(
        "svg",
        head + "".join(parts),
        viewBox=f"0 0 {_number(width)} {_number(height)}",
        role="img",
        class_=class_,
        aria_labelledby=f"{name}-t {name}-d",
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers within low to high: steps of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True)
class Axis:
    """Values to places; ``start`` is where ``low`` lies."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + part * (self.end - self.start)

    @property
    def floor(self) -> float:
        """The place where a vertical axis meets the horizontal one."""
        return self.start

    def ticks(self, size: float, most: int) -> list[tuple[float, str]]:
        """Places and numbers, in units of ``size``."""
        values = ticks(self.low / size, self.high / size, most)
        return [(self(value * size), f"{value:g}") for value in values]


def horizontal(low: float, high: float) -> Axis:
    return Axis(low, high, LEFT, WIDTH - RIGHT)


def vertical(low: float, high: float, height: int = HEIGHT) -> Axis:
    return Axis(low, high, height - BOTTOM, TOP)


def padded(values: Sequence[float], part: float) -> tuple[float, float]:
    """The range of values with room on both sides."""
    low, high = min(values), max(values)
    room = (high - low) * part or abs(high) * 0.05 or 1.0
    return low - room, high + room


def frame(
    x: Axis,
    y: Axis,
    x_name: str,
    y_name: str,
    x_size: float = 1.0,
    y_size: float = 1.0,
    top: float = TOP,
) -> str:
    """Rules, numbers in units of ``x_size`` and ``y_size``, and the axes' names."""
    parts = []
    for at, shown in y.ticks(y_size, 5):
        parts.append(segment(x.start, at, x.end, at, "rule"))
        parts.append(text(x.start - 7, at + 4, shown, "end"))
    for at, shown in x.ticks(x_size, 6):
        parts.append(segment(at, y.floor, at, y.floor + 4, "axis"))
        parts.append(text(at, y.floor + 19, shown))
    parts.append(segment(x.start, y.floor, x.end, y.floor, "axis"))
    parts.append(text(x.end, y.floor + 42, x_name, "end", "name"))
    parts.append(text(4, top - 8, y_name, "start", "name"))
    return "".join(parts)


@dataclass(frozen=True)
class Ramp:
    """Which of the colours stands for N."""

    low: int
    high: int

    def level(self, ponder_steps: float) -> int:
        if self.high == self.low:
            return LEVELS // 2
        part = (ponder_steps - self.low) / (self.high - self.low)
        return round(min(max(part, 0.0), 1.0) * (LEVELS - 1))

    def entries(self) -> list[tuple[int, str]]:
        """Level and label of what a legend shows."""
        values = range(self.low, self.high + 1)
        if len(values) <= LEVELS:
            return [(self.level(n), str(n)) for n in values]
        groups: dict[int, list[int]] = {}
        for n in values:
            groups.setdefault(self.level(n), []).append(n)
        return [
            (level, f"{ns[0]}–{ns[-1]}" if len(ns) > 1 else str(ns[0]))
            for level, ns in sorted(groups.items())
        ]
