"""The files that a run leaves in its folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from act_export import Options as ExportOptions
from act_export import export
from act_mobile import load_model, load_saved
from act_mobile.models import build
from act_mobile.tasks import task_class, task_from_dict
from act_mobile.tasks.charlm import CharLM
from act_mobile.tasks.logic import Logic
from act_mobile.tasks.maze import Maze
from act_mobile.tasks.parity import Parity
from act_mobile.tasks.sort import Sort
from act_mobile.training.evaluate import evaluate, write_evaluation
from act_mobile.training.loss import answers
from act_mobile.training.options import Options
from act_mobile.training.pictures.maze import draw_maze
from act_mobile.training.report import table
from act_mobile.training.run import train
from tests.tasks.made import MADE

PNG = b"\x89PNG\r\n"


def test_the_folder(run_tiny: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    metrics = run_tiny(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {
        "model.pt", "eval.npz", "metrics.json", "loss.png", "ponder.png", "checkpoints", "logs",
    }  # fmt: skip
    assert json.loads((tmp_path / "metrics.json").read_text()) == json.loads(json.dumps(metrics))
    for picture in ("loss.png", "ponder.png"):
        assert (tmp_path / picture).read_bytes().startswith(PNG)
    assert any(p.name.startswith("events.") for p in (tmp_path / "logs").iterdir())

    saved = load_saved(tmp_path / "model.pt")
    assert task_from_dict(saved.task) == Parity(4)
    assert metrics["parameters"] == sum(p.numel() for p in saved.model.parameters())
    assert metrics["steps"] == 40
    assert [look["step"] for look in metrics["history"]] == [20, 40]
    assert metrics["history"][-1]["metric"] == metrics["metric"]


def test_the_figures_follow_from_the_files(
    run_tiny: Callable[..., dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = run_tiny(tmp_path)
    with np.load(tmp_path / "eval.npz", allow_pickle=False) as data:
        assert set(data.files) == {
            "x", "targets", "lengths", "mask", "metric", "difficulty", "difficulty_name",
        }  # fmt: skip
        assert (data["difficulty"] == (data["x"] != 0).sum((1, 2))).all()
        x, targets = data["x"], data["targets"]
        assert str(data["metric"]) == "sequence_error"
        assert data["lengths"].tolist() == [1] * len(x)
        assert data["mask"].all()
    assert (x.dtype, targets.dtype) == (np.float32, np.int32)
    out = load_model(tmp_path / "model.pt")(torch.from_numpy(x))
    wrong = (out.output[:, 0, 0] > 0).int().numpy() != targets[:, 0]
    n = out.ponder.steps.flatten().float()
    assert metrics["metric"] == pytest.approx(wrong.mean())
    assert metrics["ponder_steps"]["mean"] == pytest.approx(n.mean().item())
    assert metrics["ponder_cost"]["mean"] == pytest.approx(out.ponder.cost.mean().item())

    bits = (x != 0).sum((1, 2))
    assert n.min() == n.max()
    assert metrics["spearman"] is None
    table({**metrics, "spearman": -0.25}, tmp_path)
    assert "N and difficulty: rank correlation (Spearman) -0.25\n" in capsys.readouterr().out
    assert [level["difficulty"] for level in metrics["by_difficulty"]] == [1, 2, 3, 4]
    for level in metrics["by_difficulty"]:
        here = bits == level["difficulty"]
        assert level["count"] == here.sum()
        assert level["metric"] == pytest.approx(wrong[here].mean())
        assert level["ponder_steps"] == pytest.approx(n[torch.from_numpy(here)].mean().item())


def test_n_of_time_steps_is_correlated_with_their_difficulty() -> None:
    """Where a row has one difficulty, the mean N of its time steps counts."""
    for task in (Sort(), Logic(length=4, gates=3)):
        model = build(Options(hidden=6, max_ponder=6, halting_bias=-1).completed(task).config(task))
        for unit in model.halting_units:
            torch.nn.init.normal_(unit.weight, std=4.0)
        batch, found = task.evaluation, evaluate(model.eval(), task)
        n, difficulty = answers(model, batch).ponder.steps[..., 0], task.difficulty(batch)
        if difficulty.dim() == 1:
            rows = zip(n, batch.running, strict=True)
            pairs = [each[here].float().mean().item() for each, here in rows], difficulty
        else:
            pairs = n[batch.running], difficulty[batch.running]
        assert found.spearman is not None
        assert found.spearman == pytest.approx(spearmanr(*pairs).statistic, abs=1e-6)


def test_text_is_coloured(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"To be, or not to be:\n" * 300)
    options = Options(hidden=6, max_ponder=3, batch_size=4, steps=4, evaluate_every=2)
    metrics = train(CharLM(text=str(text), length=20), options, tmp_path / "run")
    assert (tmp_path / "run" / "ponder_text.png").read_bytes().startswith(PNG)
    assert {level["label"] for level in metrics["by_difficulty"]} == {
        "letter", "capital", "space", "line end", "other",
    }  # fmt: skip
    with np.load(tmp_path / "run" / "eval.npz") as data:
        assert set(data.files) == {"tokens", "targets", "lengths", "mask", "metric"}
        assert data["tokens"].dtype == np.int32


@pytest.mark.parametrize("name", MADE)
def test_every_task_is_evaluated_and_written(name: str, tmp_path: Path) -> None:
    task = task_class(name)()
    options = Options(hidden=4, max_ponder=2).completed(task)
    torch.manual_seed(0)
    model = build(options.config(task))
    found = evaluate(model, task)
    per_row = task.difficulty(task.evaluation).dim() == 1
    total = len(task.evaluation.targets) if per_row else int(task.evaluation.running.sum())
    assert sum(level.count for level in found.levels) == total
    assert len(found.steps) == int(task.evaluation.running.sum())
    assert (found.cost >= found.steps).all()

    write_evaluation(tmp_path / "eval.npz", task)
    with np.load(tmp_path / "eval.npz", allow_pickle=False) as data:
        mask, targets = data["mask"], data["targets"]
        assert str(data["metric"]) == task.metric
        lengths = data.get("lengths")
    assert (lengths is not None) == task.evaluation.timed
    if lengths is None:
        assert mask.shape == targets.shape
    else:
        assert mask.shape == targets.shape[:2]
        assert (lengths >= 1).all()
        assert not mask[np.arange(mask.shape[1]) >= lengths[:, None]].any()


def test_mazes_are_drawn_and_exported(tmp_path: Path) -> None:
    options = Options(hidden=4, max_ponder=3, batch_size=8, steps=4, evaluate_every=2)
    metrics = train(Maze(2, 4), options, tmp_path / "run")
    assert (tmp_path / "run" / "ponder_maze.png").read_bytes().startswith(PNG)
    assert sum(level["count"] for level in metrics["by_difficulty"]) == 1024
    with np.load(tmp_path / "run" / "eval.npz", allow_pickle=False) as data:
        assert str(data["channels"]) == "right,below,left,above,inside,start,goal"
    for data in (None, tmp_path / "run" / "eval.npz"):
        (done,) = export(
            tmp_path / "run" / "model.pt", "onnx", output=tmp_path / "out", data=data,
            options=ExportOptions("loop", samples=200),
        )  # fmt: skip
        assert done.manifest.metric == "sequence_error"
        assert 0 <= done.manifest.verification["figures"]["metric"] <= 1


def test_start_and_goal_are_told_apart_without_colour() -> None:
    task = Maze(largest=4)
    _, axes = plt.subplots()
    draw_maze(axes, task.evaluation.inputs[0], torch.zeros(4, 4))
    start, goal = (line for line in axes.lines if line.get_marker() == "o")
    assert start.get_markerfacecolor() == start.get_markeredgecolor() == goal.get_markeredgecolor()
    assert goal.get_markerfacecolor() == "none"
    plt.close("all")
