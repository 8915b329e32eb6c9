"""ACTModel: embedding or features, ACT layers, a linear head."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any, ClassVar

from torch import Tensor, nn

from act_artefact.errors import UserError, shown
from act_mobile.act import ACT, ACTOutput, PonderCost
from act_mobile.cells import CELLS
from act_mobile.halting import parse_halting
from act_mobile.halting.policy import Budget
from act_mobile.ponder_model import PonderModel
from act_mobile.state import State

SIZE_LIMITS = {
    "input_size": 65536,
    "hidden_size": 16384,
    "output_size": 1 << 20,
    "num_layers": 64,
    "max_ponder": 10000,
    "vocab_size": 1 << 20,
}
"""The most a configuration may ask for: a stranger's file must not decide what we allocate."""


@dataclass(frozen=True)
class ACTConfig:
    """Everything that is needed to build an :class:`ACTModel`, in plain types.

    Args:
        input_size: I, features of x; with ``vocab_size``, the width of the embedding.
        hidden_size: H.
        output_size: O.
        cell: a name in ``CELLS`` of :mod:`act_mobile.cells`.
        num_layers: ACT layers.
        max_ponder: M, the most ponder steps of a time step.
        epsilon: a time step ends when its halting sum reaches 1 - epsilon.
        vocab_size: if set, the model reads tokens below it instead of features.
        halting: a policy of :mod:`act_mobile.halting`.
    """

    kind: ClassVar[str] = "sequence"
    timed: ClassVar[bool] = True
    cells: ClassVar[Collection[str]] = CELLS

    input_size: int
    hidden_size: int
    output_size: int
    cell: str = "lstm"
    num_layers: int = 1
    max_ponder: int = 100
    epsilon: float = 0.01
    vocab_size: int | None = None
    halting: str = "act"

    def __post_init__(self) -> None:
        check_sizes(self, SIZE_LIMITS)
        check_text(self, "cell", CELLS)
        if not isinstance(self.epsilon, float) or not 0 < self.epsilon < 1:
            raise UserError(f"epsilon must lie between 0 and 1, not {self.epsilon!r}")
        parse_halting(self.halting, max_ponder=self.max_ponder, epsilon=self.epsilon)

    @property
    def features(self) -> tuple[int, ...]:
        """The shape of one time step of x; empty for tokens."""
        return () if self.vocab_size is not None else (self.input_size,)

    @property
    def axes(self) -> tuple[str | None, ...]:
        """No axis of a time step may be of any size."""
        return ()

    def to_dict(self) -> dict[str, Any]:
        """Plain types, as ``model.pt`` and manifests hold it."""
        return {"model": self.kind, **asdict(self)}


def check_sizes(config: Any, limits: dict[str, int]) -> None:
    """Check the whole numbers of a configuration; one whose default is None may be None.

    Raises:
        UserError: one is out of its range.
    """
    defaults = {f.name: f.default for f in fields(config)}
    for name, limit in limits.items():
        value = getattr(config, name)
        if value is None and defaults[name] is None:
            continue
        if type(value) is not int or not 1 <= value <= limit:
            raise UserError(f"{name} must be a whole number from 1 to {limit}, not {shown(value)}")


def check_text(config: Any, name: str, known: Collection[str]) -> None:
    """Check that a setting is one of the known words.

    Raises:
        UserError: it is not.
    """
    value = getattr(config, name)
    if not isinstance(value, str) or value not in known:
        raise UserError(f"{name} {shown(value)} is not known: use one of {', '.join(known)}")


class ACTModel(PonderModel):
    """A sequence model around ACT: ``embedding`` (with a vocabulary), ``act``, ``head``.

    The head is applied once per time step, to the mean state: p sums to 1, so that equals the mean
    of the outputs at every ponder step (Graves eq. 13-14).
    """

    def __init__(self, config: ACTConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = (
            None
            if config.vocab_size is None
            else nn.Embedding(config.vocab_size, config.input_size)
        )
        self.act = ACT(
            config.input_size,
            config.hidden_size,
            cell=config.cell,
            num_layers=config.num_layers,
            max_ponder=config.max_ponder,
            epsilon=config.epsilon,
            halting=config.halting,
        )
        self.head = nn.Linear(config.hidden_size, config.output_size)

    @property
    def layer(self) -> ACT:
        return self.act

    def forward(
        self,
        x: Tensor,
        state: list[State] | None = None,
        lengths: Tensor | None = None,
        budget: Budget | None = None,
    ) -> ACTOutput:
        """x (B, T, I), or tokens (B, T) with a vocabulary -> output (B, T, O).

        ``state``, ``lengths`` and ``budget`` as :meth:`ACT.forward` takes them.
        """
        if self.embedding is not None:
            x = self.embedding(x)
        out = self.act(x, state, lengths, budget)
        steps, remainder, trails = out.ponder
        if trails and (last := trails[-1]) is not None:
            trails = (*trails[:-1], last._replace(output=self.head(last.output)))
        return ACTOutput(self.head(out.output), out.state, PonderCost(steps, remainder, trails))
