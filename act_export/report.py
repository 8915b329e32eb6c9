"""What ``act-export`` shows: stages on stderr as they pass, then a table on stdout."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from act_export.export import Export


class Progress:
    """Shows each stage while it runs and its time once it has passed.

    It writes to a copy of stderr, because the converters' own talk is kept off the real one.
    """

    def __enter__(self) -> Self:
        self._console = Console(file=os.fdopen(os.dup(2), "w"), highlight=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._console.file.close()

    @contextmanager
    def stage(self, target: str, name: str) -> Iterator[None]:
        start = time.perf_counter()
        line = f"{target:<7} {name}"
        with self._console.status(line):
            yield
        seconds = time.perf_counter() - start
        self._console.print(f"[green]✓[/] {line:<17} [dim]{seconds:5.1f} s[/]")


def table(exports: list[Export]) -> None:
    """Print what was made, what it costs and how well it agrees."""
    console = Console(highlight=False)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("target")
    errors = list(dict.fromkeys(k for e in exports for k in _errors(e)))
    for name in ("size", "ops", *(f"{name} err" for name in errors), "N equal", "seconds"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("file", overflow="fold")
    for each in exports:
        found = each.verification
        compared = found.ponder_steps_equal + found.ponder_steps_differ
        equal = f"{found.ponder_steps_equal}/{compared}"
        grid.add_row(
            each.target.name,
            _size(each.size),
            str(each.operations),
            *(f"{_errors(each).get(name, 0):.1e}" for name in errors),
            Text(equal, style="green" if not found.ponder_steps_differ else "yellow"),
            f"{sum(each.seconds.values()):.1f}",
            str(each.path),
        )
    console.print()
    console.print(grid)
    console.print()
    found = exports[0].verification
    console.print(
        f"Each was checked over {found.time_steps} time steps of {found.source}: "
        f"largest errors above, {found.tolerance:g} allowed.",
        style="dim",
    )
    for each in exports:
        if each.verification.ponder_steps_differ:
            console.print(
                f"{each.target.name}: N differs in {each.verification.ponder_steps_differ} time "
                "steps, where a halting sum lies on the threshold to within 1e-5.",
                style="yellow",
            )
        if "not run" in each.target.runtime:
            console.print(f"{each.target.name}: {each.target.runtime}.", style="dim")


def _errors(each: Export) -> dict[str, float]:
    """Largest absolute error of y, of R, and of all states together."""
    errors = dict(each.verification.max_abs_error)
    shown = {"y": errors.pop("y"), "R": errors.pop("remainder")}
    return {**shown, "state": max(errors.values())}


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
