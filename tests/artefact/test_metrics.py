"""Targets that the outputs cannot answer are refused, never scored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from act_artefact.errors import UserError
from act_artefact.metrics import measure

Y = np.zeros((3, 4), np.float32)
CLASSES = np.array([0, 3, 1])
ALL = np.ones(3, bool)


@pytest.mark.parametrize(
    ("metric", "targets", "asked", "reason"),
    [
        ("accuracy", np.array([0, 4, 1]), ALL, "classes from 0 to 4, the model knows 0 to 3"),
        ("bits_per_char", np.array([0, -1, 1]), ALL, "classes from -1 to 1"),
        ("sequence_error", np.array([0, 0.5, 1]), ALL, "type float64, sequence_error needs whole"),
        ("accuracy", np.zeros((3, 3), int), ALL, "asks 3 questions a time step of 4 outputs"),
        ("accuracy", np.zeros((3, 2, 2), int), ALL, "asks 4 questions a time step of 4 outputs"),
        ("mse", np.zeros((3, 3)), ALL, "3 values a time step, the model 4 outputs"),
        ("accuracy", CLASSES, ~ALL, "'mask' is false in all sequences"),
        ("sequence_error", CLASSES, ~ALL, "'mask' is false in all sequences"),
        ("accuracy", np.zeros(7, int), np.ones(7, bool), "'targets' has 7 places"),
    ],
)
def test_refused(metric: str, targets: Any, asked: Any, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        measure(metric, [Y], [targets], [asked])


def test_only_what_is_asked_is_checked() -> None:
    assert measure("accuracy", [Y], [np.array([0, 99, 0])], [np.array([True, False, True])]) == 1


def test_yes_or_no() -> None:
    logits = np.array([[1.0], [-1.0]], np.float32)
    assert measure("accuracy", [logits], [np.array([1, 0])], [ALL[:2]]) == 1
    with pytest.raises(UserError, match="classes from 0 to 2, the model knows 0 to 1"):
        measure("accuracy", [logits], [np.array([2, 0])], [ALL[:2]])
