"""Updates per second of training, against other ways to write it: `python benchmarks/train.py`.

naive: what a first implementation looks like: torch's own cell on [x, flag] at every ponder step,
masks instead of rows that leave, autograd through everything, Adam as it comes.
public: the closest public code, github.com/maxwells-daemons/pytorch-adaptive-computation-time, of
which --public names the file pytorch_adaptive_computation_time/models.py. Where it decides, it
counts a step's halting value twice, so it gets a halting bias of its own that leads to the same N.
floor: the products, activations and Adam of the same update, and nothing else.

All train on the same batches, made beforehand, in turns, on one thread; times are the processor's,
and the figures are the medians of the rounds. Each case is timed where N is 1, where training
starts (halting bias +1: N = 2), and where a model ponders unevenly.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from peers import Plain
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from act_mobile import ACTModel
from act_mobile.tasks import task_class
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.task import Task

TAU = 1e-3

Update = Callable[[int], None]
"""The update of a training step."""


class Case(NamedTuple):
    """A model to train."""

    task: str
    cell: str
    hidden: int
    batch: int
    count: int
    """Updates of a round."""


class Start(NamedTuple):
    """The halting unit of the model to train."""

    bias: float
    scale: float
    """Scale of its weight."""
    public_bias: float | None
    """The bias with which the public code takes as many steps; None if there is none."""


CASES = (
    Case("parity", "rnn", 128, 128, 40),
    Case("addition", "gru", 512, 32, 5),
    Case("addition", "lstm", 512, 32, 5),
)
STARTS = (Start(9.0, 1.0, 9.0), Start(1.0, 0.1, -0.4), Start(-1.0, 10.0, None))


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


def ours(task: Task, model: ACTModel, batches: list[Batch]) -> Update:
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


def naive(task: Task, model: ACTModel, batches: list[Batch]) -> Update:
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


def public(
    task: Task, model: ACTModel, batches: list[Batch], code: ModuleType, bias: float
) -> tuple[Update, float]:
    """An update of the public code, and its mean N in the first time step."""
    config = model.config
    kind = {"rnn": code.AdaptiveRNN, "gru": code.AdaptiveGRU}[config.cell]
    network = kind(
        config.input_size, config.hidden_size, 1, TAU, time_limit=config.max_ponder,
        batch_first=True,
    )  # fmt: skip
    (layer,) = network._layer_cells
    layer._cell.load_state_dict(model.act.cells[0].state_dict())
    layer._halting_unit[0].load_state_dict(model.act.halting[0].state_dict())
    nn.init.constant_(layer._halting_unit[0].bias, bias)
    head = nn.Linear(config.hidden_size, config.output_size)
    optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()], lr=1e-6)

    def update(step: int) -> None:
        batch = batches[step % len(batches)]
        output, _, cost = network(batch.inputs)
        loss = task.loss(head(output), batch) + cost
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    with torch.no_grad():
        return update, layer(batches[0].inputs[:, 0])[2].mean().item()


def floor(model: ACTModel, batches: list[Batch], steps: int) -> Update:
    """Only the products and activations of an update in which N is ``steps`` everywhere, and Adam.

    As in an update, rows past their end are left out, and so is the product with the first state,
    which is 0; the gradients have the right sizes, not the right values.
    """
    cell, head = model.act.cells[0], model.head
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6, fused=True)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    prepared = [_rows_by_time(batch) for batch in batches]

    def update(step: int) -> None:
        x, counts = prepared[step % len(batches)]
        projections = cell.project(x).split(counts)
        state = tuple(x.new_zeros(counts[0], *each.shape) for each in cell.state)
        recurrent = cell.bias_hh.unsqueeze(0)
        before, visits, outputs = [], [], []
        for projection in projections:
            state = tuple(s[: len(projection)] for s in state)
            for _ in range(steps):
                if visits:
                    before.append(state[0])
                    recurrent = torch.addmm(cell.bias_hh, state[0], cell.weight_hh.t())
                state, saved = cell.forward_step(projection, recurrent, state)
                visits.append(saved)
            outputs.append(state[0])
        output = torch.cat(outputs)
        answer = head(output)
        head.weight.grad = answer.t() @ output
        d_inputs, d_recurrent = [], []
        for d_output in reversed((answer @ head.weight).split(counts)):
            d_state = (d_output, *(torch.zeros_like(d_output) for _ in state[1:]))
            for _ in range(steps):
                found = cell.backward_step(d_state, visits.pop())
                d_recurrent.append(found.recurrent)
                if visits:
                    d_state = (found.recurrent @ cell.weight_hh, *found.rest)
            d_inputs.append(found.projection)
        cell.weight_ih.grad[:, :-1] = torch.cat(d_inputs[::-1]).t() @ x
        if before:
            d_later = torch.cat(d_recurrent[:-1])
            cell.weight_hh.grad = d_later.t() @ torch.cat(before[::-1])
        optimizer.step()

    return torch.no_grad()(update)


def _rows_by_time(batch: Batch) -> tuple[Tensor, list[int]]:
    """The inputs of all rows that run in the first time step, then in the second, and so on."""
    running = batch.running.t()
    return batch.inputs.transpose(0, 1)[running], running.sum(1).tolist()


def seconds(update: Update, count: int) -> float:
    """Processor time of an update, which other processes do not lengthen."""
    start = time.process_time()
    for step in range(count):
        update(step)
    return (time.process_time() - start) / count


def rates(case: Case, start: Start, code: ModuleType | None, rounds: int) -> list[str]:
    """A row of the table."""
    torch.manual_seed(0)
    task = task_class(case.task)()
    model = ACTModel(task.config(hidden_size=case.hidden, cell=case.cell, max_ponder=20))
    with torch.no_grad():
        model.act.halting[0].bias.fill_(start.bias)  # type: ignore[operator, union-attr]
        model.act.halting[0].weight.mul_(start.scale)  # type: ignore[operator, union-attr]
    generator = torch.Generator().manual_seed(0)
    batches = [task.batch(case.batch, generator) for _ in range(8)]
    with torch.no_grad():
        steps = model(batches[0].inputs, lengths=batches[0].lengths).ponder.steps
    taken = steps[batches[0].running].float()

    updates = {"naive": naive(task, model, batches), "ours": ours(task, model, batches)}
    if code is not None and start.public_bias is not None and case.cell != "lstm":
        updates["public"], public_steps = public(task, model, batches, code, start.public_bias)
        assert public_steps == taken.mean(), f"its mean N is {public_steps}"
    if taken.min() == taken.max():
        updates["floor"] = floor(copy.deepcopy(model), batches, int(taken.max()))
    times: dict[str, list[float]] = {key: [] for key in updates}
    for _ in range(rounds):
        for key, update in updates.items():
            times[key].append(seconds(update, case.count))
    median = {key: statistics.median(values[1:]) for key, values in times.items()}
    rate = {key: f"{1 / value:.0f}" for key, value in median.items()}
    ratio = {key: f"{value / median['ours']:.2f}" for key, value in median.items()}
    return [
        f"{case.task}, {case.cell} {case.hidden}, batch {case.batch}",
        f"{taken.mean():.2f}",
        *(rate.get(key, "") for key in ("naive", "public", "ours", "floor")),
        *(ratio.get(key, "") for key in ("naive", "public", "floor")),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--rounds",
        type=int,
        default=15,
        choices=range(2, 1000),
        metavar="2..999",
        help="the first warms up",
    )
    parser.add_argument("--public", type=Path, metavar="MODELS.PY", help="the public code's file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    code = None
    if arguments.public is not None:
        spec = importlib.util.spec_from_file_location("public_act", arguments.public)
        assert spec is not None
        assert spec.loader is not None
        code = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(code)
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("mean N", "naive/s", "public/s", "ours/s", "floor/s", "to naive", "to public",
               "to floor")  # fmt: skip
    table.add_column("model")
    for column in columns:
        table.add_column(column, justify="right")
    for case in CASES:
        for start in STARTS:
            table.add_row(*rates(case, start, code, arguments.rounds))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
