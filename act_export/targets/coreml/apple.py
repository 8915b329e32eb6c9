"""``make verify-coreml``: Core ML packages in Apple's own compiler and runtime, on a Mac.

Elsewhere packages are evaluated by :mod:`act_mil`, which cannot prove that Apple's systems accept
them. This compiles each with ``xcrun coremlcompiler``, answers its golden bundle with coremltools'
predictions, judges the answers as every other check of the project does
(:mod:`act_artefact.equality`), and writes ``verify-coreml.json`` and ``verify-coreml.md``.
"""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from act_artefact import __version__
from act_artefact.command import run
from act_artefact.equality import Agreement, Arrays
from act_artefact.errors import CheckFailed, UserError, escaped
from act_artefact.form import Ponder
from act_artefact.golden import GoldenCall, read_golden
from act_artefact.manifest import read_manifest
from act_export.options import Options
from act_export.runtimes import Driven, Runtime

NAME = "verify-coreml"
UNITS = ("CPU_ONLY", "ALL")
"""Compute units that are asked for: ``ALL`` leaves the choice to Core ML."""
PONDERS: tuple[Ponder, ...] = ("loop", "unroll", "host")
COMPILE_SECONDS = 600
REASON = 300
"""Characters of a reason that the report shows: its reader cannot ask this Mac."""

Open = Callable[[Path, str], Runtime]
"""(package, compute units) -> Core ML's model."""


@dataclass(frozen=True)
class Result:
    """The answers of one package with one choice of compute units."""

    package: str
    units: str
    sha256: str
    form: str
    """Its ponder loop and precision, in words."""
    calls: int = 0
    ponder_steps_equal: int = 0
    ponder_steps_differ: int = 0
    max_abs_error: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    """Why it did not pass, in words; empty if it did."""


class CoreMLFailed(Exception):
    """Core ML did not load a package or did not answer; the text is its reason."""


class Predicted:
    """A package in Apple's runtime, by coremltools.

    Raises:
        CoreMLFailed: by ``run``, too.
    """

    def __init__(self, package: Path, units: str) -> None:
        import coremltools as ct

        with _core_ml():
            self._model = ct.models.MLModel(str(package), compute_units=ct.ComputeUnit[units])

    def run(self, inputs: Arrays) -> Arrays:
        with _core_ml():
            return dict(self._model.predict(inputs))


@contextmanager
def _core_ml() -> Iterator[None]:
    """Span one call of coremltools alone, whose errors are Core ML's."""
    try:
        yield
    # coremltools 9 raises Exception itself where Core ML is not there or has not loaded the model,
    # RuntimeError for an NSError of Core ML's, and TypeError, ValueError or KeyError for what its
    # own checks of inputs refuse. They have no base but Exception.
    except Exception as error:
        raise CoreMLFailed(f"Core ML: {escaped(str(error), REASON)}") from error


def compile_package(package: Path) -> str:
    """Compile with Apple's compiler; the reason why it refuses, empty if it does not."""
    try:
        return _compiled(package)
    except subprocess.TimeoutExpired:
        return f"coremlcompiler has not ended in {COMPILE_SECONDS} s"


def _compiled(package: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        words = ["xcrun", "coremlcompiler", "compile", str(package), folder]
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMPILE_SECONDS,
            check=False,
        )
        if not done.returncode and any(Path(folder).glob("*.mlmodelc")):
            return ""
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    said = (errors or lines or ["it gave no reason"])[0]
    return f"coremlcompiler refuses it: {escaped(said, REASON)}"


def check_export(manifest_file: Path, opened: Open = Predicted) -> list[Result]:
    """Compile an export's package, or each of its parts, and compare its answers.

    Args:
        opened: opens a package in the runtime.

    Raises:
        UserError: the export is not as it should be.
    """
    manifest = read_manifest(manifest_file)
    folder = manifest_file.parent
    package = folder / manifest.artefact
    bundle = read_golden(manifest, folder)
    files = {p.name: package / f"{p.name}.mlpackage" for p in manifest.parts} or {"": package}
    result = Result(
        package=f"{folder.name}/{manifest.artefact}",
        units="none",
        sha256=manifest.sha256,
        form=f"{manifest.ponder}, {manifest.precision}",
    )
    refusals = [compile_package(file) for file in files.values()]
    if refused := "; ".join(filter(None, refusals)):
        return [replace(result, reason=refused)]
    found = []
    for units in UNITS:
        one = replace(result, units=units)
        try:
            models = {name: opened(file, units) for name, file in files.items()}
            model = Driven(manifest.parts, models) if manifest.parts else models[""]
            found.append(_compared(one, bundle, model))
        except CoreMLFailed as error:
            found.append(replace(one, reason=str(error)))
    return found


def _compared(result: Result, bundle: Sequence[GoldenCall], model: Runtime) -> Result:
    agreement = Agreement()
    for call in bundle:
        expected = call.answer.outputs
        try:
            answer = model.run(call.inputs)
        except KeyError as error:
            # Of the host form's driver: a part needs what none before it has returned.
            return replace(result, reason=f"Core ML returned no {error.args[0]}")
        if missing := [name for name in expected if name not in answer]:
            return replace(result, reason=f"Core ML returned no {', '.join(missing)}")
        wrong = [name for name in expected if np.size(answer[name]) != expected[name].size]
        if wrong:
            return replace(result, reason=f"{wrong[0]} is of another size")
        shaped = {name: np.reshape(answer[name], each.shape) for name, each in expected.items()}
        agreement.add(call.answer, shaped)
    return replace(
        result,
        calls=len(bundle),
        ponder_steps_equal=agreement.ponder_steps_equal,
        ponder_steps_differ=agreement.ponder_steps_differ + agreement.ponder_steps_wrong,
        max_abs_error=agreement.max_abs_error,
        reason=agreement.reason(),
    )


def system() -> dict[str, str]:
    """Describe the Mac and its tools."""
    import coremltools

    xcode = subprocess.run(
        ["xcodebuild", "-version"], capture_output=True, text=True, errors="replace", check=False
    )
    return {
        "macos": platform.mac_ver()[0],
        "machine": platform.machine(),
        "xcode": escaped(" ".join(xcode.stdout.split())) or "none",
        "coremltools": coremltools.__version__,
        "act_mobile": __version__,
    }


def markdown(facts: Mapping[str, str], results: Sequence[Result]) -> str:
    """Write the report for a reader."""
    lines = ["# Core ML packages in Apple's runtime", ""]
    lines += ["; ".join(f"{name} {value}" for name, value in facts.items()), ""]
    lines += ["| package | form | units | calls | N equal | N differs | y off by | |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for each in results:
        off = f"{each.max_abs_error['y']:.1e}" if "y" in each.max_abs_error else ""
        end = each.reason.replace("|", "/") or "passed"
        steps = f"{each.calls} | {each.ponder_steps_equal} | {each.ponder_steps_differ}"
        lines.append(f"| {each.package} | {each.form} | {each.units} | {steps} | {off} | {end} |")
    return "\n".join([*lines, ""])


@click.command()
@click.argument(
    "models",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
def command(models: tuple[Path, ...], output: Path) -> None:
    """Export models to Core ML and verify them with Apple's compiler and runtime.

    MODELS are folders with model.pt and eval.npz each. The reports and the packages go to OUTPUT;
    the exit code is 1 where one fails.
    """
    if platform.system() != "Darwin" or shutil.which("xcrun") is None:
        raise UserError(
            f"{NAME} needs macOS with Xcode, whose compiler and runtime it asks; here act-export "
            "has evaluated the packages instead"
        )
    facts = system()
    results: list[Result] = []
    text = write_report(output, facts, results)
    for model in models:
        for ponder in PONDERS:
            results += _checked(model, ponder, output)
            # Each time, so that a run which is ended leaves what it has found.
            text = write_report(output, facts, results)
    click.echo(text, nl=False)
    if failed := [each for each in results if each.reason]:
        names = ", ".join(f"{each.package} ({each.units}): {each.reason}" for each in failed)
        raise CheckFailed(f"{len(failed)} of {len(results)} failed: {names}")


def _checked(model: Path, ponder: Ponder, output: Path) -> list[Result]:
    """Export and check one package; the reason is the result where it cannot be exported."""
    try:
        return check_export(_exported(model, ponder, output))
    except (CheckFailed, UserError) as error:
        form = f"{ponder}, {Options().precision}"
        return [Result(f"{model.name}-{ponder}", "none", "", form, reason=str(error))]


def _exported(model: Path, ponder: Ponder, output: Path) -> Path:
    """Export as the demo does; the manifest."""
    from act_export import export

    folder = output / f"{model.name}-{ponder}"
    options = Options(ponder=ponder, budget_inputs=True)
    data = model / "eval.npz"
    (done,) = export(model / "model.pt", "coreml", output=folder, data=data, options=options)
    return done.path.with_name(f"{done.path.stem}.manifest.json")


def write_report(output: Path, facts: Mapping[str, str], results: Sequence[Result]) -> str:
    """Write both files; the text of the one for a reader."""
    output.mkdir(parents=True, exist_ok=True)
    value: dict[str, Any] = {"system": dict(facts), "results": [asdict(each) for each in results]}
    (output / f"{NAME}.json").write_text(json.dumps(value, indent=1) + "\n")
    text = markdown(facts, results)
    (output / f"{NAME}.md").write_text(text)
    return text


main = partial(run, command, NAME)

if __name__ == "__main__":
    main()
