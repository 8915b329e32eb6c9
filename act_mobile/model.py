"""ACTModel: embedding or features, ACT layers, a linear head."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, nn

from act_artefact.errors import UserError
from act_mobile.act import ACT, ACTOutput
from act_mobile.cells import CELLS
from act_mobile.halting import HALTINGS, parse_halting
from act_mobile.halting.policy import Budget
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
        cell: rnn, rnn_relu, gru or lstm.
        num_layers: ACT layers.
        max_ponder: M, the most ponder steps of a time step.
        epsilon: a time step ends when its halting sum reaches 1 - epsilon.
        vocab_size: if set, the model reads tokens below it instead of features.
        halting: a policy of :mod:`act_mobile.halting`: ``act``, ``fixed:K``.
    """

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
        for name, limit in SIZE_LIMITS.items():
            value = getattr(self, name)
            if value is None and name == "vocab_size":
                continue
            if type(value) is not int or not 1 <= value <= limit:
                raise UserError(f"{name} must be a whole number from 1 to {limit}, not {value!r}")
        if self.cell not in CELLS:
            raise UserError(f"cell {self.cell!r} is not known: use one of {', '.join(CELLS)}")
        if not isinstance(self.epsilon, float) or not 0 < self.epsilon < 1:
            raise UserError(f"epsilon must lie between 0 and 1, not {self.epsilon!r}")
        if not isinstance(self.halting, str):
            known = ", ".join(HALTINGS.values())
            raise UserError(f"halting must be one of {known}, not {self.halting!r}")
        parse_halting(self.halting, max_ponder=self.max_ponder, epsilon=self.epsilon)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, as ``model.pt`` and manifests hold it."""
        return asdict(self)


class ACTModel(nn.Module):
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
        return out._replace(output=self.head(out.output))
