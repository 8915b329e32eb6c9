"""A report on the terminal, within 100 columns: what pondering costs, then where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from act_profiling.report import words
from act_profiling.report.build import Report
from act_profiling.report.origin import provenance

WIDTH = 100
MOST_OPERATORS = 6


def show(report: Report, console: Console | None = None) -> None:
    """Print a line on what a ponder step costs, all variants, and provenance in dim."""
    console = console or Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    first, *rest = words.headline(report)
    console.print(Text(first, style="bold"))
    for line in rest:
        console.print(Text(f"  {line}"))
    console.print()
    if words.measured(report):
        console.print(_table(report))
        console.print()
    if remarks := [*_remarks(report)]:
        console.print(*remarks, "", sep="\n")
    if report["cost"] == "latency" and words.measured(report):
        console.print(_start(report))
        console.print()
        _show_operators(report, console)
    console.print(_provenance(report))


def _remarks(report: Report) -> Iterator[Text]:
    for variant in report["variants"]:
        if variant["missing"]:
            yield Text(f"✗ {variant['label']}: {variant['missing']}", style="red")
    for what, remark in words.remarks(report):
        yield Text(f"{what}: {remark}", style="yellow")


def _table(report: Report) -> Table:
    front = report["front"]
    grid = _grid("instructions" if report["cost"] == "instructions" else "latency")
    for name in (*words.columns(report), front["metric"] if front else "metric"):
        # Names wrap, so that there is room for those of variants.
        grid.add_column(_in_two(name), justify="right", no_wrap=True)
    for variant in words.measured(report):
        score = f"{variant['metric']['value']:.4g}" if variant["metric"] else words.NOTHING
        best = front is not None and variant["label"] in front["labels"]
        grid.add_row(
            Text(variant["label"]),
            *words.cells(report, variant),
            Text(f"{score} {'★' if best else ' '}", style="green" if best else ""),
        )
    if front:
        grid.caption = "★ nothing cheaper is as good"
        grid.caption_justify = "right"
    return grid


def _in_two(name: str) -> str:
    """``bits_per_char`` as ``bits_per_`` above ``char``: a column's values are narrower."""
    for mark in (" + ", "_", " "):
        head, found, tail = name.rpartition(mark)
        if found and len(name) > 8:
            return f"{head}{mark}".rstrip() + f"\n{tail}"
    return name


def _start(report: Report) -> Table:
    grid = _grid("apart")
    for name in ("init", "first call", "warm-up", "peak memory"):
        grid.add_column(name, justify="right", no_wrap=True)
    for name, cells in words.starts(report):
        grid.add_row(Text(name), *cells)
    return grid


def _show_operators(report: Report, console: Console) -> None:
    """Print the operators of the leading variant; the page has those of every variant."""
    variant = words.leading(report)
    if variant and variant["operators"]:
        grid = _grid(f"operators of {variant['label']}", 60)
        for name in ("of a call", "runs"):
            grid.add_column(name, justify="right", no_wrap=True)
        for row in words.operators(variant, MOST_OPERATORS):
            grid.add_row(*map(Text, row))
        console.print(grid)
        console.print("From a run of its own, which profiling slows down.", style="dim")
        console.print()


def _grid(first: str, most: int = 36) -> Table:
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    grid.add_column(first, overflow="fold", max_width=most)
    return grid


def _provenance(report: Report) -> Table:
    grid = Table(box=None, pad_edge=False, show_header=False, style="dim", padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in provenance(report):
        grid.add_row(name, Text(value))
    return grid
