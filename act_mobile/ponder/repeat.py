"""A known number of ponder steps: no policy is asked, and a trace has no control flow."""

from __future__ import annotations

import torch

from act_mobile.ponder.pondering import Pondered, Pondering, ended


def ponder_repeat(start: Pondering) -> Pondered:
    """Take max_ponder steps, of which the last state counts."""
    state, steps = start.state, int(start.budget.max_ponder)
    inputs = start.step.first(start.constants) or start.constants
    for _ in range(steps):
        state = start.step.update(inputs, state)
        inputs = start.constants
    ones = state[0].new_ones(len(state[0]))
    return ended(start, state, (ones * steps).to(torch.int32), ones)
