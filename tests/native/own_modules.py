"""Modules as users write them, of which the engine can express some."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from act_mobile import ACT
from tests.export.own_modules import ConvOverFeatures, OverFeatures, uneven


def with_statistics(module: nn.Module, *features: int) -> nn.Module:
    """Train-mode calls, so that BatchNorm has means and variances that matter."""
    for _ in range(4):
        module.train()(torch.randn(64, 3, *features) * 3 + 1)
    return module.eval()


class Sensor(nn.Module):
    """Features (B, T, 2, 3) -> BatchNorm, Linear, convolution over features -> three recurrent
    layers in two ACT layers with Linear and BatchNorm between -> (B, T, 2, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = OverFeatures(nn.BatchNorm1d(6))
        self.encode = nn.Sequential(
            nn.Linear(6, 9), nn.Dropout(0.5), OverFeatures(ConvOverFeatures())
        )
        self.first = ACT(9, 7, cell="gru", num_layers=2, max_ponder=5)
        self.between = nn.Sequential(nn.Linear(7, 5), OverFeatures(nn.BatchNorm1d(5)))
        self.second = ACT(5, 20, cell=nn.LSTMCell, max_ponder=3)
        self.head = nn.Sequential(nn.Linear(20, 8, bias=False), nn.Linear(8, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(self.encode(self.norm(x.flatten(2)))).output
        return self.head(self.second(self.between(x)).output).unflatten(-1, (2, 2))


class Speller(nn.Module):
    """Tokens -> embedding, LayerNorm, GELU -> fixed halting -> one number without an axis."""

    def __init__(self, vocabulary: int = 11, hidden: int = 6) -> None:
        super().__init__()
        self.encode = nn.Sequential(nn.Embedding(vocabulary, 5), nn.LayerNorm(5), nn.GELU())
        self.act = ACT(5, hidden, cell="rnn_relu", halting="fixed:2")
        self.head = nn.Linear(hidden, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.act(self.encode(tokens)).output).squeeze(-1)


class Counting(nn.Module):
    """Its answer depends on N."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        out = self.act(x)
        return out.output + out.ponder.steps


class Around(nn.Module):
    """Linear layers with something else of the user's around one ACT layer."""

    def __init__(self, function: Callable[[ACT, Tensor], Tensor], **act: Any) -> None:
        super().__init__()
        self.act = ACT(3, 3, **act)
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.act, x)


class OwnCell(nn.GRUCell):
    """A cell that does something else than GRU."""

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        return -super().forward(x, h)


def sensor() -> nn.Module:
    torch.manual_seed(5)
    return with_statistics(uneven(Sensor()), 2, 3)


def speller() -> nn.Module:
    torch.manual_seed(6)
    return Speller()


def large_vocabulary() -> nn.Module:
    """Whose projections would take 3000 x 4 x 64 numbers."""
    torch.manual_seed(7)
    module = Speller(3000)
    module.act = ACT(5, 64, cell="lstm", max_ponder=3)
    module.head = nn.Linear(64, 1)
    return uneven(module)


def residual() -> nn.Module:
    return Around(lambda act, x: x + act(x).output)


def relu() -> nn.Module:
    return Around(lambda act, x: act(torch.relu(x)).output)


def softmax() -> nn.Module:
    return Around(lambda act, x: act(x).output.softmax(-1))


def clipped() -> nn.Module:
    return Around(lambda act, x: act(x.clamp(-50, 50)).output)


def own_cell() -> nn.Module:
    return Around(lambda act, x: act(x).output, cell=OwnCell)


def smoothed() -> nn.Module:
    return Around(lambda act, x: act(x + x.roll(1, 1)).output)


def half() -> nn.Module:
    return Around(lambda act, x: act(x.float()).output)


class HashedTokens(nn.Module):
    """Takes any number for a token."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 3)
        self.act = ACT(3, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.act(self.embed(tokens % 7)).output
