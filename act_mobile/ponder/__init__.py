"""The ponder loop, behind one front door.

A row with constants x and state s_0 takes N ponder steps

    s_n = step(x, s_{n-1})

until its halting policy (:mod:`act_mobile.halting.policy`) has made enough progress, or the limit
is reached, and its result is a mean of s_1 ... s_N or s_N. A progress that is NaN halts too: what
is not below the threshold is not waited for. A policy may end a row before its first step: N = 0,
and the result is s_0.

=========  ======================================  ===========================================
kind       definition                              for
=========  ======================================  ===========================================
eager      python loop; halted rows leave it       training, reference
unroll     max_ponder steps, weighed afterwards    tracing where the target has no control flow
loop       torch's while_loop operator             tracing where it has
peeled     the first step, then a loop             the same, where it is the faster one
=========  ======================================  ===========================================

All agree to rounding. Only ``eager`` is made for training.
"""

from __future__ import annotations

import torch

from act_mobile.ponder.eager import ponder_eager
from act_mobile.ponder.loop import ponder_loop, ponder_peeled
from act_mobile.ponder.pondering import Pondered, Pondering, PonderKind
from act_mobile.ponder.repeat import ponder_repeat
from act_mobile.ponder.unroll import ponder_unroll

__all__ = ["LOOPS", "PonderKind", "Pondered", "Pondering", "ponder"]

KINDS = {
    "eager": ponder_eager,
    "unroll": ponder_unroll,
    "loop": ponder_loop,
    "peeled": ponder_peeled,
}


LOOPS: tuple[PonderKind, ...] = ("loop", "peeled")
"""The kinds whose trace has control flow."""


def ponder(start: Pondering, kind: PonderKind = "eager") -> Pondered:
    """Ponder rows to their end: their result, N and remainder."""
    if not start.halting.adaptive:
        return ponder_repeat(start)
    if kind == "eager" and torch.is_grad_enabled():
        return start.halting.train(start)
    return KINDS[kind](start)
