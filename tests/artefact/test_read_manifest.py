"""``NAME.manifest.json`` from a stranger: a regular file of JSON, or one line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from act_artefact.errors import UserError
from act_artefact.interface import Interface, Tensor
from act_artefact.manifest import Manifest, read_manifest

WHOLE = Manifest(
    artefact="m.onnx", target="onnx", ponder="loop", sequence="stream", precision="fp32", batch=1,
    interface=Interface((Tensor("x", "float32", (1, 3)),), (), ()), model={}, task={},
    epsilon=0.01, max_ponder=4, metric=None, labels=None, vocabulary=None, sha256="00",
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


@pytest.mark.parametrize(
    "change",
    [
        {"artefact": 3}, {"artefact": None}, {"sha256": ["\n"] * 1000}, {"parts": 3},
        {"parts": ["x"]}, {"inputs": [[]]}, {"inputs": [{}]}, {"states": {"a": 1}},
        {"\x1b" * 1000: 1}, {"format": "other"},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_manifest(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "m.manifest.json"
    path.write_text(json.dumps({**WHOLE.to_json(), **change}))
    refused(path)
