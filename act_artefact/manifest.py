"""``NAME.manifest.json``: all that an app or a profiler must know to use an artefact; no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from act_artefact.driver import PartFacts
from act_artefact.errors import UserError, escaped, shown
from act_artefact.files import read_json
from act_artefact.form import Sequence
from act_artefact.interface import Interface

FORMAT = "act-mobile/manifest/1"

LIMIT = 16 << 20
"""Bytes of a manifest that are read."""

TEXTS = ("artefact", "target", "ponder", "precision", "sha256")
"""Entries of a manifest that are texts."""

METADATA_KEY = "act-mobile.json"
"""Under which an artefact's own metadata holds the manifest's facts about the model."""


@dataclass(frozen=True)
class Manifest:
    """The facts of an export, and how it was checked."""

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
    """In host form, what the app calls, in order; see :mod:`act_artefact.driver`."""
    choice: dict[str, Any] | None = None
    """Where the form was chosen by measurement, what was measured."""
    verification: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    created: str = ""
    """UTC, ISO 8601."""

    def facts(self) -> dict[str, Any]:
        """The part that goes into the artefact itself: all that is known before it is written."""
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
        UserError: it is missing, no regular file, not JSON, or not a manifest of this format.
    """
    try:
        value = read_json(path, LIMIT, follow=False)
    except UserError as error:
        raise UserError(f"{error}: export the model again") from None
    if not isinstance(value, dict) or value.pop("format", None) != FORMAT:
        raise UserError(f"{path}: not an {FORMAT} manifest: export the model again")
    try:
        interface = Interface.from_json(value)
        parts = [PartFacts.from_json(part) for part in value["parts"]]
        rest = {k: v for k, v in value.items() if k not in ("inputs", "outputs", "states", "parts")}
        for name in TEXTS:
            if not isinstance(rest[name], str):
                raise TypeError(f"{name} is {shown(rest[name])}, not a text")
        return Manifest(interface=interface, parts=parts, **rest)
    except (TypeError, KeyError) as error:
        reason = escaped(str(error))
        raise UserError(
            f"{path}: not a whole manifest ({reason}): export the model again"
        ) from None
