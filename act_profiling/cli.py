"""``act-profile``: the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from act_artefact.command import debug_option, run
from act_artefact.errors import CheckFailed
from act_artefact.targets import TARGETS, BuiltInRuntime, LibraryRuntime
from act_profiling.devices.open import COMPUTE_UNITS, DEVICES

if TYPE_CHECKING:
    from act_profiling.devices import Device
    from act_profiling.report.build import Report

MODELS = [
    f"model{target.suffix}"
    for target in TARGETS.values()
    if isinstance(target.device, LibraryRuntime | BuiltInRuntime)
]
"""An artefact of each target that a runner runs."""

EXAMPLES = f"""
\b
Examples:
  act-profile {MODELS[0]} --data eval.npz
  act-profile {" ".join(MODELS)} --data eval.npz --device adb --html report.html
  act-profile {MODELS[0]} --data eval.npz --sweep max_ponder=1,2,4,8
  act-profile compare before.json after.json
"""


class ProfileGroup(click.Group):
    """Profiles unless the first word is ``compare``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--debug"):
            args = ["profile", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ProfileGroup, epilog=EXAMPLES, no_args_is_help=True)
def command() -> None:
    """Measure what pondering costs on a device, and what it buys.

    `act-profile ARTEFACT... --data eval.npz` profiles (see `act-profile profile --help`);
    `act-profile compare A.json B.json` says what changed between two reports.

    The exit code is 1 where a golden check failed, 2 for bad input or a device that cannot do this.
    """


@command.command(epilog=EXAMPLES)
@click.argument("artefacts", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="eval.npz")
@click.option(
    "--device",
    default="host",
    show_default=True,
    metavar="|".join(DEVICES.values()),
    help="Where to run.",
)
@click.option("--sweep", multiple=True, help="max_ponder=1,2,4 or halt_threshold=0.5,0.9.")
@click.option("--threads", type=int, default=1, show_default=True)
@click.option("--cpus", help="big, little, or a mask in hexadecimal; else the system decides.")
@click.option("--rounds", type=int, default=5, show_default=True, help="Interleaved rounds.")
@click.option("--min-count", type=int, default=100, show_default=True, help="Calls of a round.")
@click.option("--min-seconds", type=float, default=0.5, show_default=True, help="Of a round.")
@click.option("--warmup", type=int, default=20, show_default=True, help="Calls before a round.")
@click.option("--items", type=int, help="Only the first so many sequences of the data.")
@click.option(
    "--runtime",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of runtime libraries.",
)
@click.option("--lan", is_flag=True, help="Serve the page of --device browser to the network.")
@click.option("--in-app", is_flag=True, help="Run in the Android demo on --device adb.")
@click.option(
    "--compute-units",
    type=click.Choice(COMPUTE_UNITS),
    help="Processors for Core ML artefacts on --device ios; else all.",
)
@click.option("--keep", is_flag=True, help="Leave what was pushed on the device.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="report.json")
@click.option("--html", "page", type=click.Path(path_type=Path), help="report.html")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on stdout.")
def profile(
    artefacts: tuple[Path, ...],
    data: Path,
    device: str,
    sweep: tuple[str, ...],
    items: int | None,
    runtime: Path | None,
    lan: bool,
    in_app: bool,
    compute_units: str | None,
    keep: bool,
    output: Path | None,
    page: Path | None,
    as_json: bool,
    **config: Any,
) -> None:
    """Run ARTEFACTs on real data and report latency, ponder steps and accuracy.

    Each artefact needs its manifest and golden bundle beside it, as act-export writes them. The
    bundle is checked on the device first: what does not compute the model gets no number. The
    others keep theirs, the report is written and shown, and the exit code is 1.
    """
    from act_artefact.progress import Progress
    from act_profiling.api import profile as run_profile
    from act_profiling.config import MeasureConfig
    from act_profiling.devices.open import open_devices
    from act_profiling.ending import failed_checks, on_each
    from act_profiling.report import terminal
    from act_profiling.report.files import check_paths

    with Progress() as progress, ExitStack() as stack:
        devices = open_devices(
            device,
            runtime=runtime,
            keep=keep,
            lan=lan,
            in_app=in_app,
            compute_units=compute_units,
        )
        for each in devices:
            stack.callback(each.close)
        numbers = range(len(devices))
        paths = [(_numbered(output, number), _numbered(page, number)) for number in numbers]
        check_paths(paths)

        def measure(each: Device, number: int) -> Report:
            path, html = paths[number]
            return run_profile(
                artefacts,
                data,
                each,
                sweep=sweep,
                items=items,
                config=MeasureConfig(**config),
                output=path,
                page=html,
                stage=progress.stage if len(devices) == 1 else partial(_stage, each.name),
            )

        reports, errors = on_each(devices, measure)
    if as_json:
        click.echo(json.dumps(reports[0] if len(devices) == 1 else {"reports": reports}))
    else:
        for report in reports:
            terminal.show(report)
    if failed := [line for report in reports for line in failed_checks(report)]:
        errors.append(CheckFailed("; ".join(failed)))
    for error in errors[1:]:
        click.echo(f"act-profile: error: {error}", err=True)
    if errors:
        raise errors[0]


@contextmanager
def _stage(device: str, variant: str, name: str) -> Iterator[None]:
    """Print a line for a stage of one of several devices, once it has passed."""
    yield
    click.echo(f"{device} {variant} {name}", err=True)


def _numbered(path: Path | None, number: int) -> Path | None:
    """Return the path, or for a further device one with a number."""
    if path is None or number == 0:
        return path
    return path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


@command.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--anyway", is_flag=True, help="Compare across devices or data.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def compare(before: Path, after: Path, anyway: bool, as_json: bool) -> None:
    """Say what changed from one report to another, and whether it is more than noise.

    The exit code is 1 where a golden check failed in AFTER.
    """
    from act_profiling.report import compare as comparing

    comparing.main(before, after, anyway=anyway, as_json=as_json)


for each in (profile, compare):
    each.params.append(debug_option())
main = partial(run, command, "act-profile")

if __name__ == "__main__":
    main()
