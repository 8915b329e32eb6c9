"""The golden bundle on the device: what does not compute the model is not timed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from act_artefact.equality import Agreement
from act_artefact.golden import GoldenCall
from act_artefact.manifest import Manifest
from act_profiling.job import Call
from act_profiling.measurement import GoldenCheck
from act_profiling.rows import Row


def device_calls(manifest: Manifest, bundle: Sequence[GoldenCall]) -> list[Call]:
    """The bundle's calls as a runner reads them, each with a state of its own."""
    states = [pair.input for pair in manifest.interface.states]
    first, *others = (tensor.name for tensor in manifest.interface.data_inputs)
    return [
        Call(
            call.inputs[first],
            np.zeros(manifest.batch, bool),
            {name: call.inputs[name] for name in states},
            others={name: call.inputs[name] for name in others},
        )
        for call in bundle
    ]


def check_golden(bundle: Sequence[GoldenCall], rows: Iterable[Row]) -> GoldenCheck:
    """Compare what a device answered with the bundle's answers."""
    found = Agreement()
    answered = set()
    for row in rows:
        answered.add(row.call)
        found.add(bundle[row.call].answer, row.outputs)
    reason = found.reason()
    if len(answered) != len(bundle):
        reason = f"{len(answered)} of {len(bundle)} golden calls came back"
    return GoldenCheck(
        not reason,
        len(answered),
        found.max_abs_error,
        found.ponder_steps_differ + found.ponder_steps_wrong,
        reason,
    )
