"""A stretch of text, each character on the colour of its ponder steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise

from act_profiling.report.svg import Ramp, element


def coloured(tokens: Sequence[int], steps: Sequence[int], starts: Sequence[int], ramp: Ramp) -> str:
    """Bytes of UTF-8 as HTML, a paragraph a sequence.

    Neighbours of the same N share a span, whose title says N.
    """
    return "".join(
        _paragraph(bytes(tokens[first:after]), steps[first:after], ramp)
        for first, after in pairwise((*starts, len(tokens)))
    )


def _paragraph(text: bytes, steps: Sequence[int], ramp: Ramp) -> str:
    spans = []
    for n, run in groupby(zip(_characters(text), steps, strict=True), key=lambda pair: pair[1]):
        shown = "".join(character for character, _ in run)
        spans.append(element("span", escape(shown), class_=f"n{ramp.level(n)}", title=f"N = {n}"))
    return element("p", "".join(spans), class_="text")


def _characters(text: bytes) -> Iterator[str]:
    """One string a byte: a character's first byte has it, the others a small dot."""
    at = 0
    while at < len(text):
        for size in (1, 2, 3, 4):
            try:
                character = text[at : at + size].decode()
            except UnicodeDecodeError:
                continue
            break
        else:
            size, character = 1, "\N{REPLACEMENT CHARACTER}"
        yield "↵\n" if character == "\n" else character if character.isprintable() else "·"
        yield from "·" * (size - 1)
        at += size
