"""``eval.npz``: what is asked of its arrays; tests/export/test_command.py has the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from act_artefact.data import load
from act_artefact.errors import UserError

X = np.zeros((2, 3, 1))
IMAGES = np.zeros((2, 2, 3, 3))
MASK = np.zeros((2, 3), bool)


def file(tmp_path: Path, **arrays: Any) -> Path:
    path = tmp_path / "eval.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X + 1e39}, "'x' has values that do not fit in float32"),
        ({"tokens": np.full((1, 2), 1 << 31)}, "'tokens' has numbers that do not fit in int32"),
        ({"x": X, "metric": 3}, "'metric' has type int64, expected a text"),
        ({"x": X, "metric": "\x1b" * 9000}, r"metric '\x1b\x1b"),
        ({"x": X, "targets": X * np.nan}, "'targets' has NaN or infinite values"),
        ({"x": X, "targets": np.zeros((2, 3, 0))}, "'targets' has shape (2, 3, 0)"),
        ({"x": X, "targets": np.zeros(2)}, "'targets' has shape (2,)"),
        ({"x": X, "mask": MASK}, "'mask' is false everywhere"),
        ({"x": X, "channels": "a"}, "'channels' has 1 names between commas"),
        ({"x": IMAGES, "channels": 3}, "'channels' has type int64, expected a text"),
        ({"x": IMAGES, "channels": "a,b,c"}, "'channels' has 3 names between commas"),
        ({"x": IMAGES, "channels": "," * 99_999}, "'channels' has 100000 names"),
        ({"x": IMAGES, "channels": "a,"}, "'channels' has a name that is none"),
        ({"x": IMAGES, "channels": "a,\x1b[31m"}, "'channels' has a name that is none"),
        ({"x": IMAGES, "channels": "a," + "b" * 9000}, "'channels' has a name that is none"),
        ({"n" * 9000: X}, "has neither 'x' nor 'tokens', but nnn"),
    ],
)
def test_refused(tmp_path: Path, arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(file(tmp_path, **arrays), timed=arrays.get("x") is not IMAGES)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_mask_counts_within_the_lengths(tmp_path: Path) -> None:
    mask = MASK.copy()
    mask[:, 2] = True
    assert load(file(tmp_path, x=X, mask=mask)).mask.sum() == 2
    with pytest.raises(UserError, match="'mask' is false everywhere"):
        load(file(tmp_path, x=X, mask=mask, lengths=[2, 1]))


def test_channels_are_named(tmp_path: Path) -> None:
    path = file(tmp_path, x=IMAGES, channels="right,the goal")
    assert load(path, timed=False).channels == ("right", "the goal")
    assert load(file(tmp_path, x=IMAGES), timed=False).channels is None
