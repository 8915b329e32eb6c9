"""One subject through trace, conversion, check and choice, target by target."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from act_artefact import __version__, card
from act_artefact.equality import FLOOR, Answer
from act_artefact.errors import CheckFailed, UserError
from act_artefact.feeds import Samples
from act_artefact.files import artefact_size, digest
from act_artefact.form import Ponder
from act_artefact.golden import GoldenCall, write_golden
from act_artefact.interface import Interface
from act_artefact.labels import SUFFIX as LABELS_SUFFIX
from act_artefact.labels import labels_text
from act_artefact.manifest import METADATA_KEY, Manifest
from act_artefact.progress import Stage
from act_artefact.targets import Target
from act_export.choose import Candidates, Choice, candidates, choose
from act_export.figures import METRIC_TIME_STEPS, Figures, figures, figures_if_any
from act_export.golden import agreement, model_calls, own_answers
from act_export.options import Options
from act_export.program import Program, untraced
from act_export.quiet import quiet
from act_export.reference import Step, streams
from act_export.runtimes import Runtime, load
from act_export.samples import of_other_sizes
from act_export.sensitivity import Reference
from act_export.subject import Subject
from act_export.targets import convert, write_source
from act_export.task import task_facts
from act_export.verify import Verification, metric_change, verify
from act_export.web.bundle import write_bundle
from act_export.web.check import PageCheck, check_bundle


@dataclass(frozen=True)
class Attempt:
    """An artefact that has passed its check."""

    path: Path
    program: Program
    manifest: Manifest
    verification: Verification
    runtime: Runtime
    seconds: dict[str, float]
    page: PageCheck | None = None


@dataclass
class Pipeline:
    """The parts of one export that its targets share."""

    subject: Subject
    samples: Samples
    options: Options
    stage: Stage
    _programs: dict[Ponder, Program] = field(default_factory=dict)
    _seconds: dict[Ponder, float] = field(default_factory=dict)
    _answered: dict[Interface, list[tuple[Step, Answer]]] = field(default_factory=dict)

    @cached_property
    def reference(self) -> Reference:
        """The model that all artefacts of the export are compared with."""
        return Reference(self.subject, self.options.precision)

    def check_form(self) -> None:
        """Refuse a stream of what only whole sequences have: layers that mix time steps.

        Raises:
            UserError: so it is, or the module cannot be traced at all.
        """
        if self.options.form.stream and not streams(self.subject, self.samples):
            self._traced(self.options.form.ponder)  # what cannot be traced is the deeper trouble
            raise UserError(
                f"{self.subject.name}: mixes time steps outside the layers whose state is "
                "carried: use --sequence T, "
                "with whole sequences in one call"
            )

    def run(self, target: Target, folder: Path) -> Attempt:
        """Write the artefact, manifest and golden bundle into ``folder``.

        Raises:
            UserError: the target cannot express the program.
            CheckFailed: what it made of it does not compute what the model does.
        """
        if self.options.ponder != "auto":
            attempt = self._attempt(target, folder, self.options.ponder)
            return self._finish(target, attempt, folder, None)
        among = candidates(self.subject, self.options.form, self.samples, target)
        attempts = {
            ponder: self._attempt(target, folder / ponder, ponder) for ponder in among.ponders
        }
        choice = self._choose(target, among, attempts)
        picked = attempts[choice.ponder]
        path = picked.path.rename(folder / picked.path.name)
        for ponder in attempts:
            shutil.rmtree(folder / ponder)
        return self._finish(target, replace(picked, path=path), folder, choice)

    def _choose(self, target: Target, among: Candidates, attempts: dict[Ponder, Attempt]) -> Choice:
        if len(attempts) == 1:
            return choose(among, {ponder: a.runtime for ponder, a in attempts.items()})
        with self.stage(target.name, "measure"), quiet():
            return choose(among, {ponder: a.runtime for ponder, a in attempts.items()})

    def _program(self, ponder: Ponder) -> Program:
        """The model in a form, the same for every target."""
        if ponder not in self._programs:
            self._programs[ponder] = untraced(
                self.subject, replace(self.options.form, ponder=ponder)
            )
        return self._programs[ponder]

    def _traced(self, ponder: Ponder) -> float:
        """The seconds that tracing takes, which happens once for all targets."""
        if ponder not in self._seconds:
            program, start = self._program(ponder), time.perf_counter()
            with self.stage("model", f"trace {ponder}"), quiet():
                _ = program.exported
            self._seconds[ponder] = time.perf_counter() - start
        return self._seconds[ponder]

    def _attempt(self, target: Target, folder: Path, ponder: Ponder) -> Attempt:
        program = self._program(ponder)
        folder.mkdir(exist_ok=True)
        path = folder / target.artefact(self.subject.name, ponder)
        manifest = self._manifest(target, path.name, program)
        seconds = {"trace": self._traced(ponder)} if target.traced else {}

        @contextmanager
        def timed(name: str) -> Iterator[None]:
            start = time.perf_counter()
            with self.stage(target.name, f"{name} {ponder}"), quiet():
                yield
            seconds[name] = time.perf_counter() - start

        with timed("convert"):
            metadata = {METADATA_KEY: json.dumps(manifest.facts())}
            parts = convert(target, program, path, metadata, self.options.precision)
        self._answers(program)
        with timed("verify"):
            runtime = load(target.name, path, parts)
            verification = self._verification(target, program, runtime)
        if not verification.passed:
            raise CheckFailed(
                f"{target.name}: the artefact is not the model: {verification.reason()}; "
                "nothing was written"
            )
        manifest = replace(manifest, parts=parts)
        return Attempt(path, program, manifest, verification, runtime, seconds)

    def _answers(self, program: Program) -> list[tuple[Step, Answer]]:
        """The model's calls to compare with: the same for all artefacts with these tensors."""
        described = program.interface
        if described not in self._answered:
            dynamic = program.form.dynamic
            others = of_other_sizes(self.subject, dynamic) if dynamic else []
            with self.stage("model", "answer"):
                self._answered[described] = [
                    each
                    for samples in (self.samples, *others)
                    for each in self.reference.steps(
                        described, program.form, samples, self.options.samples
                    )
                ]
        return self._answered[described]

    def _verification(self, target: Target, program: Program, runtime: Runtime) -> Verification:
        options, samples = self.options, self.samples
        answers: Iterable[tuple[Step, Answer]] = self._answers(program)
        if target.bounded_axes:
            answers = (each for each in answers if program.interface.within(each[0].inputs))
        found = verify(answers, program.interface, runtime, samples, options.precision)
        if options.precision != "fp32" and samples.judged:
            interface, form = program.interface, program.form
            found.figures = figures(interface, form, samples, runtime.run, self._judged_over)
            found.metric = metric_change(
                self.subject,
                interface,
                form,
                samples,
                found.figures,
                allowed=options.metric_tolerance,
            )
        return found

    @property
    def _judged_over(self) -> int:
        """Time steps over which the metric is taken."""
        return max(self.options.samples, METRIC_TIME_STEPS)

    def _figures(self, attempt: Attempt) -> Figures:
        """The artefact's own results; over as few time steps as were compared, if just N counts."""
        if (found := attempt.verification.figures) is not None:
            return found
        program = attempt.program
        return figures_if_any(
            program.interface,
            program.form,
            self.samples,
            attempt.runtime.run,
            self._judged_over if self.samples.judged else self.options.samples,
        )

    def _golden(self, attempt: Attempt) -> list[GoldenCall]:
        """The calls of the golden bundle, which the artefact itself answers as they say.

        Raises:
            CheckFailed: it does not.
        """
        program, runtime = attempt.program, attempt.runtime
        calls = model_calls(self.reference, program.interface, program.form, self.samples)
        if FLOOR[self.options.precision] is None:
            calls = own_answers(calls, runtime, attempt.verification)
        if reason := agreement(runtime, calls).reason():
            raise CheckFailed(
                f"{attempt.path.name}: fails its own golden bundle: {reason}; nothing was written"
            )
        return calls

    def _finish(
        self, target: Target, attempt: Attempt, folder: Path, choice: Choice | None
    ) -> Attempt:
        """Write all that stands beside the artefact: manifest, golden bundle, card, labels, C."""
        name = self.subject.name
        with self.stage(target.name, "evaluate"), quiet():
            attempt.verification.figures = self._figures(attempt)
        manifest = replace(
            attempt.manifest,
            choice=None if choice is None else choice.to_json(),
            verification=attempt.verification.to_json(),
            sha256=digest(attempt.path),
            size=artefact_size(attempt.path),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with self.stage(target.name, "golden bundle"), quiet():
            calls = self._golden(attempt)
            write_golden(folder / f"{name}.golden.npz", calls)
        if self.options.emit_c and target.embeds:
            write_source(target, attempt.path)
        text = json.dumps(manifest.to_json(), indent=1) + "\n"
        (folder / f"{name}.manifest.json").write_text(text)
        (folder / f"{name}{card.SUFFIX}").write_text(card.card(manifest), encoding="utf-8")
        if manifest.labels:
            labels = labels_text(manifest.labels)
            (folder / f"{name}{LABELS_SUFFIX}").write_text(labels, encoding="utf-8")
        page = None
        if self.options.web and target.on_page:
            with self.stage(target.name, "page"):
                page = check_bundle(write_bundle(attempt.path), manifest.interface, calls)
        return replace(attempt, manifest=manifest, page=page)

    def _manifest(self, target: Target, artefact: str, program: Program) -> Manifest:
        policies = self.subject.policies
        epsilons = {p.epsilon for p in policies if p.epsilon is not None}
        task = task_facts(self.subject.name, self.subject.task)
        return Manifest(
            artefact=artefact,
            target=target.name,
            ponder=program.form.ponder,
            sequence=program.form.sequence,
            precision=self.options.precision,
            batch=program.form.batch,
            interface=program.interface,
            model=self.subject.description,
            task=self.subject.task,
            epsilon=epsilons.pop() if len(epsilons) == 1 else None,
            max_ponder=max(policy.max_ponder for policy in policies),
            metric=self.samples.metric or task.metric,
            labels=task.labels,
            vocabulary=task.vocabulary,
            purpose=task.purpose,
            license=self.options.license,
            readers=target.readers[self.options.precision],
            versions={
                "act-mobile": __version__,
                **{p: importlib.metadata.version(p) for p in ("torch", *target.packages)},
            },
        )


def require_judge(options: Options, samples: Samples) -> None:
    """Refuse what could not be checked.

    Raises:
        UserError: the metric decides about this precision, and the samples have none.
    """
    if FLOOR[options.precision] is None and not samples.judged:
        raise UserError(
            f"--precision {options.precision} is judged by the task's metric: give --data, an "
            "eval.npz with targets and metric"
        )
