"""What a report says in words: the same on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_profiling.report.amounts import amount, between, digits, unit
from act_profiling.report.build import Report, cost_of

AGREE = 1.15
"""Medians of rounds that are further apart than this factor are remarked upon."""

Variant = Mapping[str, Any]

NOTHING = "–"
COLUMNS = ("mean N", "N + R", "per time step", "p50", "p90", "p99", "fixed + step")
"""Of a table of variants, between the label and the metric; p50 and all after it are of a call."""


def measured(report: Report) -> list[dict[str, Any]]:
    """The variants that have numbers."""
    return [each for each in report["variants"] if each["missing"] is None]


def leading(report: Report) -> dict[str, Any] | None:
    """The variant to name first: of those with a line and a loop, the one that ponders longest."""
    lines = [each for each in measured(report) if "missing" not in cost_of(each)["line"]]

    def order(variant: Variant) -> tuple[bool, float]:
        return variant["ponder"] != "unroll", variant["ponder_steps"]["mean"]

    return max(lines, key=order, default=None) or next(iter(measured(report)), None)


def headline(report: Report) -> list[str]:
    """What pondering costs and buys."""
    variant = leading(report)
    if variant is None:
        return [f"{report['device']['name']}: no variant has a number"]
    cost, found = report["cost"], cost_of(variant)
    steps, line = variant["ponder_steps"], found["line"]
    what = f"{variant['label']}: {'latency' if cost == 'latency' else 'instructions'} of a call"
    lines = []
    if "missing" in line:
        lines.append(f"{what}, p50: {amount(cost, found['per_call']['p50'])}; {line['missing']}")
    else:
        lines.append(f"{what} = {exact(cost, line['fixed'])} + {exact(cost, line['per_step'])} x N")
        lines.append(f"per ponder step: {confidence(report, line, 'per_step')}")
    shown = f"mean N {steps['mean']:.2f} per time step, at most {steps['max']}"
    lines.append(shown + (f"; {metric(variant)}" if variant["metric"] else ""))
    return lines


def exact(cost: str, value: float) -> str:
    """Instructions repeat to the last one, so they are written in full."""
    return amount(cost, value) if cost == "latency" else f"{value:,.0f}"


def confidence(report: Report, line: Mapping[str, Any], name: str) -> str:
    """The interval of a line's ``fixed`` or ``per_step``, and how it was made."""
    interval = line[f"{name}_interval"]
    if interval is None:
        return "one round: no interval"
    if interval[1] - interval[0] < 1e-9 * abs(line[name]):
        return f"the same in all {line['rounds']} rounds"
    level = report["provenance"]["confidence"]
    return f"{between(report['cost'], interval)} ({level:.0%}, t over {line['rounds']} rounds)"


def metric(variant: Variant) -> str:
    found = variant["metric"]
    return f"{found['name']} {found['value']:.4g}" if found else NOTHING


def cells(report: Report, variant: Variant) -> list[str]:
    """A variant's entries under :data:`COLUMNS`."""
    cost, found = report["cost"], cost_of(variant)
    return [
        f"{variant['ponder_steps']['mean']:.2f}",
        f"{variant['ponder_cost']['mean']:.2f}",
        amount(cost, found["typical_per_time_step"]),
        *(amount(cost, found["per_call"][name]) for name in ("p50", "p90", "p99")),
        NOTHING if "missing" in found["line"] else formula(cost, found["line"]),
    ]


def formula(cost: str, line: Mapping[str, Any]) -> str:
    """``39.5 + 21.3 µs``: fixed and per ponder step."""
    size, sign = unit(cost, line["fixed"])
    return f"{digits(line['fixed'] / size)} + {digits(line['per_step'] / size)} {sign}".rstrip()


def remarks(variant: Variant) -> Iterator[str]:
    """What must be known to read a variant's numbers."""
    rounds = variant.get("rounds", [])
    if throttled := sum(each["throttled"] for each in rounds):
        yield f"{throttled} of {len(rounds)} rounds throttled: kept, in no summary"
    medians = [each["p50"] for each in rounds if not each["throttled"] and each["p50"]]
    if medians and max(medians) > AGREE * min(medians):
        cost = "latency" if "latency" in variant else "instructions"
        yield f"rounds disagree: their p50 is {between(cost, (min(medians), max(medians)))}"
    if resumed := sum(each["resumed"] for each in rounds):
        yield f"the device went away and came back {resumed} times; the run was resumed"
    if differ := variant.get("repeats_differ"):
        yield f"y of {differ} calls differs from one repeat to another"
    if differ := variant["golden"]["ponder_steps_differ"] if variant["golden"]["passed"] else 0:
        yield f"N differs from the golden bundle in {differ} time steps, by rounding"


def starts(report: Report) -> Iterator[tuple[str, list[str]]]:
    """init, first call, warm-up, peak memory, of each artefact: a budget changes nothing of it."""
    seen = set()
    for variant in measured(report):
        key = variant["artefact"], variant["sha256"], variant["cpus"], variant["threads"]
        if key not in seen:
            yield variant["artefact"], _start(variant)
            seen.add(key)


def _start(variant: Variant) -> list[str]:
    memory = variant["memory"].get("peak_kib")
    times = (variant["start"].get(name) for name in ("init_ns", "first_ns", "warmup_ns"))
    return [
        *(NOTHING if value is None else amount("latency", value) for value in times),
        NOTHING if memory is None else f"{digits(memory / 1024)} MiB",
    ]
