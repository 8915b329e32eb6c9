"""A target is what its description says, and nothing but its own files knows it by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from act_artefact.targets import TARGETS, BuiltInRuntime, LibraryRuntime, suffixes
from act_export.targets.converter import SignatureConverter, SourceConverter, load_converter
from act_mobile.halting import HALTINGS
from act_mobile.models import MODELS
from act_mobile.steps import STEPS
from act_profiling.operators import profile_reader

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", TARGETS)
def test_packages_do_what_the_description_says(name: str) -> None:
    target = TARGETS[name]
    assert name == target.name
    converter = load_converter(target)
    assert isinstance(converter, SignatureConverter) == target.signatures
    assert isinstance(converter, SourceConverter) == target.embeds
    assert callable(import_module(f"act_export.runtimes.{name}").load)
    assert len(target.packages) == len(target.modules)
    assert bool(target.not_profiled) == (target.device is None)
    if isinstance(target.device, LibraryRuntime) and target.device.op_profiles:
        assert profile_reader(name).BODIES
    if isinstance(target.device, BuiltInRuntime):
        assert list(target.device.engine.SOURCES.glob("*.c"))
        assert list((ROOT / "native/runner" / target.device.folder).glob("*.c"))


@pytest.mark.parametrize("name", TARGETS)
def test_names_of_artefacts(name: str) -> None:
    target = TARGETS[name]
    for ponder in target.ponders:
        artefact = target.artefact("m", ponder)
        assert artefact.startswith("m.")
        assert artefact.removeprefix("m") in suffixes(TARGETS)
        in_parts = ponder == "host" and not target.signatures
        assert artefact.endswith(".parts") == in_parts
        assert target.is_folder(ponder) == (in_parts or target.folder)


def texts(path: Path) -> Iterator[str]:
    """Every text in a module but its docstrings."""
    tree = ast.parse(path.read_text())
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_no_other_file_names_a_target() -> None:
    name = re.compile(rf"\b({'|'.join(TARGETS)})\b")
    own = [
        place
        for each in TARGETS
        for folder in ("act_artefact/targets", "act_export/targets", "act_export/runtimes",
                       "act_profiling/operators")
        for place in (ROOT / folder / each, ROOT / folder / f"{each}.py")
    ]  # fmt: skip
    found = {
        f"{path.relative_to(ROOT)}: {text!r}"
        for package in ("act_artefact", "act_export", "act_profiling")
        for path in (ROOT / package).rglob("*.py")
        if not any(path.is_relative_to(place) for place in own)
        for text in texts(path)
        if name.search(text)
    }
    assert not found


@pytest.mark.parametrize("package", ["act_export", "act_profiling", "act_artefact", "act_mil"])
def test_no_policy_model_or_step_is_named_outside_its_file(package: str) -> None:
    """Three of the names are words for other things too; their classes are not. The native engine
    has the steps themselves: what reads them for it knows them, as it does the cells."""
    names = "|".join({*HALTINGS, *MODELS, *STEPS} - {"act", "fixed", "sequence"})
    name = re.compile(rf"[\"']({names})[\"']|(ACT|Fixed|PonderNet|Skip)Halting|IteratedModel")
    found = {
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in (ROOT / package).rglob("*.py")
        if not path.is_relative_to(ROOT / "act_export/targets/native")
        for line in path.read_text().splitlines()
        if name.search(line)
    }
    assert not found
