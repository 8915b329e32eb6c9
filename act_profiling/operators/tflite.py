"""LiteRT's profile: tables of text, the last of which adds operators up by type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from act_artefact.errors import CheckFailed

BODIES = ("WHILE", "IF")

SUMMARY = "Summary by node type"
"""Above the table of operators added up by type: of several, the last one is whole."""

ROW = re.compile(
    r"^ *(?P<name>\S.*?) +\d+ +[\d.]+ +(?P<percent>[\d.]+)% +[\d.]+% +[\d.]+ +(?P<runs>\d+)$",
    re.MULTILINE,
)
"""Node type, count, avg ms, avg %, cdf %, mem KB, times called; the share has the most digits."""
TOTAL = re.compile(r"^Timings \(microseconds\): count=\d+.* (?:curr|avg)=(?P<total>[\d.]+)", re.M)


def read(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield operator type, nanoseconds and runs, of the whole run.

    Raises:
        CheckFailed: the file is not such a profile.
    """
    table = path.read_text(encoding="utf-8", errors="replace").rpartition(SUMMARY)[2]
    rows, total = list(ROW.finditer(table)), TOTAL.search(table)
    if not rows or not total:
        raise CheckFailed(f"{path.name}: not a profile of LiteRT's")
    for row in rows:
        microseconds = float(row["percent"]) / 100 * float(total["total"])
        yield row["name"], round(1000 * microseconds), int(row["runs"])
