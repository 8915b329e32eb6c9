"""The exports that every client is given: models, forms, precisions, batches and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from act_artefact import form as forms
from act_artefact.golden import GoldenCall, read_golden
from act_artefact.manifest import Manifest
from act_export import Options, export, read_manifest
from act_mobile import IteratedConfig, IteratedModel, save_model
from tests.export.own_modules import uneven

MODELS = Path(__file__).parents[2] / "models"


@dataclass(frozen=True)
class Row:
    """One export, to each of its targets."""

    model: str
    """A folder of ``models/``, or ``images``, an iterated net that is made here."""
    ponder: forms.Ponder
    precision: str = "fp32"
    sequence: forms.Sequence | None = None
    batch: int = 1
    budget: bool = False
    dynamic: tuple[str, ...] = ()
    targets: Sequence[str] = ("onnx", "tflite")

    @property
    def form(self) -> str:
        """The kind of ponder loop and, where they are not the defaults, the call's other facts."""
        words = [str(self.ponder)]
        if self.sequence is not None:
            words.append(str(self.sequence) if self.sequence == "dynamic" else f"T{self.sequence}")
        if self.batch > 1:
            words.append(f"batch{self.batch}")
        if self.budget:
            words.append("budget")
        if self.dynamic:
            words.append("any-size")
        return "-".join(words)

    @property
    def name(self) -> str:
        return f"{self.model}-{self.form}-{self.precision}"


ROWS = (
    Row("charlm", "loop"),
    Row("charlm", "peeled"),
    Row("charlm", "unroll"),
    Row("charlm", "host"),
    Row("charlm", "loop", sequence="dynamic"),
    Row("charlm", "peeled", sequence=4, batch=4),
    Row("charlm", "loop", batch=4),
    Row("charlm", "loop", budget=True),
    Row("charlm", "loop", "fp16"),
    Row("charlm", "peeled", "fp16", sequence="dynamic"),
    Row("charlm", "unroll", "fp16"),
    Row("charlm", "loop", "int8"),
    Row("charlm", "unroll", "int8", batch=4),
    Row("charlm", "host", "int8"),
    (QUICK := Row("parity", "loop")),
    Row("parity", "loop", budget=True),
    Row("parity", "unroll", "fp16", batch=4),
    Row("parity", "host", "fp16"),
    Row("parity", "peeled", "int8"),
    Row("images", "loop"),
    Row("images", "unroll", "fp16"),
    Row("images", "peeled", batch=4, dynamic=("height", "width"), targets=("onnx",)),
)


@dataclass(frozen=True)
class Artefact:
    """A row's artefact for one target, with its facts and golden calls."""

    row: Row
    manifest: Manifest
    path: Path
    """A file, or a folder with a file for each part of a host form."""
    calls: tuple[GoldenCall, ...]

    def files(self) -> dict[str, Path]:
        """The artefact's files: of each part by its name, or of the whole under ``""``."""
        if self.path.is_dir():
            return {path.stem: path for path in self.path.iterdir()}
        return {"": self.path}


def make(row: Row, target: str, folder: Path) -> Artefact:
    """Export a row into ``folder``."""
    options = Options(
        row.ponder,
        precision=row.precision,
        sequence=row.sequence,
        batch=row.batch,
        budget_inputs=row.budget,
        dynamic=row.dynamic,
        samples=80,
    )
    model, data = _source(row.model, folder)
    (done,) = export(model, target, output=folder / "out", data=data, options=options)
    manifest = read_manifest(done.path.with_name("model.manifest.json"))
    calls = tuple(read_golden(manifest, done.path.parent))
    return Artefact(row, manifest, done.path, calls)


def _source(model: str, folder: Path) -> tuple[Path, Path | None]:
    """A model's file and the data that it is checked on; None for those that its task makes."""
    if model != "images":
        data = MODELS / model / "eval.npz"
        return MODELS / model / "model.pt", data if data.is_file() else None
    torch.manual_seed(0)
    net = IteratedModel(IteratedConfig(4, 6, 2, 7, 9, max_ponder=4, epsilon=0.3))
    save_model(folder / "model.pt", uneven(net))
    draw = np.random.default_rng(0)
    x = draw.standard_normal((40, 4, 7, 9)).astype(np.float32)
    targets = draw.integers(0, 2, (40, 7, 9))
    np.savez(folder / "eval.npz", x=x, targets=targets, metric="accuracy")
    return folder / "model.pt", folder / "eval.npz"
