"""Pieces of the page: figures with their question, legends, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from act_profiling.report.svg import Ramp, element


def figure(question: str, caption: str, picture: str, key: str) -> str:
    head = element("figcaption", element("strong", escape(question)) + escape(caption))
    return element("figure", head + picture + key)


def legend(*entries: tuple[str, str]) -> str:
    """Build a legend of colours and what they stand for; an entry without a colour is a remark."""
    shown = (
        (element("i", style=f"background:{colour}") if colour else "") + escape(name)
        for colour, name in entries
    )
    return element("ul", "".join(element("li", entry) for entry in shown), class_="legend")


def ramp_legend(ramp: Ramp, palette: str = "n") -> str:
    """The colours of N: ``n`` of marks, ``w`` of what dark letters are read on."""
    entries = ((f"var(--{palette}{level})", name) for level, name in ramp.entries())
    return legend(("", "N"), *entries)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are HTML, the head is text."""
    top = "".join(element("th", escape(name), scope="col") for name in head)
    body = "".join(element("tr", "".join(element("td", cell) for cell in row)) for row in rows)
    return element("table", element("thead", element("tr", top)) + element("tbody", body))
