"""Models trained on arrays of one's own, from the command to a verified export."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from act_artefact.errors import UserError
from act_export import Options, export
from act_mobile import load_saved
from act_mobile.tasks.own import Own
from act_mobile.tasks.own_rows import read_rows

Arrays = dict[str, npt.NDArray[Any]]

SMALL = (
    *("--hidden", "8", "--max-ponder", "3", "--batch-size", "8"),
    *("--steps", "6", "--evaluate-every", "3"),
)


def drawn(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def classes(count: int, *shape: int) -> npt.NDArray[np.int64]:
    made = np.random.default_rng(count).integers(0, count, shape)
    made.flat[0] = count - 1
    return made


DATA: dict[str, tuple[Arrays, dict[str, Any]]] = {
    "features, a class at the end": (
        {"x": drawn(12, 5, 3), "targets": classes(4, 12), "lengths": np.array([5, 3] * 6)},
        {"metric": "accuracy", "output": (4,)},
    ),
    "features, a class each": (
        {"x": drawn(12, 5, 3), "targets": classes(2, 12, 5)},
        {"metric": "sequence_error", "output": (1,)},
    ),
    "features, two numbers each": (
        {"x": drawn(12, 5, 3), "targets": drawn(12, 5, 2)},
        {"metric": "mse", "output": (2,)},
    ),
    "vectors, a number": (
        {"x": drawn(12, 3), "targets": drawn(12)},
        {"metric": "mse", "output": (1,)},
    ),
    "tokens": (
        {
            "tokens": classes(20, 12, 6),
            "targets": classes(20, 12, 6),
            "metric": np.array("bits_per_char"),
        },
        {"metric": "bits_per_char", "output": (20,)},
    ),
    "images, a class": (
        {"x": drawn(12, 2, 4, 5), "targets": classes(3, 12)},
        {"metric": "accuracy", "output": (3,)},
    ),
    "images, a class for each place": (
        {"x": drawn(12, 2, 4, 5), "targets": classes(3, 12, 4, 5)},
        {"metric": "sequence_error", "output": (4, 5, 3)},
    ),
    "images, two numbers": (
        {"x": drawn(12, 2, 4, 5), "targets": drawn(12, 2)},
        {"metric": "mse", "output": (2,)},
    ),
    "images one place high, as many numbers as places": (
        {"x": drawn(12, 2, 1, 4), "targets": drawn(12, 4)},
        {"metric": "mse", "output": (4,)},
    ),
    "images, a number for each place": (
        {"x": drawn(12, 2, 4, 5), "targets": drawn(12, 4, 5)},
        {"metric": "mse", "output": (4, 5, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_from_arrays_to_an_export(name: str, command: Callable[..., Any], tmp_path: Path) -> None:
    arrays, expected = DATA[name]
    np.savez(tmp_path / "train.npz", **arrays)
    np.savez(tmp_path / "judge.npz", **{n: a[:9] if a.ndim else a for n, a in arrays.items()})
    files = ("--train", "train.npz", "--eval", "judge.npz")
    done = command("own", *files, *SMALL, "-o", "run", "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert metrics["task"]["metric"] == expected["metric"]
    assert len(metrics["task"]["train_sha256"]) == 64
    assert str(tmp_path) not in json.dumps(metrics["task"])
    model = load_saved(tmp_path / "run" / "model.pt").model
    inputs = torch.from_numpy(arrays.get("x", arrays.get("tokens")))
    if inputs.dim() == 2 and inputs.is_floating_point():
        inputs = inputs[:, None]
    timed = model.config.timed
    assert model(inputs).output.shape[1 + timed :] == expected["output"]
    (exported,) = export(
        tmp_path / "run" / "model.pt", "onnx", output=tmp_path / "out",
        data=tmp_path / "run" / "eval.npz", options=Options("loop", samples=60),
    )  # fmt: skip
    found = exported.manifest.verification["figures"]["metric"]
    assert found == pytest.approx(metrics["metric"], rel=1e-4)
    with pytest.raises(UserError, match=r"data of its author's own \(train\)"):
        export(tmp_path / "run" / "model.pt", "onnx", output=tmp_path / "other")


def test_the_file_names_classes_and_says_how_difficult_a_time_step_is(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    arrays: Arrays = {
        "x": drawn(12, 5, 3),
        "targets": classes(2, 12, 5),
        "labels": np.array("no\nperhaps\nyes"),
        "difficulty": np.tile(np.array([0, 7, 0, 0, 7]), (12, 1)),
        "difficulty_name": np.array("hardship"),
        "title": np.array(r"cents and $\frac"),
    }
    np.savez(tmp_path / "train.npz", **arrays)
    done = command(
        "own", "--train", "train.npz", "--eval", "train.npz", *SMALL, "-o", "run", "--json"
    )
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert metrics["task"]["labels"] == ["no", "perhaps", "yes"]
    levels = [(each["difficulty"], each["count"]) for each in metrics["by_difficulty"]]
    assert levels == [(0, 36), (7, 24)]
    with np.load(tmp_path / "run" / "eval.npz") as judged:
        assert np.array_equal(judged["difficulty"], arrays["difficulty"])
        assert str(judged["difficulty_name"]) == "hardship"
        assert str(judged["title"]) == r"cents and $\frac"
    assert Own("train.npz", "train.npz").title == r"cents and $\frac"
    (exported,) = export(
        tmp_path / "run" / "model.pt", "onnx", output=tmp_path / "out",
        data=tmp_path / "run" / "eval.npz", options=Options("loop", samples=60),
    )  # fmt: skip
    assert exported.manifest.labels == ["no", "perhaps", "yes"]


def test_a_mask_so_sparse_that_a_batch_asks_nothing(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    mask = np.zeros((40, 5), bool)
    mask[0, 3] = True
    np.savez(tmp_path / "a.npz", x=drawn(40, 5, 3), targets=classes(3, 40, 5), mask=mask)
    done = command("own", "--train", "a.npz", "--eval", "a.npz", *SMALL, "-o", "run", "--json")
    assert done.returncode == 0, done.stderr
    losses = [loss for _, loss in json.loads(done.stdout)["losses"]]
    assert np.isfinite(losses).all()


def test_images_of_several_sizes(tmp_path: Path) -> None:
    """Zeros where nothing is asked are no part of an image; elsewhere they are a colour."""
    mask = np.zeros((6, 4, 4), bool)
    mask[:, :3, :2] = True
    x = np.abs(drawn(6, 1, 4, 4)) * mask[:, None]
    arrays = {"x": x, "targets": classes(2, 6, 4, 4), "mask": mask}
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez(tmp_path / "b.npz", x=x, targets=arrays["targets"])
    np.savez(tmp_path / "c.npz", **{**arrays, "x": x + 1})
    assert [read_rows(tmp_path / f"{name}.npz").filled for name in "abc"] == [True, False, False]
    filled, colour = (
        Own(str(tmp_path / f"{name}.npz"), str(tmp_path / f"{name}.npz")) for name in "ab"
    )
    assert filled.config(hidden_size=2).to_dict()["filled"] is True
    assert colour.config(hidden_size=2).to_dict()["filled"] is False
    assert not (filled.evaluation.targets * ~torch.from_numpy(mask)).any()


@pytest.mark.parametrize(
    ("train", "judged", "message"),
    [
        ({"x": drawn(4, 5, 3)}, {}, "train.npz: has no 'targets', which training needs"),
        ({"targets": drawn(4)}, {}, "has neither 'x' nor 'tokens'"),
        ({"x": drawn(4, 5, 3), "targets": classes(2, 3)}, {}, "'targets' has shape"),
        ({"x": drawn(4, 5, 3), "targets": classes(2, 4) - 1}, {}, "classes from -1 to"),
        ({"x": drawn(4, 2, 3, 3), "targets": classes(2, 4, 2)}, {}, "give one to an image"),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4)},
            {"x": drawn(4, 5, 2), "targets": classes(2, 4)},
            "has sequences of 2 features, classes a time step; .* has sequences of 3 features",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4)},
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "metric": np.array("mse")},
            "metric mse is not for targets that are classes",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": drawn(4, 5)},
            {"x": drawn(4, 5, 3), "targets": drawn(4, 5), "metric": np.array("accuracy")},
            "metric accuracy is not for targets that are numbers",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(3, 4), "title": np.array("two\nlines")},
            {},
            "'title' is 'two.*lines': give a line of at most 60 characters",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(3, 4), "labels": np.array("no\nyes")},
            {},
            "'labels' has 2 names, one a line, for 3 classes",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": drawn(4, 5), "labels": np.array("no\nyes")},
            {},
            "'labels' are names of classes, and the targets are numbers",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "labels": np.array("no\n" + 256 * "y")},
            {},
            "a label is longer than 255",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "labels": np.array("no\nyes")},
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "labels": np.array("yes\nno")},
            "judge.npz: 'labels' are not those of .*train.npz",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "every": np.array(4)},
            {"x": drawn(4, 5, 3), "targets": classes(2, 4)},
            "judge.npz: 'every' is 1; .*train.npz: 4",
        ),
        (
            {"x": drawn(4, 5, 3), "targets": classes(2, 4), "every": np.array(0)},
            {},
            "'every' must be one whole number from 1 on",
        ),
    ],
)  # fmt: skip
def test_data_that_do_not_fit(train: Arrays, judged: Arrays, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", **train)
    np.savez(tmp_path / "judge.npz", **(judged or train))
    task = Own(str(tmp_path / "train.npz"), str(tmp_path / "judge.npz"))
    with pytest.raises(UserError, match=message):
        task.to_dict()


def test_files_that_are_not_given() -> None:
    with pytest.raises(UserError, match="own: give --train and --eval"):
        _ = Own().evaluation
