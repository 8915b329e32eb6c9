"""Artefacts to profile: exported once a session, or written by hand where that says more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from act_export.api import Options, export
from act_mobile import save_model
from tests.export.conftest import pondering
from tests.profiling.mac import Mac, Phones, put_mac

Exported = Callable[..., Path]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Exports a model whose N varies with its input; the artefact, its manifest beside it."""

    @cache
    def artefact(target: str, ponder: str, sequence: str | int = "stream", **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("exported")
        save_model(folder / "model.pt", pondering())
        chosen = Options(ponder=ponder, sequence=sequence, samples=3, **options)
        (done,) = export(folder / "model.pt", target, output=folder, options=chosen)
        return done.path

    return artefact


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mac:
    """Puts a Mac's xcrun first on PATH; returns the folder of its iPhones."""

    def make(fault: str = "", phones: Phones | None = None) -> Path:
        return put_mac(tmp_path / "mac", monkeypatch, fault, phones)

    return make
