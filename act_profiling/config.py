"""The size of a measurement."""

from __future__ import annotations

from dataclasses import dataclass

from act_artefact.errors import UserError

MOST = {
    "rounds": 1000,
    "min_count": 1_000_000,
    "min_seconds": 86_400.0,
    "warmup": 1_000_000,
    "threads": 256,
}
"""The largest value of each option that is a number."""


@dataclass(frozen=True)
class MeasureConfig:
    """The size of a measurement; the command's options of the same names.

    Raises:
        UserError: a number is out of its range.
    """

    rounds: int = 5
    min_count: int = 100
    """Calls of one variant in each round, at least."""
    min_seconds: float = 0.5
    """Seconds of one variant in each round, at least."""
    warmup: int = 20
    threads: int = 1
    cpus: str | None = None
    """``big``, ``little`` or a mask in hexadecimal; None leaves it to the system."""
    memory: bool = True
    operators: bool = True

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            least, value = int(name in ("rounds", "threads")), getattr(self, name)
            if not least <= value <= most:
                option = name.replace("_", "-")
                raise UserError(f"--{option} must be from {least} to {most:,}, not {value:.6g}")
