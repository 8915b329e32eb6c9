"""Clients that are Python packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.client import Client
from tests.clients.environments import PROGRAMS, run_program, venv


@dataclass(frozen=True)
class PythonClient(Client):
    """Packages in a virtual environment, driven by a program in ``programs/``."""

    program: str = ""
    requirements: tuple[str, ...] = ()
    python: str | None = None
    """The version of Python that its wheels need, where not any."""

    def install(self, folder: Path) -> None:
        venv(folder, self.requirements, self.python)

    def answer(self, folder: Path, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
        command = [folder / "bin" / "python", PROGRAMS / self.program]
        done: dict[str, Any] = run_program(command, job, scratch)
        return done
