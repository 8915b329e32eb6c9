"""Measurements to one report: a dict of plain values, as ``report.schema.json`` describes it.

On a device whose times mean nothing (an emulated one) cost is instructions, and no time is in the
report at all, raw rows included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.metrics import HIGHER_IS_BETTER
from act_profiling import statistics
from act_profiling.front import pareto_front
from act_profiling.measurement import Measurement, Round, Sample
from act_profiling.report import batched
from act_profiling.report.columns import Calls, Columns, calls, columns, repeats_differ
from act_profiling.verdict import verdicts

Array = npt.NDArray[Any]
Report = dict[str, Any]

FORMAT = "act-mobile/report/1"
BINS = 48
STARTS = ("init_ns", "first_ns", "warmup_ns")


def build(
    measurements: Sequence[Measurement],
    *,
    device: str,
    identity: str,
    reports_latency: bool,
    device_facts: Mapping[str, Any],
    data: Mapping[str, Any],
    versions: Mapping[str, str],
    settings: Mapping[str, Any],
    boundary: str,
    notes: Sequence[str] = (),
) -> Report:
    """The report without its raw rows, which are added where it is written.

    Args:
        device: as the user names it.
        identity: what must be equal for two reports to be of the same device: model and SoC.
        device_facts: all else that is known of it, plain types.
        data: name, sha256, sequences, time_steps; more is kept as it is.
        boundary: what lies between the two readings of the clock, in words.
        notes: what a reader should know of the whole run.
    """
    cost = "latency" if reports_latency else "instructions"
    variants = [_variant(each, cost) for each in measurements]
    labels = [each["label"] for each in variants]
    if len(set(labels)) < len(labels):
        raise ValueError(f"labels are not unique: {labels}")
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "cost": cost,
        "device": {"name": device, "identity": identity, "facts": dict(device_facts)},
        "data": dict(data),
        "provenance": {
            "boundary": boundary,
            "versions": dict(versions),
            "settings": dict(settings),
            "notes": list(notes),
            "confidence": statistics.CONFIDENCE,
        },
        "variants": variants,
        "front": _front(measurements, variants),
        "fronts": _fronts(measurements, variants),
        "verdicts": _verdicts(measurements, variants),
    }


def _variant(measurement: Measurement, cost: str) -> dict[str, Any]:
    variant = {
        **asdict(measurement.variant),
        "golden": asdict(measurement.golden),
        "missing": None,
    }
    if not measurement.golden.passed:
        reason = measurement.golden.reason or "the device's answers are not the model's"
        return {**variant, "missing": f"golden check failed: {reason}"}
    if not any(each.rows for each in measurement.rounds):
        return {**variant, "missing": "nothing was measured"}
    table, data = columns(measurement), calls(measurement)
    if unfit := _not_numbers(measurement, data):
        return {**variant, "missing": unfit}
    variant["rounds"] = [
        _round(each, table, number, cost) for number, each in enumerate(measurement.rounds)
    ]
    if not table.kept.any():
        return {**variant, "missing": "every round was throttled: let the device cool"}
    if cost == "instructions" and "instructions" not in table.counts:
        raise ValueError(f"{measurement.variant.label}: no instructions were counted")
    values = table.nanoseconds if cost == "latency" else table.counts["instructions"]
    found = _cost(table, values)
    if batched.applies_to(measurement.rounds):
        timeless = measurement.variant.sequence == "whole"
        if bent := batched.refusal(found["line"], measurement.rounds, timeless):
            return {**variant, "missing": bent}
        found = batched.without_tails(found)
    metric = measurement.metric
    return {
        **variant,
        cost: found,
        "ponder_steps": _ponder_steps(data),
        "ponder_cost": {"mean": float((data.ponder_steps + data.remainder).sum(1).mean())},
        "metric": {"name": metric.name, "value": metric.value} if metric else None,
        "memory": dict(measurement.memory),
        "start": _start(measurement.rounds) if cost == "latency" else {},
        "counts": {name: _count(table, counted) for name, counted in table.counts.items()},
        "operators": [asdict(each) for each in measurement.operators] if cost == "latency" else [],
        "repeats_differ": repeats_differ(table),
        "sample": _sample(measurement.sample) if measurement.sample else None,
        "images": asdict(measurement.images) if measurement.images else None,
        "difficulty": asdict(measurement.difficulty) if measurement.difficulty else None,
    }


def _not_numbers(measurement: Measurement, data: Calls) -> str | None:
    """Why the outputs are no answer although the golden calls were right."""
    metric = measurement.metric
    if metric and not np.isfinite(metric.value):
        return f"{metric.name} is {metric.value}: outputs are not numbers"
    bad = int((~np.isfinite(data.remainder)).any(1).sum())
    return f"the remainder is not a number in {bad} time steps" if bad else None


def _cost(table: Columns, values: Array) -> dict[str, Any]:
    steps, kept, sizes = table.ponder_steps, table.kept, table.time_steps
    return {
        "per_call": asdict(statistics.summarise(values[kept])),
        "per_time_step": asdict(statistics.summarise(values[kept] / sizes[kept])),
        "typical_per_time_step": statistics.typical(table.call[kept], values[kept], sizes[kept]),
        "line": _line(table, values),
        "by_ponder_steps": [
            asdict(group) for group in statistics.by_ponder_steps(steps[kept], values[kept])
        ],
        "distribution": _distribution(steps[kept], values[kept]),
    }


def _line(table: Columns, values: Array) -> dict[str, Any]:
    line = statistics.line(table.of_rounds(values))
    if isinstance(line, statistics.Missing):
        return {"missing": line.reason}
    intervals = ("fixed_interval", "per_step_interval")
    return {k: list(v) if k in intervals and v else v for k, v in asdict(line).items()}


def _distribution(steps: Array, values: Array) -> dict[str, Any]:
    """A histogram, its bars divided by N; what interrupted calls took lies beyond its end."""
    low, p95, almost = np.percentile(values, (0, 95, 99.5)).tolist()
    high = min(almost, p95 + 1.5 * (p95 - low))
    bins = BINS if high > low else 1
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    groups = []
    for group in statistics.by_ponder_steps(steps, values):
        here = (steps >= group.low) & (steps <= group.high) & (values <= edges[-1])
        counts, _ = np.histogram(values[here], edges)
        groups.append({"low": group.low, "high": group.high, "counts": counts.tolist()})
    beyond = int((values > edges[-1]).sum())
    return {"edges": edges.tolist(), "groups": groups, "beyond": beyond}


def _ponder_steps(data: Calls) -> dict[str, Any]:
    """Summarise N of a time step: the sum over its layers, and each layer's mean."""
    steps = data.ponder_steps.sum(1)
    return {
        "mean": float(steps.mean()),
        "p50": float(np.median(steps)),
        "max": int(steps.max()),
        "layers": data.ponder_steps.mean(0).tolist(),
        "time_steps": len(steps),
    }


def _count(table: Columns, counted: Array) -> dict[str, Any]:
    return {"mean": float(counted[table.kept].mean()), "line": _line(table, counted)}


def _round(each: Round, table: Columns, number: int, cost: str) -> dict[str, Any]:
    """Summarise a round for comparison with other rounds: its medians and its line."""
    values = table.nanoseconds if cost == "latency" else table.counts["instructions"]
    where = table.round == number
    found: dict[str, Any] = {
        "rows": int(where.sum()),
        "throttled": each.throttled,
        "resumed": each.resumed,
        "notes": list(each.notes),
        "runtime": each.facts.get("runtime"),
        "p50": float(np.median(values[where])) if where.any() else None,
        "without": None,
    }
    others = table.kept & ~where
    if where.any() and others.any() and not each.throttled:
        rows = table.call[others], values[others], table.time_steps[others]
        found["without"] = statistics.typical(*rows)
    steps = table.ponder_steps[where]
    if len(steps) and steps.min() < steps.max():
        found["fixed"], found["per_step"] = statistics.fit(steps, values[where])
    if cost == "latency":
        found |= {name: each.facts.get(name) for name in STARTS}
    return found


def _start(rounds: Sequence[Round]) -> dict[str, float]:
    """Median over rounds of what happens before a runtime is warm."""
    kept = [each.facts for each in rounds if not each.throttled]
    values = {name: [facts[name] for facts in kept if facts.get(name)] for name in STARTS}
    return {name: float(np.median(found)) for name, found in values.items() if found}


def _sample(sample: Sample) -> dict[str, Any]:
    steps = np.asarray(sample.ponder_steps)
    inputs = None if sample.inputs is None else np.round(sample.inputs.astype(np.float64), 4)
    return {
        "ponder_steps": steps.reshape(len(steps), -1).astype(int).tolist(),
        "tokens": None if sample.tokens is None else sample.tokens.astype(int).tolist(),
        "inputs": None if inputs is None else inputs.reshape(len(steps), -1).tolist(),
        "vocabulary": sample.vocabulary,
        "starts": list(sample.starts),
        "answers": [asdict(each) for each in sample.answers],
    }


def _front(
    measurements: Sequence[Measurement], variants: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """Which variants nothing beats in metric and cost per time step; None without one metric."""
    shown = [
        (variant, measurement.metric)
        for measurement, variant in zip(measurements, variants, strict=True)
        if variant["missing"] is None and measurement.metric
    ]
    names = {metric.name for _, metric in shown}
    if len(names) != 1:
        return None
    (name,) = names
    marks = pareto_front(
        [cost_of(variant)["typical_per_time_step"] for variant, _ in shown],
        [metric for _, metric in shown],
        name in HIGHER_IS_BETTER,
    )
    return {
        "metric": name,
        "higher_is_better": name in HIGHER_IS_BETTER,
        "labels": [variant["label"] for (variant, _), on in zip(shown, marks, strict=True) if on],
    }


def _fronts(
    measurements: Sequence[Measurement], variants: list[dict[str, Any]]
) -> dict[str, list[str]]:
    """The front of each target by itself, where there are several with a front of two or more."""
    fronts = {}
    for target in dict.fromkeys(each["target"] for each in variants):
        places = [k for k, each in enumerate(variants) if each["target"] == target]
        front = _front([measurements[k] for k in places], [variants[k] for k in places])
        if front and len(places) > 1:
            fronts[target] = front["labels"]
    return fronts if len(fronts) > 1 else {}


def _verdicts(
    measurements: Sequence[Measurement], variants: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Hold what ponders against the fixed nets of each runtime; none without one metric."""
    places = [k for k, each in enumerate(variants) if not each["missing"] and each["metric"]]
    names = {variants[k]["metric"]["name"] for k in places}
    if len(names) != 1:
        return []
    found = verdicts(
        [measurements[k] for k in places],
        [cost_of(variants[k])["typical_per_time_step"] for k in places],
        [variants[k]["ponder_steps"]["mean"] for k in places],
        [_by_round(variants[k]) for k in places],
        higher=names <= {*HIGHER_IS_BETTER},
    )
    return [asdict(each) for each in found]


def _by_round(variant: Mapping[str, Any]) -> list[float]:
    """Typical cost of a time step without each round, NaN for one that counts in no summary."""
    return [math.nan if each["without"] is None else each["without"] for each in variant["rounds"]]


def cost_of(variant: Mapping[str, Any]) -> dict[str, Any]:
    """Latency, or instructions where times mean nothing, of a variant that has one of them."""
    cost: dict[str, Any] = variant["latency"] if "latency" in variant else variant["instructions"]
    return cost
