"""A subject's network: its cells as they are, with what lies around them folded into their maps.

Linear, BatchNorm, Dropout and any chain of them become part of the layers' input maps and the head.
A function of tokens is a table, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from torch import nn

from act_artefact.errors import UserError
from act_export.subject import Subject
from act_export.targets.native.description import Affine, CellKind, Layer, Network
from act_export.targets.native.iterated import iterated_network
from act_export.targets.native.policy import array, halting_unit, policy_number
from act_export.targets.native.surroundings import Surroundings, refused
from act_mobile import cells
from act_mobile.act import ACT
from act_mobile.iterated import IteratedModel

LIMITS = {"layers": 64, "hidden units": 16384, "features": 65536, "ponder steps": 10000}
"""The engine's own."""

CELLS: dict[type, CellKind] = {
    nn.RNNCell: "rnn",
    cells.RNNCell: "rnn",
    nn.GRUCell: "gru",
    cells.GRUCell: "gru",
    nn.LSTMCell: "lstm",
    cells.LSTMCell: "lstm",
}


def network_of(subject: Subject) -> Network:
    """Read a subject's network.

    Raises:
        UserError: the engine cannot express it, and why.
    """
    if type(subject.module) is IteratedModel:
        return iterated_network(subject, subject.module)
    if len(subject.inputs) > 1:
        raise refused(subject, f"has {len(subject.inputs)} inputs, not one")
    for name in subject.layers:
        part = subject.module.get_submodule(name)
        if not isinstance(part, ACT):
            raise refused(subject, f"{name!r} is a {type(part).__name__}, not an ACT layer")
    read = [list(_layers(subject, act)) for act in subject.acts]
    surroundings = Surroundings(subject)
    embedding = surroundings.table() if subject.tokens else None
    layers: list[Layer] = []
    for place, (first, *rest) in enumerate(read):
        reads_table = embedding is not None and place == 0
        given = first.input if reads_table else first.input.after(surroundings.affine(place))
        layers += [replace(first, input=given), *rest]
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
    number = policy_number(subject, act.policy)
    for index, cell in enumerate(act.cells):
        kind = CELLS.get(type(cell))
        if kind is None:
            raise refused(subject, f"has a cell of its own, {type(cell).__name__}")
        given = {name: array(value) for name, value in cell.named_parameters()}
        weight, recurrent = given["weight_ih"], given["weight_hh"]
        zero = np.zeros(len(weight))
        yield Layer(
            "rnn_relu" if getattr(cell, "nonlinearity", "") == "relu" else kind,
            number,
            act.policy.max_ponder,
            float(act.policy.budget.threshold),
            Affine(weight[:, :-1], given.get("bias_ih", zero)),
            weight[:, -1],
            Affine(recurrent, given.get("bias_hh", zero)),
            halting_unit(act.halting[index] if len(act.halting) else None, act.hidden_size),
        )
