"""One time step's ponder loop, behind one front door.

For a time step with input x and state s_0, Graves 2016 (eq. 5-14) takes N ponder steps

    s_n = cell([x, flag_n], s_{n-1})      flag_1 = 1, later ones 0
    h_n = halting unit of s_n          N = first n with h_1 + ... + h_n >= 1 - epsilon, or limit
    R   = 1 - (h_1 + ... + h_{N-1})       p = (h_1, ..., h_{N-1}, R)
    s   = sum of p_n s_n                  the time step's state, from which its output is computed

(a sum that is NaN halts too: what is not below the threshold is not waited for), and the ponder
cost is rho = N + R, which is differentiable through R alone.

=========  ======================================  ===========================================
kind       what it is                              for
=========  ======================================  ===========================================
eager      python loop; halted rows leave it       training, reference
unroll     max_ponder steps, weighed afterwards    tracing where the target has no control flow
loop       torch's while_loop operator             tracing where it has
peeled     the first step, then a loop             the same, where it is the faster one
=========  ======================================  ===========================================

All agree to rounding. Only ``eager`` is made for training.
"""

from __future__ import annotations

from act_mobile.ponder.eager import ponder_eager
from act_mobile.ponder.loop import ponder_loop, ponder_peeled
from act_mobile.ponder.step import Pondered, PonderKind, TimeStep
from act_mobile.ponder.unroll import ponder_unroll

__all__ = ["LOOPS", "PonderKind", "Pondered", "TimeStep", "ponder"]

KINDS = {
    "eager": ponder_eager,
    "unroll": ponder_unroll,
    "loop": ponder_loop,
    "peeled": ponder_peeled,
}


LOOPS: tuple[PonderKind, ...] = ("loop", "peeled")
"""The kinds whose trace has control flow."""


def ponder(step: TimeStep, kind: PonderKind = "eager") -> Pondered:
    """Ponder one time step to its end and return the weighted state, N and R of every row."""
    return KINDS[kind](step)
