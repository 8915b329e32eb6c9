"""The glossary has every name that a user chooses from."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from act_artefact.form import Ponder
from act_artefact.targets import TARGETS, suffixes
from act_profiling.devices.open import DEVICES

GLOSSARY = (Path(__file__).parents[1] / "docs" / "glossary.md").read_text()


def test_names_are_explained() -> None:
    precisions = {name for target in TARGETS.values() for name in target.readers}
    for name in (*TARGETS, *DEVICES, *get_args(Ponder), *precisions):
        assert f"`{name}`" in GLOSSARY
    for suffix in suffixes(TARGETS):
        assert f"{suffix}`" in GLOSSARY


def test_each_word_has_one_meaning() -> None:
    words = [line.split("|")[1] for line in GLOSSARY.splitlines() if line.startswith("| ")]
    words = [word.strip() for cell in words for word in cell.split(",")]
    repeated = {word for word in words if words.count(word) > 1}
    assert repeated == {"word"}, "the tables' own heading aside"
