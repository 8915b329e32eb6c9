"""Clients that are npm packages for web pages, in Chromium."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.browser import visit
from tests.clients.client import Client
from tests.clients.environments import npm


@dataclass(frozen=True)
class WebClient(Client):
    package: str = ""
    page: str = ""
    """The page in ``programs/`` that loads it."""

    def install(self, folder: Path) -> None:
        npm(folder, [f"{self.package}@{self.version}"])

    def answer(self, folder: Path, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
        folders = {"packages": folder / "node_modules"}
        return visit(f"programs/{self.page}", folders, job, scratch)
