"""Artefacts, made once for all clients, and the clients' environments in pytest's cache."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.clients.client import Client
from tests.clients.exports import Artefact, Row, make


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Row, str], Artefact]:
    """Make a row's artefact for a target."""

    @cache
    def export(row: Row, target: str) -> Artefact:
        return make(row, target, tmp_path_factory.mktemp(f"{row.name}-{target}"))

    return export


@pytest.fixture(scope="session")
def installed(pytestconfig: pytest.Config) -> Callable[[Client], Path]:
    """Install a client and return its environment."""

    @cache
    def install(client: Client) -> Path:
        assert pytestconfig.cache is not None
        folder = pytestconfig.cache.mkdir("-".join(f"client {client}".split()))
        client.install(folder)
        return folder

    return install
