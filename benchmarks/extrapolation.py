"""PonderNet and ACT beyond what they were trained on: `python benchmarks/extrapolation.py`.

Parity of a vector of 96 entries, of which 1 to 48 at random places are +1 or -1 in training; tested
with more, up to all (Banino 2021, section 3.1, has the first entries filled in place of random
ones). One RNN of 128 units, Adam, the same updates and batches for both policies.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from act_mobile import ACTConfig, ACTModel
from act_mobile.halting.pondernet import PonderNetHalting
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.parity import Parity
from act_mobile.training.loss import training_loss

BITS, TRAINED = 96, 48
BATCH, ROWS = 128, 4096
RANGES = ((1, 24), (25, 48), (49, 60), (61, 72), (73, 84), (85, 96))


@dataclass(frozen=True)
class Recipe:
    """A policy and its hyper-parameters."""

    halting: str
    tau: float
    epsilon: float


RECIPES = (Recipe("act", 1e-3, 0.01), Recipe("pondernet", 0.01, 0.5))


def draw(low: int, high: int, count: int, generator: torch.Generator) -> Batch:
    """Vectors with ``low`` to ``high`` entries that are +1 or -1, evenly many of each number."""
    filled = torch.randint(low, high + 1, (count, 1), generator=generator)
    order = torch.rand(count, BITS, generator=generator).argsort(1).argsort(1)
    signs = torch.randint(0, 2, (count, BITS), generator=generator) * 2.0 - 1
    x = torch.where(order < filled, signs, 0.0)
    return Batch(x.unsqueeze(1), (x > 0).sum(1, keepdim=True) & 1)


def trained(recipe: Recipe, seed: int, updates: int, lr: float, progress: Progress) -> ACTModel:
    torch.manual_seed(seed)
    task, generator = Parity(BITS), torch.Generator().manual_seed(seed)
    model = ACTModel(
        ACTConfig(
            BITS, 128, 1, "rnn", max_ponder=10, epsilon=recipe.epsilon, halting=recipe.halting
        )
    )
    optimizer = torch.optim.Adam(model.parameters(), lr, fused=True)
    bar = progress.add_task(f"{recipe.halting} seed {seed}", total=updates)
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1.0, (updates - update) / (0.4 * updates))
        batch = draw(1, TRAINED, BATCH, generator)
        optimizer.zero_grad()
        loss = training_loss(task, model.act.policy, model(batch.inputs), batch)
        (loss.errors + recipe.tau * loss.cost).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimizer.step()
        progress.advance(bar)
    return model.eval()


@torch.no_grad()
def tested(model: ACTModel) -> list[str]:
    """Right answers and mean N for each range of numbers of entries."""
    generator = torch.Generator().manual_seed(1)
    cells = []
    for low, high in RANGES:
        batch = draw(low, high, ROWS, generator)
        out = model(batch.inputs)
        right = ((out.output[..., 0] > 0) == batch.targets).float().mean().item()
        cells.append(f"{100 * right:.1f} % ({out.ponder.steps.float().mean():.1f})")
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=100_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1e-3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ranges = [f"{low} to {high} bits" for low, high in RANGES]
    table = Table("policy", "seed", *ranges, title="Right answers (mean N)")
    console = Console()

    def add(*cells: str) -> None:
        """Add a row to the table, and show it while the rest is still being trained."""
        table.add_row(*cells)
        console.print(*cells, sep="  ")

    with Progress(console=console) as progress:
        for seed in range(arguments.seeds):
            for recipe in RECIPES:
                model = trained(recipe, seed, arguments.updates, arguments.lr, progress)
                add(recipe.halting, str(seed), *tested(model))
                if isinstance(model.act.policy, PonderNetHalting):
                    drawn = torch.Generator().manual_seed(2)
                    model.act.policy = model.act.policy.sampled(drawn)
                    add(f"{recipe.halting}, N drawn", str(seed), *tested(model))
    console.print(table)


if __name__ == "__main__":
    main()
