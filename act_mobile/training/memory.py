"""The least memory that a training run takes, so that one that cannot fit is refused at once."""

from __future__ import annotations

import math
import os

import torch

from act_artefact.errors import UserError
from act_mobile.tasks.task import Task
from act_mobile.training.options import Options

COPIES = 4
"""Numbers kept for each parameter: itself, its gradient and Adam's two moments."""

NUMBER = 4
"""Bytes of a float32."""


def check_memory(task: Task, options: Options) -> None:
    """Refuse a run that takes more than this machine's memory even if N is 1 everywhere.

    A row of the batch keeps, for each time step and layer, its state and what the cell made of it;
    an item, for each place.

    Raises:
        UserError: the parameters, or a batch of rows, are too large.
    """
    config = options.config(task)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    batch_size, hidden, layers = options.batch_size or 1, options.hidden or 1, options.layers
    features, *places = config.features or (1,)
    if config.timed:
        places = [task.batch(1, torch.Generator().manual_seed(0)).targets.shape[1]]
    parameters = COPIES * NUMBER * layers * hidden * (hidden + features)
    rows = batch_size * math.prod(places) * NUMBER * (features + 2 * layers * hidden)
    for option, value, least in (
        ("hidden", hidden, parameters),
        ("batch-size", batch_size, parameters + rows),
    ):
        if least > memory:
            raise UserError(
                f"--{option} {value}: takes at least {least / 1e9:,.0f} GB, this machine has "
                f"{memory / 1e9:,.0f}: give a smaller one"
            )
