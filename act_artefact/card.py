"""``NAME.card.md``: a model card for whoever builds an app, written from the manifest alone.

It begins with metadata as model hubs read them. All that a stranger's model has named stands in
code spans, cut short; see :mod:`act_artefact.markdown`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from act_artefact.card_tensors import inputs_and_outputs
from act_artefact.files import size_text
from act_artefact.manifest import Manifest
from act_artefact.markdown import bullets, code
from act_artefact.metrics import HIGHER_IS_BETTER
from act_artefact.targets import TARGETS, AppRuntime

SUFFIX = ".card.md"

LONGEST_COMMAND = 2000
"""Characters of a command: names of files and modules have at most 255 each."""

METRICS = {
    "sequence_error": "Part of the sequences with any mistake",
    "accuracy": "Part of the answers that are right",
    "bits_per_char": "Bits per character",
    "mse": "Mean squared error",
}
"""The metrics in words."""

PONDER = {
    "loop": "The file holds the ponder loop, which ends after N steps: the time of a call "
    "follows N.",
    "peeled": "The file holds the ponder loop, with its first step before it, and ends after N "
    "steps: the time of a call follows N.",
    "unroll": "All steps up to the limit are computed in each call, whatever N: the time of a "
    "call does not follow N.",
    "host": "The app drives the ponder loop and calls the file's parts in the manifest's order; it "
    "ends after N steps: the time of a call follows N.",
}

USE = [
    "Intended use, beyond the task: not stated.",
    "Answers and N on other data than those above: not known.",
]


def card(manifest: Manifest) -> str:
    """Write the model card of an export."""
    sections = {
        "Results": bullets([*_results(manifest)]),
        "Inputs and outputs": inputs_and_outputs(manifest),
        "Ponder steps": bullets([*_limits(manifest)]),
        "File": bullets([*_file(manifest)]),
        "Latency": _latency(manifest),
        "Licence": "Not stated." if manifest.license is None else f"{code(manifest.license)}.",
        "How it was made": _made(manifest),
        "Use and limits": bullets(USE),
    }
    body = "\n\n".join(f"## {title}\n{text}" for title, text in sections.items())
    return f"{_metadata(manifest)}\n# {code(_name(manifest))}\n{_task(manifest)}\n\n{body}\n"


def _metadata(manifest: Manifest) -> str:
    """Front matter of the hubs: a licence by its identifier in lower case, and tags."""
    lines = []
    if manifest.license is not None and " " not in manifest.license:
        lines = [f"license: {json.dumps(manifest.license.lower())}"]
    elif manifest.license is not None:
        lines = ["license: other", f"license_name: {json.dumps(manifest.license)}"]
    tags = [json.dumps(tag) for tag in ("adaptive-computation-time", manifest.target)]
    return "\n".join(["---", *lines, "tags:", *(f"- {tag}" for tag in tags), "---"])


def _name(manifest: Manifest) -> str:
    return Path(manifest.artefact).stem


def _task(manifest: Manifest) -> str:
    name = manifest.task.get("name")
    named = f" {code(name)}" if isinstance(name, str) else ""
    purpose = manifest.purpose or ("not described" if named else "not stated")
    stop = "" if purpose.endswith("?") else "."
    return (
        f"Task{named}: {purpose}{stop}\n\n"
        f"A network that decides how long to think: for each {_of(manifest)} it repeats a *ponder "
        "step* until it halts. N, the number of these steps, is one of its outputs."
    )


def _results(manifest: Manifest) -> Iterator[str]:
    """The metric and N, as the export measured them."""
    found = manifest.verification
    figures, change = found.get("figures"), found.get("metric")
    metric = METRICS.get(manifest.metric or "") or code(manifest.metric or "")
    if figures and figures["metric"] is not None:
        better = "higher" if manifest.metric in HIGHER_IS_BETTER else "lower"
        before = f" (the model before its export: {change['model']:.4g})" if change else ""
        yield f"{metric}: {figures['metric']:.4g}{before}; {better} is better."
    elif manifest.metric:
        reason = figures and figures["not_measured"]
        because = f" ({code(reason)})" if reason else ": the inputs came without answers"
        yield f"{metric}: not measured{because}."
    else:
        yield "Metric: none was stated."
    if figures:
        layers = figures["ponder_steps"]
        for number, n in enumerate(layers):
            layer = f" of layer {number}" if len(layers) > 1 else ""
            yield f"N{layer}: mean {n['mean']:.3g}, min {n['min']}, max {n['max']}."
        data = (
            f"Measured with this file over {figures['time_steps']:,} {_of(manifest)}s of "
            f"{code(found['source'])}"
        )
        yield f"{data}, on the machine that made it."


def _of(manifest: Manifest) -> str:
    return "item" if manifest.sequence == "whole" else "time step"


def _limits(manifest: Manifest) -> Iterator[str]:
    """The limits of N, and the inputs that lower them."""
    halting = manifest.model.get("halting")
    if isinstance(halting, str) and halting.startswith("fixed:"):
        yield f"Each {_of(manifest)} always takes {manifest.max_ponder} ponder steps."
    else:
        limit = f"after {manifest.max_ponder} ponder steps (`max_ponder`) at the latest"
        if manifest.epsilon is None:
            yield f"Each {_of(manifest)} ends {limit}."
        else:
            yield (
                f"Each {_of(manifest)} ends once its halting value reaches "
                f"{1 - manifest.epsilon:g} (`halt_threshold`), {limit}."
            )
    yield PONDER[manifest.ponder]
    budget = manifest.interface.budget
    if budget:
        names = " and ".join(code(t.name) for t in budget)
        yield f"Budget: a call's {names}; lower values make N smaller."
    else:
        yield "Budget: fixed in the file; `act-export --budget-inputs` makes it an input."


def _file(manifest: Manifest) -> Iterator[str]:
    """The artefact: its size, precision and reader, and its distance from the model."""
    size = f", {size_text(manifest.size)}" if manifest.size else ""
    numbers = f"target {manifest.target}, precision {manifest.precision}"
    yield f"{code(manifest.artefact)}: {numbers}{size}."
    if manifest.readers:
        yield f"Read by {manifest.readers} and newer."
    found = manifest.verification
    if not found:
        return
    errors = ", ".join(f"{code(n)} {error:.1e}" for n, error in found["max_abs_error"].items())
    rule = (
        "all within the tolerance"
        if found["tolerance"] is not None
        else "the metric, not these, decides in this precision"
    )
    equal, differ = found["ponder_steps_equal"], found["ponder_steps_differ"]
    yield (
        f"Largest differences from the model over {found['time_steps']:,} {_of(manifest)}s: "
        f"{errors}; {rule}. N was equal in {equal:,} of {equal + differ:,}."
    )
    target = TARGETS.get(manifest.target)
    if target is not None and not target.measured:
        yield f"It was {target.runtime}."
    name = _name(manifest)
    yield f"{code(f'{name}.manifest.json')} has all of this for programs to read."
    yield f"{code(f'{name}.golden.npz')} has calls and answers to check a device with."


def _latency(manifest: Manifest) -> str:
    """The latency as far as it is known, and the command that measures it."""
    choice: dict[str, Any] = manifest.choice or {}
    times = choice.get("microseconds") or {}
    lines = []
    if manifest.ponder not in times:
        lines.append("Not measured by the export.")
    else:
        lines.append(
            f"{times[manifest.ponder]:.3g} microseconds a call at mean N "
            f"{choice['mean_ponder_steps']:.3g}, one thread, on the machine that made the export, "
            "which is no phone."
        )
    target = TARGETS.get(manifest.target)
    if target is not None and target.device is not None:
        app = target.device if isinstance(target.device, AppRuntime) else None
        device, place = (app.device, app.place) if app else ("adb", "an Android phone")
        command = f"act-profile {shlex.quote(manifest.artefact)} --data eval.npz --device {device}"
        lines.append(f"On {place} {code(command, LONGEST_COMMAND)} measures it.")
    elif target is not None:
        lines.append(f"`act-profile` cannot measure it: files of its kind {target.not_profiled}.")
    return bullets(lines)


def _made(manifest: Manifest) -> str:
    """The command, whose files are left out, and the packages."""
    version = manifest.versions.get("act-mobile", "")
    packages = ", ".join(f"{n} {v}" for n, v in manifest.versions.items() if n != "act-mobile")
    return bullets(
        [
            f"act-export {version}: {code(_command(manifest), LONGEST_COMMAND)}, with `--data` and "
            "`-o` left out.",
            f"With {packages}; {code(manifest.created)}.",
        ]
    )


def _command(manifest: Manifest) -> str:
    """The command that makes the same file."""
    options: dict[str, object] = {
        "--target": manifest.target,
        "--ponder": manifest.ponder,
        "--sequence": manifest.sequence,
        "--precision": manifest.precision,
    }
    if manifest.batch > 1:
        options["--batch"] = manifest.batch
    if manifest.interface.axes:
        options["--dynamic"] = ",".join(axis.name for axis in manifest.interface.axes)
    own = manifest.model.get("max_ponder")
    if isinstance(own, int) and own > manifest.max_ponder:
        options["--max-ponder"] = manifest.max_ponder
    if manifest.license is not None:
        options["--license"] = manifest.license
    factory = manifest.model.get("factory")
    words = ["act-export", factory if isinstance(factory, str) else "MODEL"]
    words += [word for name, value in options.items() for word in (name, str(value))]
    words += ["--budget-inputs"] * bool(manifest.interface.budget)
    return shlex.join(words)
