"""Exports that ActKit's tests read: those of the Android library, and two that only ActKit runs."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from act_artefact.cache import kept
from act_export import Options, export
from tests.android.cases import write_cases
from tests.android.models import EXPORTS, MODELS, SAMPLES, Exported, exports

LISTEN = Exported("listen", "native", budget=True)


def put_exports(to: Path) -> Path:
    """Make a folder with an export for each of Android's, ``maze-native`` and one of ``listen``."""
    made = exports()
    for name in (LISTEN.name, "maze-native"):
        kept(made / name, partial(_make, name.split("-")[0]))
    # Files of the cache, under a second name where they can be: nothing writes to them.
    shutil.copytree(made, to, copy_function=_link)
    return to


def put_cases(to: Path) -> Path:
    """Write the cases that Kotlin's tests read, and one of ``listen``."""
    return write_cases(to, (*EXPORTS, LISTEN))


def _make(model: str, to: Path) -> None:
    folder = MODELS / model
    options = Options(ponder="loop", budget_inputs=True, samples=SAMPLES)
    export(folder / "model.pt", "native", output=to, data=folder / "eval.npz", options=options)


def _link(from_: str, to: str) -> None:
    try:
        os.link(from_, to)
    except OSError:
        shutil.copy2(from_, to)
