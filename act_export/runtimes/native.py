"""The native engine, compiled on this machine at first use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.interface import Interface

Arrays = dict[str, npt.NDArray[Any]]


class NativeRuntime:
    """Answers row by row: each an image, or a sequence that goes on from the state it is given.

    Args:
        kernels: the name of the kernels to use; else the fastest that this machine has.
    """

    def __init__(self, path: Path, kernels: str | None = None) -> None:
        from act_engine import Model

        self.model = Model(path)
        self.model.use_kernels(kernels)
        facts = json.loads(self.model.metadata)
        self.interface = Interface.from_json(facts)
        self.stream: bool = facts["sequence"] == "stream"
        self._context = self.model.context()

    def run(self, inputs: Arrays) -> Arrays:
        """A threshold or a limit of ponder steps out of range counts as the nearest within it."""
        if self.interface.budget:
            threshold, limit = (inputs[t.name].item() for t in self.interface.budget)
            own = self.model.max_ponder
            self._context.set_budget(
                max(threshold, 0.0) if threshold < 1 else 1.0, min(max(limit, 1), own)
            )
        data = inputs[self.interface.data.name]
        if self.model.channels:
            images = zip(*map(self._image, data), strict=True)
            names = (t.name for t in self.interface.outputs)
            return dict(zip(names, map(np.stack, images), strict=True))
        states = [inputs[pair.input] for pair in self.interface.states]
        rows = [self._sequence(data[i], [s[i] for s in states]) for i in range(len(data))]
        time = 1 if self.stream else data.shape[1]
        return {
            t.name: np.stack(values).reshape(t.at(time))
            for t, values in zip(self.interface.outputs, zip(*rows, strict=True), strict=True)
        }

    def _image(self, x: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        """One image of a call: y, N and R."""
        y, context = self._context.run_image(x), self._context
        steps = np.array(context.ponder_steps, np.int32)
        return y, steps, np.array(context.remainders, np.float32)

    def _sequence(
        self, data: npt.NDArray[Any], states: list[npt.NDArray[Any]]
    ) -> list[npt.NDArray[Any]]:
        """One row of a call: its outputs in the interface's order."""
        steps = data[None] if self.stream else data
        if not self.model.vocab_size:
            steps = steps.reshape(len(steps), -1)
        self._context.state = np.concatenate(states)
        answer = self._context.run(steps)
        ends = np.cumsum([len(state) for state in states])[:-1]
        return [*answer, *np.split(self._context.state, ends)]


load = NativeRuntime
