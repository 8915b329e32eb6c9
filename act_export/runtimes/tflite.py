"""LiteRT's interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt


class LiteRTRuntime:
    """One signature of the file, with one thread; its inputs may change their length at any call.

    Args:
        signature: of the file's signatures; needed where there are several.
    """

    def __init__(self, path: Path, signature: str | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        interpreter = Interpreter(str(path), num_threads=1)
        if signature is None:
            (signature,) = interpreter.get_signature_list()
        self._runner = interpreter.get_signature_runner(signature)

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        outputs: dict[str, npt.NDArray[Any]] = self._runner(**inputs)
        return outputs


load = LiteRTRuntime
