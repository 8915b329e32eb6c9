"""Images: the answer after each of some ponder steps, and the N at which it was handed out.

Channels with the names of ``act_profiling.images.ROLES`` are drawn as these say: walls where there
is no way to a neighbour, and two marked places. Other images are grey: the mean of their channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from act_profiling.report.maps import areas, shades, strokes
from act_profiling.report.markup import figure, legend
from act_profiling.report.pondering.steps import QUESTION
from act_profiling.report.svg import LEVELS, Ramp, element, picture
from act_profiling.report.words import Variant

WIDE = True
SIZE, MARGIN = 120.0, 3.0
"""Width of a picture and its margin."""

SIDES = {
    "right": (1, 0, 1, 1),
    "below": (0, 1, 1, 1),
    "left": (0, 0, 0, 1),
    "above": (0, 0, 1, 0),
}
"""The wall that stands where a channel is 0: x1 y1 x2 y2 within the cell."""

Array = npt.NDArray[np.float64]


class _Scene(NamedTuple):
    """One item, cut to what belongs to it."""

    channels: dict[str, Array]
    """By role, (H, W); or ``grey`` alone."""
    rows: slice
    columns: slice

    def cut(self, values: Any) -> Array:
        return np.asarray(values, np.float64)[self.rows, self.columns]


def fits(variant: Variant) -> bool:
    """True where the report has images of the variant."""
    return bool(variant.get("images"))


def draw(variant: Variant, ramp: Ramp, name: str) -> str:
    """Make the figure: a row of small pictures for each item, from easy to hard."""
    del ramp  # N is written in numbers
    images = variant["images"]
    known = (variant.get("difficulty") or {}).get("name", "difficulty")
    rows = []
    for k, item in enumerate(images["items"]):
        hard = "" if item["difficulty"] is None else f"{known} {item['difficulty']}, "
        head = element("h3", f"{escape(hard)}N = {item['ponder_steps']}")
        shown = "".join(_pictures(images, item, f"{name}-{k}"))
        rows.append(element("div", head + element("div", shown, class_="small"), class_="item"))
    return figure(QUESTION, f"{variant['label']}: {_caption(images)}", "".join(rows), _key(images))


def _caption(images: Mapping[str, Any]) -> str:
    if any(len(item["answers"]) > 1 for item in images["items"]):
        return (
            "the answer after so many ponder steps, from an easy item to a hard one; the last is "
            "the one handed out"
        )
    return "the input, the answer and what was asked (--budget-inputs would show what came before)"


def _key(images: Mapping[str, Any]) -> str:
    entries = []
    maps = [a for item in images["items"] for a in item["answers"] if a["values"] is not None]
    if maps:
        low, high = (f"{images[key]:g}" for key in ("low", "high"))
        entries = [("var(--w0)", low), (f"var(--w{LEVELS - 1})", f"{high}, as answered")]
        if images["high"] == 1:
            entries.append(("", "dot: yes is more likely than no"))
        entries.append(("", "cross: wrong"))
    if {"start", "goal"} <= {*images["channels"]}:
        entries.append(("", "disc: start; ring: goal"))
    return legend(*entries)


def _pictures(images: Mapping[str, Any], item: Mapping[str, Any], name: str) -> Iterator[str]:
    scene, target = _scene(images["channels"], item), item["target"]
    answers = item["answers"]
    maps = [each for each in answers if each["values"] is not None]
    # Maps of the input's size are drawn on it, beneath its walls; else the input has a picture.
    if not maps or not _fits(scene, item, maps[0]) or "grey" in scene.channels:
        yield _small(f"{name}-x", "input", "", _drawn(scene, None, images), scene)
    for each in answers:
        last = each is answers[-1]
        title = f"step {each['limit']}" + (" = N" if last else "")
        if each["values"] is None:
            wrong = images["judged"] and target is not None and target["word"] != each["word"]
            said = each["word"] + (" ✗" if wrong else "")
            yield element("figure", element("figcaption", f"{title}<br/>{escape(said)}"))
        else:
            yield _map(f"{name}-{each['limit']}", title, each, scene, item, images)
    if target is not None and (target["values"] is None or len(answers) < 2):
        if target["values"] is None:
            yield element("figure", element("figcaption", f"asked<br/>{escape(target['word'])}"))
        else:
            yield _map(f"{name}-t", "asked", target, scene, item, images)


def _fits(scene: _Scene, item: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """True if an answer has one place for each pixel."""
    return np.shape(answer["values"]) == np.shape(item["channels"][0])


def _map(
    name: str,
    title: str,
    answer: Mapping[str, Any],
    scene: _Scene,
    item: Mapping[str, Any],
    images: Mapping[str, Any],
) -> str:
    given, target = np.asarray(answer["values"], np.float64), item["target"]
    here = scene if _fits(scene, item, answer) else _whole(given)
    values, wrong, words = here.cut(given), None, ""
    judged = images["judged"] and answer is not target and target is not None
    if judged and np.shape(target["values"]) == given.shape:
        wrong = here.cut(_wrong(given, target["values"], item["asked"], images["high"]))
        words = f"{int(wrong.sum())} wrong" if wrong.any() else "right"
    drawn = _drawn(here, values, images, wrong)
    return _small(name, title, words, drawn, here)


def _wrong(values: Array, target: Any, asked: Any, high: float) -> Array:
    """1 at the places that are judged and wrong, else 0."""
    classes = values > 0.5 if high == 1 else values
    wrong = classes != np.asarray(target)
    if np.shape(asked) == values.shape:
        wrong &= np.asarray(asked) > 0.5
    return wrong.astype(np.float64)


def _small(name: str, title: str, words: str, parts: Iterator[str], scene: _Scene) -> str:
    height, width = _size(scene)
    whole = (SIZE + 2 * MARGIN, SIZE * height / width + 2 * MARGIN)
    shown = picture(name, title, words or title, parts, whole[1], whole[0])
    return element("figure", shown + element("figcaption", f"{title}<br/>{words}"))


def _drawn(
    scene: _Scene, values: Array | None, images: Mapping[str, Any], wrong: Any = None
) -> Iterator[str]:
    """Draw an answer, or the input, with its walls, marked places, and what is wrong."""
    height, width = _size(scene)
    cell = SIZE / width
    channels = {role: scene.cut(each) for role, each in scene.channels.items()}

    def at(r: float, c: float) -> tuple[float, float]:
        return MARGIN + c * cell, MARGIN + r * cell

    if values is not None:
        yield from areas(shades(values, images["low"], images["high"]), "m", *at(0, 0), cell, cell)
    elif (grey := channels.get("grey")) is not None:
        span = max(float(grey.max()), float(grey.min()) + 1e-9)
        yield from areas(shades(grey, float(grey.min()), span), "g", *at(0, 0), cell, cell)
    else:
        yield from areas(np.zeros((height, width), np.int64), "m", *at(0, 0), cell, cell)
    if values is not None and images["high"] == 1:
        yes = [
            (*at(r + 0.5, c + 0.49), *at(r + 0.5, c + 0.51)) for r, c in np.argwhere(values > 0.5)
        ]
        yield strokes(yes, "yes")
    for role, (x1, y1, x2, y2) in SIDES.items():
        if role in channels:
            shut = np.argwhere(channels[role] < 0.5)
            yield strokes([(*at(r + y1, c + x1), *at(r + y2, c + x2)) for r, c in shut], "wall")
    for role in ("start", "goal"):
        if role in channels and channels[role].max() > 0.5:
            r, c = divmod(int(channels[role].argmax()), width)
            cx, cy = at(r + 0.5, c + 0.5)
            yield element("circle", cx=cx, cy=cy, r=cell * 0.27, class_=role)
    if wrong is not None:
        lines = []
        for r, c in np.argwhere(wrong):
            lines.append((*at(r + 0.25, c + 0.25), *at(r + 0.75, c + 0.75)))
            lines.append((*at(r + 0.75, c + 0.25), *at(r + 0.25, c + 0.75)))
        yield strokes(lines, "cross")


def _scene(names: list[str], item: Mapping[str, Any]) -> _Scene:
    planes = [np.asarray(each, np.float64) for each in item["channels"]]
    channels = dict(zip(names, planes, strict=True)) if names else {"grey": planes[0]}
    inside = channels.get("inside")
    if inside is None or not (inside > 0.5).any():
        return _Scene(channels, slice(None), slice(None))
    rows, columns = (np.flatnonzero((inside > 0.5).any(axis)) for axis in (1, 0))
    return _Scene(channels, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))


def _whole(values: Array) -> _Scene:
    return _Scene({"answer": values}, slice(None), slice(None))


def _size(scene: _Scene) -> tuple[int, int]:
    height, width = scene.cut(next(iter(scene.channels.values()))).shape
    return height, width
