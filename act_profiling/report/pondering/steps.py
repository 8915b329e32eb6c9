"""Data that have no picture of their own: N of each time step as a bar."""

from __future__ import annotations

from act_profiling.report.markup import figure, ramp_legend
from act_profiling.report.svg import (
    HEIGHT,
    TOP,
    Axis,
    Ramp,
    bar,
    frame,
    horizontal,
    picture,
    segment,
    vertical,
)
from act_profiling.report.words import Variant

LOW = HEIGHT - 90

QUESTION = "Where does it ponder?"
WIDE = False

FEWEST = 4
"""Time steps of a sequence, in the mean, between two lines."""


def fits(variant: Variant) -> bool:
    """True if N is not the same everywhere."""
    return variant["sample"] is not None and len(set(totals(variant))) > 1


def draw(variant: Variant, ramp: Ramp, name: str) -> str:
    """Make the figure; sequences are divided by lines."""
    sample, ns = variant["sample"], totals(variant)
    x, y = horizontal(0, len(ns)), vertical(0, max(ns) * 1.08, LOW)
    parts = [frame(x, y, "time step", "N"), *bars(variant, x, y, ramp)]
    starts = sample["starts"][1:]
    if FEWEST * len(starts) <= len(ns):  # shorter ones would be hidden by the lines
        parts += [segment(x(start), TOP, x(start), y.start, "mark") for start in starts]
    title = f"N along a sequence, {variant['label']}"
    shown = picture(name, title, said(ns), parts, LOW)
    return figure(QUESTION, f"{variant['label']}: N of each time step", shown, ramp_legend(ramp))


def totals(variant: Variant) -> list[int]:
    """N of each time step of the sample, all layers together."""
    return [sum(layers) for layers in variant["sample"]["ponder_steps"]]


def said(ns: list[int]) -> str:
    """The picture in words."""
    mean = sum(ns) / len(ns)
    return f"N from {min(ns)} to {max(ns)}, mean {mean:.2f}, over {len(ns)} time steps"


def bars(variant: Variant, x: Axis, y: Axis, ramp: Ramp) -> list[str]:
    """A bar of N for each time step."""
    sample, parts = variant["sample"], []
    for t, n in enumerate(totals(variant)):
        given = f", token {sample['tokens'][t]}" if sample["tokens"] else ""
        note, kind = f"time step {t}: N = {n}{given}", f"f{ramp.level(n)}"
        width = x(t + 1) - x(t)
        room = min(0.6, width / 5)
        parts.append(bar(x(t) + room / 2, y(n), width - room, y(0) - y(n), kind, note))
    return parts
