"""Images are asked about again at smaller budgets, on the real runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from act_export import Options, export
from act_mobile import IteratedModel, save_model
from act_mobile.halting.policy import Budget
from act_mobile.tasks.maze import Maze
from act_mobile.training.evaluate import write_evaluation
from act_profiling import open_devices, profile
from act_profiling.config import MeasureConfig
from tests.export.own_modules import uneven

QUICK = MeasureConfig(rounds=1, min_count=1, min_seconds=0.0, warmup=0, operators=False)


@pytest.mark.parametrize("budget_inputs", [True, False])
def test_answers_after_fewer_steps_are_the_models(tmp_path: Path, budget_inputs: bool) -> None:
    task = Maze(2, 4)
    model = uneven(IteratedModel(task.config(hidden_size=4, max_ponder=5, epsilon=0.3)))
    save_model(tmp_path / "m.pt", model, task.to_dict())
    write_evaluation(tmp_path / "eval.npz", task)
    options = Options("loop", sequence="whole", samples=5, budget_inputs=budget_inputs)
    (done,) = export(
        tmp_path / "m.pt", "onnx", output=tmp_path, data=tmp_path / "eval.npz", options=options
    )
    (device,) = open_devices("host")
    sweep = ["max_ponder=2,5"] if budget_inputs else []
    report = profile(
        [done.path], tmp_path / "eval.npz", device, sweep=sweep, items=30, config=QUICK
    )
    device.close()
    shown = report["variants"][-1]["images"]
    assert [each["images"] is None for each in report["variants"][:-1]] == [True] * len(sweep)
    assert report["variants"][-1]["task"] == "maze"
    assert len(shown["channels"]) == 7
    for item in shown["items"]:
        x = task.evaluation.inputs[item["number"]]
        assert np.allclose(item["channels"], x.numpy())
        assert item["difficulty"] == int(task.difficulty(task.evaluation)[item["number"]])
        n = item["ponder_steps"]
        limits = [answer["limit"] for answer in item["answers"]]
        assert limits == ([*range(1, n + 1)] if budget_inputs else [n])
        for answer in item["answers"]:
            threshold, _ = model.policy.budget
            with torch.no_grad():
                out = model(x[None], budget=Budget(threshold, answer["limit"]))
            expected = torch.sigmoid(out.output[0, ..., 0]).numpy()
            assert np.allclose(answer["values"], expected, atol=2e-3)
