"""Memory and time of training on long sequences: `python benchmarks/memory.py`.

A layer is trained as it comes and with ``recompute`` (act_mobile/recompute.py). Every figure is of
a process of its own, which makes one short update and then the one that counts: how far its
resident memory rises above what it was before, and how long one thread computes. The rounds take
turns, and the table has their medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from act_mobile import ACT

INPUT, HIDDEN, BATCH = 32, 128, 32


class OwnGRU(nn.GRUCell):
    """A user's cell, differentiated by autograd."""


CELLS = {"gru": "gru", "own": OwnGRU}


class Update(NamedTuple):
    """The cost of an update."""

    megabytes: float
    seconds: float
    """Seconds of processor time, which other processes do not lengthen."""
    steps: float
    """Mean N."""


def measure(cell: str, time_steps: int, recompute: bool) -> Update:
    """Measure an update in this process, which must be a fresh one."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    act = ACT(INPUT, HIDDEN, cell=CELLS[cell], max_ponder=20)
    act.recompute = recompute
    with torch.no_grad():
        act.halting[0].bias.fill_(-1.0)  # type: ignore[operator, union-attr]
        act.halting[0].weight.mul_(5.0)  # type: ignore[operator, union-attr]
    optimizer = torch.optim.Adam(act.parameters(), lr=1e-6, fused=True)

    def update(x: Tensor) -> float:
        out = act(x)
        loss = out.output.square().mean() + 1e-3 * out.ponder.cost.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return out.ponder.steps.float().mean().item()

    update(torch.randn(BATCH, 4, INPUT))
    x = torch.randn(BATCH, time_steps, INPUT)
    idle, start = peak_megabytes(), time.process_time()
    steps = update(x)
    seconds = time.process_time() - start
    return Update(peak_megabytes() - idle, seconds, steps)


def peak_megabytes() -> float:
    """The most memory that was ever resident in this process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=int, nargs="+", default=[100, 300, 1000, 3000])
    parser.add_argument("--cell", choices=CELLS, default="gru", help="own: a user's GRU")
    arguments = parser.parse_args()

    title = f"{arguments.cell}, H = {HIDDEN}, batch {BATCH}"
    table = Table(title=title, box=None, pad_edge=False, header_style="bold")
    for column in ("T", "mean N", "plain MB", "recompute MB", "less", "plain s", "recompute s",
                   "longer"):  # fmt: skip
        table.add_column(column, justify="right")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as fresh:
        for time_steps in arguments.times:
            updates: dict[bool, list[Update]] = {False: [], True: []}
            for _ in range(arguments.rounds):
                for recompute, found in updates.items():
                    task = fresh.submit(measure, arguments.cell, time_steps, recompute)
                    found.append(task.result())
            plain, recomputed = (
                Update(*(statistics.median(each) for each in zip(*found, strict=True)))
                for found in updates.values()
            )
            table.add_row(
                str(time_steps),
                f"{plain.steps:.2f}",
                f"{plain.megabytes:.0f}",
                f"{recomputed.megabytes:.0f}",
                f"{plain.megabytes / recomputed.megabytes:.1f}x",
                f"{plain.seconds:.2f}",
                f"{recomputed.seconds:.2f}",
                f"{recomputed.seconds / plain.seconds:.2f}x",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
