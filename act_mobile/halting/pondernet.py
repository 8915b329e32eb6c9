"""``pondernet``: a probabilistic policy that is trained on its expected loss (Banino 2021).

    lambda_n = sigmoid(W s_n + b)         the probability to halt after step n, given n was taken
    p_n = lambda_n (1 - lambda_1) ... (1 - lambda_{n-1}),    CDF_n = p_1 + ... + p_n
    N   = first n with CDF_n >= 1 - epsilon, or the limit

and the result is the last state. So inference is deterministic; the paper draws N instead, which is
:meth:`PonderNetHalting.sampled`, for comparison. Training takes all M steps and minimises

    sum of p_n error(s_n) + beta KL(p || geometric prior),

where beta is ``--tau`` and the prior halts at every step with the same probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import torch
from torch import Tensor

from act_mobile.halting.policy import (
    Advance,
    Budget,
    Carry,
    Ending,
    Errors,
    HaltingUnit,
    Mask,
    Start,
    Unrolled,
)
from act_mobile.halting.unit import SigmoidHalting
from act_mobile.ponder.pondering import Pondered, Pondering, Trail, ended
from act_mobile.state import State

TINY = 1e-30
"""A probability whose logarithm is finite, and below which nothing matters."""


@dataclass(frozen=True)
class PonderNetHalting(SigmoidHalting):
    """Stop at the first n where the halting distribution's CDF reaches 1 - epsilon.

    The carry is the CDF without and with the last step.
    """

    prior: float = 0.2
    """The geometric prior's probability to halt at a step; it expects 1 / prior steps."""
    combined: ClassVar[Literal["mean", "last"]] = "last"
    carries: ClassVar[int] = 2
    charges: ClassVar[bool] = False
    number: ClassVar[int | None] = 2

    def sampled(self, generator: torch.Generator | None = None) -> SampledPonderNet:
        """Make the policy that draws N, as the paper does; it runs eagerly only."""
        known = {f.name: getattr(self, f.name) for f in fields(PonderNetHalting)}
        return SampledPonderNet(**known, generator=generator)

    def start(self, zeros: Tensor, own: State) -> Start:
        return Start((zeros, zeros.clone()))

    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        before, total = carry
        value = unit(read) * (1 - total)
        if mask is None:
            before = total.clone()
        else:
            value = value * mask.alive
            before = torch.where(mask.running, total, before)
        total = total + value
        return Advance((before, total), total, None)

    def finish(self, carry: Carry) -> Ending:
        return Ending(None, 1 - carry[0])

    def unroll(self, unit: HaltingUnit, read: Tensor, budget: Budget, own: State) -> Unrolled:
        max_ponder = int(budget.max_ponder)
        halting = unit(read).view(max_ponder, len(read) // max_ponder)
        # The product of 1 - lambda as a sum of logarithms, which every target has.
        total = 1 - (1 - halting).clamp(min=TINY).log().cumsum(0).exp()
        before = torch.cat([torch.zeros_like(total[:1]), total[:-1]])
        first = read.new_tensor([[True]] + [[False]] * (max_ponder - 1), dtype=torch.bool)
        taken = first | (before < budget.threshold)
        remainder = 1 - torch.where(taken, before, 0.0).amax(0, keepdim=True)
        return Unrolled(None, taken, remainder.squeeze(0))

    def train(self, pondering: Pondering) -> Pondered:
        """Take all M steps, and leave them and their probabilities as a trail."""
        step, constants, unit = pondering.step, pondering.constants, pondering.unit
        threshold, max_ponder = pondering.budget
        states, halting = [], []
        state, inputs = pondering.state, step.first(constants) or constants
        for _ in range(int(max_ponder)):
            state = step.update(inputs, state)
            states.append(state)
            halting.append(unit(step.features(inputs, state)).squeeze(1))
            inputs = constants
        stacked = torch.stack(halting)
        going = (1 - stacked).cumprod(0)
        before = torch.cat([torch.ones_like(going[:1]), going[:-1]])
        last = ~(1 - going < threshold)  # NaN, too, ends a row
        last[-1] = True
        place = last.to(torch.int8).argmax(0)
        weights = torch.cat([(stacked * before)[:-1], before[-1:]])
        rows = torch.arange(len(place), device=place.device)
        combined = tuple(torch.stack(each)[place, rows] for each in zip(*states, strict=True))
        trail = Trail(torch.stack([each[0] for each in states]), weights)
        steps = (place + 1).to(torch.int32)
        return ended(pondering, combined, steps, before[place, rows])._replace(trail=trail)

    def errors(self, output: Tensor, trail: Trail | None, errors: Errors) -> Tensor:
        """Compute the expected error, sum of p_n error(s_n)."""
        if trail is None:
            return errors(output)
        each = [errors(step) for step in trail.output]
        return sum(
            (weight * error for weight, error in zip(trail.weights, each, strict=True)),
            torch.zeros_like(each[0]),
        )

    def cost(self, steps: Tensor, remainder: Tensor, trail: Trail | None) -> Tensor:
        """Compute KL(p || prior), in nats; the prior's last step takes all that remains, as p's."""
        if trail is None:
            return torch.zeros_like(remainder)
        prior = trail.weights.new_tensor(list(self._prior(len(trail.weights))))
        prior = prior.view(-1, *[1] * (trail.weights.dim() - 1))
        p = trail.weights.clamp(min=TINY)
        return (p * (p.log() - prior.log())).sum(0)

    def _prior(self, count: int) -> Iterator[float]:
        left = 1.0
        for _ in range(count - 1):
            yield max(left * self.prior, TINY)
            left *= 1 - self.prior
        yield max(left, TINY)

    def __str__(self) -> str:
        return f"pondernet:{self.prior:g}"


@dataclass(frozen=True)
class SampledPonderNet(PonderNetHalting):
    """N is drawn: a row halts when its CDF reaches a number drawn evenly from 0 to 1."""

    generator: torch.Generator | None = None
    carries: ClassVar[int] = 3
    kinds: ClassVar[tuple[str, ...]] = ("eager",)
    number: ClassVar[int | None] = None

    def start(self, zeros: Tensor, own: State) -> Start:
        drawn = torch.rand(zeros.shape, generator=self.generator, dtype=zeros.dtype)
        return Start((zeros, zeros.clone(), drawn.to(zeros.device)))

    def advance(self, unit: HaltingUnit, carry: Carry, read: Tensor, mask: Mask | None) -> Advance:
        sums, total, _ = super().advance(unit, carry[:2], read, mask)
        return Advance((*sums, carry[2]), (total >= carry[2]).to(total.dtype), None)


def parse(argument: str | None, max_ponder: int, epsilon: float) -> PonderNetHalting | None:
    """Make the policy; None if ``argument`` is no probability between 0 and 1."""
    if argument is None:
        return PonderNetHalting(max_ponder, epsilon)
    try:
        prior = float(argument)
    except ValueError:
        return None
    if len(argument) > 16 or not 0 < prior < 1:
        return None
    return PonderNetHalting(max_ponder, epsilon, prior)
