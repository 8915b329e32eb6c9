"""The Pareto front drawn: the metric against cost, for each runtime and for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from act_profiling.report.amounts import amount, unit, unit_name
from act_profiling.report.build import Report, cost_of
from act_profiling.report.labels import Label, place
from act_profiling.report.markup import figure, legend
from act_profiling.report.scale import ErrorAxis, metric_axis
from act_profiling.report.svg import (
    element,
    frame,
    horizontal,
    padded,
    picture,
    polyline,
    text,
    tip,
)
from act_profiling.report.words import Variant, budgets, item, measured, metric_name

HEIGHT = 380

Point = tuple[float, float]


def figures(report: Report) -> Iterator[str]:
    """Yield the figures; none where fewer than two variants have the metric."""
    if not report["front"] or sum(each["metric"] is not None for each in measured(report)) < 2:
        return
    fronts = report.get("fronts", {})
    key = [
        ("var(--front)", "on the Pareto front"),
        ("var(--axis)", "something cheaper is as good"),
        ("", "circle: ponders; square: a fixed number of steps"),
    ]
    if any(_sweeps(measured(report))):
        key.append(("", "joined: one artefact at several budgets, the numbers"))
    question = "What does pondering buy?"
    for target in fronts:
        caption = f"The metric against cost, {target}{_scale(report, target)}"
        yield figure(question, caption, front(report, target), legend(*key))
    where = ", all runtimes; thin: the front of each" if fronts else ""
    caption = f"The metric against cost{where}{_scale(report)}"
    yield figure(question, caption, front(report), legend(*key))


def _scale(report: Report, target: str | None = None) -> str:
    """Say how the metric's axis is to be read, where it is no straight one."""
    axis = _axis(report, _shown(report, target))
    if not isinstance(axis, ErrorAxis):
        return ""
    perfect = f", {axis.best:g} beyond the break" if axis.has_best else ""
    of = " of the distance from 1" if axis.best else ""
    return f"; logarithmic scale{of}{perfect}"


def _shown(report: Report, target: str | None) -> list[dict[str, Any]]:
    return [
        each
        for each in measured(report)
        if each["metric"] and (target is None or each["target"] == target)
    ]


def _axis(report: Report, shown: Sequence[Variant]) -> Any:
    scores = [each["metric"]["value"] for each in shown]
    return metric_axis(scores, higher=report["front"]["higher_is_better"], height=HEIGHT)


def front(report: Report, target: str | None = None) -> str:
    """Draw what pondering buys: the metric against cost per time step or input, and the front.

    Args:
        target: draw its variants alone, with their own front.
    """
    best = report["front"]
    members = best["labels"] if target is None else report["fronts"][target]
    shown = _shown(report, target)
    costs = [cost_of(each)["typical_per_time_step"] for each in shown]
    scores = [each["metric"]["value"] for each in shown]
    size, sign = unit(report["cost"], max(costs))
    x, y = horizontal(*padded(costs, 0.14)), _axis(report, shown)
    cost_name = f"per {item(report)}, {unit_name(report['cost'], sign)}"
    metric = metric_name(best["metric"])
    better = "higher" if best["higher_is_better"] else "lower"
    parts = [frame(x, y, cost_name, f"{metric}, {better} is better", size)]
    if isinstance(y, ErrorAxis):
        parts.append(y.rails(x.start))

    points = [(x(cost), y(score)) for cost, score in zip(costs, scores, strict=True)]
    on_front = [each["label"] in members for each in shown]
    edge = _stairs(sorted(point for point, on in zip(points, on_front, strict=True) if on))
    lines = [edge]
    parts.append(polyline(edge, "front-line"))
    fronts = report.get("fronts", {}) if target is None else {}
    if fronts:  # the pictures of each target have the names of its variants
        labels = []
        for name, own in fronts.items():
            mine = sorted(p for p, each in zip(points, shown, strict=True) if each["label"] in own)
            lines.append(_stairs(mine))
            parts.append(polyline(lines[-1], "sweep"))
            labels.append(Label(name, mine))
    else:
        # In the picture of one runtime its name would be in every label.
        names = [each["label"].replace(f" {target}", "", 1) for each in shown]
        labels = [Label(name, [point]) for name, point in zip(names, points, strict=True)]
        for sweep in _sweeps(shown):
            lines.append([points[k] for k in sweep])
            parts.append(polyline(lines[-1], "sweep"))
            for k in sweep:
                labels[k] = Label(budgets(shown[k], short=True), [points[k]])
            labels.append(Label(shown[sweep[0]]["artefact"], lines[-1]))
    for k, spot in enumerate(place(labels, points, lines, y.floor)):
        soft = not fronts and k < len(shown) and not on_front[k]
        words = labels[k].words
        parts.append(text(spot.x, spot.y, words, spot.anchor, "soft" if soft else "label"))
    for k in sorted(range(len(shown)), key=on_front.__getitem__):  # the front above the others
        parts.append(_mark(report, shown[k], points[k], on=on_front[k]))
    words = "; ".join(
        f"{each['label']} {score:.4g} at {amount(report['cost'], cost)}"
        f"{', on the front' if on else ''}"
        for each, score, cost, on in zip(shown, scores, costs, on_front, strict=True)
    )
    title = f"{metric} against cost per {item(report)}"
    if target is not None:
        return picture(f"front-{target}", f"{title}, {target}", words, parts, HEIGHT)
    return picture("front", title, words, parts, HEIGHT)


def _mark(report: Report, variant: Variant, point: Point, *, on: bool) -> str:
    px, py = point
    note = tip(
        f"{variant['label']}: {variant['metric']['value']:.4g} at "
        f"{amount(report['cost'], cost_of(variant)['typical_per_time_step'])}, "
        f"mean N {variant['ponder_steps']['mean']:.2f}{', on the front' if on else ''}"
    )
    kind = "on" if on else "off"
    if variant["epsilon"] is None:
        return element("rect", note, x=px - 5, y=py - 5, width=10, height=10, class_=kind)
    return element("circle", note, cx=px, cy=py, r=5.5, class_=kind)


def sweep_key(variant: Mapping[str, Any]) -> tuple[Any, ...]:
    """Equal for the variants that are one artefact at several budgets."""
    facts = ("artefact", "sha256", "threads", "cpus")
    return (*(variant[name] for name in facts), *variant["budget"])


def _sweeps(variants: Sequence[Variant]) -> Iterator[list[int]]:
    """The places of the variants that are one artefact at several budgets, in order of cost."""
    artefacts: dict[tuple[Any, ...], list[int]] = {}
    for k, each in enumerate(variants):
        artefacts.setdefault(sweep_key(each), []).append(k)
    for places in artefacts.values():
        if len(places) > 1 and variants[places[0]]["budget"]:
            yield sorted(places, key=lambda k: cost_of(variants[k])["typical_per_time_step"])


def _stairs(points: list[Point]) -> list[Point]:
    """The corners of the line below which nothing was measured."""
    corners = points[:1]
    for (_, before), (x, y) in pairwise(points):
        corners += [(x, before), (x, y)]
    return corners
