"""Where a report's numbers come from, in words: device, data, settings, versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from act_profiling.report.build import Report


def provenance(report: Report) -> Iterator[tuple[str, str]]:
    """Name and value of all that a number depends on."""
    device, data, origin = report["device"], report["data"], report["provenance"]
    yield "device", f"{device['name']}: {device['identity']}"
    if device["facts"]:
        yield "", _facts(device["facts"])
    yield "data", f"{data['name']}: {data['sequences']} sequences, {data['time_steps']} time steps"
    if report["cost"] == "latency":
        yield "timed", origin["boundary"]
    else:
        yield "counted", f"{origin['boundary']}; an emulated device's times mean nothing"
    yield "settings", _facts(origin["settings"])
    yield "versions", _facts(origin["versions"])
    yield "created", report["created"]
    for note in origin["notes"]:
        yield "note", note


def _facts(facts: Mapping[str, Any]) -> str:
    """Those that are known, nested ones with their path: ``battery.level 84, os Android 14``."""
    return ", ".join(f"{name} {value}" for name, value in _flat(facts))


def _flat(facts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            if shown := _alike(value):
                yield path + name, shown
        elif value is not None:
            yield path + name, str(value)


def _alike(values: Sequence[Any]) -> str:
    """``4 x 1803000, 4 x 2850000`` of values; of mappings, by name: ``max_khz 8 x 1803000``."""
    if not all(isinstance(value, Mapping) for value in values):
        counts = Counter(str(value) for value in values if value is not None)
        return ", ".join(f"{n} x {value}" if n > 1 else value for value, n in counts.items())
    columns = {name: [value.get(name) for value in values] for value in values for name in value}
    # What differs in all of them, as their numbers do, only names them.
    told = {name: _alike(c) for name, c in columns.items() if len(set(map(str, c))) < len(c)}
    shown = "; ".join(f"{name} {text}" for name, text in told.items() if text)
    return f"{len(values)}{f' ({shown})' if shown else ''}"
