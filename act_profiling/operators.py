"""The time of each operator, read from the profiles that the runtimes write themselves.

A runtime that writes a profile is slower for it: these times say where a call's time goes, not how
much it is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from act_artefact.errors import CheckFailed

PROFILED = ("onnxruntime", "litert")
"""How the names of the runtimes begin that write profiles; the TfLite C API has none."""

BODIES = ("Loop", "If", "Scan", "WHILE", "IF")
"""Operators whose time is that of the operators in them, which are listed themselves, and of
profiling these; left out."""

SUMMARY = "Summary by node type"
"""Above LiteRT's table of operators added up by type: of several, the last one is whole."""

LITERT_ROW = re.compile(
    r"^ *(?P<name>\S.*?) +\d+ +[\d.]+ +(?P<percent>[\d.]+)% +[\d.]+% +[\d.]+ +(?P<runs>\d+)$",
    re.MULTILINE,
)
"""Node type, count, avg ms, avg %, cdf %, mem KB, times called; the share has the most digits."""
LITERT_TOTAL = re.compile(
    r"^Timings \(microseconds\): count=\d+.* (?:curr|avg)=(?P<total>[\d.]+)", re.M
)


@dataclass(frozen=True)
class Operator:
    """All operators of one type together, in a mean call."""

    name: str
    nanoseconds_per_call: float
    runs_per_call: float = 1.0


def read_operators(profiles: Iterable[Path], calls: int) -> tuple[Operator, ...]:
    """The operators of a run of so many calls, the slowest first.

    Args:
        profiles: a file of each of the artefact's graphs.

    Raises:
        CheckFailed: a file is not a runtime's profile.
    """
    times, runs = Counter[str](), Counter[str]()
    for path in profiles:
        for name, nanoseconds, count in _read(path):
            times[name] += nanoseconds
            runs[name] += count
    return tuple(
        Operator(name, nanoseconds / calls, runs[name] / calls)
        for name, nanoseconds in times.most_common()
        if name not in BODIES
    )


def _read(path: Path) -> Iterator[tuple[str, int, int]]:
    """Operator type, nanoseconds and runs, of the whole run."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if text.lstrip().startswith("["):
        yield from _onnxruntime(path, text)
    else:
        yield from _litert(path, text)


def _onnxruntime(path: Path, text: str) -> Iterator[tuple[str, int, int]]:
    try:
        for event in json.loads(text):
            if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
                yield event["args"]["op_name"], 1000 * int(event["dur"]), 1
    except (ValueError, KeyError, TypeError) as error:
        raise CheckFailed(f"{path.name}: not a profile of ONNX Runtime's ({error!r})") from None


def _litert(path: Path, text: str) -> Iterator[tuple[str, int, int]]:
    table = text.rpartition(SUMMARY)[2]
    rows, total = list(LITERT_ROW.finditer(table)), LITERT_TOTAL.search(table)
    if not rows or not total:
        raise CheckFailed(f"{path.name}: not a profile of LiteRT's")
    for row in rows:
        microseconds = float(row["percent"]) / 100 * float(total["total"])
        yield row["name"], round(1000 * microseconds), int(row["runs"])
