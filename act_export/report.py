"""The table that ``act-export`` shows on stdout once all is in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from act_artefact.files import size_text

if TYPE_CHECKING:
    from act_export.api import Export


def table(exports: list[Export]) -> None:
    """Print what was made, what it costs and how well it agrees."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("target")
    grid.add_column("file", overflow="fold")
    grid.add_column("ponder")
    for name in ("size", "ops", "y err", "R err", "state err", "of allowed", "N equal", "seconds"):
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
            each.manifest.ponder,
            size_text(each.size),
            str(each.operations),
            f"{y:.1e}",
            f"{remainder:.1e}",
            f"{max(errors.values()):.1e}" if errors else "",
            "" if found.tolerance is None else f"{max(found.max_tolerance_share.values()):.0%}",
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
    labels = ", labels" if any(each.manifest.labels for each in exports) else ""
    console.print(
        f"In {folder}, each with its manifest, golden bundle{labels} and model card.", style="dim"
    )
    allowed = (
        "the metric decides"
        if found.tolerance is None
        else f"{found.tolerance:g} x (1 + |value|) allowed, more where a call amplifies rounding"
    )
    console.print(
        f"Each was checked over {found.time_steps} time steps of {found.source}: "
        f"largest errors above, {allowed}.",
        style="dim",
    )
    for each in exports:
        for line, style in _remarks(each):
            console.print(f"{each.target.name}: {line}", style=style)


def _remarks(export: Export) -> Iterator[tuple[str, str]]:
    """Yield the remarks on one export, each with the style it is printed in."""
    found, choice = export.verification, export.manifest.choice
    if choice and choice["microseconds"]:
        times = sorted(choice["microseconds"].items(), key=lambda item: item[1])
        measured = ", ".join(f"{ponder} {us:.0f} us" for ponder, us in times)
        yield (
            f"measured on this machine, mean N {choice['mean_ponder_steps']:.1f}: {measured}; "
            f"picked {choice['ponder']}.",
            "dim",
        )
    if choice and choice["left_out"]:
        yield f"{choice['left_out']}.", "dim"
    if export.written_out:
        yield (
            f"{export.operations} operations, because {', '.join(export.written_out)} is written "
            "out for every time step; ONNX keeps such a layer as one.",
            "yellow",
        )
    if found.ponder_steps_differ and found.tolerance is None:
        yield f"N differs in {found.ponder_steps_differ} time steps.", "yellow"
    elif found.ponder_steps_differ:
        yield (
            f"N differs in {found.ponder_steps_differ} time steps, where a halting sum lies on the "
            "threshold to within rounding.",
            "yellow",
        )
    if found.metric:
        yield (
            f"{found.metric.name} of the model {found.metric.model:.4g}, of the artefact "
            f"{found.metric.artefact:.4g}, over {found.metric.time_steps} time steps.",
            "default",
        )
    if export.page:
        yield export.page.remark()
    if not export.target.measured:
        yield f"{export.target.runtime}.", "dim"
