"""The golden bundle as the page keeps it: what it compares, deflated."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from act_artefact.golden import ON_THRESHOLD, TOLERANCE
from act_artefact.manifest import read_manifest
from act_artefact.npz import read_npz

ENDING = ".golden.npz"


def page_bundle(path: Path) -> bytes:
    """Return ``NAME.golden.npz`` without what the page does not read.

    The page is a demonstration that the answers are the model's: it compares y and N of each call
    (``page/golden.js``). States and remainders after a call are compared by act-export, and by
    apps that read the whole bundle.

    Raises:
        UserError: the bundle, or the manifest beside it, is missing or damaged.
    """
    manifest = read_manifest(path.with_name(path.name.removesuffix(ENDING) + ".manifest.json"))
    asked = {tensor.name for tensor in manifest.interface.inputs}
    kept = {*asked, "y", f"y{TOLERANCE}", "ponder_steps", ON_THRESHOLD}
    arrays = read_npz(path, follow=False)
    content = io.BytesIO()
    named = {name: array for name, array in arrays.items() if name in kept}
    np.savez_compressed(content, allow_pickle=False, **named)
    return content.getvalue()
