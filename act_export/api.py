"""The whole export: load, trace once, then for each target convert, verify, write."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from act_artefact.data import load
from act_artefact.equality import FLOOR
from act_artefact.errors import UserError
from act_artefact.files import artefact_files
from act_artefact.form import Form, Ponder, Sequence
from act_artefact.manifest import Manifest
from act_artefact.staging import check_output, staging
from act_export.pipeline import Attempt, Pipeline, Stage, require_judge
from act_export.samples import samples_for
from act_export.subject import load_subject
from act_export.targets import TARGETS, Target
from act_export.verify import Verification

FOLDERS = (".mlpackage", ".parts")
"""Suffixes of artefacts that are folders."""

MAX_SAMPLES = 20_000
"""Time steps to check, at most: the model's answers to them are kept for all artefacts."""


@dataclass(frozen=True)
class Export:
    """One artefact, checked and in place."""

    target: Target
    path: Path
    manifest: Manifest
    size: int
    """Bytes, of all files of the artefact."""
    operations: int
    verification: Verification
    seconds: dict[str, float]
    """By stage; ``trace`` is shared by all targets of a call."""

    def to_json(self) -> dict[str, Any]:
        return {
            "target": self.target.name,
            "runtime": self.target.runtime,
            "path": str(self.path),
            "size": self.size,
            "operations": self.operations,
            "ponder": self.manifest.ponder,
            "choice": self.manifest.choice,
            "verification": self.verification.to_json(),
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Options:
    """How a model is to be exported; the command's options of the same names."""

    ponder: Ponder | Literal["auto"] = "auto"
    sequence: Sequence = "stream"
    batch: int = 1
    budget_inputs: bool = False
    precision: str = "fp32"
    max_ponder: int | None = None
    samples: int = 200
    metric_tolerance: float = 0.01
    emit_c: bool = False
    """Whether C source is written too, for targets that have it."""

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MAX_SAMPLES:
            raise UserError(f"--samples must be from 1 to {MAX_SAMPLES}, not {self.samples}")
        if self.precision not in FLOOR:
            raise UserError(f"--precision {self.precision!r}: use one of {', '.join(FLOOR)}")
        if not self.metric_tolerance >= 0:
            raise UserError(f"--metric-tolerance must be at least 0, not {self.metric_tolerance}")
        _ = self.form

    @property
    def form(self) -> Form:
        """What is deployed in one call; for ``auto``, but for how it ponders."""
        ponder = "loop" if self.ponder == "auto" else self.ponder
        return Form(ponder, self.sequence, self.batch, self.budget_inputs)


def export(
    model: str | Path,
    target: str = "all",
    *,
    output: str | Path = ".",
    data: str | Path | None = None,
    weights: str | Path | None = None,
    options: Options | None = None,
    stage: Stage = lambda target, name: nullcontext(),
) -> list[Export]:
    """Export ``model.pt`` and check every artefact against it; all files are written, or none.

    Args:
        model: a file of :func:`act_mobile.save_model`, whose name without suffix names the export;
            or ``package.module:factory`` of a user's own module, which the factory's name names.
        target: onnx, tflite, coreml or native; or several with commas between them, or all, each
            into a folder of its own under ``output``.
        output: the folder, made if it is not there.
        data: an ``eval.npz`` to check on; else the model's task makes its own.
        weights: the state_dict of a factory's module.
        stage: told of each stage as it begins.

    Raises:
        UserError: bad input, or a folder that holds another export of the name, perhaps one made
            at the same time.
        CheckFailed: an artefact does not compute what the model does.
    """
    options = options or Options()
    folder = Path(output)
    targets = _targets(target)
    if options.emit_c and not any(each.embeds for each in targets):
        raise UserError(f"--emit-c: target {target} is no C source: use --target native")
    for each in targets:
        each.require(options.ponder, options.precision)
    with stage("model", "load"):
        arrays = None if data is None else load(Path(data))
        subject = load_subject(
            model, weights=weights, features=None if arrays is None else arrays.features
        ).limited(options.max_ponder)
    places = [(each, folder / each.name if len(targets) > 1 else folder) for each in targets]
    check = partial(_check_places, places, subject.name, options)
    check()
    with stage("model", "data"):
        samples = samples_for(subject, arrays, options.samples)
        require_judge(options, samples)
    pipeline = Pipeline(subject, samples, options, stage)
    pipeline.check_form()
    with staging((place for _, place in places), check) as aside:
        done = []
        for each, place in places:
            attempt = pipeline.run(each, aside[place])
            done.append(_export(each, attempt, place / attempt.path.name))
    return done


def _export(target: Target, attempt: Attempt, path: Path) -> Export:
    made = attempt.path
    return Export(
        target,
        path,
        attempt.manifest,
        sum(file.stat().st_size for _, file in artefact_files(made)),
        target.operations(made),
        attempt.verification,
        attempt.seconds,
    )


def _targets(names: str) -> list[Target]:
    if names == "all":
        return list(TARGETS.values())
    found = dict.fromkeys(names.split(","))  # each once
    for name in found:
        if name not in TARGETS:
            raise UserError(f"target {name!r} is not known: use {', '.join(TARGETS)} or all")
    return [TARGETS[name] for name in found]


def _check_places(places: list[tuple[Target, Path]], name: str, options: Options) -> None:
    """Refuse a folder with another export of the name, or with something in an output's way."""
    for target, place in places:
        artefact = target.artefact(name, options.form)
        _refuse_other(place, name, artefact)
        check_output(place / artefact, folder=artefact.endswith(FOLDERS))
        source = (".c", ".h") if options.emit_c and target.embeds else ()
        for suffix in (".manifest.json", ".golden.npz", *source):
            check_output(place / f"{name}{suffix}")


def _refuse_other(folder: Path, name: str, artefact: str) -> None:
    """One folder holds one export of a name: its manifest and golden bundle have no other name."""
    for other in (f"{name}.parts", *(f"{name}{target.suffix}" for target in TARGETS.values())):
        if other != artefact and (folder / other).exists():
            raise UserError(
                f"{folder / other}: the folder already holds another export of {name}: give "
                "another -o"
            )
