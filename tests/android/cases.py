"""``cases.json``: what the exports of the shipped models must answer, for tests in any language.

``{"cases": [...]}``. A case names a ``manifest`` (a path in the folder of the exports) and what is
``streamed``, or none where a call is not one time step of one sequence:

- ``sequences``, each from the initial state: ``inputs`` (tokens, or rows of x), ``y`` (a row for
  each time step), ``ponder_steps`` and ``remainder`` (a row of layers for each time step), all of
  the float64 model;
- ``tolerance`` of an element v, over 1 + |v|;
- ``statistics`` of the first layer over all time steps: ``histogram`` of N from 0 to max_ponder,
  ``mean_ponder_steps`` and ``mean_remainder``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
import torch

from act_mobile import load_model
from tests.android.models import EXPORTS, MODELS, Exported

TIME_STEPS = 24
"""For all sequences of a model together."""

TOLERANCE = 1e-4
"""For streamed answers, where each time step adds its rounding to the state."""


def write_cases(to: Path, exports: Sequence[Exported] = EXPORTS) -> Path:
    """Write the file and return its path."""
    cases = [
        {
            "name": each.name,
            "manifest": f"{each.name}/model.manifest.json",
            "streamed": _streamed(each.model) if each.is_streamed else None,
        }
        for each in exports
    ]
    to.write_text(json.dumps({"cases": cases}))
    return to


@once
def _streamed(name: str) -> dict[str, Any]:
    model = load_model(MODELS / name / "model.pt").double().eval()
    data = np.load(MODELS / name / "eval.npz")
    rows = data["tokens"] if "tokens" in data else data["x"]
    time = min(rows.shape[1], TIME_STEPS)
    sequences, first, rest = [], [], []
    for inputs in rows[: TIME_STEPS // time, :time]:
        given = torch.from_numpy(inputs)[None]
        with torch.no_grad():
            answer = model(given.double() if given.is_floating_point() else given)
        steps, remainder = answer.ponder.steps[0], answer.ponder.remainder[0]
        first += steps[:, 0].tolist()
        rest += remainder[:, 0].tolist()
        sequences.append(
            {
                "inputs": inputs.tolist(),
                "y": answer.output[0].tolist(),
                "ponder_steps": steps.tolist(),
                "remainder": remainder.tolist(),
            }
        )
    return {
        "sequences": sequences,
        "tolerance": TOLERANCE,
        "statistics": {
            "histogram": np.bincount(first, minlength=model.act.policy.max_ponder + 1).tolist(),
            "mean_ponder_steps": float(np.mean(first)),
            "mean_remainder": float(np.mean(rest)),
        },
    }
