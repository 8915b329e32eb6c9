"""The engine's errors."""

from __future__ import annotations


class ActError(ValueError):
    """The engine's own message, and its code in ``status``: an ``ActStatus`` of act.h."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
