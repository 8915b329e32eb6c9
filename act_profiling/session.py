"""One profile: every variant checked on the device, judged, and timed in interleaved rounds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_export.data import EvalFile
from act_export.feeds import Samples, feeds
from act_export.form import Form
from act_export.metrics import measure
from act_profiling.devices import Device, Job, Outcome, Settings
from act_profiling.golden import check_golden, golden_bundle, golden_calls
from act_profiling.job import Call, write_data, write_plan
from act_profiling.measurement import (
    GoldenCheck,
    Measurement,
    Metric,
    Round,
    Sample,
    Variant,
    real_time_steps,
)
from act_profiling.rows import Row, read_rows
from act_profiling.variants import Artefact, Plan

Array = npt.NDArray[Any]
Stage = Callable[[str, str], AbstractContextManager[None]]
"""Told of each stage as it begins, by variant and name; ends with its block."""

SAMPLE_TIME_STEPS = 160
"""Of the stretch of data that a report shows with its ponder steps."""


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    rounds: int = 5
    min_count: int = 100
    min_seconds: float = 0.5
    """Each of a round of a variant."""
    warmup: int = 20
    threads: int = 1
    cpus: str | None = None
    memory: bool = True


class Session:
    """Profiles plans on one device, in a folder of its own."""

    def __init__(self, device: Device, data: EvalFile, folder: Path, extent: Extent, stage: Stage):
        self.device, self.data, self.folder = device, data, folder
        self.extent, self.stage = extent, stage
        self._settings = Settings(threads=extent.threads, cpus=extent.cpus)
        self._runs = 0

    def profile(self, plans: Sequence[Plan]) -> list[Measurement]:
        """Check all first, then time those that pass, in turn within each round.

        Raises:
            UserError: the data do not fit an artefact, or the device cannot run it.
            CheckFailed: a runner failed.
        """
        checks: dict[Path, GoldenCheck] = {}
        for artefact in {plan.artefact.path: plan.artefact for plan in plans}.values():
            with self.stage(artefact.path.name, "golden check"):
                checks[artefact.path] = self._check(artefact)
        passed = [plan for plan in plans if checks[plan.artefact.path].passed]
        feeds_of = {plan.label: _Feeds(plan.artefact, self.data) for plan in passed}
        jobs = {plan.label: self._job(plan, feeds_of[plan.label]) for plan in passed}

        answers: dict[str, list[Row]] = {}
        for plan in passed:
            with self.stage(plan.label, "outputs"):
                settings = replace(self._settings, keep="all", warmup=0)
                answers[plan.label], _ = self._run(plan, jobs[plan.label], settings)
        rounds: dict[str, list[Round]] = {plan.label: [] for plan in passed}
        for number in range(self.extent.rounds):
            for plan in passed:
                with self.stage(plan.label, f"round {number + 1} of {self.extent.rounds}"):
                    rounds[plan.label].append(self._round(plan, jobs[plan.label]))
        memory: dict[str, dict[str, int]] = {}
        for plan in passed if self.extent.memory and self.device.times_mean_something else ():
            with self.stage(plan.label, "memory"):
                settings = replace(self._settings, warmup=0, memory=True)
                _, outcome = self._run(plan, jobs[plan.label], settings)
                names = ("init_peak_kib", "peak_kib")
                memory[plan.label] = {n: int(outcome.facts[n]) for n in names if n in outcome.facts}
        return [
            self._measurement(plan, checks[plan.artefact.path], feeds_of, answers, rounds, memory)
            for plan in plans
        ]

    def _check(self, artefact: Artefact) -> GoldenCheck:
        manifest = artefact.manifest
        bundle = golden_bundle(manifest, artefact.path.parent)
        calls = golden_calls(manifest, bundle)
        plan = Plan("golden", artefact, {})
        job = self._write(plan, calls, tuple(range(len(calls))))
        settings = replace(self._settings, keep="all", warmup=0)
        rows, _ = self._run(plan, job, settings)
        return check_golden(manifest, bundle, rows)

    def _job(self, plan: Plan, fed: _Feeds) -> Job:
        return self._write(plan, fed.calls, fed.first_calls)

    def _write(self, plan: Plan, calls: list[Call], first_calls: tuple[int, ...]) -> Job:
        folder = self.folder / f"job{len(list(self.folder.glob('job*')))}"
        folder.mkdir()
        source, copy = plan.artefact.path, folder / plan.artefact.path.name
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            shutil.copy2(source, copy)
        write_plan(folder / "plan.txt", plan.artefact.manifest, plan.budget)
        write_data(folder / "data.bin", plan.artefact.manifest, calls)
        return Job(folder, plan.artefact.manifest.target, first_calls)

    def _run(self, plan: Plan, job: Job, settings: Settings) -> tuple[list[Row], Outcome]:
        self._runs += 1
        outcome = self.device.run(job, settings, self.folder / f"rows{self._runs}.bin")
        return list(read_rows(outcome.rows, plan.artefact.manifest, settings.keep)), outcome

    def _round(self, plan: Plan, job: Job) -> Round:
        extent, counted = self.extent, not self.device.times_mean_something
        settings = replace(
            self._settings,
            warmup=extent.warmup,
            # What is counted is the same however often; what is timed is not.
            min_count=1 if counted else extent.min_count,
            min_seconds=0.0 if counted else extent.min_seconds,
            mark=counted,
        )
        rows, outcome = self._run(plan, job, settings)
        return Round(
            tuple(rows),
            outcome.facts,
            outcome.counts,
            throttled=any("throttled" in note for note in outcome.notes),
            resumed=outcome.resumed,
            notes=outcome.notes,
        )

    def _measurement(
        self,
        plan: Plan,
        check: GoldenCheck,
        feeds_of: dict[str, _Feeds],
        answers: dict[str, list[Row]],
        rounds: dict[str, list[Round]],
        memory: dict[str, dict[str, int]],
    ) -> Measurement:
        extent = self.extent
        variant = Variant.of(
            plan.artefact.manifest, plan.label, plan.budget, extent.threads, extent.cpus
        )
        if not check.passed:
            return Measurement(variant, check)
        fed, rows = feeds_of[plan.label], answers[plan.label]
        return Measurement(
            variant,
            check,
            tuple(rounds[plan.label]),
            fed.metric(rows),
            memory.get(plan.label, {}),
            sample=fed.sample(rows),
            real_time_steps=real_time_steps(fed.calls),
        )


class _Feeds:
    """The data as the calls of one artefact, and its answers as sequences again."""

    def __init__(self, artefact: Artefact, data: EvalFile) -> None:
        self.manifest = manifest = artefact.manifest
        tensor, form = manifest.interface.data, Form("loop", manifest.sequence, manifest.batch)
        tokens = tensor.dtype == "int32"
        features = () if tokens else tensor.shape[1 + len(form.time) :]
        vocab_size = manifest.model.get("vocab_size") if tokens else None
        self.samples: Samples = data.samples(tuple(n or 0 for n in features), vocab_size)
        found = list(feeds(self.samples, form))
        self.stream = form.stream
        self.calls = [
            Call(
                feed.inputs,
                feed.fresh,
                places=tuple((p.sequence, p.start, p.length) for p in feed.places),
            )
            for feed in found
        ]
        self.first_calls = tuple(i for i, feed in enumerate(found) if feed.fresh.all())

    def _sequences(self, rows: list[Row], name: str) -> list[Array]:
        """An output of every sequence, put together from the calls that it was cut into."""
        parts: list[list[Array]] = [[] for _ in self.samples.sequences]
        for row in rows:
            values = row.outputs[name][:, None] if self.stream else row.outputs[name]
            for value, (sequence, _, length) in zip(
                values, self.calls[row.call].places, strict=True
            ):
                if length:
                    parts[sequence].append(value[:length])
        return [np.concatenate(part) for part in parts]

    def metric(self, rows: list[Row]) -> Metric | None:
        """How well the answers are, where the data say what is asked."""
        samples = self.samples
        if not samples.judged:
            return None
        assert samples.metric is not None
        assert samples.targets is not None
        assert samples.asked is not None
        outputs = self._sequences(rows, "y")
        value = measure(samples.metric, outputs, samples.targets, samples.asked)
        return Metric(samples.metric, value)

    def sample(self, rows: list[Row]) -> Sample:
        """The first sequences, with their ponder steps."""
        steps = self._sequences(rows, "ponder_steps")
        lengths = np.cumsum([len(each) for each in steps])
        count = max(int((lengths <= SAMPLE_TIME_STEPS).sum()), 1)
        inputs = np.concatenate(self.samples.sequences[:count])[:SAMPLE_TIME_STEPS]
        tokens = inputs.ndim == 1
        return Sample(
            np.concatenate(steps[:count])[:SAMPLE_TIME_STEPS],
            tokens=inputs if tokens else None,
            inputs=None if tokens else inputs.reshape(len(inputs), -1),
            vocabulary=self.manifest.vocabulary,
            starts=tuple(int(n) for n in (0, *lengths[: count - 1])),
        )
