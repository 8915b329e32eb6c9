"""The two ways in which a command ends badly, and nothing else is caught."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence

MOST = 80
"""Characters of a stranger's text that one line of error shows."""


class UserError(ValueError):
    """Bad input: one line that names the bad thing and the way out. Exit code 2."""


class CheckFailed(Exception):
    """An artefact or a result failed its check and is not handed out. Exit code 1."""


def shown(value: object) -> str:
    """Quote a value from a file for an error's line, as ``repr`` does but cut short."""
    return escaped(_QUOTE.repr(value))


def escaped(text: str, most: int = MOST) -> str:
    """Make a text from a file fit for an error's line: cut short, and only what prints."""
    printed = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: most + 1])
    return printed if len(printed) <= most else printed[: most - 3] + "..."


def either(words: Sequence[str]) -> str:
    """Join what a user may choose from: ``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


class _Quote(reprlib.Repr):
    """``repr`` of plain values of any size, in little time."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = MOST
        self.maxlevel = 3

    def repr_int(self, x: int, level: int) -> str:
        # Python refuses to write down an integer of more than 4300 digits.
        few = x.bit_length() <= 64
        return super().repr_int(x, level) if few else f"a number of {x.bit_length()} bits"


_QUOTE = _Quote()
