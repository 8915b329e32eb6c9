"""A subject's network: its cells as they are, and what lies around them, found by evaluation.

Whatever a user's forward does before, between and after its ACT layers is one function from x to
the first ACT layer's input, one from each layer's output to the next one's input, and one from the
last output to y. In a copy of the module in float64 the ACT layers return what they are told to, so
each function can be evaluated anywhere: at zero and at the unit vectors, which is its matrix if it
is affine, and at random points, which tells whether it is. So Linear, BatchNorm, Dropout and any
chain of them fold into the maps of the layers. A function of tokens is a table, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from act_artefact.errors import UserError
from act_export.subject import Subject
from act_export.targets.native.description import Affine, Array, CellKind, Layer, Network
from act_mobile import cells
from act_mobile.act import ACT, ACTOutput, Ponder

LIMITS = {"layers": 64, "hidden units": 16384, "features": 65536, "ponder steps": 10000}
"""The engine's own."""

LARGEST_VOCABULARY = 1 << 20

CELLS: dict[type, CellKind] = {
    nn.RNNCell: "rnn",
    cells.RNNCell: "rnn",
    nn.GRUCell: "gru",
    cells.GRUCell: "gru",
    nn.LSTMCell: "lstm",
    cells.LSTMCell: "lstm",
}

ELEMENTS = 1 << 22
"""Numbers that are evaluated at once."""

POINTS, TIME = 12, 5
"""Rows and time steps of the random points."""

ROUNDING = 1e-9
"""How far a function of float64 may be from affine, relative to its largest term."""


def network_of(subject: Subject) -> Network:
    """Read a subject's network.

    Raises:
        UserError: the engine cannot express it, and why.
    """
    surroundings = _Surroundings(subject)
    layers: list[Layer] = []
    embedding = surroundings.table() if subject.tokens else None
    for place, act in enumerate(subject.acts):
        first, *rest = _layers(subject, act)
        if place or embedding is None:
            first = replace(first, input=first.input.after(surroundings.affine(place)))
        layers += [first, *rest]
    counts = {
        "layers": len(layers),
        "hidden units": max(each.hidden_size for each in layers),
        "features": layers[0].input.columns,
        "ponder steps": max(each.max_ponder for each in layers),
    }
    for name, count in counts.items():
        if count > LIMITS[name]:
            raise UserError(
                f"target native: {subject.name}: {count} {name}, the engine has at most "
                f"{LIMITS[name]}"
            )
    return Network(embedding, tuple(layers), surroundings.affine(len(subject.acts)))


def _layers(subject: Subject, act: ACT) -> Iterator[Layer]:
    """The recurrent layers of an ACT layer."""
    for index, cell in enumerate(act.cells):
        kind = CELLS.get(type(cell))
        if kind is None:
            raise _refused(subject, f"has a cell of its own, {type(cell).__name__}")
        given = {name: _array(value) for name, value in cell.named_parameters()}
        weight, recurrent = given["weight_ih"], given["weight_hh"]
        zero = np.zeros(len(weight))
        unit = cast(nn.Linear, act.halting[index]) if act.policy.adaptive else None
        yield Layer(
            "rnn_relu" if getattr(cell, "nonlinearity", "") == "relu" else kind,
            act.policy.max_ponder,
            float(act.policy.budget.threshold) if act.policy.adaptive else None,
            Affine(weight[:, :-1], given.get("bias_ih", zero)),
            weight[:, -1],
            Affine(recurrent, given.get("bias_hh", zero)),
            Affine(np.zeros((1, recurrent.shape[1])), np.zeros(1))
            if unit is None
            else Affine(_array(unit.weight), _array(unit.bias)),
        )


class _Found(Exception):
    """Ends an evaluation: what follows is not needed."""

    def __init__(self, value: Tensor) -> None:
        self.value = value


class _Surroundings:
    """What lies around a subject's ACT layers, as functions of vectors.

    Function 0 takes x to the input of ACT layer 0, function k the output of ACT layer k - 1 to the
    input of ACT layer k, the last one to y.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        copy = subject.copy()
        self.module = copy.module.double()
        self.sizes = [int(np.prod(subject.features)), *(act.hidden_size for act in copy.acts)]
        self.outputs: list[Tensor] = []
        """What each ACT layer is told to return, (B, T, H)."""
        self.wanted = 0
        """The ACT layer whose input is looked for."""
        self.held = False
        """Whether all but one function's argument stays the same from call to call."""
        self.draw = torch.Generator().manual_seed(0)
        for place, act in enumerate(copy.acts):
            act.__dict__["forward"] = self._stand_in(place, act)
        self.vocabulary = 1
        if subject.tokens:
            self.vocabulary = subject.vocab_size or self._find_vocabulary()

    def _stand_in(self, place: int, act: ACT) -> Any:
        """An ACT layer's forward that computes nothing; what else it returns is zero or random."""

        def forward(x: Tensor, *_: Any, lengths: Tensor | None = None, **__: Any) -> ACTOutput:
            if place == self.wanted:
                raise _Found(x)
            output = self.outputs[place]
            rest = torch.zeros_like if self.held else torch.randn_like
            like = output.new_zeros(*output.shape[:2], act.num_layers)
            state = act.initial_state(len(output), output)
            state = [tuple(rest(tensor) for tensor in layer) for layer in state]
            ponder = Ponder(rest(like), rest(like))
            return ACTOutput(output, state, ponder)

        return forward

    def affine(self, function: int) -> Affine:
        """A function that is affine.

        Raises:
            UserError: it is not, and why.
        """
        size = self.sizes[function]
        held = [self._random(1, 1, each) for each in self.sizes]
        bias = self._at(function, torch.zeros(1, 1, size).double(), held)[0, 0]
        columns = [self._at(function, unit, held)[:, 0] - bias for unit in _unit_vectors(size)]
        found = Affine(torch.cat(columns).T.numpy(), bias.numpy())
        name = self._name(function)
        if not self._is(function, found, held, time=1):
            raise _refused(self.subject, f"{name} is not affine")
        if not self._is(function, found, None, time=1):
            raise _refused(
                self.subject,
                f"{name} depends on something else too (a residual, N, R or the state)",
            )
        if not self._is(function, found, None, time=TIME):
            raise _refused(self.subject, f"{name} mixes time steps")
        return found

    def table(self) -> Array:
        """Function 0 of every token: (V, I).

        Raises:
            UserError: it depends on more than the token, or takes any.
        """
        width = self.subject.acts[0].input_size
        found = torch.cat(
            [
                self._at(0, tokens[:, None], None)[:, 0]
                for tokens in torch.arange(self.vocabulary).split(max(ELEMENTS // width, 1))
            ]
        )
        tokens = self._tokens(POINTS, TIME)
        name = self._name(0)
        if not torch.isfinite(found).all():
            raise _refused(self.subject, f"{name} is not finite for every token")
        if not _close(self._at(0, tokens, None), found[tokens], found[tokens].abs()):
            raise _refused(self.subject, f"{name} depends on more than one token")
        return found.numpy()

    def _find_vocabulary(self) -> int:
        """How many tokens there are: the first that the module does not take."""

        def takes(token: int) -> bool:
            try:
                self._evaluate(0, [torch.tensor([[token]]), *self._others(None, 1, 1)[1:]])
            except Exception:  # whatever the user's own code raises
                return False
            return True

        below, above = 0, 1
        while takes(above):
            below, above = above, above * 2
            if below >= LARGEST_VOCABULARY:
                raise _refused(self.subject, "takes tokens without end: no table can hold them")
        while above - below > 1:
            middle = (below + above) // 2
            below, above = (middle, above) if takes(middle) else (below, middle)
        return above

    def _is(self, function: int, found: Affine, held: list[Tensor] | None, time: int) -> bool:
        """Whether a function is what was found, at random points of many sizes."""
        size = self.sizes[function]
        sizes = torch.logspace(-2, 4, POINTS, dtype=torch.float64)
        x = self._random(POINTS, time, size) * sizes[:, None, None]
        weight, bias = torch.from_numpy(found.weight), torch.from_numpy(found.bias)
        terms = x.abs() @ weight.abs().T + bias.abs()
        return _close(self._at(function, x, held), x @ weight.T + bias, terms)

    def _at(self, function: int, x: Tensor, held: list[Tensor] | None) -> Tensor:
        """A function's values: x (B, T, size), or tokens (B, T) -> (B, T, values).

        Args:
            held: what the other functions are given, (1, 1, size) each; else random.
        """
        given = self._others(held, *x.shape[:2])
        given[function] = x
        self.held = held is not None
        try:
            return self._evaluate(function, given).reshape(*x.shape[:2], -1)
        except UserError:
            raise
        except Exception as error:  # whatever the user's own code raises
            raise _refused(
                self.subject, f"cannot be evaluated in float64 ({type(error).__name__}: {error})"
            ) from error

    def _others(self, held: list[Tensor] | None, batch: int, time: int) -> list[Tensor]:
        given = [
            self._random(batch, time, size) if held is None else held[place].expand(batch, time, -1)
            for place, size in enumerate(self.sizes)
        ]
        if self.subject.tokens:
            given[0] = self._tokens(*((1, 1) if held else (batch, time))).expand(batch, time)
        return given

    def _evaluate(self, function: int, given: list[Tensor]) -> Tensor:
        """A function's value where x and the ACT layers' outputs are these."""
        x, *self.outputs = given
        self.wanted = function
        x = x.to(torch.int32) if self.subject.tokens else x.unflatten(-1, self.subject.features)
        try:
            with torch.no_grad():
                y: Any = self.module(x)
            value: Tensor = y.output if isinstance(y, ACTOutput) else y
        except _Found as found:
            value = found.value
        if value.dtype != torch.float64:
            raise _refused(self.subject, f"computes in {value.dtype} whatever its weights are")
        return value

    def _tokens(self, batch: int, time: int) -> Tensor:
        return torch.randint(self.vocabulary, (batch, time), generator=self.draw)

    def _random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=self.draw)

    def _name(self, function: int) -> str:
        acts = [f"ACT layer {name!r}" for name in self.subject.layers]
        source = ("its input", *(f"the output of {act}" for act in acts))[function]
        return f"the way from {source} to {(*acts, 'its output')[function]}"


def _unit_vectors(size: int) -> Iterator[Tensor]:
    """The unit vectors, (some, 1, size) at a time."""
    some = max(ELEMENTS // size, 1)
    for start in range(0, size, some):
        count = min(some, size - start)
        unit = torch.zeros(count, 1, size, dtype=torch.float64)
        unit[torch.arange(count), 0, start + torch.arange(count)] = 1
        yield unit


def _close(actual: Tensor, expected: Tensor, terms: Tensor) -> bool:
    """Equal but for rounding; NaN is not."""
    if actual.shape != expected.shape:
        return False
    return bool(((actual - expected).abs() <= ROUNDING * terms + 1e-12).all())


def _array(tensor: Tensor) -> Array:
    return tensor.detach().double().numpy()


def _refused(subject: Subject, reason: str) -> UserError:
    from act_export.targets import TARGETS

    others = [name for name in TARGETS if name != "native"]
    return UserError(
        f"target native: {subject.name}: {reason}: the engine has affine maps around its cells and "
        f"nothing else: use --target {', '.join(others)}"
    )
