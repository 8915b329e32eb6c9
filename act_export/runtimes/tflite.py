"""LiteRT's interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt


class LiteRTRuntime:
    """The file's one signature, with one thread."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(str(path), num_threads=1)
        (signature,) = self._interpreter.get_signature_list()
        self._runner = self._interpreter.get_signature_runner(signature)

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        outputs: dict[str, npt.NDArray[Any]] = self._runner(**inputs)
        return outputs


load = LiteRTRuntime
