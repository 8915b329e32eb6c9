"""One profile: every variant checked on the device, judged, and timed in interleaved rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.data import EvalFile
from act_artefact.errors import UserError
from act_artefact.feeds import Samples, feeds
from act_artefact.files import copy
from act_artefact.form import Form
from act_artefact.golden import read_golden
from act_artefact.metrics import measure
from act_profiling.devices import Device, Job, Outcome, Settings
from act_profiling.front import weigh
from act_profiling.golden import check_golden, device_calls
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
from act_profiling.operators import PROFILED, Operator
from act_profiling.rows import Row, read_rows
from act_profiling.variants import Artefact, Plan

Array = npt.NDArray[Any]
Stage = Callable[[str, str], AbstractContextManager[None]]
"""Told of each stage as it begins, by variant and name; ends with its block."""

SAMPLE_TIME_STEPS = 160
"""Of the stretch of data that a report shows with its ponder steps."""
SAMPLE_OF_TEXT = 800
"""The same where the data are text."""

OPERATOR_CALLS = 200
"""Of a run that profiles operators: a profile may hold each operator of each call."""


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
    operators: bool = True


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
            with self.stage(artefact.name, "golden check"):
                checks[artefact.path] = self._check(artefact)
        passed = {
            plan.label: self._work(plan) for plan in plans if checks[plan.artefact.path].passed
        }
        for work in passed.values():
            with self.stage(work.plan.label, "outputs"):
                settings = replace(self._settings, keep="all", warmup=0)
                work.answers, _ = self._run(work.plan, work.job, settings)
        for number in range(self.extent.rounds):
            for work in passed.values():
                with self.stage(work.plan.label, f"round {number + 1} of {self.extent.rounds}"):
                    work.rounds.append(self._round(work.plan, work.job))
        if self.device.times_mean_something:
            for work in passed.values():
                self._apart(work)
        return [
            self._measurement(plan, checks[plan.artefact.path], passed.get(plan.label))
            for plan in plans
        ]

    def _work(self, plan: Plan) -> _Work:
        fed = _Feeds(plan.artefact, self.data)
        return _Work(plan, fed, self._write(plan, fed.calls, fed.first_calls))

    def _apart(self, work: _Work) -> None:
        """Measure what would disturb the rounds, each in a run of its own."""
        plan, quiet = work.plan, replace(self._settings, warmup=0)
        if self.extent.memory:
            with self.stage(plan.label, "memory"):
                _, outcome = self._run(plan, work.job, replace(quiet, memory=True))
                names = ("init_peak_kib", "peak_kib")
                work.memory = {n: int(outcome.facts[n]) for n in names if n in outcome.facts}
        runtime = str(work.rounds[0].facts.get("runtime")) if work.rounds else ""
        if self.extent.operators and runtime.startswith(PROFILED):
            with self.stage(plan.label, "operators"):
                job = self._write(plan, *work.fed.first(OPERATOR_CALLS))
                _, outcome = self._run(plan, job, replace(quiet, operators=True))
                work.operators = outcome.operators

    def _check(self, artefact: Artefact) -> GoldenCheck:
        manifest = artefact.manifest
        bundle = read_golden(manifest, artefact.path.parent)
        calls = device_calls(manifest, bundle)
        plan = Plan("golden", artefact, {})
        job = self._write(plan, calls, tuple(range(len(calls))))
        settings = replace(self._settings, keep="all", warmup=0)
        rows, _ = self._run(plan, job, settings)
        return check_golden(bundle, rows)

    def _write(self, plan: Plan, calls: list[Call], first_calls: tuple[int, ...]) -> Job:
        folder = self.folder / f"job{len(list(self.folder.glob('job*')))}"
        folder.mkdir()
        path, manifest = plan.artefact.path, plan.artefact.manifest
        if copy(path, folder / path.name) != manifest.sha256:
            raise UserError(f"{path}: has changed while it was profiled: export the model again")
        write_plan(folder / "plan.txt", manifest, plan.budget)
        write_data(folder / "data.bin", manifest, calls)
        return Job(folder, manifest.target, first_calls)

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
            throttled=outcome.throttled,
            resumed=outcome.resumed,
            notes=outcome.notes,
        )

    def _measurement(self, plan: Plan, check: GoldenCheck, work: _Work | None) -> Measurement:
        extent, artefact = self.extent, plan.artefact
        variant = Variant.of(
            artefact.manifest, artefact.name, plan.label, plan.budget, extent.threads, extent.cpus
        )
        if work is None:
            return Measurement(variant, check)
        return Measurement(
            variant,
            check,
            tuple(work.rounds),
            work.fed.metric(work.answers),
            work.memory,
            work.operators,
            sample=work.fed.sample(work.answers),
            real_time_steps=real_time_steps(work.fed.calls),
        )


@dataclass
class _Work:
    """A variant that passed its golden check, and what has been measured of it so far."""

    plan: Plan
    fed: _Feeds
    job: Job
    answers: list[Row] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    operators: tuple[Operator, ...] = ()


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

    def first(self, calls: int) -> tuple[list[Call], tuple[int, ...]]:
        """The first so many calls, or all, and with which of them sequences begin."""
        return self.calls[:calls], tuple(call for call in self.first_calls if call < calls)

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
        outputs, targets, asked = self._sequences(rows, "y"), samples.targets, samples.asked
        scores = [
            measure(samples.metric, [y], [target], [where])
            for y, target, where in zip(outputs, targets, asked, strict=True)
            if where.any()
        ]
        return Metric(
            samples.metric,
            measure(samples.metric, outputs, targets, asked),
            np.array(scores),
            weigh(samples.metric, [int(where.sum()) for where in asked if where.any()]),
        )

    def sample(self, rows: list[Row]) -> Sample:
        """The first sequences, with their ponder steps."""
        steps = self._sequences(rows, "ponder_steps")
        lengths = np.cumsum([len(each) for each in steps])
        most = SAMPLE_OF_TEXT if self.manifest.vocabulary else SAMPLE_TIME_STEPS
        count = max(int((lengths <= most).sum()), 1)
        inputs = np.concatenate(self.samples.sequences[:count])[:most]
        tokens = inputs.ndim == 1
        return Sample(
            np.concatenate(steps[:count])[:most],
            tokens=inputs if tokens else None,
            inputs=None if tokens else inputs.reshape(len(inputs), -1),
            vocabulary=self.manifest.vocabulary,
            starts=tuple(int(n) for n in (0, *lengths[: count - 1])),
        )
