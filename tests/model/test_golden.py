"""The float64 answers in tests/golden/act_vectors.json, in every kind of ponder loop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch import nn

from act_mobile import ACTConfig, ACTModel
from act_mobile.cells import CellStep
from act_mobile.halting.act import ACTHalting
from act_mobile.halting.policy import Budget
from act_mobile.ponder import Pondering, PonderKind, ponder
from act_mobile.state import StateTensor

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "act_vectors.json").read_text())
KINDS = get_args(PonderKind)
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5}


class Schedule(nn.Module):
    """A cell whose state is the number of the ponder step, so that h_n can be read from a list."""

    state = (StateTensor("h", (1,)),)
    bounded = False
    flag = torch.zeros(1)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def update(self, projection: torch.Tensor, state: Any) -> tuple[torch.Tensor, ...]:
        return (state[0] + 1,)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", GOLDEN["halting"], ids=lambda c: c["name"])
def test_halting(case: dict[str, Any], kind: PonderKind, dtype: torch.dtype) -> None:
    values = torch.tensor(case["halting"], dtype=dtype)
    zeros = torch.zeros(1, 1, dtype=dtype)
    start = Pondering(
        CellStep(Schedule()),
        (zeros,),
        (zeros,),
        ACTHalting(case["max_ponder"], case["epsilon"]),
        lambda h: values[(h.long() - 1).clamp(max=len(values) - 1)],
        Budget(1 - case["epsilon"], case["max_ponder"]),
    )
    with torch.no_grad():
        state, steps, remainder, _ = ponder(start, kind)
    # The state at step n is n, so the mean state is sum of n p_n.
    mean = sum(n * p for n, p in enumerate(case["p"], start=1))
    limit = TOLERANCE[dtype]
    assert steps.tolist() == [case["ponder_steps"]]
    assert remainder.item() == pytest.approx(case["remainder"], abs=limit)
    assert state[0].item() == pytest.approx(mean, abs=limit * max(1, mean))
    assert (steps + remainder).item() == pytest.approx(case["ponder_cost"], abs=limit * 100)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("index", range(len(GOLDEN["models"])))
def test_model(index: int, kind: PonderKind, dtype: torch.dtype) -> None:
    case = GOLDEN["models"][index]
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    model = ACTModel(ACTConfig(**{k: case[k] for k in sizes})).to(dtype)
    model.load_state_dict(golden_weights(case, dtype))
    model.act.kind = kind
    with torch.no_grad():
        out = model(torch.tensor(case["x"], dtype=dtype)[None])
    expect, limit = case["expect"], TOLERANCE[dtype]
    assert out.ponder.steps[0, :, 0].tolist() == expect["ponder_steps"]
    close(out.ponder.remainder[0, :, 0], expect["remainder"], limit)
    close(out.output[0], expect["y"], limit)
    close(torch.cat(out.state[0]), expect["state"], limit)


def golden_weights(case: dict[str, Any], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    names = {
        "halt_weight": "act.halting.0.weight",
        "halt_bias": "act.halting.0.bias",
        "out_weight": "head.weight",
        "out_bias": "head.bias",
    }
    return {
        names.get(name, f"act.cells.0.{name}"): torch.tensor(value, dtype=dtype)
        for name, value in case["weights"].items()
    }


def close(actual: torch.Tensor, expected: Any, limit: float) -> None:
    torch.testing.assert_close(
        actual, torch.tensor(expected, dtype=actual.dtype), atol=limit, rtol=0
    )
