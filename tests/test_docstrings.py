"""Docstrings begin with an imperative or a noun phrase, never with a fragment."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FRAGMENT = re.compile(r"\s*(What|How|Of|Whether)\b")
"""The beginning of a docstring that a reader stumbles over."""


def files() -> Iterator[Path]:
    """Yield the Python files of the packages, the demo, the tests and the benchmarks."""
    others = (ROOT / name for name in ("web_demo", "tests", "benchmarks"))
    for folder in (*ROOT.glob("act_*/"), *others):
        yield from sorted(folder.rglob("*.py"))


def fragments(source: str) -> list[int]:
    """Return the lines of the docstrings that begin with a fragment.

    A docstring is a string that is a statement: of a module, a class or a function, or of the
    attribute that is assigned before it.
    """
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and FRAGMENT.match(node.value.value)
    )


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"""What it does."""', [1]),
        ('class C:\n    """How it works."""\n    x = 1\n    """\n    Of the class."""', [2, 4]),
        ('def f():\n    """Whether it is."""\n    return "What"', [2]),
        ('async def f():\n    if x:\n        y = 1\n        """What\'s y."""', [4]),
        ('"""Offsets."""\nx = """What"""\n"""However it is."""\n# What it is.', []),
    ],
)
def test_fragments_are_found(source: str, lines: list[int]) -> None:
    assert fragments(source) == lines


def test_no_docstring_begins_with_a_fragment() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files()
        for line in fragments(path.read_text(encoding="utf-8"))
    ]
    assert not found, "docstrings that begin with What, How, Of or Whether:\n" + "\n".join(found)
