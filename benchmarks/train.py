"""Updates per second of training, against a naive ponder loop: `python benchmarks/train.py`.

The naive loop is what a first implementation looks like: torch's own cell on [x, flag] at every
ponder step, masks instead of rows that leave, autograd through everything, Adam as it comes. Both
train on the same batches, made beforehand, in turns within one process; the figures are the medians
of the rounds. Each case is timed where training starts (halting bias +1: N = 2) and where a model
ponders unevenly.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from peers import Plain
from rich.console import Console
from rich.table import Table
from torch import Tensor

from act_mobile import ACTModel
from act_mobile.tasks import task_class
from act_mobile.tasks.task import Batch, Task

TAU = 1e-3


class NaiveACT(Plain):
    """ACT as a python loop over every row and column, with a mask for halted rows."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, I) -> output (B, T, O), rho (B, T)."""
        batch, time_steps, _ = x.shape
        h = c = x.new_zeros(batch, self.cell.hidden_size)
        outputs, costs = [], []
        for t in range(time_steps):
            total = steps = remainder = x.new_zeros(batch, 1)
            running = x.new_ones(batch, 1)
            mean_h = mean_c = output = 0
            for n in range(self.max_ponder):
                flag = x.new_full((batch, 1), float(n == 0))
                inputs = torch.cat([x[:, t], flag], 1)
                h, c = self.cell(inputs, (h, c)) if self.lstm else (self.cell(inputs, h), c)
                halting = torch.sigmoid(self.halting(h))
                last = (total + halting >= self.threshold).float()
                if n == self.max_ponder - 1:
                    last = torch.ones_like(last)
                weight = running * (last * (1 - total) + (1 - last) * halting)
                remainder = remainder + running * last * (1 - total)
                steps = steps + running
                mean_h = mean_h + weight * h
                mean_c = mean_c + weight * c
                output = output + weight * self.head(h)
                total = total + halting
                running = running * (1 - last)
                if not running.any():
                    break
            h, c = mean_h, mean_c
            outputs.append(output)
            costs.append((steps + remainder).squeeze(1))
        return torch.stack(outputs, 1), torch.stack(costs, 1)


def ours(task: Task, model: ACTModel, batches: list[Batch]) -> Callable[[int], None]:
    """An update as act-train does it, without the trainer around it."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6, fused=True)

    def update(step: int) -> None:
        batch = batches[step % len(batches)]
        out = model(batch.inputs, lengths=batch.lengths)
        loss = task.loss(out.output, batch) + TAU * out.ponder.cost.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


def naive(task: Task, model: ACTModel, batches: list[Batch]) -> Callable[[int], None]:
    """An update of the naive loop."""
    network = NaiveACT(model)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-6)

    def update(step: int) -> None:
        batch = batches[step % len(batches)]
        output, cost = network(batch.inputs)
        loss = task.loss(output, batch) + TAU * (cost * batch.running).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


def seconds(update: Callable[[int], None], count: int) -> float:
    start = time.perf_counter()
    for step in range(count):
        update(step)
    return (time.perf_counter() - start) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--rounds",
        type=int,
        default=9,
        choices=range(2, 100),
        metavar="2..99",
        help="the first warms up",
    )
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("task", "halting bias", "mean N", "naive /s", "act-mobile /s", "ratio"):
        table.add_column(column, justify="left" if column == "task" else "right")
    for name, cell, hidden, size, count in (
        ("parity", "rnn", 128, 128, 60),
        ("addition", "lstm", 512, 32, 6),
    ):
        for bias, scale in ((1.0, 1.0), (-1.0, 10.0)):
            torch.manual_seed(0)
            task = task_class(name)()
            model = ACTModel(task.config(hidden_size=hidden, cell=cell, max_ponder=20))
            with torch.no_grad():
                model.act.halting[0].bias.fill_(bias)  # type: ignore[operator, union-attr]
                model.act.halting[0].weight.mul_(scale)  # type: ignore[operator, union-attr]
            generator = torch.Generator().manual_seed(0)
            batches = [task.batch(size, generator) for _ in range(8)]
            with torch.no_grad():
                steps = model(batches[0].inputs, lengths=batches[0].lengths).ponder.steps
            mean = steps[batches[0].running].float().mean().item()
            updates = {"ours": ours(task, model, batches), "naive": naive(task, model, batches)}
            times: dict[str, list[float]] = {key: [] for key in updates}
            for _ in range(arguments.rounds):
                for key, update in updates.items():
                    times[key].append(seconds(update, count))
            median = {key: statistics.median(values[1:]) for key, values in times.items()}
            table.add_row(
                f"{name} ({cell} {hidden}, batch {size})",
                f"{bias:+.0f}",
                f"{mean:.2f}",
                f"{1 / median['naive']:.0f}",
                f"{1 / median['ours']:.0f}",
                f"{median['naive'] / median['ours']:.2f}",
            )
    Console().print(table)


if __name__ == "__main__":
    main()
