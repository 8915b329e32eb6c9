"""The time penalty during training: tau after a warm-up, ramped up, or steered to a mean N.

A net that is charged for ponder steps before it can use them learns to take few, and stays there:
the penalty begins once the task is partly learned.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from act_mobile.training.options import Options

AVERAGED = 100
"""Updates over which the mean N is averaged, by an exponential window."""

GAIN = 0.005
"""The part of the logarithmic distance to the wanted N by which log tau moves at each update."""

FASTEST = math.log(4)
"""Distances count no more than this, so that a net at its limit is not charged at once."""

LEAST, MOST = 1e-8, 1e3
"""The range of a tau that is steered."""


class Penalty(nn.Module):
    """tau at each update.

    With ``target_steps`` tau begins at ``options.tau`` after the warm-up and is steered:

        log tau += GAIN log(N / target),    N the mean over the last updates.

    Both are buffers, so that a checkpoint resumes them.
    """

    log_tau: Tensor
    mean: Tensor

    def __init__(self, options: Options) -> None:
        super().__init__()
        steps, tau = options.steps or 1, options.tau or 0.0
        self.tau, self.target = tau, options.target_steps
        self.begin = (options.tau_warmup or 0.0) * steps
        self.rise = (options.tau_ramp or 0.0) * steps
        if self.target is not None:
            start = math.log(min(max(tau, LEAST), MOST))
            self.register_buffer("log_tau", torch.tensor(start, dtype=torch.float64))
            self.register_buffer("mean", torch.zeros((), dtype=torch.float64))

    def at(self, step: int, ponder_steps: Tensor) -> float:
        """Return tau for an update.

        Args:
            step: updates before this one.
            ponder_steps: N of the update's batch.
        """
        if step < self.begin:
            return 0.0
        if self.target is not None:
            return self._steered(float(ponder_steps.float().mean()))
        if step < self.begin + self.rise:
            return self.tau * (step - self.begin) / self.rise
        return self.tau

    def _steered(self, seen: float) -> float:
        assert self.target is not None
        before = float(self.mean) or seen
        mean = before + (seen - before) / AVERAGED
        self.mean.fill_(mean)
        distance = min(max(math.log(mean / self.target), -FASTEST), FASTEST)
        log_tau = float(self.log_tau) + GAIN * distance
        self.log_tau.fill_(min(max(log_tau, math.log(LEAST)), math.log(MOST)))
        return math.exp(float(self.log_tau))
