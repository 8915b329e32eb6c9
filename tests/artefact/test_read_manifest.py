"""``NAME.manifest.json`` from a stranger: a regular file of JSON, or one line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from act_artefact.driver import PartFacts, Repeat
from act_artefact.errors import UserError
from act_artefact.interface import Interface, StatePair, Tensor
from act_artefact.manifest import Manifest, read_manifest

STATE = Tensor("h0", "float32", (1, 8))
WHOLE = Manifest(
    artefact="m.parts", target="onnx", ponder="host", sequence="stream", precision="fp32", batch=1,
    interface=Interface(
        (Tensor("x", "float32", (1, 3)), STATE, Tensor("max_ponder", "int32", (1,), 4)),
        (
            Tensor("y", "float32", (1, 2)),
            Tensor("ponder_steps", "int32", (1, 1)),
            Tensor("remainder", "float32", (1, 1)),
            replace(STATE, name="h0_out"),
        ),
        (StatePair("h0", "h0_out"),),
    ),
    model={"vocab_size": None}, task={}, epsilon=0.01, max_ponder=4, metric=None, labels=["a"],
    vocabulary=None, sha256="00", choice={"ponder": "host"}, versions={"torch": "2"},
    parts=[PartFacts("step", ("x", "h0"), ("y", "h0_out"), Repeat("progress", 0.99))],
)  # fmt: skip


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_manifest(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(": export the model again")
    assert len(message) < len(str(path)) + 200
    assert message.isprintable()
    return message


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "m.manifest.json"
    path.write_text(json.dumps(WHOLE.to_json()))
    assert read_manifest(path) == WHOLE


def test_only_regular_files(tmp_path: Path) -> None:
    path = tmp_path / "m.manifest.json"
    assert "no such file" in refused(path)
    os.mkfifo(path)
    assert "is a FIFO" in refused(path)
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "is a symbolic link" in refused(path)


@pytest.mark.parametrize(
    "contents",
    [b"", b"\xff{}", b"[" * 200_000, b'{"format": NaN}', b"1" * 5000, b" " * (17 << 20)],
    ids=["empty", "not UTF-8", "deep", "NaN", "a long number", "large"],
)
def test_what_is_no_json(tmp_path: Path, contents: bytes) -> None:
    path = tmp_path / "m.manifest.json"
    path.write_bytes(contents)
    refused(path)


def tensor(**entries: Any) -> dict[str, Any]:
    return {"name": "x", "dtype": "float32", "shape": [1, 3], "default": None, **entries}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": "other"}, "not an act-mobile/manifest/1 manifest"),
        ({"\x1b" * 1000: 1}, "entries that are not known: \\x1b"),
        ({"artefact": "a/b"}, "artefact: expected str without control characters"),
        ({"artefact": ".."}, "artefact: .. is a folder"),
        ({"sha256": ["\n"] * 1000}, "sha256: expected str, got array"),
        ({"batch": 0}, "batch: expected int >= 1"),
        ({"batch": True}, "batch: expected int, got bool"),
        ({"sequence": 0}, "--sequence must be stream, dynamic or at least 1, not 0"),
        ({"sequence": "\x1b"}, "sequence: invalid enum value"),
        ({"epsilon": 1.5}, "epsilon: expected float <= 1.0"),
        ({"max_ponder": 1 << 31}, "max_ponder: expected int <= 2147483647"),
        ({"model": {"vocab_size": "x"}}, "model.vocab_size cannot be 'x'"),
        ({"task": {"a": [[[[[[[[1]]]]]]]]}}, "nested more than 8 levels deep"),
        ({"inputs": [{}]}, "inputs[0]: object missing required field name"),
        ({"inputs": [tensor(shape=[1, 0])]}, "inputs: [1]: expected int >= 1"),
        ({"inputs": [tensor(shape=[1 << 29])]}, "inputs: x has more than"),
        ({"inputs": [tensor(name="a\n")]}, "inputs: expected str without control characters"),
        ({"inputs": [tensor(), tensor()]}, "inputs: two of the name x"),
        ({"inputs": [tensor(dtype="int32", default=0.5)]}, "the default of x is no whole number"),
        ({"outputs": [tensor()]}, "y, ponder_steps or remainder is missing"),
        ({"states": {"a": 1}}, "states: expected array, got object"),
        ({"states": [{"input": "x", "output": "h0_out"}]}, "x and h0_out differ in shape"),
        ({"states": [{"input": "\x1b", "output": "y"}]}, "states: '\\x1b' to 'y' is no state"),
        ({"parts": ["x"]}, "parts[0]: expected object, got str"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_manifest(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    path = tmp_path / "m.manifest.json"
    path.write_text(json.dumps({**WHOLE.to_json(), **change}))
    assert reason in refused(path)


def places(value: Any, *before: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yield the places of all values in a value of JSON."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*before, key)
        if isinstance(each, dict | list):
            yield from places(each, *before, key)


FREE = {"task", "choice", "verification"}
"""Entries whose contents are not declared."""


@pytest.mark.parametrize("place", [*places(json.loads(json.dumps(WHOLE.to_json())))], ids=str)
def test_no_entry_may_be_of_another_type(tmp_path: Path, place: tuple[str | int, ...]) -> None:
    path = tmp_path / "m.manifest.json"
    for odd in ([{"odd": [1]}], -1e300):
        value = json.loads(json.dumps(WHOLE.to_json()))
        at = value
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = odd
        path.write_text(json.dumps(value))
        if (place[0] in FREE and len(place) > 1) or (place[-1] == "threshold" and odd == -1e300):
            read_manifest(path)
        else:
            refused(path)
