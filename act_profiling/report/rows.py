"""The table of all variants; one artefact at several budgets is one row that unfolds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from act_profiling.report import words
from act_profiling.report.amounts import amount, between
from act_profiling.report.build import Report, cost_of
from act_profiling.report.fronts import sweep_key
from act_profiling.report.svg import element
from act_profiling.report.words import Variant

COSTS = ("p50", "p90", "p99")

ORDER = (2, 0, 3, 4, 5, 6, 1)
"""The order of ``words.COLUMNS``: those that a phone shows without being moved stand first."""


def variants_table(report: Report) -> str:
    """Make the table; rows of a sweep are in a body of their own, folded by a check box.

    A browser that cannot fold by style alone shows all rows.
    """
    front = report["front"]
    metric = words.metric_name(front["metric"]) if front else "metric"
    columns = words.columns(report)
    names = ("", metric, *(columns[k] for k in ORDER))
    head = "".join(element("th", escape(name), scope="col") for name in names)
    groups: dict[tuple[Any, ...], list[Variant]] = {}
    for each in words.measured(report):
        groups.setdefault(sweep_key(each), []).append(each)
    bodies = []
    for number, group in enumerate(groups.values()):
        if len(group) > 1 and group[0]["budget"]:
            bodies.append(_folded(report, group, f"budgets-{number}"))
        else:
            bodies += [element("tbody", _row(report, each)) for each in group]
    return element("table", element("thead", element("tr", head)) + "".join(bodies))


def _row(report: Report, variant: Variant, *, within: bool = False) -> str:
    """A variant's row; ``within`` the group of its artefact its budget names it."""
    name = words.budgets(variant) if within else variant["label"]
    form = "" if within else element("small", escape(_form(variant)))
    score = f"{variant['metric']['value']:.4g}" if variant["metric"] else words.NOTHING
    best = _star() if _best(report, variant) else ""
    found = words.cells(report, variant)
    cells = [f"{escape(score)} {best}", *(escape(found[k]) for k in ORDER)]
    return _cells(escape(name) + form, cells, "budget" if within else None)


def _folded(report: Report, group: Sequence[Variant], name: str) -> str:
    """A row of ranges, and the rows of the budgets, which it unfolds."""
    first, cost = group[0], report["cost"]
    box = element("input", type="checkbox", id=name)
    label = element("label", f"{len(group)} budgets", for_=name)
    title = escape(first["artefact"]) + element(
        "small", f"{escape(_form(first))}<br/>{box} {label}"
    )
    scores = [each["metric"]["value"] for each in group if each["metric"]]
    score = _range([f"{each:.4g}" for each in scores]) if scores else words.NOTHING
    best = _star() if any(_best(report, each) for each in group) else ""
    found = [cost_of(each) for each in group]

    def costs(given: Sequence[float | None]) -> str:
        values = [each for each in given if each is not None]
        if not values:
            return words.NOTHING
        low, high = min(values), max(values)
        return between(cost, (low, high)) if low < high else amount(cost, low)

    n, rho = (
        _range([f"{each[what]['mean']:.2f}" for each in group])
        for what in ("ponder_steps", "ponder_cost")
    )
    columns = [
        n,
        rho,
        costs([each["typical_per_time_step"] for each in found]),
        *(costs([each["per_call"][which] for each in found]) for which in COSTS),
        words.NOTHING,
    ]
    cells = [f"{escape(score)} {best}", *(escape(columns[k]) for k in ORDER)]
    rows = _cells(title, cells, None) + "".join(_row(report, each, within=True) for each in group)
    return element("tbody", rows, class_="sweep-rows")


def _cells(title: str, cells: Sequence[str], class_: str | None) -> str:
    head = element("th", title, scope="row")
    return element("tr", head + "".join(element("td", each) for each in cells), class_=class_)


def _form(variant: Variant) -> str:
    form = f"{variant['target']} {variant['ponder']} {variant['precision']}"
    return form if variant["epsilon"] is not None else f"{form}, fixed:{variant['max_ponder']}"


def _best(report: Report, variant: Variant) -> bool:
    return report["front"] is not None and variant["label"] in report["front"]["labels"]


def _star() -> str:
    return element("span", "★", class_="best", title="on the Pareto front")


def _range(values: Sequence[str]) -> str:
    low, high = min(values, key=float), max(values, key=float)
    return low if low == high else f"{low} to {high}"
