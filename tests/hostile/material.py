"""Good files of each kind, small, which the mutations begin with."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from act_artefact.npz import read_npz
from act_export import Options, export
from act_mobile import ACTConfig, ACTModel, save_model
from act_mobile.reading import read_tensors
from act_mobile.tasks import task_class
from act_mobile.training.options import Options as TrainOptions
from act_mobile.training.run import train
from act_profiling.report import files
from tests.hostile.mutate import PLAIN, Arrays, mutated, mutated_bytes, write_npz
from tests.profiling.synthetic import measurement, report

TRAINED = TrainOptions(hidden=3, batch_size=4, steps=2, evaluate_every=2)
TASK = task_class("parity")(bits=4)  # type: ignore[call-arg]

TENSORS: tuple[Any, ...] = (
    *PLAIN, torch.zeros(()), torch.zeros(3), torch.zeros(0, 2), torch.full((1,), float("nan")),
    torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.bool), b"x", {1, 2}, (1, 2),
    torch.ones(2, dtype=torch.complex64), torch.eye(2).to_sparse(), torch.zeros(1).expand(1 << 30),
    torch.ones(2, dtype=torch.float8_e5m2), torch.zeros(2, device="meta"), float("nan"),
)  # fmt: skip
"""Values that a file of torch may have in any place."""


@dataclass(frozen=True)
class Material:
    """A folder with ``m.pt``, ``eval.npz``, ``m.actn`` and its files, ``r.json``, ``run/``."""

    folder: Path
    model: dict[str, Any]
    data: Arrays
    manifest: dict[str, Any]
    golden: Arrays
    report: dict[str, Any]
    checkpoint: dict[str, Any]

    @classmethod
    def make(cls, folder: Path) -> Material:
        torch.manual_seed(0)
        sizes = {"input_size": 3, "hidden_size": 4, "output_size": 2}
        save_model(folder / "m.pt", ACTModel(ACTConfig(**sizes, cell="gru", max_ponder=3)))
        random = np.random.default_rng(0)
        data: Arrays = {
            "x": random.standard_normal((3, 5, 3)).astype(np.float32),
            "targets": random.integers(0, 2, (3, 5)),
            "lengths": np.array([5, 4, 5]),
            "mask": np.ones((3, 5), bool),
            "metric": np.array("accuracy"),
        }
        np.savez(folder / "eval.npz", allow_pickle=False, **data)
        options = Options("loop", budget_inputs=True, samples=5)
        data_file = folder / "eval.npz"
        export(folder / "m.pt", "native", output=folder, data=data_file, options=options)
        measured = [measurement("a", rounds=2), measurement("b", passed=False)]
        files.write(report(measured), measured, folder / "r.json")
        train(TASK, TRAINED, folder / "run")
        return cls(
            folder,
            read_tensors(folder / "m.pt"),
            data,
            json.loads((folder / "m.manifest.json").read_text()),
            read_npz(folder / "m.golden.npz"),
            json.loads((folder / "r.json").read_text()),
            read_tensors(folder / "run/checkpoints/last.ckpt"),
        )

    def copy(self, to: Path) -> None:
        """Put good files of all kinds into an empty folder."""
        shutil.copytree(self.folder, to, dirs_exist_ok=True)

    def write_model(self, random: Random, path: Path) -> None:
        self._write_tensors(random, path, self.model)

    def write_checkpoint(self, random: Random, path: Path) -> None:
        self._write_tensors(random, path, self.checkpoint)

    def write_data(self, random: Random, path: Path) -> None:
        write_npz(random, path, self.data)

    def write_golden(self, random: Random, path: Path) -> None:
        write_npz(random, path, self.golden)

    def write_manifest(self, random: Random, path: Path) -> None:
        _write_json(random, path, self.manifest)

    def write_report(self, random: Random, path: Path) -> None:
        _write_json(random, path, self.report)

    def _write_tensors(self, random: Random, path: Path, value: dict[str, Any]) -> None:
        if random.random() < 0.3:
            path.write_bytes(mutated_bytes(random, path.read_bytes()))
        else:
            torch.save(mutated(random, value, TENSORS), path)


def _write_json(random: Random, path: Path, value: dict[str, Any]) -> None:
    if random.random() < 0.3:
        path.write_bytes(mutated_bytes(random, json.dumps(value).encode()))
    else:
        path.write_text(json.dumps(mutated(random, value)))
