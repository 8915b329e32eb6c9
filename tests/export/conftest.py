"""Models that ponder unevenly, and their exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from act_mobile import ACTConfig, ACTModel, save_model


def pondering(seed: int = 0, **config: Any) -> ACTModel:
    """A model with random weights whose N varies with its input."""
    torch.manual_seed(seed)
    sizes = {"input_size": 3, "hidden_size": 6, "output_size": 2, "max_ponder": 4}
    model = ACTModel(ACTConfig(**{**sizes, **config}))
    with torch.no_grad():
        for unit in model.act.halting:
            unit.weight.mul_(8)
            unit.bias.fill_(-0.5)
    return model


@pytest.fixture
def model_file(tmp_path: Path) -> Callable[..., Path]:
    """Saves a pondering model and returns its file."""

    def save(task: dict[str, Any] | None = None, **config: Any) -> Path:
        path = tmp_path / "model.pt"
        save_model(path, pondering(**config), task)
        return path

    return save
