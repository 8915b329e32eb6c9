"""A client's answers beside the golden bundle's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from act_artefact.equality import Agreement, Arrays
from tests.clients.client import Client, Refused
from tests.clients.exports import Artefact

Verdict = Literal["works", "differs", "refuses"]


@dataclass(frozen=True)
class Outcome:
    """The end of an artefact in a client."""

    verdict: Verdict
    message: str = ""
    """The difference, or the client's own words; empty where it works."""


def outcome(client: Client, folder: Path, artefact: Artefact, scratch: Path) -> Outcome:
    """Run the golden calls in a client's environment: N must be equal, the rest in tolerance."""
    try:
        answers = client.run(folder, artefact, scratch)
    except Refused as error:
        return Outcome("refuses", str(error))
    return compared(artefact, answers)


def compared(artefact: Artefact, answers: Sequence[Arrays]) -> Outcome:
    """Hold the answers to the golden calls against the bundle's."""
    found = Agreement()
    for call, answer in zip(artefact.calls, answers, strict=True):
        for name, expected in call.answer.outputs.items():
            if name not in answer:
                return Outcome("differs", f"no output {name}")
            actual = answer[name]
            if (actual.shape, actual.dtype) != (expected.shape, expected.dtype):
                return Outcome("differs", f"{name} is {actual.dtype}{list(actual.shape)}")
        found.add(call.answer, answer)
    return Outcome("differs", found.reason()) if found.reason() else Outcome("works")
