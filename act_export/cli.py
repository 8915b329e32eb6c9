"""``act-export``: the command. Everything that needs torch is imported when it runs.

``--help`` lists the targets, precisions and kinds of ponder loop that are registered.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from act_artefact.command import debug_option, run
from act_artefact.errors import either
from act_artefact.form import Ponder
from act_artefact.targets import TARGETS
from act_mobile.models import MODELS

PRECISIONS = list(dict.fromkeys(name for target in TARGETS.values() for name in target.readers))
WITH_INT4 = either([target.name for target in TARGETS.values() if "int4" in target.readers])
WITH_PAGE = either([target.name for target in TARGETS.values() if target.on_page])
WITH_SOURCE = either([target.name for target in TARGETS.values() if target.embeds])
ARTEFACT = f"NAME{either([target.suffix for target in TARGETS.values()])}"

EXAMPLES = "\n".join(
    [
        "\b\nExamples:",
        "  act-export model.pt --target all -o exported --data eval.npz",
        *(f"  act-export {target.example}" for target in TARGETS.values()),
    ]
)

HELP = f"""Export MODEL and check every artefact against it.

MODEL is a trained model.pt ({", ".join(MODELS)}), or package.module:factory, a function
that makes your own torch.nn.Module with act_mobile.ACT or act_mobile.Ponder in it; that needs
--data.

Each export NAME is an artefact ({ARTEFACT}), NAME.manifest.json,
which says all that an app must know, NAME.golden.npz, real calls and their answers to check on
a device, NAME.card.md, the model card, and, where the task's classes have names, NAME.labels.txt.
All files are written, or none.
"""


MAX_DIGITS = 9
"""Digits of a number of time steps; Python itself refuses to read thousands."""


class SequenceType(click.ParamType[str | int]):
    """``stream``, ``dynamic``, ``whole`` or a number of time steps."""

    name = "stream|T|dynamic|whole"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in ("stream", "dynamic", "whole") or isinstance(value, int):
            return value
        if not value.isdecimal() or len(value) > MAX_DIGITS or int(value) < 1:
            self.fail(f"{value!r} is neither stream, dynamic, whole nor a number", param, ctx)
        return int(value)


@click.command(help=HELP, epilog=EXAMPLES)
@click.argument("model")
@click.option(
    "--target",
    required=True,
    metavar="|".join([*TARGETS, "all"]),
    help="What to make: one, several with commas between them, or all.",
)
@click.option(
    "--ponder",
    type=click.Choice(["auto", *get_args(Ponder)]),
    default="auto",
    show_default=True,
    help="loop: stops after N steps; peeled: the same, with the first step before it; unroll: "
    "max_ponder masked steps; host: the app drives the loop; auto: measures and picks.",
)
@click.option(
    "--sequence",
    type=SequenceType(),
    default=None,
    show_default="stream, or whole without time",
    help="One time step a call with the state in and out, T time steps a call, any number; whole: "
    "one item a call of a model without time.",
)
@click.option(
    "--dynamic",
    metavar="AXIS,...",
    default="",
    callback=lambda ctx, param, value: tuple(filter(None, value.split(","))),
    help="Axes whose size a call may choose, where the model has such: height,width of an iterated "
    "one. Else an input has one size, and what is smaller is filled up with zeros.",
)
@click.option("--batch", type=int, default=1, show_default=True, help="Rows of a call.")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="fp32",
    show_default=True,
    help="Numbers: fp16 halves the file; int8 has int8 weights; int4, for target "
    f"{WITH_INT4}, 4 bits in large layers.",
)
@click.option(
    "--metric-tolerance",
    type=float,
    default=0.01,
    show_default=True,
    help="How much worse than the model's an int8 or int4 artefact's metric may be.",
)
@click.option(
    "--budget-inputs",
    is_flag=True,
    help="Make halt_threshold and, in loop form, max_ponder inputs of every call.",
)
@click.option("--max-ponder", type=int, help="Lower the model's limit of ponder steps.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="eval.npz to check the artefacts on; else the model's task makes its own.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="The state_dict of a factory's module: a file of tensors.",
)
@click.option(
    "--license",
    metavar="SPDX",
    help="The model's licence for its manifest and card, such as Apache-2.0; else not stated.",
)
@click.option(
    "--samples", type=int, default=200, show_default=True, help="Time steps to check, at least."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Folder for the files, made if it is not there; with all, a folder each in it.",
)
@click.option(
    "--emit-c",
    is_flag=True,
    help=f"Write NAME.c and NAME.h too: target {WITH_SOURCE} as data.",
)
@click.option(
    "--web",
    is_flag=True,
    help=f"Write NAME.web/ too, target {WITH_PAGE} as a page that opens from disk, and act.js and "
    "act.wasm for one of your own; checked in Chromium, or in Node.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    model: str,
    target: str,
    output: Path,
    data: Path | None,
    weights: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    from act_artefact.progress import Progress

    with Progress() as progress:
        from act_export.api import export
        from act_export.options import Options

        done = export(
            model,
            target,
            output=output,
            data=data,
            weights=weights,
            options=Options(**options),
            stage=progress.stage,
        )
    if as_json:
        click.echo(json.dumps({"exports": [each.to_json() for each in done]}))
    else:
        from act_export.report import table

        table(done)


command.params.append(debug_option())
main = partial(run, command, "act-export")

if __name__ == "__main__":
    main()
