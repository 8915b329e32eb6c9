"""Mutated files and options in this process: each is read, or refused in one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import Any

import click
import pytest

from act_artefact.data import load
from act_artefact.golden import read_golden
from act_artefact.manifest import read_manifest
from act_export.cli import command as export_command
from act_export.options import Options
from act_mobile.files import load_saved
from act_mobile.tasks import task_class
from act_mobile.training.checkpoint import check_same_run, check_whole, read_checkpoint
from act_mobile.training.cli import command as train_command
from act_mobile.training.learner import Learner
from act_mobile.training.memory import check_memory
from act_mobile.training.options import Options as TrainOptions
from act_mobile.training.run import make_trainer
from act_profiling.cli import command as profile_command
from act_profiling.config import MeasureConfig
from act_profiling.report import compare
from act_profiling.report.files import check_paths
from act_profiling.variants import open_artefacts, swept
from tests.hostile import options
from tests.hostile.conftest import FULL_INPUTS, QUICK_SHARE, SHARE
from tests.hostile.material import TASK, TRAINED, Material
from tests.hostile.outcome import MEMORY, fault, peak_kib

Try = Callable[[Random], Callable[[], Any]]
"""Writes a mutated input, and returns what reads it."""


class Inputs:
    """Each kind of input, by its name: a :data:`Try`."""

    def __init__(self, material: Material, folder: Path) -> None:
        self.material, self.folder = material, folder
        material.copy(folder)

    def model(self, random: Random) -> Callable[[], Any]:
        path = self._good("m.pt")
        self.material.write_model(random, path)
        return lambda: load_saved(path)

    def data(self, random: Random) -> Callable[[], Any]:
        path = self.folder / "eval.npz"
        self.material.write_data(random, path)
        return lambda: load(path)

    def manifest(self, random: Random) -> Callable[[], Any]:
        path = self.folder / "m.manifest.json"
        self.material.write_manifest(random, path)
        return lambda: read_golden(read_manifest(path), self.folder)

    def golden(self, random: Random) -> Callable[[], Any]:
        self._good("m.manifest.json")
        self.material.write_golden(random, self.folder / "m.golden.npz")
        return lambda: read_golden(read_manifest(self.folder / "m.manifest.json"), self.folder)

    def report(self, random: Random) -> Callable[[], Any]:
        path, good = self.folder / "r.json", self.material.folder / "r.json"
        self.material.write_report(random, path)
        pair = random.choice(((path, good), (good, path), (path, path)))
        return lambda: compare.main(*pair, anyway=random.random() < 0.5)

    def checkpoint(self, random: Random) -> Callable[[], Any]:
        path = self._good("run/checkpoints/last.ckpt")
        self.material.write_checkpoint(random, path)
        training = TRAINED.completed(TASK)

        def resume() -> None:
            checkpoint = read_checkpoint(path)
            check_same_run(checkpoint, self.folder / "run", TASK, training)
            trainer = make_trainer(TASK, training, self.folder / "run", 1)
            check_whole(path, checkpoint, Learner(TASK, training), trainer)

        return resume

    def export_options(self, random: Random) -> Callable[[], Any]:
        line = options.export_line(random)
        return lambda: Options(**_given(export_command, line, Options))

    def profile_options(self, random: Random) -> Callable[[], Any]:
        line = options.profile_line(random)
        profile = profile_command.commands["profile"]

        def check() -> None:
            given = profile.make_context("act-profile", [*line]).params
            check_paths([(given["output"], given["page"])])
            MeasureConfig(
                **{f.name: given[f.name] for f in fields(MeasureConfig) if f.name in given}
            )
            swept(open_artefacts([self.material.folder / "m.actn"]), list(given["sweep"]))
            open_artefacts([Path(random.choice(options.ODD))])

        return check

    def train_options(self, random: Random) -> Callable[[], Any]:
        line = options.train_line(random)

        def check() -> None:
            parity = train_command.get_command(click.Context(train_command), "parity")
            assert parity is not None
            task = task_class("parity")(bits=4)  # type: ignore[call-arg]
            given = TrainOptions(**_given(parity, line[1:], TrainOptions)).completed(task)
            check_memory(task, given)

        return check

    def _good(self, name: str) -> Path:
        shutil.copyfile(self.material.folder / name, self.folder / name)
        return self.folder / name


def _given(command: click.Command, line: list[str], of: type[Any]) -> dict[str, Any]:
    """The options of a command line that are fields of ``of``."""
    given = command.make_context("command", line).params
    return {each.name: given[each.name] for each in fields(of) if each.name in given}


KINDS = {
    "model": 3000, "data": 4000, "manifest": 4000, "golden": 2500, "report": 3000,
    "checkpoint": 1500, "export_options": 700, "profile_options": 700, "train_options": 600,
}  # fmt: skip
"""The number of inputs of each kind in all."""
assert sum(KINDS.values()) == FULL_INPUTS


def attempt(kind: str, numbers: range, material: Material, folder: Path) -> None:
    inputs, before = Inputs(material, folder), peak_kib()
    faults = []
    for number in numbers:
        work = getattr(inputs, kind)(Random(f"{kind} {number}"))
        there = sorted(folder.rglob("*"))
        if found := fault(work, from_files="options" not in kind):
            faults.append(f"{kind} {number}: {found}")
        if left := sorted(set(folder.rglob("*")) - set(there)):
            faults.append(f"{kind} {number}: leaves {left}")
    assert not faults, f"{len(faults)}:\n" + "\n".join(faults[:20])
    assert peak_kib() - before < MEMORY


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_inputs(kind: str, material: Material, empty: Path) -> None:
    attempt(kind, range(round(KINDS[kind] * QUICK_SHARE)), material, empty)


@pytest.mark.hostile
@pytest.mark.parametrize("kind", KINDS)
def test_inputs(kind: str, material: Material, empty: Path) -> None:
    attempt(kind, range(round(KINDS[kind] * SHARE)), material, empty)
