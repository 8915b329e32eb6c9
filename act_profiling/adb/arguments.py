"""Every argument list that ``adb`` is called with."""

from __future__ import annotations

from pathlib import Path

DEVICES = ["devices", "-l"]
START_SERVER = ["start-server"]
KILL_SERVER = ["kill-server"]


def connect(address: str) -> list[str]:
    return ["connect", address]


def disconnect(address: str) -> list[str]:
    return ["disconnect", address]


def state(serial: str) -> list[str]:
    return ["-s", serial, "get-state"]


def shell(serial: str, command: str) -> list[str]:
    return ["-s", serial, "shell", command]


def push(serial: str, file: Path, to: str) -> list[str]:
    return ["-s", serial, "push", str(file), to]


def pull(serial: str, path: str, to: Path) -> list[str]:
    return ["-s", serial, "pull", path, str(to)]
