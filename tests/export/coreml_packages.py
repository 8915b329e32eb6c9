"""Models beside the Core ML packages they were converted to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from act_artefact.form import Form
from act_export.program import trace
from act_export.reference import call_model
from act_export.subject import Subject, model_subject
from act_export.targets import coreml
from act_mil import Program as SavedProgram
from act_mobile import ACTModel

Arrays = dict[str, np.ndarray[Any, Any]]


def subject_of(model: ACTModel) -> Subject:
    return model_subject("model", model.eval())


class Pair:
    """A model and its package, called side by side."""

    def __init__(
        self,
        model: ACTModel | Subject,
        folder: Path,
        form: Form,
        precision: str = "fp32",
        seed: int = 0,
    ) -> None:
        self.subject = subject_of(model) if isinstance(model, ACTModel) else model
        self.form = form
        self.program = trace(self.subject, form)
        self.path = folder / f"{form.ponder}-{form.sequence}-{precision}.mlpackage"
        coreml.convert(self.program, self.path, {}, precision)
        self.saved = SavedProgram(self.path)
        self.budget = self.program.interface.budget
        self.random = np.random.default_rng(seed)

    @property
    def weights_size(self) -> int:
        """Bytes of the package's constants."""
        return (self.path / "Data/com.apple.CoreML/weights/weight.bin").stat().st_size

    def inputs(self, time: int = 1) -> Arrays:
        """Random inputs, budgets left out."""
        made: Arrays = {}
        for tensor in self.program.interface.inputs:
            shape = tensor.at(time)
            if tensor.dtype == "float32" and tensor.default is None:
                made[tensor.name] = self.random.standard_normal(shape).astype(np.float32)
            elif tensor.default is None:
                assert self.subject.vocab_size
                tokens = self.random.integers(0, self.subject.vocab_size, shape)
                made[tensor.name] = tokens.astype(np.int32)
        return made

    def model(self, inputs: Arrays) -> Arrays:
        """The model's own answer."""
        return call_model(self.subject, self.program.interface, self.form, inputs)

    def answers(self, time: int = 1) -> tuple[Arrays, Arrays]:
        """The package's and the model's answer to the same random inputs."""
        inputs = self.inputs(time)
        return self.saved.run(inputs), self.model(inputs)


def largest_error(actual: Arrays, expected: Arrays) -> float:
    """The largest |error| / (1 + |model|) of all float outputs."""
    return max(
        float(np.max(np.abs(actual[name] - value) / (1 + np.abs(value))))
        for name, value in expected.items()
        if name != "ponder_steps"
    )
