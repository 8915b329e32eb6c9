"""``NAME.labels.txt``: the names of the classes, one a line in their order, as TFLite has them.

Names come from a stranger's model: one that would break its line, or the order of a terminal's
text, is escaped, and one that is blank becomes ``???``, since common readers of such files skip
blank lines and would count the classes wrongly.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from act_artefact.errors import UserError
from act_artefact.manifest import Manifest, read_manifest

SUFFIX = ".labels.txt"

MOST_LABELS = 1 << 16
"""Classes that may have names: as many as large vocabularies have tokens."""

MOST_LABEL = 255
"""Characters of a name."""

Label = Annotated[str, Meta(max_length=MOST_LABEL)]

BLANK = "???"
"""Stands for a class without a name, as in TFLite's own label files."""

_BREAKING = ("Cc", "Cs", "Zl", "Zp")
"""Unicode's categories of control characters, lone surrogates, and ends of lines and paragraphs."""

_REORDERING = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
"""Marks that reorder a line of text as it is shown. (Joiners, which some scripts need, stay.)"""


def labels_text(labels: Sequence[str]) -> str:
    """Write labels one a line; there are as many lines as labels, and none is blank."""
    return "".join(f"{_line(label)}\n" for label in labels)


def labels_file(name: str, manifest: Manifest) -> str | None:
    """Name the labels file of an export NAME; None where its classes have no names."""
    return f"{name}{SUFFIX}" if manifest.labels else None


def stale_labels(folder: Path, name: str) -> list[Path]:
    """Find the labels file of a former export NAME in ``folder``, to be removed.

    A file of that name beside an export whose manifest has no labels is the user's own.
    """
    try:
        former = read_manifest(folder / f"{name}.manifest.json")
    except UserError:
        return []
    path = folder / f"{name}{SUFFIX}"
    return [path] if former.labels and path.is_file() and not path.is_symlink() else []


def _line(label: str) -> str:
    if not label.strip():
        return BLANK
    return "".join(repr(c)[1:-1] if _breaks(c) else c for c in label)


def _breaks(character: str) -> bool:
    return unicodedata.category(character) in _BREAKING or character in _REORDERING
