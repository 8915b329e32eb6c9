"""``NAME.golden.npz``: real calls and the model's answers, to be checked on the device first."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np

from act_export.interface import Interface
from act_export.program import Sequence
from act_export.reference import reference_steps
from act_export.samples import Samples
from act_mobile.model import ACTModel

CALLS = 8


def write_golden(
    path: Path, model: ACTModel, interface: Interface, samples: Samples, sequence: Sequence
) -> None:
    """Write the first calls: every input and output by name, stacked along a new first axis."""
    calls = list(islice(reference_steps(model, interface, samples, sequence), CALLS))
    arrays = {t.name: np.stack([c.inputs[t.name] for c in calls]) for t in interface.inputs}
    arrays |= {t.name: np.stack([c.outputs[t.name] for c in calls]) for t in interface.outputs}
    np.savez(path, allow_pickle=False, **arrays)
