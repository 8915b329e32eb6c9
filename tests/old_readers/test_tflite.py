"""Fresh artefacts in TFLite runtimes that phones still carry, each in an environment of its own.

The environments are made once, in pytest's cache folder, by pip.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from act_artefact.form import Form
from act_artefact.golden import write_golden
from act_export.golden import model_calls
from act_export.host import cut_at_loops
from act_export.program import trace
from act_export.samples import samples_for
from act_export.sensitivity import Reference
from act_export.targets import tflite
from tests.export.conftest import pondering
from tests.export.test_tflite_loop import subject_of

pytestmark = pytest.mark.old_readers

FORMS = {
    "unroll": Form(ponder="unroll"),
    "loop": Form(ponder="loop"),
    "peeled": Form(ponder="peeled"),
    "host": Form(ponder="host"),
    "batch": Form(ponder="loop", batch=3),
    "budget": Form(ponder="loop", budget_inputs=True),
    "sequence": Form(ponder="loop", sequence=4),
    "dynamic": Form(ponder="peeled", sequence="dynamic"),
}
TOLERANCE = {"fp32": 1e-5, "fp16": 6e-4, "int8": 5e-3}


@dataclass(frozen=True)
class Reader:
    module: str
    requirements: tuple[str, ...]
    python: str
    """The newest Python that its wheels are for."""


READERS = {
    "2.14": Reader("tflite_runtime", ("tflite-runtime==2.14.0", "numpy<2"), "3.11"),
    "tensorflow": Reader("tensorflow", ("tensorflow-cpu==2.21.0",), "3.13"),
}


@pytest.fixture(scope="module", params=READERS)
def reader(request: pytest.FixtureRequest) -> tuple[str, Path, str]:
    """Its name, its environment's Python and its module."""
    chosen = READERS[request.param]
    assert request.config.cache is not None
    folder = request.config.cache.mkdir(f"old-reader-{request.param}")
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        newest = tuple(map(int, chosen.python.split(".")))
        base = sys.executable if sys.version_info[:2] <= newest else f"python{chosen.python}"
        if shutil.which(base) is None:
            pytest.skip(f"{chosen.requirements[0]} needs {base}")
        subprocess.run([base, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", *chosen.requirements]
        subprocess.run(pip, check=True)
        (folder / "complete").touch()
    return request.param, python, chosen.module


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Makes an artefact with its golden bundle, once for all readers."""
    folder = tmp_path_factory.mktemp("exported")

    def export(form: str, precision: str) -> Path:
        made = folder / f"{form}-{precision}"
        if made.exists():
            return made
        made.mkdir()
        subject = subject_of(pondering(hidden_size=48, vocab_size=90))
        program = trace(subject, FORMS[form])
        parts = cut_at_loops(program) if form == "host" else []
        if parts:
            tflite.convert_parts(parts, made / "model.tflite", {}, precision)
        else:
            tflite.convert(program, made / "model.tflite", {}, precision)
        (made / "parts.json").write_text(json.dumps([asdict(part.facts) for part in parts]))
        samples = samples_for(subject, None, 60)
        reference = Reference(subject, precision)
        calls = model_calls(reference, program.interface, program.form, samples)
        write_golden(made / "golden.npz", calls)
        return made

    return export


def read(python: Path, module: str, folder: Path) -> dict[str, Any]:
    script = Path(__file__).parent / "read_tflite.py"
    command = [python, script, module, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("form", FORMS)
def test_reads(reader: tuple[str, Path, str], exported: Any, form: str, precision: str) -> None:
    name, python, module = reader
    found = read(python, module, exported(form, precision))
    if precision == "int8" and name == "2.14":
        # It has no kernel for a scale per channel: it must say so rather than compute nonsense.
        assert "version '12'" in found["error"] or "version '4'" in found["error"]
        return
    worst = found["worst"]
    assert worst.keys() >= {"y", "ponder_steps", "remainder", "h0_out", "c0_out"}
    assert worst.pop("ponder_steps") == 0
    assert max(worst.values()) <= TOLERANCE[precision], worst
