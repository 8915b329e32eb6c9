"""A row of nets with fixed numbers of ponder steps: what a net that ponders is compared with."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from act_artefact.errors import UserError, shown
from act_mobile.tasks.task import Task
from act_mobile.training.options import Options
from act_mobile.training.run import CHECKPOINTS, check_folder, train

MOST_NETS = 64


def counts(halting: str) -> list[int] | None:
    """Read ``fixed:1,2,4`` as [1, 2, 4]; None if it names one policy.

    Raises:
        UserError: it is a row of something else, or names a count twice.
    """
    if "," not in halting:
        return None
    listed = re.fullmatch(r"fixed:(\d{1,6}(?:,\d{1,6})+)", halting)
    found = [int(each) for each in listed[1].split(",")] if listed else []
    if not 1 < len(set(found)) == len(found) <= MOST_NETS or 0 in found:
        raise UserError(
            f"--halting {shown(halting)}: a row of nets is written fixed:K,K,..., each K once"
        )
    return found


def train_row(
    task: Task,
    options: Options,
    nets: list[int],
    output: Path,
    *,
    resume: bool = False,
    command: str = "",
) -> dict[str, dict[str, Any]]:
    """Train a net for each number of ponder steps, on the same data, into ``output/fixedK``.

    Args:
        resume: go on from each folder's last checkpoint; a net without one begins.

    Returns:
        The metrics of each net, by its folder's name.

    Raises:
        UserError: as :func:`act_mobile.training.run.train`, of any of them before the first begins.
    """
    limit = options.max_ponder or task.recipe.max_ponder
    row = []
    for count in nets:
        folder = output / f"fixed{count}"
        each = replace(options, halting=f"fixed:{count}", max_ponder=max(count, limit))
        goes_on = resume and (folder / CHECKPOINTS / "last.ckpt").is_file()
        each.completed(task)
        check_folder(folder, goes_on)
        row.append((folder, each, goes_on))
    return {
        folder.name: train(task, each, folder, resume=goes_on, command=command)
        for folder, each, goes_on in row
    }
