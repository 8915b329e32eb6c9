"""``fixed:K``: K ponder steps whatever the input (Repeat-RNN, Fojo 2018).

The baseline that adaptive models are compared with. The last state counts: p = (0, ..., 0, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from act_mobile.halting.policy import Budget, Halting


@dataclass(frozen=True)
class FixedHalting(Halting):
    """Stop after ``max_ponder`` steps."""

    combined: ClassVar[Literal["mean", "last"]] = "last"
    adaptive: ClassVar[bool] = False

    @property
    def budget(self) -> Budget:
        """No progress to make: only the limit counts."""
        return Budget(1.0, self.max_ponder)

    def __str__(self) -> str:
        return f"fixed:{self.max_ponder}"


def parse(argument: str | None, max_ponder: int, epsilon: float) -> FixedHalting | None:
    """Make the policy; None if ``argument`` is no K from 1 to ``max_ponder``."""
    if argument is None or not argument.isascii() or not argument.isdecimal():
        return None
    if len(argument) > len(str(max_ponder)) or not 1 <= int(argument) <= max_ponder:
        return None
    return FixedHalting(int(argument))
