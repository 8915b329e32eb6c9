"""The page's posts as declared types: it is a stranger's until it has been read as one."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from act_artefact.errors import CheckFailed
from act_artefact.schema import Amount, Count, Natural, Text

T = TypeVar("T")

LIMIT = 16 << 20
"""Bytes of JSON that the page may post."""


class Hello(Struct, forbid_unknown_fields=True):
    """Facts of its browser, as the page gives them."""

    agent: Text
    platform: Text
    cores: Count
    isolated: bool
    """The browser gives this page its fine clock."""
    clock_ns: Annotated[float, Meta(gt=0, le=1e10)]
    """The step of performance.now()."""
    visible: bool
    missing: Text
    """Something that the browser lacks, or empty."""


class Batch(Struct, array_like=True, forbid_unknown_fields=True):
    """A call of the data, repeated."""

    call: Count
    count: Natural
    nanoseconds: Annotated[float, Meta(gt=0, le=1e15)]
    """Nanoseconds of all repeats together."""


class Done(Struct, forbid_unknown_fields=True):
    """A run that came to its end."""

    runtime: Text
    """The kernels of the engine."""
    clock_ns: Annotated[float, Meta(gt=0, le=1e10)]
    init_ns: Amount
    first_ns: Amount
    warmup_ns: Amount
    batches: Annotated[list[Batch], Meta(max_length=1_000_000)]
    hidden: bool
    """The page was hidden at some time during the run."""


class Failed(Struct, forbid_unknown_fields=True):
    """A run that did not."""

    error: str
    refused: bool
    """The artefact cannot be run by this page, as opposed to a failure."""


def parse(body: bytes, kind: type[T]) -> T:
    """Read JSON that the page posted.

    Raises:
        CheckFailed: it is not of the type.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CheckFailed(f"browser: the page posted what no page posts: {error}") from None


def parse_end(body: bytes) -> Done | Failed:
    """Read how a run ended."""
    if body.startswith(b'{"error"'):
        return parse(body, Failed)
    return parse(body, Done)
