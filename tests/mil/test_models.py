"""Converted PyTorch modules against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import coremltools as ct
import numpy as np
import pytest
import torch
from torch import nn

from act_mil import Program, lint


class CharacterStep(nn.Module):
    """One time step of a character model: tokens (B,) and a state (B, 16) to logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 12)
        self.project = nn.Linear(12, 10)
        self.norm = nn.BatchNorm1d(10)
        self.cell = nn.GRUCell(10, 16)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(16, 20)

    def forward(self, tokens: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = torch.relu(self.norm(self.project(self.embedding(tokens))))
        h = self.cell(x, h)
        return self.head(self.dropout(h)), h


class Front(nn.Module):
    """A convolutional front end over (B, C, T), normalised over channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3, stride=2, padding=1)
        self.deep = nn.Conv1d(8, 8, 3, dilation=2, groups=4)
        self.norm = nn.LayerNorm(8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.gelu(self.deep(nn.functional.silu(self.conv(x))))
        x = self.norm(x.transpose(1, 2))
        return torch.softmax(nn.functional.leaky_relu(x).cumsum(1), -1)


class LSTMStep(nn.Module):
    """One step of an LSTM cell."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(6, 16)

    def forward(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> Any:
        return self.cell(x, (h, c))


class Sequence(nn.Module):
    """A whole layer over (T, B, I): the converter makes one lstm op of it."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 7)

    def forward(self, x: torch.Tensor) -> Any:
        y, (h, c) = self.lstm(x)
        return y, h, c


def characters() -> tuple[nn.Module, tuple[torch.Tensor, ...]]:
    model = CharacterStep()
    model.norm.running_mean.uniform_(-1, 1)
    model.norm.running_var.uniform_(0.5, 2)
    return model, (torch.tensor([3, 19, 0], dtype=torch.int32), torch.randn(3, 16))


MODELS: dict[str, Callable[[], tuple[nn.Module, tuple[torch.Tensor, ...]]]] = {
    "lstm cell": lambda: (LSTMStep(), (torch.randn(2, 6), torch.randn(2, 16), torch.randn(2, 16))),
    "gru cell": lambda: (nn.GRUCell(6, 16), (torch.randn(2, 6), torch.randn(2, 16))),
    "characters": characters,
    "convolution": lambda: (Front(), (torch.randn(2, 4, 17),)),
    "lstm layer": lambda: (Sequence(), (torch.randn(5, 2, 5),)),
}
PRECISIONS = {"float32": (ct.precision.FLOAT32, 2e-6), "float16": (ct.precision.FLOAT16, 4e-3)}


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", MODELS)
def test_converted_model(name: str, precision: str, save_model: Callable[[Any], Path]) -> None:
    torch.manual_seed(5)
    model, arguments = MODELS[name]()
    compute_precision, tolerance = PRECISIONS[precision]
    exported = torch.export.export(model.eval(), arguments).run_decompositions()
    path = save_model(
        ct.convert(
            exported,
            convert_to="mlprogram",
            minimum_deployment_target=ct.target.iOS16,
            compute_precision=compute_precision,
            skip_model_load=True,
        )
    )
    program = Program(path)
    inputs = {v.name: a.numpy() for v, a in zip(program.inputs, arguments, strict=True)}
    results = program.run(inputs)
    with torch.no_grad():
        outputs = model(*arguments)
    expected = outputs if isinstance(outputs, tuple) else (outputs,)
    for result, value in zip(results.values(), expected, strict=True):
        np.testing.assert_allclose(result, value.numpy(), atol=tolerance, rtol=tolerance)
    assert lint(path) == []
