"""Every export in every client: it works, or fails in the recorded way.

``ACT_CLIENTS=quick`` leaves one small export in each client that installs in seconds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.client import Client
from tests.clients.clients import CLIENTS
from tests.clients.clients.ort_format import CLIENT as ORT_FORMAT
from tests.clients.exports import QUICK, ROWS, Artefact, Row
from tests.clients.judge import outcome
from tests.clients.known import known

pytestmark = pytest.mark.clients

Export = Callable[[Row, str], Artefact]
Install = Callable[[Client], Path]

IS_QUICK = os.environ.get("ACT_CLIENTS") == "quick"


def cases() -> Iterator[Any]:
    for client in CLIENTS:
        rows = [QUICK] * client.quick if IS_QUICK else ROWS
        for row in rows:
            if client.target in row.targets:
                yield pytest.param(client, row, id=f"{client}, {client.target}-{row.name}")


@pytest.mark.parametrize(("client", "row"), list(cases()))
def test_answers_the_golden_bundle(
    client: Client, row: Row, exported: Export, installed: Install, tmp_path: Path
) -> None:
    folder = installed(client)
    found = outcome(client, folder, exported(row, client.target), tmp_path)
    record = known(client, row)
    if record is None:
        assert found.verdict == "works", f"{found.verdict}: {found.message}"
    else:
        assert found.verdict == record.verdict, f"known.py has: {record.cause}; {found.message}"
        assert record.message in found.message


@pytest.mark.skipif(IS_QUICK, reason="left out of a quick run")
def test_ort_files_hold_wide_weights(exported: Export, installed: Install, tmp_path: Path) -> None:
    """onnxruntime 1.32.0 folds the Cast of each fp16 weight when it converts, at any level.

    When this fails, the paragraph about .ort files in ``table.py`` is out of date.
    """
    folder = installed(ORT_FORMAT)
    sizes = {}
    for precision in ("fp32", "fp16"):
        (row,) = (row for row in ROWS if row.name == f"charlm-loop-{precision}")
        scratch = tmp_path / precision
        scratch.mkdir()
        (path,) = ORT_FORMAT.files(exported(row, "onnx"), folder, scratch).values()
        sizes[precision] = path.stat().st_size
    assert sizes["fp16"] > 0.95 * sizes["fp32"]
