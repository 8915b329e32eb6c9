"""``act-data``: make ``train.npz`` and ``eval.npz`` for ``act-train own``."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from act_artefact.command import debug_option, run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Arrays = dict[str, npt.NDArray[np.generic]]

EXAMPLES = """
\b
Examples:
  act-data listen --clips 6000 --seed 0 -o data/listen
  act-data series PLAID --samples 5 --log 0.001 -o data/plaid
"""

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder, which gets train.npz and eval.npz.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on stdout."
)


@click.group(help="Make data sets in the form that act-train own reads.", epilog=EXAMPLES)
def command() -> None:
    pass


@command.command(epilog="\b\nExample:\n  act-data listen --clips 6000 --seed 0 -o data/listen")
@click.option(
    "--clips",
    type=click.IntRange(1, 30_000),
    default=6000,
    show_default=True,
    help="Clips to train on, of 2.5 seconds.",
)
@click.option(
    "--eval-clips",
    type=click.IntRange(1, 30_000),
    default=550,
    show_default=True,
    help="Clips to judge by, of other voices.",
)
@click.option("--seed", type=click.IntRange(0), default=0, help="Decides all clips.")
@click.option(
    "--every",
    type=click.IntRange(1, 10),
    default=1,
    help="Keep one frame of every so many, for a net that hears fewer.",
)
@output_option
@json_option
def listen(clips: int, eval_clips: int, seed: int, every: int, output: Path, as_json: bool) -> None:
    """Eight spoken commands and "nothing", as log-mel features every 10 ms.

    The voices are synthetic, eSpeak NG's: they are not people. Needs act-mobile[speech].
    """
    from act_artefact.progress import Progress
    from act_mobile.datasets import speech
    from act_mobile.datasets.listen import arrays

    speech.require_voices()
    made = {}
    with Progress() as progress:
        for name, count, held_out in (("eval", eval_clips, True), ("train", clips, False)):
            with progress.stage(name, f"{count} clips"):
                made[name] = arrays(count, seed, held_out=held_out, every=every)
    _write(output, made, as_json)


@command.command(
    epilog="\b\nExample:\n  act-data series PLAID --samples 5 --log 0.001 -o data/plaid"
)
@click.argument("name", metavar="NAME|FOLDER")
@click.option(
    "--samples",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Samples that make one time step.",
)
@click.option(
    "--log",
    type=click.FloatRange(0, 1e30, min_open=True),
    help="Replace each value v by asinh(v / LOG): logarithmic above LOG.",
)
@output_option
@json_option
def series(name: str, samples: int, log: float | None, output: Path, as_json: bool) -> None:
    """Recorded sequences of the UCR and UEA archives, a class each.

    NAME is a set that the package sktime ships (act-mobile[series]); FOLDER has a pair of
    ..._TRAIN.ts and ..._TEST.ts.
    """
    from act_mobile.datasets.series import arrays, find_pair, read_ts

    train, test = arrays(*map(read_ts, find_pair(name)), samples=samples, log=log)
    _write(output, {"train": train, "eval": test}, as_json)


def _write(output: Path, made: dict[str, Arrays], as_json: bool) -> None:
    """Write the files, all or none, and say what is in them."""
    import numpy as np

    from act_artefact.staging import check_output, staging

    for name in made:
        check_output(output / f"{name}.npz")
    with staging([output]) as aside:
        for name, arrays in made.items():
            np.savez_compressed(aside[output] / f"{name}.npz", allow_pickle=False, **arrays)
    written = {name: _described(output / f"{name}.npz", a) for name, a in made.items()}
    if as_json:
        click.echo(json.dumps(written))
        return
    for each in written.values():
        rows, time, features = each["shape"]
        click.echo(
            f"{each['path']}: {rows} sequences of {time} time steps, {features} features, "
            f"{each['asked']} questions, {each['bytes'] / 1e6:.1f} MB"
        )


def _described(path: Path, arrays: Arrays) -> dict[str, Any]:
    mask = arrays.get("mask")
    return {
        "path": str(path),
        "bytes": path.stat().st_size,
        "shape": list(arrays["x"].shape),
        "asked": len(arrays["targets"]) if mask is None else int(mask.sum()),
    }


for each in (listen, series):
    each.params.append(debug_option())
main = partial(run, command, "act-data")

if __name__ == "__main__":
    main()
