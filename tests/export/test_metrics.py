"""Metrics in numpy are those that tasks are trained by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from act_artefact.metrics import loss_of, measure
from act_mobile.models import build
from act_mobile.tasks import task_class
from tests.tasks.made import MADE


@pytest.mark.parametrize("name", MADE)
def test_metric_is_the_tasks(name: str) -> None:
    task = task_class(name)()
    batch = task.batch(40, torch.Generator().manual_seed(3))
    output = torch.randn_like(build(task.config(hidden_size=2))(batch.inputs).output)
    asked = batch.asked
    expected = task.measure(task.score(output, batch), asked)

    def cut(rows: torch.Tensor) -> list[Any]:
        if not batch.timed:
            return [row[None].numpy() for row in rows]
        lengths = batch.running.sum(1).tolist()
        return [row[:length].numpy() for row, length in zip(rows, lengths, strict=True)]

    found = measure(task.metric, cut(output), cut(batch.targets), cut(asked))
    assert found == pytest.approx(expected, rel=1e-5)


def test_mean_squared_error() -> None:
    outputs, targets = [np.array([[1.0, 2.0], [9.0, 9.0]])], [np.array([[0.0, 0.0], [5.0, 5.0]])]
    assert measure("mse", outputs, targets, [np.array([True, False])]) == 2.5


def test_loss_points_the_right_way() -> None:
    assert loss_of("accuracy", 0.9, 0.8) == pytest.approx(0.1)
    assert loss_of("sequence_error", 0.1, 0.3) == pytest.approx(0.2)
