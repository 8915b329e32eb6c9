"""The golden bundle on the device: what does not compute the model is not timed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from act_export.manifest import Manifest
from act_mobile.errors import UserError
from act_profiling.job import Call
from act_profiling.measurement import GoldenCheck
from act_profiling.rows import Row

Array = npt.NDArray[Any]

SLACK = 2.0
"""How much further than on the exporting machine an artefact may be off where its metric, not a
tolerance, decided: other kernels round otherwise."""


def golden_bundle(manifest: Manifest, folder: Path) -> dict[str, Array]:
    """Inputs and expected outputs by name, stacked over calls.

    Raises:
        UserError: the bundle is not beside the artefact, or not its own.
    """
    path = folder / f"{Path(manifest.artefact).stem}.golden.npz"
    if not path.is_file():
        raise UserError(f"{path}: no such file: export the model again")
    with np.load(path, allow_pickle=False) as archive:
        bundle = {name: archive[name] for name in archive.files}
    expected = {t.name for t in (*manifest.interface.inputs, *manifest.interface.outputs)}
    if set(bundle) != expected:
        raise UserError(f"{path}: not the golden bundle of {manifest.artefact}: export again")
    return bundle


def golden_calls(manifest: Manifest, bundle: dict[str, Array]) -> list[Call]:
    """The bundle's calls, each with a state of its own."""
    states = [pair.input for pair in manifest.interface.states]
    data = bundle[manifest.interface.data.name]
    return [
        Call(data[i], np.zeros(manifest.batch, bool), {name: bundle[name][i] for name in states})
        for i in range(len(data))
    ]


def check_golden(manifest: Manifest, bundle: dict[str, Array], rows: Iterable[Row]) -> GoldenCheck:
    """Compare what a device answered with what the model does."""
    verified = manifest.verification
    allowed = {
        name: SLACK * error if verified["tolerance"] is None else verified["tolerance"]
        for name, error in verified["max_relative_error"].items()
    }
    worst = dict.fromkeys(allowed, 0.0)
    differ = calls = 0
    for row in rows:
        calls += 1
        expected_n = bundle["ponder_steps"][row.call]
        other = row.outputs["ponder_steps"] != expected_n
        differ += int(other.sum())
        # Another N is another state: such a row's outputs cannot be compared.
        same = ~other.reshape(len(other), -1).any(1)
        for name, limit in allowed.items():
            expected = bundle[name][row.call]
            error = np.abs(row.outputs[name] - expected)
            worst[name] = float(np.maximum(worst[name], error[same].max(initial=0)))
            if not (error[same] <= limit * (1 + np.abs(expected[same]))).all():
                reason = f"{name} is off by {worst[name]:.1e} in golden call {row.call}"
                return GoldenCheck(False, calls, worst, differ, reason)
    if calls != len(bundle["ponder_steps"]):
        reason = f"{calls} of {len(bundle['ponder_steps'])} golden calls came back"
        return GoldenCheck(False, calls, worst, differ, reason)
    if differ and not verified["ponder_steps_differ"]:
        return GoldenCheck(False, calls, worst, differ, f"N differs in {differ} places")
    return GoldenCheck(True, calls, worst, differ)
