"""The public names of Kotlin and Swift sources, by their lines and indentation.

Both are written as their formatters write them: a member is indented by 4 more than its type, and
a line that is indented no more than a type ends it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INDENT = 4
COMMENT = re.compile(r"\s*(//|/\*|\*)")
NAME = re.compile(r"`?(\w+)")


@dataclass(frozen=True)
class Language:
    """The declarations of a language."""

    declaration: re.Pattern[str]
    """Groups: the modifiers, the keyword and what follows it."""
    types: frozenset[str]
    """Keywords of declarations that have members."""
    hidden: frozenset[str]
    """Modifiers of what is not public."""
    shown: frozenset[str]
    """Modifiers without which nothing is public; empty where nothing says private."""
    open_types: frozenset[str]
    """Keywords of types whose members are as public as the type, whatever they say."""


KOTLIN = Language(
    re.compile(
        r"((?:(?:private|internal|protected|override|abstract|sealed|data|const) )*)"
        r"((?:companion )?object|class|interface|fun|val|var|typealias)\b(.*)"
    ),
    types=frozenset({"class", "interface", "object", "companion object"}),
    hidden=frozenset({"private", "internal", "protected"}),
    shown=frozenset(),
    open_types=frozenset(),
)
SWIFT = Language(
    re.compile(
        r"((?:(?:public|private|fileprivate|private\(set\)|static|final|nonisolated|mutating) )*)"
        r"(struct|class|actor|enum|protocol|case|func|let|var|typealias)\b(.*)"
    ),
    types=frozenset({"struct", "class", "actor", "enum", "protocol"}),
    hidden=frozenset({"private", "fileprivate"}),
    shown=frozenset({"public"}),
    open_types=frozenset({"protocol"}),
)


@dataclass(frozen=True)
class _Type:
    indent: int
    name: str
    public: bool
    opens: bool
    """True if its members need no word to be public."""


def public_names(sources: list[Path], language: Language) -> dict[str, str]:
    """Public names, ``Type.member``, by how both languages may write them alike: one of Kotlin's
    constants, ``MOST_RUNS``, is ``mostRuns`` in Swift."""
    found = (name for path in sources for name in _names(path.read_text(), language))
    return {name.replace("_", "").lower(): name for name in found}


def _names(text: str, language: Language) -> Iterator[str]:
    within = [_Type(-INDENT, "", public=True, opens=False)]
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if not line.strip() or COMMENT.match(line) or line.lstrip().startswith(")"):
            continue
        while indent <= within[-1].indent:
            within.pop()
        outer = within[-1]
        found = language.declaration.match(line.strip())
        if not found or indent != outer.indent + INDENT:
            continue
        modifiers, keyword, rest = set(found[1].split()), found[2], found[3]
        public = outer.public and not modifiers & language.hidden
        if language.shown and not modifiers & language.shown and not outer.opens:
            # A case is as public as its enumeration.
            public = public and keyword == "case"
        name = outer.name
        if keyword != "companion object":
            for each in _declared(keyword, rest):
                if public:
                    yield outer.name + each
                name = f"{outer.name}{each}."
        if keyword in language.types:
            within.append(_Type(indent, name, public, keyword in language.open_types))
            if public:
                # Properties that a constructor on the same line declares.
                for each in re.findall(r"[(,] *(?:override )?va[lr] (\w+)", rest):
                    yield name + each


def _declared(keyword: str, rest: str) -> list[str]:
    if keyword == "case":
        return re.findall(r"(\w+)(?:\([^)]*\))?(?:,|$)", rest.strip())
    found = NAME.match(rest.strip())
    return [found[1]] if found else []
