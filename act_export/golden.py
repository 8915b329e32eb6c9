"""``NAME.golden.npz``: real calls and the model's answers, to be checked on the device first."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from act_export.feeds import Samples
from act_export.form import Form
from act_export.interface import Interface
from act_export.reference import reference_steps
from act_export.subject import Subject

CALLS = 8
TIME_STEPS = 8
"""Of each call, where a call may have any number."""


def write_golden(
    path: Path, subject: Subject, interface: Interface, form: Form, samples: Samples
) -> None:
    """Write the first calls: every input and output by name, stacked along a new first axis."""
    if form.sequence == "dynamic":
        form = replace(form, sequence=TIME_STEPS)
    calls = list(islice(reference_steps(subject, interface, form, samples), CALLS))
    arrays = {t.name: np.stack([c.inputs[t.name] for c in calls]) for t in interface.inputs}
    arrays |= {t.name: np.stack([c.outputs[t.name] for c in calls]) for t in interface.outputs}
    np.savez(path, allow_pickle=False, **arrays)
