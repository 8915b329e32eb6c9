"""The profile of variants on a device: each checked, judged, and timed in interleaved rounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from act_artefact.data import EvalFile
from act_artefact.errors import UserError
from act_artefact.files import copy
from act_artefact.golden import read_golden
from act_artefact.progress import Stage
from act_artefact.targets import TARGETS, LibraryRuntime
from act_profiling.calls import ArtefactCalls
from act_profiling.config import MeasureConfig
from act_profiling.devices import Device, Job, Outcome, Settings
from act_profiling.golden import check_golden, device_calls
from act_profiling.images import Images, limits
from act_profiling.job import Call, write_data, write_plan
from act_profiling.measurement import (
    GoldenCheck,
    Measurement,
    Round,
    VariantFacts,
    real_time_steps,
)
from act_profiling.operators import Operator
from act_profiling.rows import Row, read_rows
from act_profiling.variants import Artefact, Variant

OPERATOR_CALLS = 200
"""Calls of a run that profiles operators: a profile may hold each operator of each call."""


class Profiler:
    """Profiles variants on one device, in a folder of its own."""

    def __init__(
        self, device: Device, data: EvalFile, folder: Path, config: MeasureConfig, stage: Stage
    ) -> None:
        self.device, self.data, self.folder = device, data, folder
        self.config, self.stage = config, stage
        self._settings = Settings(threads=config.threads, cpus=config.cpus)
        self._runs = 0

    def profile(self, variants: Sequence[Variant]) -> list[Measurement]:
        """Check all first, then time those that pass, in turn within each round.

        Raises:
            UserError: the data do not fit an artefact, or the device cannot run it.
            CheckFailed: a runner failed.
        """
        checks: dict[Path, GoldenCheck] = {}
        for artefact in {each.artefact.path: each.artefact for each in variants}.values():
            with self.stage(artefact.name, "golden check"):
                checks[artefact.path] = self._check(artefact)
        passed = {
            each.label: self._work(each) for each in variants if checks[each.artefact.path].passed
        }
        for work in passed.values():
            with self.stage(work.variant.label, "outputs"):
                settings = replace(self._settings, keep="all", warmup=0)
                work.answers, _ = self._run(work.variant, work.job, settings)
        for work in _widest(passed.values()):
            work.images = self._images(work)
        for number in range(self.config.rounds):
            for work in passed.values():
                with self.stage(work.variant.label, f"round {number + 1} of {self.config.rounds}"):
                    work.rounds.append(self._round(work.variant, work.job))
        if self.device.reports_latency:
            for work in passed.values():
                self._apart(work)
        return [
            self._measurement(each, checks[each.artefact.path], passed.get(each.label))
            for each in variants
        ]

    def _work(self, variant: Variant) -> _Work:
        data = ArtefactCalls(variant.artefact.manifest, self.data)
        return _Work(variant, data, self._write(variant, data.calls, data.first_calls))

    def _images(self, work: _Work) -> Images | None:
        """Ask for the answers to a few images once more, after fewer ponder steps each time."""
        items = work.data.pictured(work.answers)
        if not items:
            return None
        variant, numbers = work.variant, [number for number, _, _ in items]
        every = list(range(len(work.data.calls)))
        final = work.data.answers_to(numbers, work.answers, every)
        before = {}
        if any(each.name == "max_ponder" for each in variant.artefact.manifest.interface.budget):
            calls = work.data.calls_of(numbers)
            settings = replace(self._settings, keep="all", warmup=0)
            for limit in limits(max(ponder_steps for _, _, ponder_steps in items)):
                with self.stage(variant.label, f"answers after {limit} ponder steps"):
                    limited = replace(variant, budget={**variant.budget, "max_ponder": limit})
                    chosen = [work.data.calls[call] for call in calls]
                    job = self._write(limited, chosen, tuple(range(len(chosen))))
                    rows, _ = self._run(limited, job, settings)
                before[limit] = work.data.answers_to(numbers, rows, calls)
        return work.data.images(items, final, before)

    def _apart(self, work: _Work) -> None:
        """Measure what would disturb the rounds, each in a run of its own."""
        variant, quiet = work.variant, replace(self._settings, warmup=0)
        if self.config.memory:
            with self.stage(variant.label, "memory"):
                _, outcome = self._run(variant, work.job, replace(quiet, memory=True))
                names = ("init_peak_kib", "peak_kib")
                work.memory = {n: int(outcome.facts[n]) for n in names if n in outcome.facts}
        if self.config.operators and _profiles_operators(work):
            with self.stage(variant.label, "operators"):
                job = self._write(variant, *work.data.first(OPERATOR_CALLS))
                _, outcome = self._run(variant, job, replace(quiet, operators=True))
                work.operators = outcome.operators

    def _check(self, artefact: Artefact) -> GoldenCheck:
        manifest = artefact.manifest
        bundle = read_golden(manifest, artefact.path.parent)
        calls = device_calls(manifest, bundle)
        variant = Variant("golden", artefact, {})
        job = self._write(variant, calls, tuple(range(len(calls))))
        settings = replace(self._settings, keep="all", warmup=0)
        rows, _ = self._run(variant, job, settings)
        return check_golden(bundle, rows)

    def _write(self, variant: Variant, calls: list[Call], first_calls: tuple[int, ...]) -> Job:
        folder = self.folder / f"job{len(list(self.folder.glob('job*')))}"
        folder.mkdir()
        path, manifest = variant.artefact.path, variant.artefact.manifest
        if copy(path, folder / path.name) != manifest.sha256:
            raise UserError(f"{path}: has changed while it was profiled: export the model again")
        write_plan(folder / "plan.txt", manifest, variant.budget)
        write_data(folder / "data.bin", manifest, calls)
        return Job(folder, manifest.target, first_calls, path)

    def _run(self, variant: Variant, job: Job, settings: Settings) -> tuple[list[Row], Outcome]:
        self._runs += 1
        outcome = self.device.run(job, settings, self.folder / f"rows{self._runs}.bin")
        return list(read_rows(outcome.rows, variant.artefact.manifest, settings.keep)), outcome

    def _round(self, variant: Variant, job: Job) -> Round:
        config, counted = self.config, not self.device.reports_latency
        settings = replace(
            self._settings,
            warmup=config.warmup,
            # What is counted is the same however often; what is timed is not.
            min_count=1 if counted else config.min_count,
            min_seconds=0.0 if counted else config.min_seconds,
            mark=counted,
        )
        rows, outcome = self._run(variant, job, settings)
        return Round(
            tuple(rows),
            outcome.facts,
            outcome.counts,
            throttled=outcome.throttled,
            resumed=outcome.resumed,
            notes=outcome.notes,
        )

    def _measurement(self, variant: Variant, check: GoldenCheck, work: _Work | None) -> Measurement:
        config, artefact = self.config, variant.artefact
        facts = VariantFacts.of(
            artefact.manifest,
            artefact.name,
            variant.label,
            variant.budget,
            config.threads,
            config.cpus,
        )
        if work is None:
            return Measurement(facts, check)
        metric = work.data.metric(work.answers)
        return Measurement(
            facts,
            check,
            tuple(work.rounds),
            metric,
            work.memory,
            work.operators,
            sample=work.data.sample(work.answers),
            images=work.images,
            difficulty=work.data.difficulty(work.answers, metric),
            real_time_steps=real_time_steps(work.data.calls),
        )


@dataclass
class _Work:
    """A variant that passed its golden check, and what has been measured of it so far."""

    variant: Variant
    data: ArtefactCalls
    job: Job
    answers: list[Row] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    memory: dict[str, int] = field(default_factory=dict)
    operators: tuple[Operator, ...] = ()
    images: Images | None = None


def _widest(works: Iterable[_Work]) -> list[_Work]:
    """Choose of each artefact the variant that may ponder longest."""
    found: dict[Path, _Work] = {}
    for work in works:
        path, limit = work.variant.artefact.path, work.variant.budget.get("max_ponder", math.inf)
        best = found.get(path)
        if best is None or limit > best.variant.budget.get("max_ponder", math.inf):
            found[path] = work
    return list(found.values())


def _profiles_operators(work: _Work) -> bool:
    """True if the runtime that ran the rounds writes a profile of its operators."""
    device = TARGETS[work.job.target].device
    if not work.rounds or not isinstance(device, LibraryRuntime) or not device.op_profiles:
        return False
    return str(work.rounds[0].facts.get("runtime")).startswith(device.op_profiles)
