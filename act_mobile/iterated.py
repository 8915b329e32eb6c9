"""IteratedModel: an encoder, a step repeated until it halts, and a head; images of any size."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from act_artefact.errors import UserError, shown
from act_mobile.act import PonderCost
from act_mobile.halting import parse_halting
from act_mobile.halting.policy import Budget
from act_mobile.model import check_sizes, check_text
from act_mobile.ponder.module import Ponder
from act_mobile.ponder_model import PonderModel
from act_mobile.steps import STEPS, ImageStep

SIZE_LIMITS = {
    "channels": 4096,
    "hidden_size": 4096,
    "output_size": 65536,
    "height": 4096,
    "width": 4096,
    "max_ponder": 10000,
}
"""The most a configuration may ask for: a stranger's file must not decide what we allocate."""


@dataclass(frozen=True)
class IteratedConfig:
    """Everything that is needed to build an :class:`IteratedModel`, in plain types.

    Args:
        channels: of x.
        hidden_size: C, channels of the step's state.
        output_size: O, outputs of each place of the grid.
        height: of the largest x that a deployed model of a stated size takes.
        width: the same.
        step: a name in ``STEPS`` of :mod:`act_mobile.steps`.
        max_ponder: M, the most ponder steps.
        epsilon: a row ends when its halting sum reaches 1 - epsilon.
        halting: a policy of :mod:`act_mobile.halting`.
        pooled: True for one answer to an image, the mean over its places; else each has one.
        filled: True if a place where x is all 0 is outside the image, False if it is a colour.
    """

    kind: ClassVar[str] = "iterated"
    timed: ClassVar[bool] = False
    vocab_size: ClassVar[None] = None
    cells: ClassVar[Collection[str]] = STEPS

    channels: int
    hidden_size: int
    output_size: int
    height: int
    width: int
    step: str = "conv_gru"
    max_ponder: int = 100
    epsilon: float = 0.01
    halting: str = "act"
    pooled: bool = False
    filled: bool = True

    def __post_init__(self) -> None:
        check_sizes(self, SIZE_LIMITS)
        check_text(self, "step", STEPS)
        if not isinstance(self.epsilon, float) or not 0 < self.epsilon < 1:
            raise UserError(f"epsilon must lie between 0 and 1, not {self.epsilon!r}")
        for name in ("pooled", "filled"):
            if not isinstance(getattr(self, name), bool):
                raise UserError(f"{name} must be True or False, not {shown(getattr(self, name))}")
        parse_halting(self.halting, max_ponder=self.max_ponder, epsilon=self.epsilon)

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one x of the largest size."""
        return self.channels, self.height, self.width

    @property
    def axes(self) -> tuple[str | None, ...]:
        """The axes of an image may be of any size."""
        return None, "height", "width"

    def to_dict(self) -> dict[str, Any]:
        """Plain types, as ``model.pt`` and manifests hold it."""
        return {"model": self.kind, **asdict(self)}


class IteratedOutput(NamedTuple):
    """The results of an iterated model."""

    output: Tensor
    """(B, height, width, O); (B, O) where answers are pooled."""
    ponder: PonderCost
    """Each (B, L), with L the number of its Ponder modules, 1."""


class IteratedModel(PonderModel):
    """``encoder``, ``ponder``, ``head``: convolutions around a step that is repeated.

    If ``filled``, a place where all channels of x are 0 is outside the image, so that images of
    several sizes go into one batch, each filled up with zeros; the answer is that for each image by
    itself.
    """

    def __init__(self, config: IteratedConfig) -> None:
        super().__init__()
        self.config = config
        hidden = config.hidden_size
        self.encoder = nn.Sequential(nn.Conv2d(config.channels, hidden, 3, padding=1), nn.ReLU())
        step = STEPS[config.step](hidden, hidden)
        self.ponder = Ponder(
            cast(nn.Module, step),
            step.summary,
            halting=config.halting,
            max_ponder=config.max_ponder,
            epsilon=config.epsilon,
        )
        self.head = nn.Conv2d(hidden, config.output_size, 1)

    @property
    def layer(self) -> Ponder:
        return self.ponder

    def forward(self, x: Tensor, budget: Budget | None = None) -> IteratedOutput:
        """x (B, channels, height, width) -> output (B, height, width, O), pooled (B, O)."""
        inside = x.abs().amax(1, keepdim=True)
        inside = (inside > 0 if self.config.filled else inside >= 0).to(x.dtype)
        features = self.encoder(x) * inside
        step = cast(ImageStep, self.ponder.step)
        done = self.ponder(*step.constants(features, inside), budget=budget)
        output = self.answer(done.state[0], inside)
        trail = done.trail
        if trail is not None:
            each = [self.answer(h, inside) for h in trail.output]
            trail = trail._replace(output=torch.stack(each))
        steps, remainder = done.steps.unsqueeze(-1), done.remainder.unsqueeze(-1)
        return IteratedOutput(output, PonderCost(steps, remainder, (trail,)))

    def answer(self, h: Tensor, inside: Tensor) -> Tensor:
        """(B, C, height, width) -> (B, height, width, O), pooled (B, O)."""
        output: Tensor = self.head(h)
        if not self.config.pooled:
            return output.permute(0, 2, 3, 1)
        return (output * inside).sum((2, 3)) / inside.sum((2, 3)).clamp(min=1)
