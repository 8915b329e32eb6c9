"""Two reports compared: the changes from one to the other, and whether they exceed noise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from act_artefact.errors import CheckFailed, UserError, escaped
from act_profiling import statistics
from act_profiling.ending import failed_checks
from act_profiling.front import equal
from act_profiling.report import words
from act_profiling.report.amounts import amount
from act_profiling.report.build import Report
from act_profiling.report.files import read
from act_profiling.report.terminal import WIDTH

DATA = ("sha256", "sequences", "time_steps")


@dataclass(frozen=True)
class Entry:
    """One number of a variant, before and after."""

    what: str
    """latency or instructions (p50 of a call), fixed, per step, mean N, or a metric's name."""
    old: float
    new: float
    change: float
    """new - old; new / old - 1 where ``relative``."""
    interval: statistics.Interval | None
    """Interval of ``change``; None where one round shows no spread, or the number has none."""
    relative: bool
    verdict: str
    """less, more, same, noise, or ``one round``: not known."""


@dataclass(frozen=True)
class VariantComparison:
    """The changes of a variant that is in both reports."""

    label: str
    artefact_changed: bool
    entries: tuple[Entry, ...]
    missing: str | None
    """Why it has no number in one of them."""


@dataclass(frozen=True)
class Comparison:
    """Two reports, the second relative to the first."""

    cost: str
    variants: tuple[VariantComparison, ...]
    notes: tuple[str, ...]
    """Other differences between the two runs."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(old: Report, new: Report, anyway: bool = False) -> Comparison:
    """Compare the variants that have the same label in both.

    Args:
        anyway: go on although the devices or the data differ.

    Raises:
        UserError: the reports are of different devices or data, or share no variant.
    """
    if old["cost"] != new["cost"]:
        raise UserError(
            f"one report is of {old['cost']}, the other of {new['cost']}: "
            "compare two of the same kind of device"
        )
    differ = list(_different(old, new))
    if differ and not anyway:
        raise UserError(f"{differ[0]}: profile both the same way, or give --anyway")
    before = {variant["label"]: variant for variant in old["variants"]}
    after = {variant["label"]: variant for variant in new["variants"]}
    shared = [label for label in before if label in after]
    if not shared:
        raise UserError(
            f"no variant is in both reports: one has {escaped(', '.join(before))}, "
            f"the other {escaped(', '.join(after))}"
        )
    alone = [
        f"{label} is only in the {which} report"
        for which, mine, others in (("first", before, after), ("second", after, before))
        for label in mine
        if label not in others
    ]
    return Comparison(
        old["cost"],
        tuple(_compare(old["cost"], before[label], after[label]) for label in shared),
        (*differ, *_changed(old["provenance"], new["provenance"]), *alone),
    )


def _different(old: Report, new: Report) -> Iterator[str]:
    """Why numbers of these reports cannot be compared."""
    one, other = old["device"]["identity"], new["device"]["identity"]
    if one != other:
        yield f"different devices ({escaped(one)}; {escaped(other)})"
    if any(old["data"][name] != new["data"][name] for name in DATA):
        names = (
            f"{escaped(r['data']['name'])}, {r['data']['time_steps']} time steps"
            for r in (old, new)
        )
        yield f"different data ({'; '.join(names)})"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("versions", "settings"):
        for name in {**old[kind], **new[kind]}:
            one, other = old[kind].get(name), new[kind].get(name)
            if one != other:
                yield f"{name}: {one} before, {other} after"
    if old["boundary"] != new["boundary"]:
        yield f"timed: {old['boundary']} before, {new['boundary']} after"


def _compare(cost: str, old: words.Variant, new: words.Variant) -> VariantComparison:
    label, changed = old["label"], old["sha256"] != new["sha256"]
    for which, variant in (("first", old), ("second", new)):
        if variant["missing"]:
            reason = f"in the {which} report, {variant['missing']}"
            return VariantComparison(label, changed, (), reason)
    return VariantComparison(label, changed, tuple(_entries(cost, old, new)), None)


def _entries(cost: str, old: words.Variant, new: words.Variant) -> Iterator[Entry]:
    before, after = _of_rounds(old, "p50"), _of_rounds(new, "p50")
    change = statistics.change(before, after)
    interval = change.interval and (change.interval[0] - 1, change.interval[1] - 1)
    means = float(np.mean(before)), float(np.mean(after))
    verdict = _verdict(change.ratio - 1, interval)
    yield Entry(cost, *means, change.ratio - 1, interval, True, verdict)
    for what, name in (("fixed", "fixed"), ("per step", "per_step")):
        before, after = _of_rounds(old, name), _of_rounds(new, name)
        if before and after:
            step, interval = statistics.difference(np.array(before), np.array(after))
            means = float(np.mean(before)), float(np.mean(after))
            yield Entry(what, *means, step, interval, False, _verdict(step, interval))
    yield _exact("mean N", old["ponder_steps"]["mean"], new["ponder_steps"]["mean"])
    one, other = old["metric"], new["metric"]
    if one and other and one["name"] == other["name"]:
        yield _exact(one["name"], one["value"], other["value"])


def _of_rounds(variant: words.Variant, name: str) -> list[float]:
    rounds = (each for each in variant["rounds"] if not each["throttled"])
    return [each[name] for each in rounds if each.get(name) is not None]


def _exact(what: str, old: float, new: float) -> Entry:
    """A number that the data and the artefact decide, without noise but for rounding."""
    verdict = "same" if equal(old, new) else "more" if new > old else "less"
    return Entry(what, old, new, new - old, None, False, verdict)


def _verdict(change: float, interval: statistics.Interval | None) -> str:
    if interval is None:
        return "one round"
    if interval[0] <= 0 <= interval[1]:
        return "same" if interval[0] == interval[1] else "noise"
    return "more" if change > 0 else "less"


def main(old: Path, new: Path, *, anyway: bool = False, as_json: bool = False) -> None:
    """Compare two ``report.json`` and print the table, or one JSON object.

    Raises:
        UserError: a file is no report, or the two cannot be compared.
        CheckFailed: once all is printed: a golden check failed in the second report.
    """
    before, after = read(old), read(new)
    comparison = compare(before, after, anyway)
    if as_json:
        print(json.dumps(comparison.to_json(), ensure_ascii=False))
    else:
        show(comparison)
    if failed := failed_checks(after):
        raise CheckFailed("; ".join(failed))


STYLES = {"less": "green", "more": "red", "one round": "yellow"}


def show(comparison: Comparison, console: Console | None = None) -> None:
    """Print it as a table within 100 columns."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("p50 of a call", overflow="fold", max_width=30)
    grid.add_column("", overflow="fold")
    for name in ("before", "after", "change"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("")
    for variant in comparison.variants:
        label = Text(variant.label + (" (other file)" if variant.artefact_changed else ""))
        for entry in variant.entries:
            grid.add_row(label, *_row(comparison.cost, entry))
            label = Text()
    console.print(grid)
    console.print()
    for variant in comparison.variants:
        if variant.missing:
            console.print(Text(f"✗ {variant.label}: {variant.missing}", style="red"))
    for note in comparison.notes:
        console.print(Text(note, style="yellow"))
    console.print(
        f"Noise is the spread between the rounds of each report ({statistics.CONFIDENCE:.0%}, "
        "Welch's t). A device's own drift from one run to the next comes on top.",
        style="dim",
    )


def _row(cost: str, entry: Entry) -> tuple[str, str, str, str, Text]:
    costs = entry.what in (cost, "fixed", "per step")
    # A change of a metric has a meaning only by its name: more accuracy is no loss.
    style = STYLES.get(entry.verdict, "dim") if costs else "dim" if entry.verdict == "same" else ""

    def shown(value: float) -> str:
        return amount(cost, value) if costs else f"{value:.4g}"

    def changed(value: float) -> str:
        return f"{value:+.1%}" if entry.relative else f"{'+' if value > 0 else ''}{shown(value)}"

    change = changed(entry.change) if entry.verdict != "same" else ""
    if entry.interval and entry.verdict != "same":
        change += f" ({changed(entry.interval[0])} to {changed(entry.interval[1])})"
    return entry.what, shown(entry.old), shown(entry.new), change, Text(entry.verdict, style=style)
