"""JSON from outside, read as a declared type: msgspec checks types, ranges, lengths and nesting.

A declared type is a ``msgspec.Struct`` or a dataclass whose fields say what a file may hold, with
the types below for texts and numbers. Integers are no truth values and no fractions, numbers are
finite, and an error names the place in the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from act_artefact.errors import UserError, escaped
from act_artefact.files import read

T = TypeVar("T")

VALUES = 1 << 22
"""Values that a file may hold: each takes up to 80 bytes of memory, and 2 of the file."""

DEPTH = 8
"""Levels of nesting where a type says nothing of what is nested."""

_UNSEEN = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
"""Characters that control a terminal, or that nobody sees in a line of text."""

Text = Annotated[str, Meta(max_length=1 << 16, pattern=rf"\A[^{_UNSEEN}]*\Z")]
"""A text within one line."""

Name = Annotated[str, Meta(min_length=1, max_length=255, pattern=rf"\A[^{_UNSEEN}/]+\Z")]
"""The name of a file or a tensor."""

Digest = Annotated[str, Meta(max_length=64, pattern=r"\A[0-9a-f]*\Z")]
"""A sha256 in hexadecimal."""

Count = Annotated[int, Meta(ge=0, le=1 << 53)]
"""The number of something, within the range that a double holds exactly."""

Natural = Annotated[int, Meta(ge=1, le=(1 << 31) - 1)]
"""A size: of an axis, a batch, or a limit of steps."""

Number = Annotated[float, Meta(ge=-1e39, le=1e39)]
"""A number as large as a float32 may be."""

Amount = Annotated[float, Meta(ge=0, le=1e18)]
"""Nanoseconds of a hundred years at most, or as many instructions."""

Share = Annotated[float, Meta(ge=0, le=1)]

_MALFORMED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Mismatch(ValueError):
    """A value is not of its declared type; its text is the place and the reason."""


def read_json(path: Path, limit: int, kind: type[T], *, follow: bool = True) -> T:
    """Read a regular file of JSON as a declared type.

    Args:
        limit: bytes that it may have.
        kind: what it is; ``Any`` for any JSON.
        follow: whether it may be a symbolic link, as in :func:`act_artefact.files.opened`.

    Raises:
        UserError: it is missing, no regular file, too large, not JSON, or not of the type.
    """
    contents = read(path, limit, follow=follow)
    # Each value but the first follows one of these; one within a text counts too, and may.
    if sum(map(contents.count, (b",", b"[", b"{"))) > VALUES:
        raise UserError(f"{path}: has more than the {VALUES:,} values that are read")
    try:
        return msgspec.json.decode(contents, type=kind)
    except msgspec.ValidationError as error:
        raise UserError(f"{path}: {_reason(error)}") from None
    except _MALFORMED as error:
        raise UserError(f"{path}: not JSON ({escaped(str(error))})") from None


def typed(value: Any, kind: type[T]) -> T:
    """Check a value of plain types, and make the declared type of it.

    Raises:
        Mismatch: it is not of the type.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise Mismatch(_reason(error)) from None
    except _MALFORMED as error:
        raise Mismatch(escaped(str(error))) from None


def check_nesting(value: Any, depth: int = DEPTH) -> None:
    """Refuse plain values of which nothing is declared, if they are nested deep.

    Raises:
        ValueError: they are nested more levels deep than ``depth``.
    """
    if not depth:
        raise ValueError(f"nested more than {DEPTH} levels deep")
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            check_nesting(each, depth - 1)


def _reason(error: msgspec.ValidationError) -> str:
    """``variants[0].label: expected a text`` of msgspec's own words, which end in the place."""
    text, _, place = str(error).partition(" - at `$")
    text = re.sub(r" matching regex .*", " without control characters", text, flags=re.DOTALL)
    place = place.rstrip("`").lstrip(".")
    reason = escaped(text[:1].lower() + text[1:].replace("`", ""))
    return f"{escaped(place)}: {reason}" if place else reason
