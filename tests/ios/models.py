"""Exports that ActKit's tests read: those of the Android library, and some that only iOS has."""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import partial
from pathlib import Path

from act_artefact.cache import cache, kept
from act_export import Options, export
from tests.android.cases import write_cases
from tests.android.models import EXPORTS, MODELS, Exported, exports

COREML = (
    *(Exported("charlm", "coreml", ponder, budget=True) for ponder in ("loop", "unroll", "host")),
    Exported("hops", "coreml", budget=True),
    Exported("maze", "coreml", budget=True),
)
"""As the demo has them."""

MORE = (
    *COREML,
    Exported("listen", "native", budget=True),
)
SAMPLES = 8


def put_exports(to: Path) -> Path:
    """Make a folder with the exports of ``put_cases``."""
    made = exports()
    # Named by the sources too, as those of Android are.
    key = hashlib.sha256(repr((made.name, MORE, SAMPLES)).encode())
    for name in sorted({each.model for each in MORE}):
        key.update((MODELS / name / "model.pt").read_bytes())
    more = cache() / "ios" / f"models-{key.hexdigest()[:16]}"
    for each in MORE:
        kept(more / each.name, partial(_make, each))
    # Files of the cache, under a second name where they can be: nothing writes to them.
    for folder in (made, more):
        shutil.copytree(folder, to, copy_function=_link, dirs_exist_ok=True)
    return to


def put_cases(to: Path) -> Path:
    """Write the cases that Kotlin's tests read, and more."""
    return write_cases(to, (*EXPORTS, *MORE))


def _make(each: Exported, to: Path) -> None:
    folder = MODELS / each.model
    options = Options(ponder=each.ponder, budget_inputs=each.budget, samples=SAMPLES)
    data = folder / "eval.npz"
    export(folder / "model.pt", each.target, output=to, data=data, options=options)


def _link(from_: str, to: str) -> None:
    try:
        os.link(from_, to)
    except OSError:
        shutil.copy2(from_, to)
