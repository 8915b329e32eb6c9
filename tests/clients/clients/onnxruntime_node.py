"""ONNX Runtime for Node.js, from npm."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.client import Client
from tests.clients.environments import PROGRAMS, npm, run_program


@dataclass(frozen=True)
class NodeClient(Client):
    def install(self, folder: Path) -> None:
        npm(folder, [f"onnxruntime-node@{self.version}"])

    def answer(self, folder: Path, job: dict[str, Any], scratch: Path) -> dict[str, Any]:
        command = ["node", PROGRAMS / "run_node.mjs", folder]
        done: dict[str, Any] = run_program(command, job, scratch)
        return done


CLIENT = NodeClient(name="onnxruntime-node", version="1.30.0", target="onnx")
