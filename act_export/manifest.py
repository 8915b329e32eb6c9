"""``NAME.manifest.json``: all that an app or a profiler must know to use an artefact; no torch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from act_export.driver import PartFacts
from act_export.form import Sequence
from act_export.interface import Interface
from act_mobile.errors import UserError

FORMAT = "act-mobile/manifest/1"

METADATA_KEY = "act-mobile.json"
"""Under which an artefact's own metadata holds the manifest's facts about the model."""


@dataclass(frozen=True)
class Manifest:
    """What an export is, and how it was checked."""

    artefact: str
    """The artefact's file name, beside the manifest."""
    target: str
    ponder: str
    sequence: Sequence
    precision: str
    batch: int
    interface: Interface
    model: dict[str, Any]
    """The model's configuration."""
    task: dict[str, Any]
    epsilon: float | None
    """None where the number of ponder steps is fixed."""
    max_ponder: int
    metric: str | None
    labels: list[str] | None
    vocabulary: str | None
    """``bytes`` where tokens are bytes of text."""
    readers: str = ""
    """The oldest runtime that reads the artefact."""
    parts: list[PartFacts] = field(default_factory=list)
    """In host form, what the app calls, in order; see :mod:`act_export.driver`."""
    choice: dict[str, Any] | None = None
    """Where the form was chosen by measurement, what was measured."""
    verification: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    """UTC, ISO 8601."""

    def facts(self) -> dict[str, Any]:
        """What goes into the artefact itself: all but what is known only once it is written."""
        value = self.to_json()
        for name in ("parts", "choice", "verification", "sha256", "created"):
            del value[name]
        return value

    def to_json(self) -> dict[str, Any]:
        value = asdict(self)
        return {"format": FORMAT, **value.pop("interface"), **value}


def read_manifest(path: Path) -> Manifest:
    """Read ``NAME.manifest.json``.

    Raises:
        UserError: it is missing, not JSON, or not a manifest of this format.
    """
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file: export the model again") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}): export the model again") from None
    if not isinstance(value, dict) or value.pop("format", None) != FORMAT:
        raise UserError(f"{path}: not an {FORMAT} manifest: export the model again")
    try:
        interface = Interface.from_json(value)
        parts = [PartFacts.from_json(part) for part in value["parts"]]
        rest = {k: v for k, v in value.items() if k not in ("inputs", "outputs", "states", "parts")}
        return Manifest(interface=interface, parts=parts, **rest)
    except (TypeError, KeyError) as error:
        raise UserError(f"{path}: not a whole manifest ({error}): export the model again") from None


def digest(artefact: Path) -> str:
    """sha256 of a file; of a folder, over its files' names and contents in order of name."""
    if artefact.is_file():
        return hashlib.sha256(artefact.read_bytes()).hexdigest()
    total = hashlib.sha256()
    for file in sorted(p for p in artefact.rglob("*") if p.is_file()):
        total.update(file.relative_to(artefact).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()
