"""Markdown of texts from outside, which can neither begin markup nor end the one they are in."""

from __future__ import annotations

import re

from act_artefact.errors import MOST, escaped


def code(text: str, most: int = MOST) -> str:
    """Write a text as a code span: cut short, only what prints, and nothing in it is markup.

    The span is fenced by one backtick more than the text has in a row (CommonMark 6.1).
    """
    printed = escaped(text, most)
    fence = "`" * (1 + max(map(len, re.findall("`+", printed)), default=0))
    # A span loses one space at both ends, unless it has nothing else.
    spaced = printed[:1] == printed[-1:] == " " and printed.strip()
    apart = " " if fence != "`" or spaced else ""
    return f"{fence}{apart}{printed or ' '}{apart}{fence}"


def bullets(lines: list[str]) -> str:
    """Write lines as a list."""
    return "\n".join(f"- {line}" for line in lines)
