"""A report's pictures, each of which answers one question; SVG, with page.css for colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from act_profiling.report.amounts import amount, unit, unit_name
from act_profiling.report.build import Report, cost_of
from act_profiling.report.svg import (
    HEIGHT,
    TOP,
    WIDTH,
    Axis,
    Ramp,
    bar,
    element,
    frame,
    horizontal,
    padded,
    picture,
    segment,
    text,
    tip,
    vertical,
)
from act_profiling.report.words import Variant, confidence, measured

QUANTILES = ("p50", "p90", "p99")


def split(report: Report) -> str:
    """Where does a call's cost go? What it costs before it ponders, and its ponder steps."""
    cost, row = report["cost"], 40
    bars = [(each, *_parts(each)) for each in measured(report)]
    x = Axis(0, max(fixed + ponder for _, fixed, ponder, _ in bars), 4, WIDTH - 84)
    parts, words = [], []
    for k, (each, fixed, ponder, known) in enumerate(bars):
        top, middle, end = k * row + 6, x(fixed), x(fixed + ponder)
        total = amount(cost, fixed + ponder)
        share = f", {ponder / (fixed + ponder):.0%} of it pondering" if known else ""
        words.append(f"{each['label']} {total}{share}")
        parts.append(text(4, top + 10, each["label"], "start", "label"))
        kind = "fixed" if known else "whole"
        parts.append(bar(4, top + 16, middle - 4, 15, kind, f"{kind} {amount(cost, fixed)}"))
        note = f"ponder steps {amount(cost, ponder)}"
        parts.append(bar(middle, top + 16, end - middle, 15, "ponder", note))
        parts.append(text(end + 7, top + 28, total, "start", "label"))
    height = row * len(bars) + 2
    return picture("split", "Fixed and pondering part of a call", "; ".join(words), parts, height)


def _parts(variant: Variant) -> tuple[float, float, bool]:
    """Fixed cost, that of the mean N of a call, and whether they can be told apart."""
    found = cost_of(variant)
    line = found["line"]
    if "missing" in line:
        return found["per_call"]["p50"], 0.0, False
    groups = found["by_ponder_steps"]
    count = sum(group["count"] for group in groups)
    mean = sum(group["ponder_steps"] * group["count"] for group in groups) / count
    total = line["fixed"] + line["per_step"] * mean
    # Noise may put either part of a flat line, or of one far from N = 0, below 0.
    fixed = min(max(line["fixed"], 0.0), total)
    return fixed, total - fixed, True


def distribution(report: Report, variant: Variant, ramp: Ramp, name: str) -> str:
    """Why is the tail long? How calls are spread, each bar divided by N."""
    found, cost = cost_of(variant), report["cost"]
    edges, groups = found["distribution"]["edges"], found["distribution"]["groups"]
    totals = [sum(group["counts"][k] for group in groups) for k in range(len(edges) - 1)]
    calls = found["per_call"]
    quantiles = {q: calls[q] for q in QUANTILES if calls[q] is not None}
    high = edges[-1] + 0.02 * (edges[-1] - edges[0])
    size, sign = unit(cost, high)
    x, y = horizontal(edges[0], high), vertical(0, max(totals) * 1.16)
    parts = [frame(x, y, f"one call, {unit_name(cost, sign)}", "calls", size)]
    for k in range(len(totals)):
        left, right, base = x(edges[k]) + 0.4, x(edges[k + 1]) - 0.4, 0
        for group in groups:
            if count := group["counts"][k]:
                top, kind = y(base + count), f"f{ramp.level((group['low'] + group['high']) / 2)}"
                note = f"{steps(group)}: {count} calls around {amount(cost, edges[k])}"
                parts.append(bar(left, top, right - left, y(base) - top, kind, note))
                base += count
    parts += _marks(x, quantiles, y.start)
    beyond = found["distribution"]["beyond"]
    shown = ", ".join(amount(cost, value) for value in quantiles.values())
    words = f"{', '.join(quantiles)}: {shown}; {beyond} beyond"
    return picture(name, f"Distribution of calls of {variant['label']}", words, parts, HEIGHT)


def _marks(x: Axis, quantiles: Mapping[str, float], bottom: float) -> Iterator[str]:
    """A line with its name at each quantile; an arrow at one beyond the picture's end."""
    before, row = -math.inf, 0
    for name, value in quantiles.items():
        at, beyond = x(min(value, x.high)), value > x.high
        row = 1 - row if at - before < 34 else 0
        before, top = at, TOP + 4 - 15 * row
        yield segment(at, top + 4, at, bottom, "mark")
        yield text(at, top, f"{name} →" if beyond else name, "middle", "label")


def against_n(report: Report, variant: Variant, name: str) -> str:
    """Draw what a ponder step costs: median and p10 to p90 at each N, and the fitted line."""
    found, cost = cost_of(variant), report["cost"]
    groups, line = found["by_ponder_steps"], found["line"]
    least, most = groups[0]["ponder_steps"], groups[-1]["ponder_steps"]
    high = max(group["p90"] for group in groups)
    size, sign = unit(cost, high)
    if whole := least < most / 2 or least == most:
        x, y = horizontal(0, most * 1.06), vertical(0, high * 1.08)
    else:  # So far from 0 the fixed cost is nothing to see, and would hide the rest.
        x = horizontal(*padded([least, most], 0.06))
        y = vertical(*padded([min(group["p10"] for group in groups), high], 0.08))
    parts = [frame(x, y, "N of a call", f"one call, {unit_name(cost, sign)}", 1.0, size)]
    words = "; ".join(f"{steps(group)} {amount(cost, group['p50'])}" for group in groups)
    if "missing" not in line:
        fits = [(each, "fit round") for each in variant["rounds"] if not each["throttled"]]
        for each, kind in (*fits, (line, "fit")):
            if "fixed" in each:
                begin, end = (y(each["fixed"] + each["per_step"] * n) for n in (least, most))
                parts.append(segment(x(least), begin, x(most), end, kind))
        if whole:
            begin, end = (y(line["fixed"] + line["per_step"] * n) for n in (0, least))
            parts.append(segment(x(0), begin, x(least), end, "fit before"))
        words = f"per step: {confidence(report, line, 'per_step')}; {words}"
    largest = max(group["count"] for group in groups)
    for group in groups:
        px = x(group["ponder_steps"])
        parts.append(segment(px, y(group["p10"]), px, y(group["p90"]), "spread"))
        note = tip(f"{steps(group)}: {amount(cost, group['p50'])}, {group['count']} calls")
        radius = 3 + 4 * (group["count"] / largest) ** 0.5
        parts.append(element("circle", note, cx=px, cy=y(group["p50"]), r=radius, class_="dot"))
    return picture(name, f"Cost against N of {variant['label']}", words, parts, HEIGHT)


def steps(group: Mapping[str, Any]) -> str:
    low, high = group["low"], group["high"]
    return f"N = {low}" if low == high else f"N = {low} to {high}"
