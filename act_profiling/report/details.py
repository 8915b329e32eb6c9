"""The part of the page that is about one variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from act_profiling.report import charts, pondering, words
from act_profiling.report.amounts import amount
from act_profiling.report.build import Report, cost_of
from act_profiling.report.markup import figure, legend, ramp_legend, table
from act_profiling.report.svg import Ramp, element
from act_profiling.report.words import Variant

MOST_OPERATORS = 12


def details(report: Report, variant: Variant, number: int, opened: bool) -> str:
    """Its pictures, its sample sequence and its tables, unfolded if ``opened``."""
    call_ramp, _ = ramps(report)
    cost, found = report["cost"], cost_of(variant)
    title = element("strong", escape(variant["label"]))
    line = found["line"]
    short = line["missing"] if "missing" in line else f"{words.formula(cost, line)} x N"
    summary = element("summary", title + element("span", escape(short), class_="soft"))
    pictures = [
        figure(
            *_spread(found),
            charts.distribution(report, variant, call_ramp, f"v{number}-spread"),
            ramp_legend(call_ramp),
        ),
        figure(
            "What does a ponder step cost?",
            _line_caption(report, variant),
            charts.against_n(report, variant, f"v{number}-line"),
            legend(
                ("var(--accent)", "median, larger where more calls are; bar: p10 to p90"),
                ("var(--front)", "fitted line; thin, of each round"),
            ),
        ),
    ]
    body = element("div", "".join(pictures), class_="pair")
    body += _where(report, variant)
    body += element("div", "".join(_tables(report, variant)), class_="pair")
    content = summary + body
    return element("details", content, class_="card", open="" if opened else None)


def _spread(found: Mapping[str, Any]) -> tuple[str, str]:
    """Title and caption of the distribution."""
    if not _tailed(found):
        caption = "Calls by the mean of a batch of their N, each bar divided by N"
        return "How do batches differ?", caption
    return "Why is the tail long?", "Calls by what they cost, each bar divided by N"


def _tailed(found: Mapping[str, Any]) -> bool:
    """False where rows are means of batches."""
    return found["per_call"]["p90"] is not None


def ramps(report: Report) -> tuple[Ramp, Ramp]:
    """Colours for N of a call and for N of a time step, the same in all variants."""
    found = words.measured(report)
    groups = [group for each in found for group in cost_of(each)["by_ponder_steps"]]
    calls = Ramp(min(g["low"] for g in groups), max(g["high"] for g in groups))
    if all(each["sequence"] == "stream" and each["batch"] == 1 for each in found):
        return calls, calls
    return calls, Ramp(1, max(each["ponder_steps"]["max"] for each in found))


def where(report: Report, variant: Variant) -> tuple[str, bool]:
    """The figure of where a variant ponders, empty if there is nothing to see; if it is wide."""
    kind = pondering.kind_of(variant)
    if kind is None:
        return "", False
    labels = [each["label"] for each in words.measured(report)]
    name = f"v{labels.index(variant['label'])}-where"
    return kind.draw(variant, ramps(report)[1], name), kind.WIDE


def _where(report: Report, variant: Variant) -> str:
    """Show where it ponders, unless that is as in the variant that is shown first."""
    lead = words.leading(report)
    shown, _ = where(report, variant)
    if variant is lead or not shown:
        return ""
    if lead and all(variant.get(name) == lead.get(name) for name in ("sample", "images")):
        return element("p", f"It ponders as {escape(lead['label'])} does, shown above.")
    return element("div", shown, class_="wide")


def _line_caption(report: Report, variant: Variant) -> str:
    line = cost_of(variant)["line"]
    if "missing" in line:
        return f"No line: {line['missing']}"
    fixed = words.confidence(report, line, "fixed")
    step = words.confidence(report, line, "per_step")
    return f"Fixed: {fixed}; per step: {step}; r² of the medians {line['r2']:.3f}"


def _tables(report: Report, variant: Variant) -> Iterator[str]:
    cost = report["cost"]
    groups = (
        [
            charts.steps(group),
            f"{group['count']:,}",
            *(amount(cost, group[name]) for name in ("p10", "p50", "p90")),
        ]
        for group in cost_of(variant)["by_ponder_steps"]
    )
    note = "" if _tailed(cost_of(variant)) else "Of means of batches, not of single calls"
    yield _section("By N", table(("", "calls", "p10", "p50", "p90"), groups), note)
    yield _section("Rounds", table(("", "rows", "p50", "fixed + step", ""), _rounds(cost, variant)))
    if variant["counts"]:
        yield _section(
            "Counted", table(("", "mean of a call", "fixed", "per step"), _counts(variant))
        )
    if variant["operators"]:
        rows = ([escape(cell) for cell in row] for row in words.operators(variant, MOST_OPERATORS))
        note = "From a run of its own, which profiling slows down"
        yield _section("Operators", table(("", "of a call", "runs"), rows), note)


def _section(title: str, content: str, note: str = "") -> str:
    head = element("h3", escape(title)) + (
        element("p", escape(note), class_="soft") if note else ""
    )
    return element("div", head + content, class_="scroll")


def _rounds(cost: str, variant: Variant) -> Iterator[list[str]]:
    for number, each in enumerate(variant["rounds"], 1):
        yield [
            str(number),
            f"{each['rows']:,}",
            words.NOTHING if each["p50"] is None else amount(cost, each["p50"]),
            words.formula(cost, each) if "fixed" in each else words.NOTHING,
            "throttled: left out" if each["throttled"] else "",
        ]


def _counts(variant: Variant) -> Iterator[list[str]]:
    for name, count in variant["counts"].items():
        line = count["line"]
        parts = [words.NOTHING] * 2
        if "missing" not in line:
            parts = [f"{line[key]:,.0f}" for key in ("fixed", "per_step")]
        yield [name, f"{count['mean']:,.0f}", *parts]
