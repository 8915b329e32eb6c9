"""A client: how it is installed, and how it answers an artefact's golden calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from act_artefact.equality import Arrays
from tests.clients.exports import Artefact


class Refused(Exception):
    """A client's own message: it does not run this artefact."""


@dataclass(frozen=True)
class Client(ABC):
    """Someone else's runtime, of one version, in an environment of its own."""

    name: str
    version: str
    target: str
    """The target whose artefacts it reads."""
    quick: bool = True
    """True if it installs in seconds."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @abstractmethod
    def install(self, folder: Path) -> None:
        """Make the environment in ``folder``, if it is not there.

        Raises:
            RuntimeError: a package cannot be installed.
            FileNotFoundError: a program that it needs is not on this machine.
        """

    @abstractmethod
    def answer(self, folder: Path, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
        """Have the environment in ``folder`` do a job; ``programs/calls.py`` has both formats.

        Raises:
            Refused: the client ended without an answer.
        """

    def files(self, artefact: Artefact, folder: Path, scratch: Path) -> dict[str, Path]:
        """The files that the client reads, by part."""
        return artefact.files()

    def run(self, folder: Path, artefact: Artefact, scratch: Path) -> list[Arrays]:
        """Answer the golden calls of ``artefact``.

        Raises:
            Refused: the client does not run it.
        """
        scratch.mkdir(parents=True, exist_ok=True)
        calls = [call.inputs for call in artefact.calls]
        job = {
            "files": {
                part: str(path) for part, path in self.files(artefact, folder, scratch).items()
            },
            "parts": [asdict(part) for part in artefact.manifest.parts] or [_whole(artefact)],
            "calls": [{name: encode(value) for name, value in call.items()} for call in calls],
        }
        done = self.answer(folder, job, scratch)
        if refused := done.get("refused"):
            raise Refused(refused)
        assert done["version"].startswith(self.version), done["version"]
        return [{name: decode(t) for name, t in answer.items()} for answer in done["answers"]]


def _whole(artefact: Artefact) -> dict[str, Any]:
    """An artefact of one piece as a part that is called once."""
    interface = artefact.manifest.interface
    return {
        "name": "",
        "inputs": [tensor.name for tensor in interface.inputs],
        "outputs": [tensor.name for tensor in interface.outputs],
        "repeat": None,
    }


def encode(value: Any) -> dict[str, Any]:
    data = b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"dtype": str(value.dtype), "shape": list(value.shape), "data": data}


def decode(tensor: dict[str, Any]) -> Any:
    data = np.frombuffer(b64decode(tensor["data"]), tensor["dtype"])
    return data.reshape(tensor["shape"])
