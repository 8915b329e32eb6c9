"""``act-export``: the command. Everything that needs torch is imported when it runs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from act_mobile.command import debug_option, run

EXAMPLES = """
\b
Examples:
  act-export model.pt --target tflite
  act-export model.pt --target all -o exported --data eval.npz
  act-export model.pt --target onnx --sequence 32 --batch 4
"""


class SequenceType(click.ParamType[str | int]):
    """``stream`` or a number of time steps."""

    name = "stream|T"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "stream" or isinstance(value, int):
            return value
        if not value.isdecimal() or int(value) < 1:
            self.fail(f"{value!r} is neither stream nor a number of time steps", param, ctx)
        return int(value)


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="onnx|tflite|coreml|all", help="What to make.")
@click.option(
    "--ponder",
    type=click.Choice(["unroll"]),
    default="unroll",
    show_default=True,
    help="Form of the ponder loop: max_ponder masked steps.",
)
@click.option(
    "--sequence",
    type=SequenceType(),
    default="stream",
    show_default=True,
    help="One time step a call with the state in and out, or T time steps a call.",
)
@click.option("--batch", type=int, default=1, show_default=True, help="Rows of a call.")
@click.option(
    "--precision", type=click.Choice(["fp32"]), default="fp32", show_default=True, help="Numbers."
)
@click.option("--max-ponder", type=int, help="Lower the model's limit of ponder steps.")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="eval.npz to check the artefacts on; else the model's task makes its own.",
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def command(
    model: Path, target: str, output: Path, data: Path | None, as_json: bool, **options: Any
) -> None:
    """Export MODEL, a trained model.pt, and check every artefact against it.

    Each export NAME is an artefact (NAME.onnx, NAME.tflite or NAME.mlpackage), NAME.manifest.json,
    which says all that an app must know, and NAME.golden.npz, real calls and their answers to check
    on a device. All files are written, or none.
    """
    from act_export.report import Progress, table

    with Progress() as progress:
        from act_export.export import Options, export

        done = export(
            model,
            target,
            output=output,
            data=data,
            options=Options(**options),
            stage=progress.stage,
        )
    if as_json:
        click.echo(json.dumps({"exports": [each.to_json() for each in done]}))
    else:
        table(done)


command.params.append(debug_option())
main = partial(run, command, "act-export")

if __name__ == "__main__":
    main()
