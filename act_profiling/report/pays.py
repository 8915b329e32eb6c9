"""Does pondering pay? The verdicts of a report in words, the same on a terminal and on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from act_profiling.report.build import Report

PAYS, NOT, UNDECIDED = ANSWERS = (
    "pondering pays",
    "pondering does not pay",
    "undecided whether pondering pays, the difference is within the noise",
)
SHORT = {NOT: "does not", UNDECIDED: "undecided"}


def summary(report: Report) -> str | None:
    """State in a sentence whether pondering pays, against the fixed nets of each runtime."""
    judged = report.get("verdicts", [])
    ratios = [each["ratio"] for each in judged if each["ratio"] is not None]
    if not judged:
        return None
    if not ratios:
        return "pondering does not pay: less accurate than every fixed number of steps"
    steps = _range([f"{each['steps']:.1f}" for each in judged if each["ratio"] is not None])
    times = _range([f"{each:.2f}" for each in ratios])
    found = f"as accurate as {steps} fixed steps in {times} of the {what(report)}{_chosen(report)}"
    counts = Counter(map(_decision, judged))
    decided = [(answer, counts[answer]) for answer in ANSWERS if counts[answer]]
    if len(decided) == 1:
        return f"{decided[0][0]}: {found}"
    (first, wins), *others = decided
    rest = ", ".join(f"{SHORT[answer]} in {count}" for answer, count in others)
    runtimes = len({(each["target"], each["precision"]) for each in judged}) == len(judged)
    of = "runtimes" if runtimes else "comparisons"
    return f"{first} in {wins} of {len(judged)} {of}, {rest}: {found}"


def what(report: Report) -> str:
    """Name what the ratios are parts of."""
    return "time" if report["cost"] == "latency" else "instructions"


def share(judged: Mapping[str, Any]) -> str:
    """State the part of the fixed nets' cost, with its interval."""
    least, most = judged["ratio_interval"]
    return f"{judged['ratio']:.2f} ({least:.2f} to {most:.2f})"


def best(judged: Mapping[str, Any]) -> str:
    """Name the net that a verdict of ``at least`` is held against."""
    return f"{judged['nets'][0]}, the cheapest of the best"


def _chosen(report: Report) -> str:
    """Say that a verdict is on the best of several budgets, where one is."""
    keys = ("artefact", "sha256", "target", "threads", "cpus")
    models = {
        each["label"]: tuple(each[key] for key in keys)
        for each in report["variants"]
        if each["missing"] is None and each["epsilon"] is not None
    }
    budgets = Counter(models.values())
    several = any(budgets[models.get(each["label"], ())] > 1 for each in report["verdicts"])
    return ", each model at its best budget" if several else ""


def _decision(judged: Mapping[str, Any]) -> str:
    """One of :data:`ANSWERS`: undecided where the ratio's interval, as it is printed, holds 1."""
    if judged["ratio"] is None:
        return NOT
    low, high = (round(end, 2) for end in judged["ratio_interval"])
    return PAYS if high < 1 else NOT if low > 1 else UNDECIDED


def _range(values: list[str]) -> str:
    """``4 to 7``, or ``4`` if all are the same."""
    low, high = min(values, key=float), max(values, key=float)
    return low if low == high else f"{low} to {high}"


def verdict(report: Report, judged: Mapping[str, Any]) -> str:
    """State how a net that ponders compares with the fixed nets of its runtime."""
    nets = judged["nets"]
    if judged["bound"] == "below":
        return f"{judged['label']}: less accurate than {nets[0]}, the least of the fixed nets"
    low, high = judged["steps_interval"]
    part = f"{share(judged)} of the {what(report)}"
    if judged["bound"] == "at least":
        return f"{judged['label']}: at least as accurate as {best(judged)}, in {part}"
    return (
        f"{judged['label']}: as accurate as {judged['steps']:.1f} fixed steps ({low:.1f} to "
        f"{high:.1f}; between {nets[0]} and {nets[1]}), in {part}"
    )
