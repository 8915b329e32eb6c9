"""Features over time, such as those of sound: a picture of them, and N of each step below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from act_profiling.calls import features_over_time
from act_profiling.report.labels import LETTER
from act_profiling.report.maps import areas, shades
from act_profiling.report.markup import figure, legend, ramp_legend
from act_profiling.report.pondering.steps import QUESTION, bars, said, totals
from act_profiling.report.svg import (
    TOP,
    Axis,
    Ramp,
    element,
    frame,
    horizontal,
    picture,
    segment,
    text,
    tip,
)
from act_profiling.report.words import Variant

WIDE = False
ROWS = 48
"""The most rows of the picture; more features are drawn as means of neighbours."""

PICTURE, BARS, GAP, WORDS, BELOW = 130.0, 84.0, 26.0, 22.0, 62.0
"""Heights of the features, of N, of what lies between them, of a line of words, and of the numbers
and the name of the axis."""


def fits(variant: Variant) -> bool:
    """True for long sequences of many features a time step."""
    sample = variant["sample"]
    if sample is None or not sample["inputs"]:
        return False
    ends = [*sample["starts"][1:], len(sample["inputs"])]
    longest = max(end - start for start, end in zip(sample["starts"], ends, strict=True))
    return features_over_time(longest, len(sample["inputs"][0]))


def draw(variant: Variant, ramp: Ramp, name: str) -> str:
    """Make the figure: features, N, and what was asked and said, on one axis of time."""
    sample, ns = variant["sample"], totals(variant)
    values = _rows(np.asarray(sample["inputs"], np.float64))
    x, bottom = horizontal(0, len(ns)), TOP + PICTURE
    low, high = np.percentile(values, (2, 98)).tolist()
    levels = shades(values[::-1], low, high if high > low else low + 1)  # low features lie below
    size = x(1) - x(0), PICTURE / len(levels)
    top = bottom + GAP
    y = Axis(0, max(*ns, 1) * 1.08, top + BARS, top)
    parts = [
        text(4, TOP - 8, f"{len(sample['inputs'][0])} features, the last on top", "start", "name"),
        *areas(levels, "g", x.start, TOP, *size),
        frame(x, y, "time step", "N", top=top),
        *bars(variant, x, y, ramp),
    ]
    for start in sample["starts"][1:]:
        parts.append(segment(x(start), TOP, x(start), y.start, "mark"))
    height = y.start + BELOW
    answers = sample.get("answers", [])
    if answers:
        parts += _words(answers, x, sample["starts"], height)
        height += 2 * WORDS
    wrong = sum(each["said"] != each["target"] for each in answers)
    words = said(ns)
    if answers:
        asked = "; ".join(f"{each['target']} said to be {each['said']}" for each in answers[:40])
        words += f"; {wrong} of {len(answers)} answers wrong: {asked}"
    title = f"N along features, {variant['label']}"
    shown = picture(name, title, words, parts, height)
    key = ramp_legend(ramp)
    if answers:
        key += legend(("", "below: what was asked; after ✗ what was said instead"))
    caption = (
        f"{variant['label']}: features over time, larger values darker or, on a dark page, lighter"
    )
    return figure(QUESTION, caption, shown, key)


def _rows(inputs: np.ndarray) -> np.ndarray:
    """(T, I) -> (at most ``ROWS``, T)."""
    parts = np.array_split(inputs.T, min(ROWS, inputs.shape[1]))
    return np.stack([part.mean(0) for part in parts])


def _words(answers: list[dict[str, Any]], x: Axis, starts: list[int], top: float) -> Iterator[str]:
    """Write under each stretch what was asked, and what was said where that was wrong."""
    for each in answers:
        began = max(start for start in starts if start <= each["start"])
        first = each["start"] if each["end"] - each["start"] > 1 else began
        middle, room = x((first + each["end"]) / 2), x(each["end"]) - x(first)
        right = each["said"] == each["target"]
        note = tip(f"asked {each['target']}, said {each['said']}")
        rows = [each["target"], "" if right else f"✗ {each['said']}"]
        for row, (word, kind) in enumerate(zip(rows, ("label", "wrong"), strict=True)):
            if word:
                place = top + 4 + WORDS * row
                shown = text(middle, place, _fitting(word, room), "middle", kind)
                yield element("g", note + shown)


def _fitting(word: str, room: float) -> str:
    most = max(int(room / LETTER), 1)
    return word if len(word) <= most else word[: most - 1] + "…"
