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
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("target")
    grid.add_column("file", overflow="fold")
    for name in ("size", "ops", "y err", "R err", "state err", "N equal", "seconds"):
        grid.add_column(name, justify="right", no_wrap=True)
    folder = exports[0].path.parent if len(exports) == 1 else exports[0].path.parent.parent
    for each in exports:
        found = each.verification
        errors = dict(found.max_abs_error)
        y, remainder = errors.pop("y"), errors.pop("remainder")
        compared = found.ponder_steps_equal + found.ponder_steps_differ
        grid.add_row(
            each.target.name,
            str(each.path.relative_to(folder)),
            _size(each.size),
            str(each.operations),
            f"{y:.1e}",
            f"{remainder:.1e}",
            f"{max(errors.values()):.1e}",
            Text(
                f"{found.ponder_steps_equal}/{compared}",
                style="yellow" if found.ponder_steps_differ else "green",
            ),
            f"{sum(each.seconds.values()):.1f}",
        )
    console.print()
    console.print(grid)
    console.print()
    found = exports[0].verification
    console.print(f"In {folder}, each with its manifest and golden bundle.", style="dim")
    console.print(
        f"Each was checked over {found.time_steps} time steps of {found.source}: "
        f"largest errors above, {found.tolerance:g} x (1 + |value|) allowed.",
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


def _size(size: int) -> str:
    return f"{size / 1e6:.2f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
