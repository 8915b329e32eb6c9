"""Modules as users write them: ACT with their own layers around it, not made for export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from act_mobile import ACT


def uneven(module: nn.Module) -> nn.Module:
    """Make the ACT layers in it ponder unevenly."""
    with torch.no_grad():
        for act in module.modules():
            if isinstance(act, ACT):
                for unit in act.halting:
                    unit.weight.mul_(8)
                    unit.bias.fill_(-0.5)
    return module


class Tagger(nn.Module):
    """Tokens -> embedding -> two ACT layers of different kinds with a residual -> tags."""

    def __init__(self) -> None:
        super().__init__()
        # Declared in another order than called.
        self.second = ACT(8, 8, cell="gru", max_ponder=3)
        self.embed = nn.Embedding(11, 6)
        self.encode = nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.Dropout(0.5))
        self.first = ACT(8, 8, cell="lstm", max_ponder=5)
        self.head = nn.Linear(8, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.encode(self.embed(tokens))
        x = x + self.first(x).output
        return self.head(torch.relu(self.second(x).output))


class Listener(nn.Module):
    """Features (B, T, 2, 6) -> convolution over features -> BatchNorm -> ACT -> value."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(2, 3, 3)
        self.norm = nn.BatchNorm1d(12)
        self.act = ACT(12, 7, cell="rnn", max_ponder=6)
        self.head = nn.Linear(7, 2)

    def forward(self, x: Tensor) -> Tensor:
        batch, time = x.shape[:2]
        features = torch.relu(self.conv(x.flatten(0, 1))).flatten(1)
        return self.head(self.act(self.norm(features).unflatten(0, (batch, time))).output)


class Smoother(nn.Module):
    """Mixes time steps outside ACT, so it cannot be streamed."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(3, 4, 3, padding=1)
        self.act = ACT(4, 5, max_ponder=3)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x.transpose(1, 2)).transpose(1, 2)).output


class Brancher(nn.Module):
    """Branches on a tensor's value."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x if x.sum() > 0 else -x).output


class Twice(nn.Module):
    """Calls one ACT layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.act(x).output).output


class Pooler(nn.Module):
    """Returns one answer a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x).output.mean(1)


def tagger() -> nn.Module:
    torch.manual_seed(1)
    return uneven(Tagger())


def listener() -> nn.Module:
    torch.manual_seed(2)
    module = uneven(Listener())
    module.train()(torch.randn(64, 3, 2, 6))  # so that BatchNorm has statistics
    return module


def no_act() -> nn.Module:
    return nn.Linear(3, 3)


def no_module() -> str:
    return "model"


def broken() -> nn.Module:
    raise RuntimeError("no such weights")
