"""Exports of the shipped models in every target and form, made once for all tests of the apps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache as once
from functools import partial
from pathlib import Path

from act_artefact import form as forms
from act_artefact.cache import cache, kept
from act_export import Options, export

CHECKOUT = Path(__file__).parents[2]
MODELS = CHECKOUT / "models"

SAMPLES = 40


@dataclass(frozen=True)
class Exported:
    """An export of a shipped model."""

    model: str
    target: str
    ponder: forms.Ponder = "loop"
    precision: str = "fp32"
    sequence: forms.Sequence | None = None
    batch: int = 1
    budget: bool = False

    @property
    def is_streamed(self) -> bool:
        """True if a call is one time step of one sequence, and answers are the model's."""
        plain = self.sequence is None and self.batch == 1 and self.precision == "fp32"
        return plain and self.model != "maze"

    @property
    def name(self) -> str:
        words = [self.model, self.target, self.ponder, self.precision]
        words += [f"T{self.sequence}"] if self.sequence else []
        words += [f"B{self.batch}"] if self.batch > 1 else []
        return "-".join(words + ["budget"] * self.budget)


EXPORTS = (
    *(
        Exported("charlm", target, ponder)
        for target in ("onnx", "tflite")
        for ponder in ("peeled", "unroll", "host")
    ),
    *(Exported("charlm", target, budget=True) for target in ("onnx", "tflite", "native")),
    *(Exported("parity", target) for target in ("onnx", "tflite", "native")),
    *(Exported("parity", target, "host") for target in ("onnx", "tflite")),
    *(Exported("hops", target, budget=True) for target in ("onnx", "tflite", "native")),
    Exported("charlm", "native", precision="int8"),
    Exported("parity", "onnx", sequence=4, batch=2),
    Exported("parity", "native", sequence=4, batch=2),
    *(Exported("maze", target, budget=True) for target in ("onnx", "tflite", "native")),
)


@once
def exports() -> Path:
    """A folder with one for each of ``EXPORTS``, from the cache unless a source changed."""
    key = hashlib.sha256(repr(SAMPLES).encode())
    for package in ("act_artefact", "act_export", "act_mobile", "native/engine"):
        for file in sorted((CHECKOUT / package).rglob("*.*")):
            if file.suffix in (".py", ".c", ".h"):
                key.update(file.read_bytes())
    for name in sorted({each.model for each in EXPORTS}):
        key.update((MODELS / name / "model.pt").read_bytes())
    folder = cache() / "android" / f"models-{key.hexdigest()[:16]}"
    for each in EXPORTS:
        kept(folder / each.name, partial(_make, each))
    return folder


def _make(each: Exported, to: Path) -> None:
    folder = MODELS / each.model
    options = Options(
        ponder=each.ponder,
        precision=each.precision,
        sequence=each.sequence,
        batch=each.batch,
        budget_inputs=each.budget,
        samples=SAMPLES,
    )
    data = folder / "eval.npz"
    export(folder / "model.pt", each.target, output=to, data=data, options=options)
