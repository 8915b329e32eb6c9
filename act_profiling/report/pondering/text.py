"""Text, each character on the colour of its ponder steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise

from act_profiling.report.markup import figure, ramp_legend
from act_profiling.report.pondering import steps as bars
from act_profiling.report.svg import Ramp, element
from act_profiling.report.words import Variant

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
"""N as one character, so that it can stand under its letter; more is ``+``."""

WIDE = True
LINE = 72
"""Characters of a line of numbers."""

MOST_NAMED, LEAST_COUNT = 3, 3
"""Characters that the caption names at each end, and how often each occurs at least."""


def fits(variant: Variant) -> bool:
    """True for bytes of text whose N is not the same everywhere."""
    sample = variant["sample"]
    if not bars.fits(variant) or not sample["tokens"] or sample["vocabulary"] != "bytes":
        return False
    return 0 <= min(sample["tokens"]) <= max(sample["tokens"]) < 256


def draw(variant: Variant, ramp: Ramp, name: str) -> str:
    """Make the figure; a paragraph is a sequence."""
    del name  # nothing in it is referred to
    sample, ns = variant["sample"], bars.totals(variant)
    text = coloured(sample["tokens"], ns, sample["starts"], ramp)
    said = f"{bars.said(ns)}{_longest(sample, ns)}"
    caption = f"{variant['label']}: each character on the colour of its N; {said}"
    shown = element("div", text, class_="texts")
    return figure(bars.QUESTION, caption, shown, ramp_legend(ramp, "w") + _numbers(sample, ns))


def _numbers(sample: Variant, ns: Sequence[int]) -> str:
    """The same without colours: N under each character, folded."""
    letters = "".join(_characters(bytes(sample["tokens"]))).replace("\n", "")
    digits = "".join(DIGITS[n] if n < len(DIGITS) else "+" for n in ns)
    lines = "\n".join(
        f"{letters[k : k + LINE]}\n{digits[k : k + LINE]}\n" for k in range(0, len(ns), LINE)
    )
    more = ", a for 10, b for 11, and so on" if max(ns) > 9 else ""
    summary = element("summary", f"N under each character{more}")
    return element("details", summary + element("pre", escape(lines)), class_="numbers")


def _longest(sample: Variant, ns: Sequence[int]) -> str:
    """Name the characters with the largest mean N."""
    found: dict[str, list[int]] = defaultdict(list)
    for token, n in zip(sample["tokens"], ns, strict=True):
        if 32 <= token < 127 or token == ord("\n"):
            found[{32: "space", 10: "↵"}.get(token, chr(token))].append(n)
    means = {c: sum(each) / len(each) for c, each in found.items() if len(each) >= LEAST_COUNT}
    order = sorted(means, key=lambda c: -means[c])
    longest = order[:MOST_NAMED]
    shortest = [c for c in order[: -MOST_NAMED - 1 : -1] if means[c] < means[longest[-1]]]
    if not shortest:
        return ""
    named = (", ".join(f"{c} ({means[c]:.1f})" for c in part) for part in (longest, shortest))
    return "; in the mean longest at {}, shortest at {}".format(*named)


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
        level = ramp.level(n)
        spans.append(element("span", escape(shown), class_=f"w{level}", title=f"N = {n}"))
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
