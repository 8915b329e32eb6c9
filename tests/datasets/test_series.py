"""Recorded series: the .ts files of the archives, and what is not one."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from act_artefact.errors import UserError
from act_mobile.datasets.series import arrays, find_pair, read_ts
from tests.datasets.conftest import HEAD


def test_time_steps_of_samples_in_a_row(folder: Path) -> None:
    train, test = arrays(*map(read_ts, find_pair(str(folder))), samples=2)
    assert train["x"].shape == (3, 3, 2)
    assert train["lengths"].tolist() == [2, 2, 3]
    assert str(train["labels"]) == "hot\ncold\nwarm"
    assert test["targets"].tolist() == [1, 2]
    used = np.array([1, 2, 3, 4, -1, -2, -3, -4, 0, 0, 0, 0, 0, 8], float)
    assert np.allclose(train["x"][0, :2].ravel(), (used[:4] - used.mean()) / used.std())
    assert np.allclose(
        test["x"][0, :2].ravel(), (np.array([2, 4, 6, 8]) - used.mean()) / used.std()
    )
    assert not train["x"][0, 2].any()


def test_values_are_logarithmic_where_asked(folder: Path) -> None:
    train, _ = arrays(*map(read_ts, find_pair(str(folder))), log=0.01)
    used = np.arcsinh(np.array([1, 2, 3, 4, 5, -1, -2, -3, -4, 0, 0, 0, 0, 0, 8]) / 0.01)
    assert np.allclose(train["x"][0, :5, 0], (used[:5] - used.mean()) / used.std())


def test_several_dimensions_stand_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "two.ts"
    path.write_text(HEAD + "1,2,3:4,5,6:a\n")
    (sequence,) = read_ts(path).sequences
    assert sequence.tolist() == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no line @data"),
        (HEAD, "has no sequences"),
        (HEAD + "1,2,?:a\n", "line 5 is no sequence of numbers"),
        (HEAD + "1,nan:a\n", "line 5 has a value that is missing"),
        (HEAD + "1,2:3:a\n", "line 5 is no sequence of numbers"),
        (HEAD + "a\n", "line 5 is no sequence of numbers"),
        (HEAD + "1:a\n1:2:a\n", "of different dimensions"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.ts"
    path.write_text(text)
    with pytest.raises(UserError, match=reason):
        read_ts(path)


def test_a_sequence_shorter_than_a_time_step(folder: Path) -> None:
    with pytest.raises(UserError, match="has a sequence of 4: give fewer --samples"):
        arrays(*map(read_ts, find_pair(str(folder))), samples=5)


@pytest.mark.parametrize(
    ("name", "values", "log"),
    [
        ("TRAIN", "1,2,1e308,4:hot", None),
        ("TEST", "1,2,1e308:hot", None),
        ("TRAIN", "-1e308,1e308,1:hot", None),
        ("TRAIN", "1,2,3:hot", math.nan),
        ("TRAIN", "1,2,3:hot", 5e-324),
    ],
)
def test_what_no_float32_holds_is_refused(
    name: str, values: str, log: float | None, folder: Path
) -> None:
    path = folder / f"Made_{name}.ts"
    path.write_text(path.read_text() + values)
    with pytest.raises(UserError, match=rf"{path}: some values, scaled, are no finite float32"):
        arrays(*map(read_ts, find_pair(str(folder))), log=log)


def test_a_folder_without_a_pair_and_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 0 pairs"):
        find_pair(str(tmp_path))
    expected = "ships .*PLAID" if find_spec("sktime") else r"sktime.*not installed.*\[series\]"
    with pytest.raises(UserError, match=expected):
        find_pair("Nowhere")


@pytest.mark.skipif(find_spec("sktime") is None, reason="needs sktime: act-mobile[series]")
def test_plaid_has_537_recordings_to_judge_by() -> None:
    train, test = arrays(*map(read_ts, find_pair("PLAID")), samples=5, log=0.001)
    assert len(train["x"]) == len(test["x"]) == 537
    assert len(np.unique(test["targets"])) == len(str(test["labels"]).split("\n")) == 11
    assert test["lengths"].min() >= 20
