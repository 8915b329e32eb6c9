"""``act-train``: the command, with a subcommand for each task."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from act_artefact.command import debug_option, run
from act_mobile.halting import HALTINGS
from act_mobile.tasks import TASKS, task_class

if TYPE_CHECKING:
    from act_mobile.tasks.task import Task

EXAMPLES = """
\b
Examples:
  act-train parity --bits 16 -o runs/parity
  act-train charlm --text book.txt --tau 0.002 -o runs/book
  act-train addition --halting fixed:1,2,5 -o runs/repeated
  act-train parity --bits 16 --steps 80000 --resume -o runs/parity
"""


def run_options(task: type[Task]) -> list[click.Parameter]:
    """Make the options that every task's command has."""
    return [
        click.Option(["--cell"], metavar="|".join(task.cells()), help="Recurrent cell, or step."),
        click.Option(["--hidden"], type=int, help="Units of the cell."),
        click.Option(["--layers"], type=int, default=1, help="ACT layers."),
        click.Option(["--max-ponder"], type=int, help="Most ponder steps of a time step."),
        click.Option(["--epsilon"], type=float, default=0.01, help="Halt at a sum of 1 - epsilon."),
        click.Option(["--tau"], type=float, help="Time penalty: weight of the ponder cost."),
        click.Option(
            ["--halting"],
            default="act",
            metavar="|".join(HALTINGS.values()),
            help="Halting policy; fixed:1,2,4 trains a row of nets to compare with.",
        ),
        click.Option(["--init"], metavar="MODEL.PT", help="Start from a trained model's weights."),
        click.Option(["--halting-bias"], type=float, help="Its bias at the start."),
        click.Option(["--tau-warmup"], type=float, help="First part of the updates without tau."),
        click.Option(["--tau-ramp"], type=float, help="Part over which tau then rises."),
        click.Option(["--target-steps"], type=float, help="Mean N to which tau is steered."),
        click.Option(["--steps"], type=int, help="Updates, in all."),
        click.Option(["--batch-size"], type=int, help="Rows of an update, on each rank."),
        click.Option(["--lr"], type=float, help="Adam's learning rate."),
        click.Option(["--lr-decay"], type=float, help="Part of the steps in which it falls to 0."),
        click.Option(["--seed"], type=int, default=0, help="Decides weights and data."),
        click.Option(["--clip"], type=float, default=1.0, help="Largest norm of the gradient."),
        click.Option(
            ["--evaluate-every"], type=int, default=1000, help="Updates between evaluations."
        ),
        click.Option(["--target-metric"], type=float, help="Stop once the metric is this good."),
        click.Option(
            ["--patience"], type=int, help="Stop after so many evaluations without progress."
        ),
        click.Option(
            ["--recompute"], is_flag=True, help="Less memory, for long sequences; slower."
        ),
        click.Option(["--resume"], is_flag=True, help="Go on from the folder's last checkpoint."),
        click.Option(
            ["-o", "--output"],
            type=click.Path(path_type=Path),
            required=True,
            help="The run's folder.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on stdout."),
    ]


class TaskCommands(click.Group):
    """A command for each task, which is loaded, and torch with it, when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(TASKS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Tasks"):
            formatter.write_dl(list(TASKS.items()))

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        task = task_class(name)
        sizes: list[click.Parameter] = []
        for field in fields(task):
            kind = int if isinstance(field.default, int) else str
            sizes.append(
                click.Option(
                    [f"--{field.name}"],
                    type=kind,
                    default=field.default,
                    help=str(field.metadata["help"]).capitalize() + ".",
                    show_default=field.default is not None,
                )
            )
        about = [
            (task.__doc__ or "").splitlines()[0],
            "\b\n" + fill(f"Unless told otherwise: {task.recipe}.", 78, break_on_hyphens=False),
            task.recipe.note,
        ]
        return click.Command(
            name,
            params=[*sizes, *run_options(task), debug_option()],
            callback=partial(train_task, name),
            help="\n\n".join(filter(None, about)),
        )


def train_task(name: str, output: Path, resume: bool, as_json: bool, **options: Any) -> None:
    """Train on a task and show the result: the command of every task."""
    from act_artefact.extras import require

    for module in ("lightning", "tensorboard", "matplotlib"):
        require(module, "train")
    from act_mobile.training.options import Options
    from act_mobile.training.report import row_table, table
    from act_mobile.training.row import counts, train_row
    from act_mobile.training.run import train

    kind = task_class(name)
    sizes = {field.name: options.pop(field.name) for field in fields(kind)}
    command = shlex.join(["act-train", *sys.argv[1:]])
    task, settings, nets = kind(**sizes), Options(**options), counts(options["halting"])
    show: Callable[[dict[str, Any], Path], None]
    if nets is None:
        metrics = train(task, settings, output, resume=resume, command=command)
        show = table
    else:
        metrics = train_row(task, settings, nets, output, resume=resume, command=command)
        show = row_table
    if "RANK" in os.environ and os.environ["RANK"] != "0":
        return  # the first rank shows it
    if as_json:
        click.echo(json.dumps(metrics))
    else:
        show(metrics, output)


command = TaskCommands(
    "act-train",
    help="Train a model with Adaptive Computation Time on a task.\n\n"
    "act-train TASK --help lists a task's own options.",
    epilog=EXAMPLES,
    params=[debug_option()],
    subcommand_metavar="TASK [OPTIONS]",
    no_args_is_help=False,
)
main = partial(run, command, "act-train")

if __name__ == "__main__":
    main()
