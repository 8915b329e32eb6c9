"""``report.json`` with its raw rows, ``report.html``: written all or none, and read again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from act_artefact.errors import UserError
from act_artefact.schema import read_json
from act_artefact.staging import check_output, staging
from act_profiling.measurement import Measurement
from act_profiling.report import html
from act_profiling.report.build import FORMAT, Report
from act_profiling.report.columns import calls, columns
from act_profiling.report.schema import ReportFile

INLINE_LIMIT = 20_000
"""Rows and time steps of all variants, above which they lie in ``NAME.rows.npz`` beside."""

LIMIT = 64 << 20
"""Bytes of a report that is read: rows of more than :data:`INLINE_LIMIT` lie beside it."""

SCHEMA = Path(__file__).parent / "report.schema.json"


class _Format(msgspec.Struct):
    """The entry that tells a report from other JSON."""

    format: str = ""


def check_paths(reports: Iterable[tuple[Path | None, Path | None]]) -> None:
    """Refuse paths that reports cannot be written to, before anything is measured for them.

    Args:
        reports: ``path`` and ``page`` of :func:`write`, for each report.

    Raises:
        UserError: two files have one path; or see :func:`act_artefact.staging.check_output`.
    """
    seen = set()
    for path, page in reports:
        for file in filter(None, (path, page)):
            if file.name in ("", ".."):
                raise UserError(f"{file}: is a folder: give the name of a file in it")
        rows = path and path.with_name(_rows_name(path))
        for file in filter(None, (path, rows, page)):
            check_output(file)
            whole = file.parent.resolve() / file.name
            if whole in seen:
                raise UserError(f"{file}: two outputs have this path: give another -o or --html")
            seen.add(whole)


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
        UserError: a folder cannot be written to, or is full, or something other than a regular file
            is in the way; then nothing is left behind.
    """
    with staging(each.parent for each in (path, page) if each) as aside:
        if page:
            (aside[page.parent] / page.name).write_text(html.render(report), encoding="utf-8")
        if path:
            folder = aside[path.parent]
            report = {**report, "rows": _write_rows(report, measurements, folder / path.name)}
            text = json.dumps(report, allow_nan=False, ensure_ascii=False)
            (folder / path.name).write_text(text + "\n", encoding="utf-8")
    return report


def read(path: Path) -> Report:
    """Read ``report.json``.

    Raises:
        UserError: it is missing, not JSON, not a report of this format, or not a whole one.
    """
    try:
        if read_json(path, LIMIT, _Format).format != FORMAT:
            raise UserError(f"{path}: not an {FORMAT} report")
        return msgspec.to_builtins(read_json(path, LIMIT, ReportFile))
    except UserError as error:
        raise UserError(f"{error}: give a report that act-profile wrote") from None


def _rows_name(path: Path) -> str:
    return f"{path.stem}.rows.npz"


def _write_rows(report: Report, measurements: Sequence[Measurement], path: Path) -> dict[str, Any]:
    found = [_raw(each, report["cost"]) if each.rounds else {} for each in measurements]
    size = sum(len(raw[key]) for raw in found if raw for key in ("call", "n_call"))
    if size <= INLINE_LIMIT:
        return {"variants": [{k: v.tolist() for k, v in raw.items()} for raw in found]}
    file = path.with_name(_rows_name(path))
    arrays = {f"{k}.{key}": values for k, raw in enumerate(found) for key, values in raw.items()}
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return {"file": file.name}


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
