"""The shipped models as .actn files, and what each JavaScript runtime makes of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.clients.exports import Artefact, Row, make
from tests.web.runtimes import do_job

MODELS = ("charlm", "parity", "parity-brief", "hops", "maze", "listen")
PRECISIONS = ("fp32", "int8")
SIZES = {"maze": ("height", "width")}
"""Axes that may vary, by model."""


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artefact]:
    """Every model in every precision, by ``MODEL-PRECISION``."""
    made = {}
    for model in MODELS:
        for precision in PRECISIONS:
            row = Row(model, "loop", precision, dynamic=SIZES.get(model, ()))
            made[f"{model}-{precision}"] = make(row, "native", tmp_path_factory.mktemp(model))
    return made


@pytest.fixture(scope="session")
def done(
    artefacts: dict[str, Artefact], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict[str, Any]]:
    """Do the whole job in a runtime, once."""

    @cache
    def job(runtime: str) -> dict[str, Any]:
        try:
            return do_job(runtime, artefacts, tmp_path_factory.mktemp(runtime))
        except FileNotFoundError as missing:
            pytest.skip(str(missing))

    return job


@pytest.fixture(scope="session")
def typescript(pytestconfig: pytest.Config) -> Path:
    """Install TypeScript's compiler and return it."""
    from tests.clients.environments import npm

    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("typescript")
    npm(folder, ["typescript@7.0.2"])
    return folder / "node_modules/.bin/tsc"
