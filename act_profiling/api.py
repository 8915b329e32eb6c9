"""The function behind the command: artefacts, data and a device in, a report out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

from act_artefact import __version__
from act_artefact.data import EvalFile, load
from act_artefact.errors import UserError
from act_artefact.progress import Stage
from act_profiling.config import MeasureConfig
from act_profiling.devices import Device
from act_profiling.measurement import Measurement
from act_profiling.profiler import Profiler
from act_profiling.report.build import Report, build
from act_profiling.report.files import check_paths, write
from act_profiling.variants import Variant, open_artefacts, swept

BOUNDARY = (
    "the runtime's own call: inputs are set and outputs read outside it, the state is fed back by "
    "the runner"
)


def profile(
    artefacts: Sequence[str | Path],
    data: str | Path,
    device: Device,
    *,
    sweep: Sequence[str] = (),
    items: int | None = None,
    config: MeasureConfig | None = None,
    output: Path | None = None,
    page: Path | None = None,
    stage: Stage = lambda variant, name: nullcontext(),
) -> Report:
    """Profile artefacts on a device, write the report and return it.

    An artefact that fails its golden check on the device is in the report, without a number, and
    raises nothing: ``report["variants"][k]["golden"]["passed"]`` tells. The command turns it into
    exit code 1.

    Args:
        artefacts: exported files, each with its manifest and golden bundle beside it.
        data: an ``eval.npz``.
        sweep: ``max_ponder=1,2,4`` or ``halt_threshold=0.5,0.9``: every artefact that has the
            input is measured at each value.
        items: the first so many sequences of the data alone.
        config: how much is measured.
        output: where ``report.json`` goes.
        page: where ``report.html`` goes.
        stage: spans each stage of each variant.

    Raises:
        UserError: bad input, a device that cannot do this, or no place for the report.
        CheckFailed: a runner failed.
    """
    config = config or MeasureConfig()
    check_paths([(output, page)])
    if not artefacts:
        raise UserError("no artefact to profile")
    chosen = swept(open_artefacts([Path(path) for path in artefacts]), list(sweep))
    loaded = _first(load(Path(data), timed=_timed(chosen)), items)
    with tempfile.TemporaryDirectory(prefix="act-profile-") as folder:
        profiler = Profiler(device, loaded, Path(folder), config, stage)
        measurements = profiler.profile(chosen)
        report = _report(measurements, device, loaded, config)
        return write(report, measurements, output, page)


def _timed(variants: list[Variant]) -> bool:
    """Tell if the artefacts' models have time, as all or none of them must for one file of data."""
    timed = {variant.artefact.manifest.sequence != "whole" for variant in variants}
    if len(timed) > 1:
        raise UserError("artefacts with and without time: profile them in reports of their own")
    return timed.pop()


def _first(data: EvalFile, items: int | None) -> EvalFile:
    if items is None:
        return data
    if items < 1:
        raise UserError(f"--items must be at least 1, not {items}")
    return data.first(items)


def _report(
    measurements: list[Measurement], device: Device, data: EvalFile, config: MeasureConfig
) -> Report:
    facts = device.describe()
    identity = facts.pop("identity", device.name)
    boundary, notes = facts.pop("boundary", BOUNDARY), facts.pop("notes", ())
    runtimes = {
        str(round_.facts.get("runtime", "")) for each in measurements for round_ in each.rounds
    }
    return build(
        measurements,
        device=device.name,
        identity=identity,
        reports_latency=device.reports_latency,
        device_facts=facts,
        data={
            "name": data.path.name,
            "sha256": hashlib.sha256(data.path.read_bytes()).hexdigest(),
            "sequences": len(data.lengths),
            "time_steps": int(data.lengths.sum()),
        },
        versions={"act-mobile": __version__, "runtimes": ", ".join(sorted(runtimes))},
        settings=asdict(config),
        boundary=boundary,
        notes=notes,
    )
