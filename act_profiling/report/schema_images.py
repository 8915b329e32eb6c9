"""The images of ``report.json`` as declared types, no larger than a report is written with."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from act_artefact.schema import Count, Number, Text
from act_profiling.images import ANSWERS, ITEMS, ROLES, SIDE

Side = Meta(min_length=1, max_length=SIDE)
Map = Annotated[list[Annotated[list[Number], Side]], Side]


class _Answer(Struct, forbid_unknown_fields=True):
    limit: Count
    values: Map | None
    word: Text | None

    def __post_init__(self) -> None:
        if (self.values is None) == (self.word is None):
            raise ValueError("has not just one of values and word")
        if self.values is not None:
            _check_even(self.values)


class _Image(Struct, forbid_unknown_fields=True):
    number: Count
    difficulty: int | None
    ponder_steps: Count
    channels: Annotated[list[Map], Meta(min_length=1, max_length=len(ROLES))]
    target: _Answer | None
    asked: Map | None
    answers: Annotated[list[_Answer], Meta(max_length=ANSWERS)]

    def __post_init__(self) -> None:
        for each in (*self.channels, *([self.asked] if self.asked else [])):
            _check_even(each)
        if len({(len(channel), len(channel[0])) for channel in self.channels}) > 1:
            raise ValueError("channels differ in size")


class ImagesEntry(Struct, forbid_unknown_fields=True):
    """A variant's images and the answers to them."""

    channels: list[Literal[ROLES]]  # type: ignore[valid-type]
    judged: bool
    low: Number
    high: Number
    items: Annotated[list[_Image], Meta(min_length=1, max_length=ITEMS)]

    def __post_init__(self) -> None:
        if any(len(each.channels) != max(len(self.channels), 1) for each in self.items):
            raise ValueError("an item has not the channels that are named")
        if not self.low < self.high:
            raise ValueError("low is not below high")


def _check_even(rows: list[list[float]]) -> None:
    """Refuse rows of different lengths."""
    if len({len(row) for row in rows}) > 1:
        raise ValueError("rows differ in length")
