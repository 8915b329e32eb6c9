"""The whole export: load, trace once, then for each target convert, verify, write."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from act_artefact.card import SUFFIX as CARD_SUFFIX
from act_artefact.data import load
from act_artefact.errors import UserError, either
from act_artefact.labels import SUFFIX as LABELS_SUFFIX
from act_artefact.labels import stale_labels
from act_artefact.manifest import Manifest
from act_artefact.progress import Stage
from act_artefact.staging import check_output, staging
from act_artefact.targets import TARGETS, Target, suffixes
from act_export.options import Options
from act_export.pipeline import Attempt, Pipeline, require_judge
from act_export.samples import samples_for
from act_export.subject import is_factory, load_subject
from act_export.targets import operations, require
from act_export.task import task_facts
from act_export.verify import Verification
from act_export.web import bundle
from act_export.web.check import PageCheck


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
    page: PageCheck | None
    """The check of its page, where one was asked for."""
    written_out: list[str]
    """The kinds of torch's recurrent layers that are in the artefact once for each time step."""

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
            **({} if self.page is None else {"page": self.page.to_json()}),
        }


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
        target: a name in :data:`act_artefact.targets.TARGETS`; or several with commas between
            them, or all, each into a folder of its own under ``output``.
        output: the folder, made if it is not there.
        data: an ``eval.npz`` to check on; else the model's task makes its own.
        weights: the state_dict of a factory's module.
        stage: spans each stage of the export.

    Raises:
        UserError: bad input, or a folder that holds another export of the name, perhaps one made
            at the same time.
        CheckFailed: an artefact does not compute what the model does.
    """
    options = options or Options()
    folder = Path(output)
    targets = _targets(target)
    if options.emit_c and not any(each.embeds for each in targets):
        embedded = either([each.name for each in TARGETS.values() if each.embeds])
        raise UserError(f"--emit-c: target {target} is no C source: use --target {embedded}")
    if options.web:
        bundle.check_options(options, targets)
    for each in targets:
        require(each, options.ponder, options.precision, options.dynamic)
    with stage("model", "load"):
        file = None
        if data is not None and is_factory(str(model)):
            file = load(Path(data), timed=options.sequence != "whole")
        subject = load_subject(model, weights=weights, file=file).limited(options.max_ponder)
        options = options.for_model(subject.timed)
        facts = task_facts(subject.name, subject.task)
        if data is not None and file is None:
            file = load(Path(data), timed=subject.timed)
    places = [(each, folder / each.name if len(targets) > 1 else folder) for each in targets]
    check = partial(_check_places, places, subject.name, options, bool(facts.labels))
    check()
    stale = partial(_stale, places, subject.name, bool(facts.labels))
    with stage("model", "data"):
        samples = samples_for(subject, file, options.samples)
        require_judge(options, samples)
    pipeline = Pipeline(subject, samples, options, stage)
    pipeline.check_form()
    with staging((place for _, place in places), check, stale) as aside:
        done = []
        for each, place in places:
            attempt = pipeline.run(each, aside[place])
            written_out = [] if each.keeps_layers else subject.torch_layers
            done.append(_export(each, attempt, place / attempt.path.name, written_out))
    return done


def _export(target: Target, attempt: Attempt, path: Path, written_out: list[str]) -> Export:
    made = attempt.path
    many = attempt.manifest.sequence not in ("stream", 1, "dynamic")
    return Export(
        target,
        path,
        attempt.manifest,
        attempt.manifest.size,
        operations(target, made),
        attempt.verification,
        attempt.seconds,
        None if attempt.page is None else replace(attempt.page, path=str(bundle.page_of(path))),
        written_out if many else [],
    )


def _targets(names: str) -> list[Target]:
    if names == "all":
        return list(TARGETS.values())
    found = dict.fromkeys(names.split(","))  # each once
    for name in found:
        if name not in TARGETS:
            raise UserError(f"target {name!r} is not known: use {either([*TARGETS, 'all'])}")
    return [TARGETS[name] for name in found]


def _check_places(
    places: list[tuple[Target, Path]], name: str, options: Options, labels: bool
) -> None:
    """Refuse a folder with another export of the name, or with something in an output's way."""
    for target, place in places:
        ponder = options.form.ponder
        artefact = target.artefact(name, ponder)
        _refuse_other(place, name, artefact)
        check_output(place / artefact, folder=target.is_folder(ponder))
        source = (".c", ".h") if options.emit_c and target.embeds else ()
        named = (LABELS_SUFFIX,) if labels else ()
        for suffix in (".manifest.json", ".golden.npz", CARD_SUFFIX, *named, *source):
            check_output(place / f"{name}{suffix}")
        if options.web and target.on_page:
            bundle.check_place(place, name, artefact)


def _stale(places: list[tuple[Target, Path]], name: str, labels: bool) -> list[Path]:
    """Find the labels files of former exports of the name, where this one writes none."""
    return [] if labels else [path for _, place in places for path in stale_labels(place, name)]


def _refuse_other(folder: Path, name: str, artefact: str) -> None:
    """One folder holds one export of a name: its manifest and golden bundle have no other name."""
    for other in (f"{name}{suffix}" for suffix in suffixes(TARGETS)):
        if other != artefact and (folder / other).exists():
            raise UserError(
                f"{folder / other}: the folder already holds another export of {name}: give "
                "another -o"
            )
