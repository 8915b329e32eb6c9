"""Tolerances of the shipped and the golden models, over their floor of 1e-5 (1 + |v|).

How far an artefact may be off follows how sensitive a call is to rounding
(act_artefact/equality.py). Where the dynamics are tame that is the floor, and the quantiles below
are 1; a model is marked where a tolerance exceeds CHAOTIC times the floor. The last columns are the
native engine's: its largest error over its tolerance, and the time steps whose N is the model's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from act_artefact.equality import FLOOR
from act_artefact.feeds import Samples
from act_artefact.form import Form, Sequence
from act_export.program import untraced
from act_export.runtimes import load
from act_export.samples import samples_for
from act_export.sensitivity import Reference
from act_export.subject import Subject, load_subject, model_subject
from act_export.targets import native
from act_export.verify import verify
from act_mobile import ACTConfig, ACTModel

ROOT = Path(__file__).parents[1]
SEQUENCES: tuple[Sequence, ...] = ("stream", "dynamic", 16)
QUANTILES = (0.5, 0.9, 0.99, 1.0)
CHAOTIC = 10.0


def shipped() -> Iterator[tuple[str, Subject, Samples]]:
    """Yield the models of models/, each with its task's evaluation set."""
    for path in sorted((ROOT / "models").glob("*/model.pt")):
        subject = load_subject(path)
        yield path.parent.name, subject, samples_for(subject, None, 200)


def golden() -> Iterator[tuple[str, Subject, Samples]]:
    """Yield the models of the golden vectors, each with its one sequence."""
    vectors = json.loads((ROOT / "tests" / "golden" / "act_vectors.json").read_text())
    sizes = ("cell", "input_size", "hidden_size", "output_size", "epsilon", "max_ponder")
    for number, case in enumerate(vectors["models"]):
        model = ACTModel(ACTConfig(**{name: case[name] for name in sizes}))
        model.load_state_dict(_weights(case))
        subject = model_subject("golden", model.eval())
        x = np.array(case["x"], np.float32)
        yield f"golden {number} ({case['cell']})", subject, Samples([x], "the golden vectors")


def _weights(case: dict[str, Any]) -> dict[str, torch.Tensor]:
    names = {"halt": "act.halting.0", "out": "head"}
    weights = {}
    for name, values in case["weights"].items():
        first, _, rest = name.partition("_")
        target = f"{names[first]}.{rest}" if first in names else f"act.cells.0.{name}"
        weights[target] = torch.tensor(values, dtype=torch.float32)
    return weights


def row(subject: Subject, samples: Samples, form: Form, precision: str, count: int) -> list[float]:
    """Quantiles of tolerance over floor, the engine's largest share, and its equal N."""
    program = untraced(subject, form)
    steps = list(Reference(subject, precision).steps(program.interface, form, samples, count))
    floor = FLOOR[precision]
    assert floor is not None
    over = [
        (tolerance / (floor * (1 + np.abs(answer.outputs[name])))).ravel()
        for _, answer in steps
        for name, tolerance in answer.tolerance.items()
    ]
    facts = {
        "inputs": [t.__dict__ for t in program.interface.inputs],
        "outputs": [t.__dict__ for t in program.interface.outputs],
        "states": [s.__dict__ for s in program.interface.states],
        "sequence": form.sequence,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.actn"
        native.convert(program, path, {"act-mobile.json": json.dumps(facts)}, precision)
        found = verify(steps, program.interface, load("native", path), samples, precision)
    compared = found.ponder_steps_equal + found.ponder_steps_differ + found.ponder_steps_wrong
    return [
        *np.quantile(np.concatenate(over), QUANTILES),
        max(found.max_tolerance_share.values()),
        found.ponder_steps_equal / compared,
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", choices=("fp32", "fp16"), default="fp32")
    parser.add_argument("--samples", type=int, default=200, help="time steps of each model")
    arguments = parser.parse_args()

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("model", "sequence", "50 %", "90 %", "99 %", "largest", "engine", "N equal", ""):
        table.add_column(
            name, justify="left" if name in ("model", "sequence") else "right", no_wrap=True
        )
    for models in (shipped(), golden()):
        for name, subject, samples in models:
            for sequence in SEQUENCES:
                form = Form(ponder="loop", sequence=sequence)
                found = row(subject, samples, form, arguments.precision, arguments.samples)
                *over, share, equal = found
                table.add_row(
                    name,
                    str(sequence),
                    *(f"{value:.3g}" for value in over),
                    f"{share:.0%}",
                    f"{equal:.2%}",
                    "chaotic" if over[-1] > CHAOTIC else "",
                )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
