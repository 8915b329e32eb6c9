"""The words of a report: the same on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from act_profiling.report import pays
from act_profiling.report.amounts import amount, between, digits, unit
from act_profiling.report.build import Report, cost_of

AGREE = 1.15
"""Medians of rounds that are further apart than this factor are remarked upon."""

Variant = Mapping[str, Any]

NOTHING = "–"
COLUMNS = ("mean N", "N + R", "per {item}", "p50", "p90", "p99", "fixed + step")
"""Headings of a table of variants, between label and metric; p50 and all after it are per call."""


def measured(report: Report) -> list[dict[str, Any]]:
    """The variants that have numbers."""
    return [each for each in report["variants"] if each["missing"] is None]


def item(report: Report) -> str:
    """The thing that N counts the steps of: a time step, or an input that has no time."""
    whole = any(each["sequence"] == "whole" for each in report["variants"])
    return "input" if whole else "time step"


def columns(report: Report) -> list[str]:
    """:data:`COLUMNS` for the data of a report."""
    return [name.format(item=item(report)) for name in COLUMNS]


def leading(report: Report) -> dict[str, Any] | None:
    """The variant to name first: with a line and a loop, on the front, pondering longest, cheapest.

    Mean N that differs by rounding is the same: other runtimes run the same model.
    """
    lines = [each for each in measured(report) if "missing" not in cost_of(each)["line"]]
    front = report["front"]["labels"] if report["front"] else []

    def order(variant: Variant) -> tuple[bool, bool, float, float]:
        steps = round(variant["ponder_steps"]["mean"], 2)
        cost = cost_of(variant)["typical_per_time_step"]
        return variant["ponder"] != "unroll", variant["label"] in front, steps, -cost

    return max(lines, key=order, default=None) or next(iter(measured(report)), None)


def beaten(report: Report, variant: Variant) -> str | None:
    """Name the variant that costs less than this one and is as good; None for one on the front."""
    front = report["front"]
    if not front or not variant["metric"] or variant["label"] in front["labels"]:
        return None

    def typical(other: Variant) -> float:
        return float(cost_of(other)["typical_per_time_step"])

    cheaper = [
        each
        for each in measured(report)
        if each["label"] in front["labels"] and typical(each) <= typical(variant)
    ]
    best = max(cheaper, key=typical)
    gain = best["metric"]["value"] - variant["metric"]["value"]
    worse = gain < 0 if front["higher_is_better"] else gain > 0
    return (
        f"beaten by {best['label']}: {metric(best)}{' (worse by noise at most)' if worse else ''}, "
        f"{amount(report['cost'], typical(best))} per {item(report)}, not "
        f"{amount(report['cost'], typical(variant))}"
    )


def headline(report: Report) -> list[str]:
    """State what pondering costs and buys."""
    variant = leading(report)
    if variant is None:
        return [f"{report['device']['name']}: no variant has a number"]
    first = pays.summary(report)
    judged = [pays.verdict(report, each) for each in report.get("verdicts", [])]
    return [*([first] if first else []), *judged, *_costs(report, variant)]


def _costs(report: Report, variant: Variant) -> list[str]:
    """State what a ponder step of a variant costs, and what its metric is."""
    cost, found = report["cost"], cost_of(variant)
    steps, line = variant["ponder_steps"], found["line"]
    what = f"{variant['label']}: {'latency' if cost == 'latency' else 'instructions'} of a call"
    lines = []
    if "missing" in line:
        lines.append(f"{what}, p50: {amount(cost, found['per_call']['p50'])}; {line['missing']}")
    else:
        lines.append(f"{what} = {exact(cost, line['fixed'])} + {exact(cost, line['per_step'])} x N")
        lines.append(f"per ponder step: {confidence(report, line, 'per_step')}")
    shown = f"mean N {steps['mean']:.2f} per {item(report)}, at most {steps['max']}"
    lines.append(shown + (f"; {metric(variant)}" if variant["metric"] else ""))
    if better := beaten(report, variant):
        lines.append(better)
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


def metric_name(name: str) -> str:
    """``sequence error`` of ``sequence_error``."""
    return name.replace("_", " ")


_BUDGETS = {"max_ponder": "at most {:g} steps", "halt_threshold": "halts at {:g}"}


def budgets(variant: Variant, *, short: bool = False) -> str:
    """The budget of one row of a sweep: ``at most 4 steps``, or in a picture ``4``."""
    found = variant["budget"].items()
    names = {} if short else _BUDGETS
    shown = (names.get(name, "{:g}").format(value) for name, value in found)
    return ", ".join(each.replace(" 1 steps", " 1 step") for each in shown)


def cells(report: Report, variant: Variant) -> list[str]:
    """A variant's entries under :data:`COLUMNS`."""
    cost, found = report["cost"], cost_of(variant)
    return [
        f"{variant['ponder_steps']['mean']:.2f}",
        f"{variant['ponder_cost']['mean']:.2f}",
        amount(cost, found["typical_per_time_step"]),
        *(known(cost, found["per_call"][name]) for name in ("p50", "p90", "p99")),
        NOTHING if "missing" in found["line"] else formula(cost, found["line"]),
    ]


def known(cost: str, value: float | None) -> str:
    """An amount, or :data:`NOTHING` where rows do not tell it."""
    return NOTHING if value is None else amount(cost, value)


def formula(cost: str, line: Mapping[str, Any]) -> str:
    """``39.5 + 21.3 µs``: fixed and per ponder step."""
    size, sign = unit(cost, line["fixed"])
    return f"{digits(line['fixed'] / size)} + {digits(line['per_step'] / size)} {sign}".rstrip()


def remarks(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the remarks needed to read the numbers: the variant, or how many, and the remark."""
    variants = measured(report)
    for variant in variants:
        for remark in _remarks(variant):
            yield variant["label"], remark
    apart = [(spread[1] / spread[0], each, spread) for each in variants if (spread := _p50(each))]
    apart = [found for found in apart if found[0] > AGREE]
    if apart:
        _, worst, spread = max(apart, key=lambda found: found[0])
        shown, few = between(report["cost"], spread), len(apart) == 1
        yield (
            worst["label"] if few else f"{len(apart)} of {len(variants)} variants",
            f"rounds disagree: their p50 is {shown}"
            + ("" if few else f" in the worst, {worst['label']}")
            + ": what else runs here, or the clock's speed, changed meanwhile",
        )


def _p50(variant: Variant) -> tuple[float, float] | None:
    """The least and the largest median of its rounds."""
    rounds = [each for each in variant["rounds"] if not each["throttled"]]
    medians = [each["p50"] for each in rounds if each["p50"]]
    return (min(medians), max(medians)) if medians else None


def _remarks(variant: Variant) -> Iterator[str]:
    rounds = variant["rounds"]
    if throttled := sum(each["throttled"] for each in rounds):
        yield f"{throttled} of {len(rounds)} rounds throttled: kept, in no summary"
    if resumed := sum(each["resumed"] for each in rounds):
        yield f"the device went away and came back {resumed} times; the run was resumed"
    if differ := variant["repeats_differ"]:
        yield f"y of {differ} calls differs from one repeat to another"
    if differ := variant["golden"]["ponder_steps_differ"]:
        yield f"N differs from the golden bundle in {differ} time steps, by rounding"


def operators(variant: Variant, most: int) -> list[tuple[str, str, str]]:
    """Name, time and runs in a mean call of its slowest operators."""
    return [
        (
            each["name"],
            amount("latency", each["nanoseconds_per_call"]),
            digits(each["runs_per_call"]),
        )
        for each in variant["operators"][:most]
    ]


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
