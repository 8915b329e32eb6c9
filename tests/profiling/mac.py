"""A Mac for tests: the stand-in of tests/profiling/xcrun.py on PATH, and the devices it knows."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.profiling.xcrun import FOLDER

ROOT = Path(__file__).parents[2]

Phones = list[dict[str, Any]]
Mac = Callable[..., Path]
"""Puts a Mac's xcrun first on PATH, with a fault and devices; returns the folder of them."""

PHONE: dict[str, Any] = {
    "identifier": "11111111-2222-3333-4444-555555555555",
    "connectionProperties": {
        "pairingState": "paired",
        "transportType": "wired",
        "tunnelState": "disconnected",
    },
    "deviceProperties": {
        "name": "Ada’s iPhone",
        "osVersionNumber": "18.4",
        "osBuildUpdate": "22E240",
        "developerModeStatus": "enabled",
    },
    "hardwareProperties": {
        "deviceType": "iPhone",
        "marketingName": "iPhone 15 Pro",
        "productType": "iPhone16,1",
        "reality": "physical",
        "udid": "00008130-000000000000001E",
    },
}
WATCH = {"identifier": "w", "hardwareProperties": {"deviceType": "appleWatch"}}
SIMULATED = {
    "identifier": "s",
    "hardwareProperties": {"deviceType": "iPhone", "reality": "simulated"},
}


def put_mac(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fault: str = "", phones: Phones | None = None
) -> Path:
    """Put a Mac's xcrun first on PATH; the folder of its devices and of what was asked of it."""
    (folder / "Documents").mkdir(parents=True)
    (folder / "fault").write_text(fault)
    known = [WATCH, SIMULATED, PHONE] if phones is None else phones
    (folder / "phones.json").write_text(json.dumps(known))
    program = folder / "bin" / "xcrun"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.profiling.xcrun "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv(FOLDER, str(folder))
    return folder


def calls(folder: Path) -> list[list[str]]:
    """The calls of xcrun so far."""
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
