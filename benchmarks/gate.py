"""The gate of a skip net: when it opens, and what the same weights score without it.

    python benchmarks/gate.py models/listen

prints mean N by difficulty, after how many time steps the gate opens again, and the accuracy: with
the gate, and of the same weights where every K-th time step is taken and the others are left out,
which they were never trained for.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from act_artefact.data import load
from act_artefact.ranks import spearman
from act_mobile import ACTModel, load_model

STRIDES = (1, 2, 3, 4)


def without_gate(model: ACTModel) -> ACTModel:
    """Return the net that takes a step in every time step, with the same weights."""
    fixed = ACTModel(replace(model.config, halting="fixed:1"))
    weights = model.state_dict()
    fixed.load_state_dict({name: weights[name] for name in fixed.state_dict()})
    return fixed.eval()


def gaps(steps: Tensor) -> Tensor:
    """Count the time steps from each opening of the gate to the next: (B, T) -> (gaps,)."""
    return torch.cat([row.nonzero().flatten().diff() for row in steps])


@torch.no_grad()
def main() -> None:
    """Print what the gate does."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="the folder of model.pt and eval.npz")
    given = parser.parse_args()
    data = load(given.model / "eval.npz")
    model = load_model(given.model / "model.pt").eval()
    if not isinstance(model, ACTModel) or model.config.halting != "skip":
        parser.error(f"{given.model}: not a skip net")
    if data.targets is None or data.difficulty is None or data.difficulty.ndim != 2:
        parser.error(f"{given.model}: its eval.npz has no targets and difficulty of time steps")
    x, asked = torch.from_numpy(data.arrays["x"]).float(), torch.from_numpy(data.mask)
    targets = torch.from_numpy(data.targets)

    def accuracy(answers: Tensor) -> float:
        return float((answers[asked] == targets[asked]).float().mean())

    found = model(x)
    steps = found.ponder.steps[..., 0]
    print(f"N by {data.difficulty_name}")
    for kind in np.unique(data.difficulty):
        print(f"  {kind}: {steps[torch.from_numpy(data.difficulty == kind)].float().mean():.2f}")
    rank = spearman(data.difficulty.ravel(), steps.numpy().ravel())
    print(
        "  rank correlation "
        + ("none: one of them never differs" if rank is None else f"{rank:.2f}")
    )
    print("the gate opens again after")
    counts = torch.bincount(gaps(steps))
    for after, count in enumerate(counts.tolist()):
        if count:
            print(f"  {after}: {count / counts.sum():.2f}")
    print(f"accuracy with the gate {accuracy(found.output.argmax(-1)):.4f}")
    fixed = without_gate(model)
    for stride in STRIDES:
        answers = fixed(x[:, ::stride]).output.argmax(-1)
        held = answers.repeat_interleave(stride, 1)[:, : x.shape[1]]
        print(f"  a step in every {stride} time steps: {accuracy(held):.4f}")


if __name__ == "__main__":
    main()
