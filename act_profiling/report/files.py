"""``report.json`` with its raw rows, ``report.html``: written all or none, and read again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from act_export.staging import staging
from act_mobile.errors import UserError
from act_profiling.measurement import Measurement
from act_profiling.report import html
from act_profiling.report.build import FORMAT, Report
from act_profiling.report.columns import calls, columns

INLINE_LIMIT = 20_000
"""Rows and time steps of all variants, above which they lie in ``NAME.rows.npz`` beside."""

SCHEMA = Path(__file__).parent / "report.schema.json"


def write(
    report: Report,
    measurements: Sequence[Measurement],
    path: Path | None = None,
    page: Path | None = None,
) -> Report:
    """Write the report to ``path`` as JSON with the raw rows, and to ``page`` as HTML.

    Returns the report with its ``rows``. With more than :data:`INLINE_LIMIT` of them they are in
    ``NAME.rows.npz`` beside ``NAME.json``: variant k's columns are its arrays ``k.NAME``.

    Raises:
        UserError: a folder cannot be written to, or is full; then nothing is left behind.
    """
    with ExitStack() as stack:
        if page:
            aside = stack.enter_context(staging(page.parent))
            (aside / page.name).write_text(html.render(report), encoding="utf-8")
        if path:
            aside = stack.enter_context(staging(path.parent))
            report = {**report, "rows": _write_rows(report, measurements, aside, path.stem)}
            text = json.dumps(report, allow_nan=False, ensure_ascii=False)
            (aside / path.name).write_text(text + "\n", encoding="utf-8")
    return report


def read(path: Path) -> Report:
    """Read ``report.json``.

    Raises:
        UserError: it is missing, not JSON, or not a report of this format.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}: give a report that act-profile wrote") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}): profile the artefact again") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise UserError(f"{path}: not an {FORMAT} report: profile the artefact again")
    return report


def _write_rows(
    report: Report, measurements: Sequence[Measurement], aside: Path, name: str
) -> dict[str, Any]:
    found = [_raw(each, report["cost"]) if each.rounds else {} for each in measurements]
    size = sum(len(raw[key]) for raw in found if raw for key in ("call", "n_call"))
    if size <= INLINE_LIMIT:
        return {"variants": [{k: v.tolist() for k, v in raw.items()} for raw in found]}
    file = f"{name}.rows.npz"
    arrays = {f"{k}.{key}": values for k, raw in enumerate(found) for key, values in raw.items()}
    np.savez_compressed(aside / file, allow_pickle=False, **arrays)
    return {"file": file}


def _raw(measurement: Measurement, cost: str) -> dict[str, Any]:
    """All columns of a variant: one entry a row, then (``n_``) one a time step of the data."""
    table, data = columns(measurement), calls(measurement)
    raw = asdict(table)
    counts = raw.pop("counts")
    if cost != "latency":
        del raw["nanoseconds"]
    return {
        **raw,
        **counts,
        "n_call": data.call,
        "n_ponder_steps": data.ponder_steps,
        "n_remainder": np.round(data.remainder, 6),
    }
