"""Rectangles of numbers as areas of a few shades: one path a shade, neighbours in a row as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from act_profiling.report.svg import LEVELS, element

Array = npt.NDArray[np.float64]


def shades(values: Array, low: float, high: float) -> npt.NDArray[np.int64]:
    """Numbers from ``low`` to ``high`` as shades from 0 to ``LEVELS`` - 1."""
    part = (values - low) / (high - low)
    return np.round(part.clip(0, 1) * (LEVELS - 1)).astype(np.int64)


def areas(
    levels: npt.NDArray[np.int64], kind: str, left: float, top: float, width: float, height: float
) -> Iterator[str]:
    """Draw shades, (H, W), of cells of this width and height; the class is ``kind`` and shade."""
    found: dict[int, list[str]] = {}
    for r, row in enumerate(levels.tolist()):
        c = 0
        for level, run in groupby(row):
            length = len(list(run))
            corner = f"M{_short(left + c * width)} {_short(top + r * height)}"
            across = _short(length * width)
            found.setdefault(level, []).append(f"{corner}h{across}v{_short(height)}h-{across}z")
            c += length
    for level, pieces in sorted(found.items()):
        yield element("path", d="".join(pieces), class_=f"{kind}{level}")


def strokes(lines: Sequence[tuple[float, float, float, float]], class_: str) -> str:
    """Draw straight lines, x1 y1 x2 y2, as one path."""
    d = "".join(f"M{_short(a)} {_short(b)}L{_short(c)} {_short(e)}" for a, b, c, e in lines)
    return element("path", d=d, class_=class_) if d else ""


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
