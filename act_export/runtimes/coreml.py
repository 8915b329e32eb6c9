"""The saved Core ML package, evaluated in numpy: Apple's runtime exists on Apple's systems only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy.typing as npt

from act_mil import Program


class CoreMLEvaluation:
    """Evaluates the package with act_mil, without imitating Apple's runtime."""

    def __init__(self, path: Path) -> None:
        self._program = Program(path)

    def run(self, inputs: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        return self._program.run(inputs)


load = CoreMLEvaluation
