"""What the engine and its build refuse."""

from __future__ import annotations


class ActError(ValueError):
    """The engine's own message, and its code in ``status``: an ``ActStatus`` of act.h."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class BuildError(RuntimeError):
    """The engine cannot be compiled on this machine: one line that says why."""
