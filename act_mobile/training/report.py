"""The summary that ``act-train`` shows when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


def row_table(nets: dict[str, dict[str, Any]], output: Path) -> None:
    """Print a row of nets: the metric of each, and the seconds that its training took."""
    console = Console(highlight=False)
    metric = next(iter(nets.values()))["task"]["metric"].replace("_", " ")
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("net", "N", metric, "updates", "seconds"):
        grid.add_column(column, justify="left" if column == "net" else "right")
    for name, each in nets.items():
        n, error = each["ponder_steps"]["mean"], each["metric"]
        grid.add_row(name, f"{n:.2f}", f"{error:.4f}", str(each["steps"]), f"{each['seconds']:.0f}")
    console.print(grid)
    console.print(f"\n{output}: a folder for each net", style="dim")


def table(metrics: dict[str, Any], output: Path) -> None:
    """Print the metric, N and rho, in all and by difficulty; at most ten lines of these."""
    console = Console(highlight=False)
    name = metrics["task"]["metric"].replace("_", " ")
    ponder = metrics["ponder_steps"]
    console.print(
        f"\n{name} [bold]{metrics['metric']:.4f}[/]   "
        f"N {ponder['mean']:.2f} (std {ponder['std']:.2f}, {ponder['min']} to {ponder['max']})   "
        f"rho {metrics['ponder_cost']['mean']:.2f}   "
        f"{metrics['steps']} updates in {metrics['seconds']:.0f} s\n"
    )
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("difficulty", "count", name, "N", "rho"):
        grid.add_column(column, justify="right")
    levels = metrics["by_difficulty"]
    stride = -(-len(levels) // 10)
    for level in levels[stride - 1 :: stride]:
        grid.add_row(
            level["label"],
            str(level["count"]),
            "-" if level["metric"] is None else f"{level['metric']:.4f}",
            f"{level['ponder_steps']:.2f}",
            f"{level['ponder_cost']:.2f}",
        )
    console.print(grid)
    if metrics["spearman"] is not None:
        console.print(f"\nN and difficulty: rank correlation (Spearman) {metrics['spearman']:.2f}")
    console.print(f"\n{output}: model.pt, eval.npz, metrics.json, pictures, logs", style="dim")
