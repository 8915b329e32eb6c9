"""The functions around a subject's ACT layers, found by evaluation.

All that a user's forward does before, between and after its ACT layers is one function from x to
the first ACT layer's input, one from each layer's output to the next one's input, and one from the
last output to y. In a copy of the module in float64 stand-ins take the place of the ACT layers: one
call of the module then evaluates every function at vectors that can be chosen. The zero and the
unit vectors make its matrix if a function is affine, and random points tell whether it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from act_artefact.errors import UserError
from act_artefact.targets import TARGETS
from act_export.subject import Subject
from act_export.targets.native.description import Affine, Array
from act_mobile.act import ACT, ACTOutput, PonderCost

LARGEST_VOCABULARY = 1 << 20

ELEMENTS = 1 << 22
"""The most numbers that a function takes or gives in one evaluation."""

POINTS, TIME = 12, 5
"""Rows and time steps of the random points."""

ROUNDING = 1e-9
"""The largest error of a function of float64 that is affine, relative to its largest term."""


class StandIn(ACT):
    """An ACT layer that computes nothing: it keeps its input and returns the output it is given."""

    x: Tensor
    """Its input in the last call, (B, T, I)."""
    output: Tensor
    """The output to return, (B, T, H)."""
    random: bool
    """True if the state, N and R that it returns are random; else they are zero."""

    def forward(self, x: Tensor, *_: Any, **__: Any) -> ACTOutput:
        self.x = x
        fill = torch.randn_like if self.random else torch.zeros_like
        batch, time, _size = self.output.shape
        cost = self.output.new_zeros(batch, time, self.num_layers)
        state = [
            tuple(fill(tensor) for tensor in layer)
            for layer in self.initial_state(batch, self.output)
        ]
        return ACTOutput(self.output, state, PonderCost(fill(cost), fill(cost)))


class Surroundings:
    """The functions around a subject's ACT layers.

    Function 0 takes x to the input of ACT layer 0, function k the output of ACT layer k - 1 to the
    input of ACT layer k, the last one to y.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        copy = subject.copy()
        self.module = copy.module.double()
        for act in copy.acts:  # in place: the module may hold a layer under several names
            act.__class__ = StandIn
        self.acts = [act for act in copy.acts if isinstance(act, StandIn)]
        self.sizes = [int(np.prod(subject.features)), *(act.hidden_size for act in self.acts)]
        self.draw = torch.Generator().manual_seed(0)
        self.vocabulary = 1
        if subject.tokens:
            self.vocabulary = subject.vocab_size or self._find_vocabulary()
        widths = [value.shape[-1] for value in self._values(self._others(None, 1, 1))]
        self.rows = max(ELEMENTS // max(*self.sizes, *widths), 1)
        """Rows that are evaluated at once."""

    def affine(self, function: int) -> Affine:
        """Find the matrix and the bias of a function.

        Raises:
            UserError: it is not affine, and why.
        """
        size = self.sizes[function]
        held = [self._random(1, 1, each) for each in self.sizes]
        bias = self._at(function, torch.zeros(1, 1, size).double(), held)[0, 0]
        units = _unit_vectors(size, self.rows)
        columns = [self._at(function, unit, held)[:, 0] - bias for unit in units]
        found = Affine(torch.cat(columns).T.numpy(), bias.numpy())
        name = self._name(function)
        if not self._is(function, found, held, time=1):
            raise refused(self.subject, f"{name} is not affine")
        if not self._is(function, found, None, time=1):
            raise refused(
                self.subject,
                f"{name} depends on something else too (a residual, N, R or the state)",
            )
        if not self._is(function, found, None, time=TIME):
            raise refused(self.subject, f"{name} mixes time steps")
        return found

    def table(self) -> Array:
        """Evaluate function 0 at every token: (V, I).

        Raises:
            UserError: it depends on more than the token, or takes any.
        """
        found = torch.cat(
            [
                self._at(0, tokens[:, None], None)[:, 0]
                for tokens in torch.arange(self.vocabulary).split(self.rows)
            ]
        )
        tokens = self._tokens(POINTS, TIME)
        name = self._name(0)
        if not torch.isfinite(found).all():
            raise refused(self.subject, f"{name} is not finite for every token")
        if not _close(self._at(0, tokens, None), found[tokens], found[tokens].abs()):
            raise refused(self.subject, f"{name} depends on more than one token")
        return found.numpy()

    def _find_vocabulary(self) -> int:
        """Find the first token that the module does not take."""

        def takes(token: int) -> bool:
            try:
                self._call([torch.tensor([[token]]), *self._others(None, 1, 1)[1:]])
            except Exception:  # whatever the user's own code raises
                return False
            return True

        below, above = 0, 1
        while takes(above):
            below, above = above, above * 2
            if below >= LARGEST_VOCABULARY:
                raise refused(self.subject, "takes tokens without end: no table can hold them")
        while above - below > 1:
            middle = (below + above) // 2
            below, above = (middle, above) if takes(middle) else (below, middle)
        return above

    def _is(self, function: int, found: Affine, held: list[Tensor] | None, time: int) -> bool:
        """Compare a function with an affine map, at random points of many sizes."""
        size = self.sizes[function]
        sizes = torch.logspace(-2, 4, POINTS, dtype=torch.float64)
        x = self._random(POINTS, time, size) * sizes[:, None, None]
        weight, bias = torch.from_numpy(found.weight), torch.from_numpy(found.bias)
        terms = x.abs() @ weight.abs().T + bias.abs()
        return _close(self._at(function, x, held), x @ weight.T + bias, terms)

    def _at(self, function: int, x: Tensor, held: list[Tensor] | None) -> Tensor:
        """Evaluate a function: x (B, T, size), or tokens (B, T) -> (B, T, values).

        Args:
            held: the arguments of the other functions, (1, 1, size) each; else random.
        """
        given = self._others(held, *x.shape[:2])
        given[function] = x
        value = self._values(given, random=held is None)[function]
        if value.dtype != torch.float64:
            raise refused(self.subject, f"computes in {value.dtype} whatever its weights are")
        return value

    def _others(self, held: list[Tensor] | None, batch: int, time: int) -> list[Tensor]:
        given = [
            self._random(batch, time, size) if held is None else held[place].expand(batch, time, -1)
            for place, size in enumerate(self.sizes)
        ]
        if self.subject.tokens:
            given[0] = self._tokens(*((1, 1) if held else (batch, time))).expand(batch, time)
        return given

    def _values(self, given: list[Tensor], *, random: bool = True) -> list[Tensor]:
        """Evaluate every function at its argument, each (B, T, size) -> (B, T, values)."""
        try:
            values = self._call(given, random=random)
            return [value.reshape(*given[0].shape[:2], -1) for value in values]
        except Exception as error:  # whatever the user's own code raises
            raise refused(
                self.subject, f"cannot be evaluated in float64 ({type(error).__name__}: {error})"
            ) from error

    def _call(self, given: list[Tensor], *, random: bool = True) -> list[Tensor]:
        x, *outputs = given
        for act, output in zip(self.acts, outputs, strict=True):
            act.output, act.random = output, random
        x = x.to(torch.int32) if self.subject.tokens else x.unflatten(-1, self.subject.features)
        with torch.no_grad():
            y: Any = self.module(x)
        return [*(act.x for act in self.acts), y.output if isinstance(y, ACTOutput) else y]

    def _tokens(self, batch: int, time: int) -> Tensor:
        return torch.randint(self.vocabulary, (batch, time), generator=self.draw)

    def _random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=self.draw)

    def _name(self, function: int) -> str:
        acts = [f"ACT layer {name!r}" for name in self.subject.layers]
        source = ("its input", *(f"the output of {act}" for act in acts))[function]
        return f"the way from {source} to {(*acts, 'its output')[function]}"


def refused(subject: Subject, reason: str) -> UserError:
    """Make the error of a subject that the engine cannot express."""
    others = [name for name in TARGETS if name != "native"]
    return UserError(
        f"target native: {subject.name}: {reason}: the engine runs recurrent cells with affine "
        f"maps around them: use --target {','.join(others)}"
    )


def _unit_vectors(size: int, count: int) -> Iterator[Tensor]:
    """The unit vectors, (count, 1, size) at a time."""
    for places in torch.arange(size).split(count):
        unit = torch.zeros(len(places), 1, size, dtype=torch.float64)
        unit[torch.arange(len(places)), 0, places] = 1
        yield unit


def _close(actual: Tensor, expected: Tensor, terms: Tensor) -> bool:
    """Equal but for rounding; NaN is not."""
    if actual.shape != expected.shape:
        return False
    return bool(((actual - expected).abs() <= ROUNDING * terms + 1e-12).all())
