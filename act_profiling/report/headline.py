"""The first screen of the page: does pondering pay, on which runtime by how much, at what cost?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from act_profiling.report import pays, words
from act_profiling.report.amounts import amount
from act_profiling.report.build import Report, cost_of
from act_profiling.report.markup import table
from act_profiling.report.svg import element
from act_profiling.report.words import Variant


def verdicts(report: Report, variant: Variant) -> Iterator[str]:
    """State first whether pondering pays, and on which runtime by how much.

    Where there are no fixed nets to compare with, state what a call of ``variant`` costs.
    """
    summary = pays.summary(report)
    yield element("p", escape(_sentence(summary or _cost(report, variant))), class_="verdict")
    if summary:
        head = ("", "as accurate as", f"in so much of the {pays.what(report)}")
        rows = [[*map(escape, _row(each))] for each in report["verdicts"]]
        yield element("div", table(head, rows), class_="verdicts")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _cost(report: Report, variant: Variant) -> str:
    """State in a few words the cost of a call."""
    cost, found = report["cost"], cost_of(variant)
    line, mean = found["line"], variant["ponder_steps"]["mean"]
    if "missing" in line:
        return f"a call takes {amount(cost, found['per_call']['p50'])}, at N {mean:.2f} in the mean"
    fixed, step = (amount(cost, line[key]) for key in ("fixed", "per_step"))
    return f"a call takes {fixed}, and {step} for each ponder step: {mean:.2f} in the mean"


def _row(judged: Mapping[str, Any]) -> tuple[str, str, str]:
    """A verdict as cells: the variant, the fixed steps, the part of their cost."""
    if judged["bound"] == "below":
        return judged["label"], f"none: less than {judged['nets'][0]}", words.NOTHING
    low, high = judged["steps_interval"]
    if judged["bound"] == "at least":
        return judged["label"], f"at least {pays.best(judged)}", pays.share(judged)
    found = f"{judged['steps']:.1f} fixed steps ({low:.1f} to {high:.1f})"
    return judged["label"], found, pays.share(judged)


def lead(report: Report, variant: Variant) -> str:
    """State what the tiles are of."""
    budget = f", {words.budgets(variant)}" if variant["budget"] else ""
    what = (
        f"{variant['label']} ({variant['target']}, ponder {variant['ponder']}, "
        f"{variant['precision']}{budget})"
    )
    if report["cost"] == "latency":
        first = f"Latency of {what}."
    else:
        first = f"Instructions of {what}, counted on an emulated device: its times mean nothing."
    better = words.beaten(report, variant)
    if better and report["front"]:
        name = report["front"]["metric"]
        better = better.replace(name, words.metric_name(name))
    return f"{first} It is {better}." if better else first


def tiles(report: Report, variant: Variant) -> Iterator[str]:
    """The few numbers that matter most, each with its spread."""
    cost, found = report["cost"], cost_of(variant)
    line, steps, calls = found["line"], variant["ponder_steps"], found["per_call"]
    if "missing" not in line:
        for name, key in (("fixed cost of a call", "fixed"), ("each ponder step", "per_step")):
            yield _tile(name, words.exact(cost, line[key]), words.confidence(report, line, key))
    tail = "by batches of calls, which have no tail"
    if calls["p90"] is not None:
        tail = f"p90 {amount(cost, calls['p90'])}, p99 {amount(cost, calls['p99'])}"
    yield _tile("a call, p50", amount(cost, calls["p50"]), tail)
    spread = f"per {words.item(report)}; p50 {steps['p50']:g}, at most {steps['max']}"
    yield _tile("mean N", f"{steps['mean']:.2f}", spread)
    if variant["metric"]:
        score = variant["metric"]
        over = f"{steps['time_steps']:,} {words.item(report)}s"
        yield _tile(words.metric_name(score["name"]), f"{score['value']:.4g}", over)


def _tile(name: str, value: str, note: str) -> str:
    shown = element("div", escape(value), class_="value") + element(
        "div", escape(note), class_="note"
    )
    return element("div", element("dt", escape(name)) + element("dd", shown), class_="card")
