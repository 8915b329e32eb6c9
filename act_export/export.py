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

import numpy as np

from act_export import samples as sampling
from act_export.golden import write_golden
from act_export.manifest import METADATA_KEY, Manifest, digest
from act_export.program import Ponder, Program, Sequence, limited, trace
from act_export.quiet import quiet
from act_export.runtimes import load
from act_export.samples import Samples
from act_export.staging import staging
from act_export.targets import TARGETS, Target
from act_export.verify import TOLERANCE, Verification, verify
from act_mobile import __version__
from act_mobile.errors import CheckFailed, UserError
from act_mobile.files import SavedModel, load_saved
from act_mobile.tasks import task_from_dict

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
    precision: str = "fp32"
    max_ponder: int | None = None
    samples: int = 200

    def __post_init__(self) -> None:
        for name in ("batch", "samples"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name} must be at least 1, not {getattr(self, name)}")
        if self.sequence != "stream" and self.sequence < 1:
            raise UserError(f"--sequence must be stream or at least 1, not {self.sequence}")


def export(
    model: str | Path,
    target: str = "all",
    *,
    output: str | Path = ".",
    data: str | Path | None = None,
    options: Options | None = None,
    stage: Stage = lambda target, name: nullcontext(),
) -> list[Export]:
    """Export ``model.pt`` and check every artefact against it; all files are written, or none.

    Args:
        model: a file of :func:`act_mobile.save_model`. Its name without suffix names the export.
        target: onnx, tflite or coreml; or all, each into a folder of its own under ``output``.
        output: the folder, made if it is not there.
        data: an ``eval.npz`` to check on; else the model's task makes its own.
        stage: told of each stage as it begins.

    Raises:
        UserError: bad input.
        CheckFailed: an artefact does not compute what the model does.
    """
    options = options or Options()
    source, folder = Path(model), Path(output)
    targets = _targets(target)
    for each in targets:
        each.require()
        _refuse_other_target(_folder(folder, each, targets), source.stem, each)
    with stage("model", "load"):
        saved = load_saved(source)
        saved.model = limited(saved.model, options.max_ponder)
    with staging(folder) as aside:
        start = time.perf_counter()
        with stage("model", "trace"), quiet():
            program = trace(saved.model, options.ponder, options.sequence, options.batch)
        traced = time.perf_counter() - start
        with stage("model", "data"):
            inputs = _samples(saved, program, data, options)
        done = []
        for each in targets:
            part = _folder(aside, each, targets)
            part.mkdir(exist_ok=True)
            found = _export_one(each, part, source.stem, saved, program, inputs, options, stage)
            found.seconds["trace"] = traced
            done.append(replace(found, path=folder / found.path.relative_to(aside)))
    return done


def _export_one(
    target: Target,
    folder: Path,
    name: str,
    saved: SavedModel,
    program: Program,
    inputs: Samples,
    options: Options,
    stage: Stage,
) -> Export:
    path = folder / f"{name}{target.suffix}"
    manifest = _manifest(target, path.name, saved, program, inputs, options)
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(stage_name: str) -> Iterator[None]:
        start = time.perf_counter()
        with stage(target.name, stage_name):
            yield
        seconds[stage_name] = time.perf_counter() - start

    with timed("convert"), quiet():
        target.convert(program, path, {METADATA_KEY: json.dumps(manifest.facts())})
    with timed("verify"), quiet():
        verification = verify(
            saved.model,
            program.interface,
            load(target.name, path),
            inputs,
            options.sequence,
            time_steps=options.samples,
            tolerance=TOLERANCE[options.precision],
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
            folder / f"{name}.golden.npz", saved.model, program.interface, inputs, options.sequence
        )
        (folder / f"{name}.manifest.json").write_text(
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


def _samples(
    saved: SavedModel, program: Program, data: str | Path | None, options: Options
) -> Samples:
    tensor, config = program.interface.data, saved.model.config
    features = () if config.vocab_size is not None else (config.input_size,)
    like = np.empty((0, *features), tensor.dtype)
    if data is not None:
        return sampling.from_file(Path(data), like, config.vocab_size)
    if saved.task:
        return sampling.from_task(task_from_dict(saved.task), like)
    return sampling.noise(like, config.vocab_size, options.samples)


def _manifest(
    target: Target,
    artefact: str,
    saved: SavedModel,
    program: Program,
    inputs: Samples,
    options: Options,
) -> Manifest:
    policy = saved.model.act.policy
    return Manifest(
        artefact=artefact,
        target=target.name,
        ponder=options.ponder,
        sequence=options.sequence,
        precision=options.precision,
        batch=options.batch,
        interface=program.interface,
        model=saved.model.config.to_dict(),
        task=saved.task,
        epsilon=saved.model.config.epsilon if policy.learned else None,
        max_ponder=policy.max_ponder,
        metric=inputs.metric or saved.task.get("metric"),
        labels=saved.task.get("labels"),
        vocabulary=saved.task.get("vocabulary"),
        versions={
            "act-mobile": __version__,
            **{p: importlib.metadata.version(p) for p in ("torch", *target.packages)},
        },
    )
