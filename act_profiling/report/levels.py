"""Pictures of N and the metric by difficulty: is more thought given to what is harder?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from act_profiling.report.build import Report
from act_profiling.report.labels import Label, place
from act_profiling.report.markup import figure, legend
from act_profiling.report.svg import (
    HEIGHT,
    element,
    frame,
    horizontal,
    padded,
    picture,
    polyline,
    text,
    tip,
    vertical,
)
from act_profiling.report.words import Variant, leading, measured, metric_name

Point = tuple[float, float]


def figures(report: Report) -> Iterator[str]:
    """Yield the figures; none where the data do not say how difficult they are."""
    shown = compared(report)
    if shown:
        entries = [("var(--front)", "ponders")]
        if len(shown) > 1:
            entries.append(("var(--axis)", "fixed numbers of steps, each with its number"))
        key = legend(*entries)
        name = shown[0]["difficulty"]["name"]
        yield figure(
            "Does it think longer about what is harder?",
            _correlation(shown[0]),
            _picture(shown, "ponder_steps", "mean N", "levels-n"),
            key,
        )
        judged = [each for each in shown if _has_metric(each)]
        if judged:
            metric = metric_name(judged[0]["metric"]["name"])
            yield figure(
                "Where does it pay?",
                f"The metric by {name}",
                _picture(judged, "metric", metric, "levels-metric"),
                key,
            )


def compared(report: Report) -> list[dict[str, Any]]:
    """The variant to name first and the fixed nets of its runtime, if they have difficulties."""
    lead = leading(report)
    judged = report.get("verdicts", [])
    if judged:
        lead = next(each for each in measured(report) if each["label"] == judged[0]["label"])
    if lead is None or not lead.get("difficulty"):
        return []
    fixed = [
        each
        for each in measured(report)
        if each["epsilon"] is None and each["target"] == lead["target"] and each.get("difficulty")
    ]
    return [lead, *fixed]


def _correlation(variant: Variant) -> str:
    found = variant["difficulty"]
    name = f"Mean N by {found['name']}"
    if found["spearman"] is None:
        return f"{name}: N never differs"
    return f"{name}; rank correlation (Spearman) {found['spearman']:.2f}"


def _has_metric(variant: Variant) -> bool:
    return all(level["metric"] is not None for level in variant["difficulty"]["levels"])


def _picture(shown: list[dict[str, Any]], what: str, axis: str, name: str) -> str:
    places = [
        (level["low"] + level["high"]) / 2
        for each in shown
        for level in each["difficulty"]["levels"]
    ]
    values = [level[what] for each in shown for level in each["difficulty"]["levels"]]
    x = horizontal(*padded(places, 0.04))
    y = vertical(min(0.0, *values), max(values) * 1.12 or 1.0)
    parts = [frame(x, y, shown[0]["difficulty"]["name"], axis)]
    words, labels, lines = [], [], []
    for each in reversed(shown):  # the first is drawn last, above the others
        lead = each is shown[0]
        levels = each["difficulty"]["levels"]
        points = [(x((lv["low"] + lv["high"]) / 2), y(lv[what])) for lv in levels]
        lines.append(points)
        parts.append(polyline(points, "front-line" if lead else "sweep"))
        for point, level in zip(points, levels, strict=True):
            parts.append(_mark(point, each, level, what, lead=lead))
        labels.append(Label("ponders" if lead else f"{each['max_ponder']}", points))
        words.append(
            f"{each['label']}: " + ", ".join(f"{_span(lv)} {lv[what]:.3g}" for lv in levels)
        )
    marks = [point for line in lines for point in line]
    for label, spot in zip(labels, place(labels, marks, lines, y.floor), strict=True):
        kind = "label" if label.words == "ponders" else "soft"
        parts.append(text(spot.x, spot.y, label.words, spot.anchor, kind))
    return picture(name, f"{axis} by difficulty", "; ".join(reversed(words)), parts, HEIGHT)


def _mark(point: Point, variant: Variant, level: dict[str, Any], what: str, *, lead: bool) -> str:
    note = tip(f"{variant['label']}, {_span(level)}: {level[what]:.4g} ({level['count']})")
    radius, kind = (4.5, "on") if lead else (2.5, "off")
    return element("circle", note, cx=point[0], cy=point[1], r=radius, class_=kind)


def _span(level: dict[str, Any]) -> str:
    low, high = level["low"], level["high"]
    return str(low) if low == high else f"{low}–{high}"
