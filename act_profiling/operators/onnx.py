"""ONNX Runtime's profile: a JSON list of events, one for each run of an operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from act_artefact.errors import CheckFailed

BODIES = ("Loop", "If", "Scan")


def read(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield operator type, nanoseconds and runs, of the whole run.

    Raises:
        CheckFailed: the file is not such a profile.
    """
    try:
        for event in json.loads(path.read_text(encoding="utf-8", errors="replace")):
            if event["cat"] == "Node" and event["name"].endswith("_kernel_time"):
                yield event["args"]["op_name"], 1000 * int(event["dur"]), 1
    except (ValueError, KeyError, TypeError) as error:
        raise CheckFailed(f"{path.name}: not a profile of ONNX Runtime's ({error!r})") from None
