"""A report's pictures, each of which answers one question; SVG, with page.css for colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from act_profiling.report.amounts import amount, unit, unit_name
from act_profiling.report.build import Report, cost_of
from act_profiling.report.labels import Label, place
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
    polyline,
    segment,
    text,
    tip,
    vertical,
)
from act_profiling.report.words import Variant, confidence, measured

FRONT_HEIGHT = 380
QUANTILES = ("p50", "p90", "p99")


def front(report: Report, target: str | None = None) -> str:
    """Draw what pondering buys: the metric against cost per time step, with the Pareto front.

    Args:
        target: draw its variants alone, with their own front.
    """
    best = report["front"]
    members = best["labels"] if target is None else report["fronts"][target]
    shown = [
        each
        for each in measured(report)
        if each["metric"] and (target is None or each["target"] == target)
    ]
    costs = [cost_of(each)["typical_per_time_step"] for each in shown]
    scores = [each["metric"]["value"] for each in shown]
    size, sign = unit(report["cost"], max(costs))
    x = horizontal(*padded(costs, 0.14))
    y = vertical(*padded(scores, 0.2), FRONT_HEIGHT)
    name = unit_name(report["cost"], sign)
    better = "higher" if best["higher_is_better"] else "lower"
    parts = [frame(x, y, f"per time step, {name}", f"{best['metric']}, {better} is better", size)]

    points = [(x(cost), y(score)) for cost, score in zip(costs, scores, strict=True)]
    on_front = [each["label"] in members for each in shown]
    labels = [Label(each["label"], [point]) for each, point in zip(shown, points, strict=True)]
    edge = _stairs(sorted(point for point, on in zip(points, on_front, strict=True) if on))
    lines = [edge]
    parts.append(polyline(edge, "front-line"))
    for sweep in _sweeps(shown):
        lines.append([points[k] for k in sweep])
        parts.append(polyline(lines[-1], "sweep"))
        for k in sweep:
            values = shown[k]["budget"].values()
            labels[k] = Label(", ".join(f"{value:g}" for value in values), [points[k]])
        labels.append(Label(shown[sweep[0]]["artefact"], lines[-1]))
    if target is None and report.get("fronts"):
        labels = []  # the pictures of each target have the names
    for k, spot in enumerate(place(labels, points, lines, y.start)):
        kind = "soft" if k < len(shown) and not on_front[k] else "label"
        parts.append(text(spot.x, spot.y, labels[k].words, spot.anchor, kind))
    for each, on, (px, py) in zip(shown, on_front, points, strict=True):
        note = tip(
            f"{each['label']}: {each['metric']['value']:.4g} at "
            f"{amount(report['cost'], cost_of(each)['typical_per_time_step'])}, "
            f"mean N {each['ponder_steps']['mean']:.2f}{', on the front' if on else ''}"
        )
        kind = "on" if on else "off"
        if each["epsilon"] is None:
            mark = element("rect", note, x=px - 5, y=py - 5, width=10, height=10, class_=kind)
        else:
            mark = element("circle", note, cx=px, cy=py, r=5.5, class_=kind)
        parts.append(mark)
    words = ", ".join(
        f"{each['label']} {score:.4g} at {amount(report['cost'], cost)}"
        for each, score, cost in zip(shown, scores, costs, strict=True)
    )
    title = f"{best['metric']} against cost per time step"
    if target is not None:
        return picture(f"front-{target}", f"{title}, {target}", words, parts, FRONT_HEIGHT)
    return picture("front", title, words, parts, FRONT_HEIGHT)


def _sweeps(variants: Sequence[Variant]) -> Iterator[list[int]]:
    """The places of the variants that are one artefact at several budgets, in order of cost."""
    artefacts: dict[tuple[Any, ...], list[int]] = {}
    for k, each in enumerate(variants):
        key = each["artefact"], each["sha256"], each["threads"], each["cpus"], *each["budget"]
        artefacts.setdefault(key, []).append(k)
    for places in artefacts.values():
        if len(places) > 1 and variants[places[0]]["budget"]:
            yield sorted(places, key=lambda k: cost_of(variants[k])["typical_per_time_step"])


def _stairs(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of the line below which nothing was measured."""
    corners = points[:1]
    for (_, before), (x, y) in pairwise(points):
        corners += [(x, before), (x, y)]
    return corners


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
    quantiles = {q: found["per_call"][q] for q in QUANTILES}
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
    words = (
        f"p50, p90, p99: {', '.join(amount(cost, v) for v in quantiles.values())}; {beyond} beyond"
    )
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


def sequence(variant: Variant, ramp: Ramp, name: str) -> str:
    """Where does it ponder? N of each time step of a stretch of the data."""
    sample = variant["sample"]
    ns = [sum(layers) for layers in sample["ponder_steps"]]
    x, y = horizontal(0, len(ns)), vertical(0, max(ns) * 1.08, HEIGHT - 90)
    parts = [frame(x, y, "time step", "N")]
    for t, n in enumerate(ns):
        given = f", token {sample['tokens'][t]}" if sample["tokens"] else ""
        note, kind = f"time step {t}: N = {n}{given}", f"f{ramp.level(n)}"
        parts.append(bar(x(t) + 0.3, y(n), x(t + 1) - x(t) - 0.6, y(0) - y(n), kind, note))
    for start in sample["starts"][1:]:
        parts.append(segment(x(start), TOP, x(start), y.start, "mark"))
    words = f"N from {min(ns)} to {max(ns)} over {len(ns)} time steps"
    return picture(name, f"N along a sequence, {variant['label']}", words, parts, HEIGHT - 90)


def steps(group: Mapping[str, Any]) -> str:
    low, high = group["low"], group["high"]
    return f"N = {low}" if low == high else f"N = {low} to {high}"
