"""``NAME.manifest.json``: all that an app or a profiler must know to use an artefact; no torch."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from act_artefact.driver import PartFacts
from act_artefact.errors import UserError, escaped, shown
from act_artefact.form import CallShape, Ponder, Sequence
from act_artefact.interface import Interface, Tensor
from act_artefact.schema import (
    Count,
    Digest,
    Mismatch,
    Name,
    Natural,
    Number,
    Share,
    Text,
    check_nesting,
    read_json,
    typed,
)

FORMAT = "act-mobile/manifest/1"

LIMIT = 16 << 20
"""Bytes of a manifest that are read."""

MOST_AXES = 8
MOST_BYTES = 1 << 30
"""Bytes of a tensor in a call; the runner has no larger ones either."""

INTERFACE = tuple(each.name for each in fields(Interface))
"""Entries of a manifest that are its interface."""

WRITTEN_WITHOUT: dict[str, Any] = {"axes": [], "purpose": None, "license": None, "size": 0}
"""Entries that manifests were once written without, and what their absence meant."""

METADATA_KEY = "act-mobile.json"
"""Under which an artefact's own metadata holds the manifest's facts about the model."""


@dataclass(frozen=True)
class Manifest:
    """The facts of an export, and how it was checked."""

    artefact: Name
    """The artefact's file name, beside the manifest."""
    target: Text
    ponder: Ponder
    sequence: Sequence
    precision: Text
    batch: Natural
    interface: Interface
    model: dict[str, Any]
    """The model's configuration."""
    task: dict[str, Any]
    epsilon: Share | None
    """None where the number of ponder steps is fixed."""
    max_ponder: Natural
    metric: Text | None
    labels: list[str] | None
    vocabulary: Text | None
    """``bytes`` where tokens are bytes of text."""
    purpose: Text | None = None
    """The task in words, where it is a known one."""
    license: Text | None = None
    """The model's licence, an SPDX expression; None if nobody stated it."""
    readers: Text = ""
    """The oldest runtime that reads the artefact."""
    parts: list[PartFacts] = field(default_factory=list)
    """In host form, what the app calls, in order; see :mod:`act_artefact.driver`."""
    choice: dict[str, Any] | None = None
    """Where the form was chosen by measurement, what was measured."""
    verification: dict[str, Any] = field(default_factory=dict)
    sha256: Digest = ""
    size: Count = 0
    """Bytes, of all files of the artefact; 0 if not recorded."""
    versions: dict[Text, Text] = field(default_factory=dict)
    created: Text = ""
    """UTC, ISO 8601."""

    def facts(self) -> dict[str, Any]:
        """The part that goes into the artefact itself: all that is known before it is written."""
        value = self.to_json()
        for name in ("parts", "choice", "verification", "sha256", "size", "created"):
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
        value = read_json(path, LIMIT, Any, follow=False)
        if not isinstance(value, dict) or value.pop("format", None) != FORMAT:
            raise UserError(f"{path}: not an {FORMAT} manifest")
        manifest = _manifest(value)
        _check(manifest)
    except Mismatch as error:
        raise UserError(f"{path}: not a whole manifest ({error}): export the model again") from None
    except UserError as error:
        raise UserError(f"{error}: export the model again") from None
    return manifest


def _manifest(value: dict[str, Any]) -> Manifest:
    """Take a manifest's entries as the declared types.

    Raises:
        Mismatch: one is missing, not known, or of another type.
    """
    known = {each.name for each in fields(Manifest)} - {"interface"} | {*INTERFACE}
    value = {**WRITTEN_WITHOUT, **value}
    if unknown := sorted(value.keys() - known):
        raise Mismatch(f"entries that are not known: {escaped(', '.join(unknown))}")
    if missing := sorted(known - value.keys()):
        raise Mismatch(f"lacks {', '.join(missing)}")
    interface = typed({name: value.pop(name) for name in INTERFACE}, Interface)
    return typed({**value, "interface": asdict(interface)}, Manifest)


def _check(manifest: Manifest) -> None:
    """Refuse what the types allow and no export has.

    Raises:
        Mismatch: an entry has no meaning, or two do not fit.
    """
    interface = manifest.interface
    for axis in interface.axes:
        typed(axis.largest, Natural)
    if manifest.artefact in (".", ".."):
        raise Mismatch(f"artefact: {manifest.artefact} is a folder")
    try:
        check_nesting([manifest.model, manifest.task, manifest.choice, manifest.verification])
        CallShape(sequence=manifest.sequence, batch=manifest.batch)
    except ValueError as error:
        raise Mismatch(str(error)) from None
    for part in manifest.parts:
        typed(part.name, Name)
    vocab_size = manifest.model.get("vocab_size")
    if vocab_size is not None and (type(vocab_size) is not int or vocab_size < 1):
        raise Mismatch(f"model.vocab_size cannot be {shown(vocab_size)}")
    for place, tensors in (("inputs", interface.inputs), ("outputs", interface.outputs)):
        for tensor in tensors:
            _check_tensor(place, tensor, interface.sizes)
        if repeated := [name for name, n in Counter(t.name for t in tensors).items() if n > 1]:
            raise Mismatch(f"{place}: two of the name {repeated[0]}")
    inputs, outputs = ({t.name: t for t in each} for each in (interface.inputs, interface.outputs))
    if not inputs or not {"y", "ponder_steps", "remainder"} <= outputs.keys():
        raise Mismatch("an input, y, ponder_steps or remainder is missing")
    for pair in interface.states:
        typed(pair.initial, Number)
        if pair.input not in inputs or pair.output not in outputs:
            raise Mismatch(f"states: {shown(pair.input)} to {shown(pair.output)} is no state")
        if inputs[pair.input].shape != outputs[pair.output].shape:
            raise Mismatch(f"states: {pair.input} and {pair.output} differ in shape")


def _check_tensor(place: str, tensor: Tensor, named: dict[str, int]) -> None:
    try:
        typed(tensor.name, Name)
        typed(tensor.shape, tuple[Natural | Name | None, ...])
        typed(tensor.default or 0.0, Number)
    except Mismatch as error:
        raise Mismatch(f"{place}: {error}") from None
    if unknown := [size for size in tensor.shape if isinstance(size, str) and size not in named]:
        raise Mismatch(f"{place}: axis {shown(unknown[0])} of {tensor.name} is not among the axes")
    sizes = tensor.at(1, named)
    if len(sizes) > MOST_AXES or 4 * math.prod(sizes) > MOST_BYTES:
        raise Mismatch(f"{place}: {tensor.name} has more than the {MOST_BYTES:,} bytes of a tensor")
    if tensor.dtype == "int32" and not float(tensor.default or 0).is_integer():
        raise Mismatch(f"{place}: the default of {tensor.name} is no whole number")
