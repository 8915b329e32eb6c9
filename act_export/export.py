"""The whole export: load, trace once, then for each target convert, verify, write."""

from __future__ import annotations

import importlib.metadata
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from act_export import samples as sampling
from act_export.form import Form, Ponder, Sequence
from act_export.golden import write_golden
from act_export.manifest import METADATA_KEY, Manifest, digest
from act_export.program import Program, trace
from act_export.quiet import quiet
from act_export.reference import check_streams
from act_export.runtimes import load
from act_export.samples import Samples
from act_export.staging import staging
from act_export.subject import Subject, load_subject
from act_export.targets import TARGETS, Target
from act_export.verify import TOLERANCE, Verification, verify
from act_mobile import __version__
from act_mobile.errors import CheckFailed, UserError
from act_mobile.halting import ACTHalting

Stage = Callable[[str, str], AbstractContextManager[None]]
"""Told of each stage as it begins, by target (or ``model``) and name; ends with its block."""


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
            "verification": self.verification.to_json(),
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class Options:
    """How a model is to be exported; the command's options of the same names."""

    ponder: Ponder = "unroll"
    sequence: Sequence = "stream"
    batch: int = 1
    budget_inputs: bool = False
    precision: str = "fp32"
    max_ponder: int | None = None
    samples: int = 200
    metric_tolerance: float = 0.01

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UserError(f"--samples must be at least 1, not {self.samples}")
        if self.precision not in TOLERANCE:
            raise UserError(f"--precision {self.precision!r}: use one of {', '.join(TOLERANCE)}")
        if not self.metric_tolerance >= 0:
            raise UserError(f"--metric-tolerance must be at least 0, not {self.metric_tolerance}")
        _ = self.form

    @property
    def form(self) -> Form:
        """What is deployed in one call."""
        return Form(self.ponder, self.sequence, self.batch, self.budget_inputs)


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
        target: onnx, tflite or coreml; or all, each into a folder of its own under ``output``.
        output: the folder, made if it is not there.
        data: an ``eval.npz`` to check on; else the model's task makes its own.
        weights: the state_dict of a factory's module.
        stage: told of each stage as it begins.

    Raises:
        UserError: bad input.
        CheckFailed: an artefact does not compute what the model does.
    """
    options = options or Options()
    folder = Path(output)
    targets = _targets(target)
    for each in targets:
        each.require()
    with stage("model", "load"):
        arrays = None if data is None else sampling.load(Path(data))
        subject = load_subject(
            model, weights=weights, features=None if arrays is None else arrays.features
        ).limited(options.max_ponder)
    for each in targets:
        _refuse_other_target(_folder(folder, each, targets), subject.name, each)
    with staging(folder) as aside:
        start = time.perf_counter()
        with stage("model", "trace"), quiet():
            program = trace(subject, options.form)
        traced = time.perf_counter() - start
        with stage("model", "data"):
            inputs = sampling.samples_for(subject, arrays, options.samples)
            check_streams(subject, options.form, inputs)
            if TOLERANCE[options.precision] is None and not inputs.judged:
                raise UserError(
                    f"--precision {options.precision} is judged by the task's metric: give --data, "
                    "an eval.npz with targets and metric"
                )
        done = []
        for each in targets:
            part = _folder(aside, each, targets)
            part.mkdir(exist_ok=True)
            found = _export_one(each, part, subject, program, inputs, options, stage)
            found.seconds["trace"] = traced
            done.append(replace(found, path=folder / found.path.relative_to(aside)))
    return done


def _export_one(
    target: Target,
    folder: Path,
    subject: Subject,
    program: Program,
    inputs: Samples,
    options: Options,
    stage: Stage,
) -> Export:
    path = folder / f"{subject.name}{target.suffix}"
    manifest = _manifest(target, path.name, subject, program, inputs, options)
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(stage_name: str) -> Iterator[None]:
        start = time.perf_counter()
        with stage(target.name, stage_name):
            yield
        seconds[stage_name] = time.perf_counter() - start

    with timed("convert"), quiet():
        target.convert(
            program, path, {METADATA_KEY: json.dumps(manifest.facts())}, options.precision
        )
    with timed("verify"), quiet():
        verification = verify(
            subject,
            program.interface,
            program.form,
            load(target.name, path),
            inputs,
            time_steps=options.samples,
            precision=options.precision,
            metric_tolerance=options.metric_tolerance,
        )
    if not verification.passed:
        raise CheckFailed(
            f"{target.name}: the artefact is not the model: {verification.reason()}; "
            "nothing was written"
        )
    with timed("write"):
        manifest = replace(
            manifest,
            verification=verification.to_json(),
            sha256=digest(path),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        write_golden(
            folder / f"{subject.name}.golden.npz", subject, program.interface, program.form, inputs
        )
        (folder / f"{subject.name}.manifest.json").write_text(
            json.dumps(manifest.to_json(), indent=1) + "\n"
        )
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    size = sum(file.stat().st_size for file in files)
    return Export(target, path, manifest, size, target.operations(path), verification, seconds)


def _targets(name: str) -> list[Target]:
    if name == "all":
        return list(TARGETS.values())
    if name not in TARGETS:
        raise UserError(f"target {name!r} is not known: use {', '.join(TARGETS)} or all")
    return [TARGETS[name]]


def _folder(folder: Path, target: Target, targets: list[Target]) -> Path:
    return folder / target.name if len(targets) > 1 else folder


def _refuse_other_target(folder: Path, name: str, target: Target) -> None:
    """One folder holds one export of a name: its manifest and golden bundle have no other name."""
    for other in TARGETS.values():
        if other is not target and (folder / f"{name}{other.suffix}").exists():
            raise UserError(
                f"{folder / (name + other.suffix)}: the folder already holds {name} for "
                f"{other.name}: give another -o"
            )


def _manifest(
    target: Target,
    artefact: str,
    subject: Subject,
    program: Program,
    inputs: Samples,
    options: Options,
) -> Manifest:
    policies = [act.policy for act in subject.acts]
    epsilons = {p.epsilon for p in policies if isinstance(p, ACTHalting)}
    return Manifest(
        artefact=artefact,
        target=target.name,
        ponder=options.ponder,
        sequence=options.sequence,
        precision=options.precision,
        batch=options.batch,
        interface=program.interface,
        model=subject.description,
        task=subject.task,
        epsilon=epsilons.pop() if len(epsilons) == 1 else None,
        max_ponder=max(policy.max_ponder for policy in policies),
        metric=inputs.metric or subject.task.get("metric"),
        labels=subject.task.get("labels"),
        vocabulary=subject.task.get("vocabulary"),
        versions={
            "act-mobile": __version__,
            **{p: importlib.metadata.version(p) for p in ("torch", *target.packages)},
        },
    )
