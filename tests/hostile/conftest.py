"""The share of the mutations that is tried, and the good files that they begin with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.hostile.material import Material

FULL_INPUTS, FULL_PROCESSES = 20_000, 300
QUICK_SHARE = 0.02
"""Share of the mutations that are tried in every run."""

SHARE = float(os.environ.get("ACT_HOSTILE_SHARE", "1"))
"""Share of the mutations that are tried in marked tests."""


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material.make(tmp_path_factory.mktemp("material"))


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, and nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
