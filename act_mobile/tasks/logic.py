"""Logic (Graves 2016, section 3.2): chains of logic gates, each going on from the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from act_mobile.model import ACTConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Task, size

GATES = {
    "NOR": "0001",
    "Xq": "0010",
    "ABJ": "0100",
    "XOR": "0110",
    "NAND": "0111",
    "AND": "1000",
    "XNOR": "1001",
    "if/then": "1011",
    "then/if": "1101",
    "OR": "1110",
}
"""Each gate's output for (P, Q) = (1,1), (1,0), (0,1), (0,0); P is the newer bit."""


@dataclass(frozen=True)
class Logic(Task):
    """1 to ``length`` time steps of two bits and 1 to ``gates`` gates.

    A time step is b_0, b_1 and ``gates`` one-hot vectors over the ten gates, unused ones zero. The
    gates are applied in turn, b_{i+1} = gate_i(b_i, b_{i-1}), and the target is the last bit. From
    the second time step on b_0 is the target before, and its entry 0. x: (B, T, 2 + 10 gates),
    targets: (B, T). The difficulty of a time step is its number of gates.
    """

    name: ClassVar[str] = "logic"
    labels: ClassVar[tuple[str, ...] | None] = ("0", "1")
    recipe: ClassVar[Recipe] = Recipe("lstm", 128, 16, 100, 1e-3, 1e-3, 100_000)
    difficulty_name: ClassVar[str] = "gates"

    gates: int = size(10, 1, 100, "most gates of a time step")
    length: int = size(10, 1, 1000, "most time steps")

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=2 + len(GATES) * self.gates, output_size=1, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        lengths = torch.randint(1, self.length + 1, (size,), generator=generator)
        time = int(lengths.max())
        bits = torch.randint(2, (size, time, 2), generator=generator)
        used = torch.randint(1, self.gates + 1, (size, time, 1), generator=generator)
        gates = torch.randint(len(GATES), (size, time, self.gates), generator=generator)
        running = (torch.arange(time) < lengths[:, None]).long()
        used = torch.arange(self.gates) < used * running.unsqueeze(-1)

        targets = _chain(bits, gates, used) * running
        bits[:, 1:, 0] = 0
        chosen = F.one_hot(gates, len(GATES)) * used.unsqueeze(-1)
        x = torch.cat([bits * running.unsqueeze(-1), chosen.flatten(2)], -1).float()
        return Batch(x, targets, lengths)

    def difficulty(self, batch: Batch) -> Tensor:
        return batch.inputs[..., 2:].sum(-1).long()


def _chain(bits: Tensor, gates: Tensor, used: Tensor) -> Tensor:
    """The last bit of every time step: (B, T, 2), (B, T, G), (B, T, G) -> (B, T).

    b_0 comes from the time step before, so each chain is followed from both values it may have,
    all time steps at once, and then the right ones are picked in turn.
    """
    table = torch.tensor([[int(bit) for bit in outputs] for outputs in GATES.values()])
    older = torch.tensor([0, 1]).expand(*bits.shape[:2], 2)
    newer = bits[..., 1:].expand_as(older)
    for gate in range(gates.shape[-1]):
        out = table[gates[..., gate, None], 3 - 2 * newer - older]
        older, newer = torch.where(
            used[..., gate, None], torch.stack([newer, out]), torch.stack([older, newer])
        )
    last, b_0 = [], bits[:, 0, :1]
    for t in range(bits.shape[1]):
        b_0 = newer[:, t].gather(1, b_0)
        last.append(b_0)
    return torch.cat(last, 1)


TASK = Logic
