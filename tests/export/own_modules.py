"""Modules as users write them: ACT with their own layers around it, not made for export."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from act_mobile import ACT, CausalConv1d, Ponder, StateTensor
from act_mobile.cells import CELLS
from act_mobile.steps.conv_gru import ConvGRU


def uneven(module: nn.Module) -> nn.Module:
    """Make what ponders in it do so unevenly."""
    units = [
        unit
        for part in module.modules()
        if isinstance(part, ACT | Ponder)
        for unit in (part.halting if isinstance(part, ACT) else [part.halting])
    ]
    with torch.no_grad():
        for unit in units:
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


@dataclass(frozen=True)
class Drawn:
    """A random module around ACT layers."""

    seed: int
    features: int
    vocab_size: int
    """0 for features."""
    encoder: tuple[str, ...]
    cells: tuple[str, ...]
    """Cells of its ACT layers, one after the other."""
    residual: bool
    norm: bool
    hidden: int


CURRENT: Drawn | None = None
"""The module that ``drawn`` makes."""


@st.composite
def drawn_modules(draw: st.DrawFn) -> Drawn:
    layers = st.sampled_from(["linear", "layernorm", "batchnorm", "dropout", "conv", "relu"])
    return Drawn(
        seed=draw(st.integers(0, 1 << 20)),
        features=draw(st.integers(3, 7)),
        vocab_size=draw(st.sampled_from([0, 0, 9])),
        encoder=tuple(draw(st.lists(layers, max_size=3))),
        cells=tuple(draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=2))),
        residual=draw(st.booleans()),
        norm=draw(st.booleans()),
        hidden=draw(st.integers(3, 17)),
    )


class OverFeatures(nn.Module):
    """Applies a module of (rows, features) to (B, T, features)."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class ConvOverFeatures(nn.Module):
    """A convolution along the features of each time step."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.unsqueeze(1)).squeeze(1)


class DrawnModule(nn.Module):
    def __init__(self, drawn: Drawn) -> None:
        super().__init__()
        width = drawn.hidden
        self.embed = (
            nn.Embedding(drawn.vocab_size, width)
            if drawn.vocab_size
            else nn.Linear(drawn.features, width)
        )
        makers = {
            "linear": lambda: nn.Linear(width, width),
            "layernorm": lambda: nn.LayerNorm(width),
            "batchnorm": lambda: OverFeatures(nn.BatchNorm1d(width)),
            "dropout": lambda: nn.Dropout(0.3),
            "conv": lambda: OverFeatures(ConvOverFeatures()),
            "relu": nn.ReLU,
        }
        self.encoder = nn.Sequential(*(makers[name]() for name in drawn.encoder))
        self.acts = nn.ModuleList(
            ACT(width, width, cell=cell, max_ponder=4) for cell in drawn.cells
        )
        self.norm = nn.LayerNorm(width) if drawn.norm else nn.Identity()
        self.head = nn.Linear(width, 3)
        self.residual = drawn.residual

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(self.embed(x))
        for act in self.acts:
            y = act(x).output
            x = self.norm(x + y if self.residual else y)
        return self.head(torch.tanh(x))


def drawn() -> nn.Module:
    assert CURRENT is not None
    torch.manual_seed(CURRENT.seed)
    return uneven(DrawnModule(CURRENT))


class WindowCell(nn.Module):
    """A cell that looks back on the states that its last four ponder steps made.

    Its state is h, a slow average of it that begins at 0.5, and the window (4, H), which is kept.
    """

    WIDTH = 4

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.state = (
            StateTensor("h", (hidden_size,)),
            StateTensor("slow", (hidden_size,), initial=0.5),
            StateTensor("window", (self.WIDTH, hidden_size), combined="kept"),
        )
        self.read = nn.Linear(input_size + 2 * hidden_size, hidden_size)
        self.look = nn.Linear(hidden_size, hidden_size, bias=False)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        h, slow, window = state
        new = torch.tanh(self.read(torch.cat([x, h, slow], -1)) + self.look(window.mean(1)))
        return new, 0.9 * slow + 0.1 * new, torch.cat([window[:, 1:], new.unsqueeze(1)], 1)


class Window(nn.Module):
    """An ACT layer of window cells, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3, 6, cell=WindowCell, max_ponder=5)
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.act(x).output)


def window() -> nn.Module:
    torch.manual_seed(3)
    return uneven(Window())


class Listening(nn.Module):
    """Layers with state of their own in front of ACT: a causal convolution's window, a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.window = CausalConv1d(3, 4, 3, dilation=2)
        self.gru = nn.GRU(4, 5, num_layers=2, batch_first=True)
        self.act = ACT(5, 6, cell="lstm", max_ponder=4)
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        heard, _ = self.gru(torch.tanh(self.window(x)))
        return self.head(self.act(heard).output)


def listening() -> nn.Module:
    torch.manual_seed(0)
    return uneven(Listening())


class Steered(nn.Module):
    """A net with two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.act = ACT(3 + 2, 6, cell="gru", max_ponder=4)
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor, wheel: Tensor, *, gain: float = 1.0) -> Tensor:
        return self.head(self.act(torch.cat([x, wheel * gain], -1)).output)


def steered() -> nn.Module:
    torch.manual_seed(0)
    return uneven(Steered())


class Looking(nn.Module):
    """Two Ponder modules side by side, without time, on one image."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(3, 4, 3, padding=1)
        self.ponders = nn.ModuleList(
            Ponder(ConvGRU(4, 5), 10, halting=halting, max_ponder=4)
            for halting in ("act", "pondernet")
        )
        self.head = nn.Linear(10, 2)

    def forward(self, x: Tensor) -> Tensor:
        features = self.encoder(x)
        inside = torch.ones_like(x[:, :1])
        seen = [p(*p.step.constants(features, inside)).state[0] for p in self.ponders]
        return self.head(torch.cat(seen, 1).mean((2, 3)))


def looking() -> nn.Module:
    torch.manual_seed(0)
    return uneven(Looking())
