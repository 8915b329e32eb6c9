"""Answer golden calls in a client's own environment, which has numpy and nothing of the project.

``python PROGRAM JOB ANSWERS``: both are JSON files. The job has ``files`` (by part, or one under
""), ``parts`` as the manifest has them, and ``calls``, each a tensor by name; the answers have the
client's ``version``, and ``answers`` to all calls or the error with which it ``refused``. A tensor
is its ``dtype``, ``shape`` and, in base64, ``data``.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import numpy as np


def decode(tensor):
    data = np.frombuffer(b64decode(tensor["data"]), tensor["dtype"])
    return data.reshape(tensor["shape"])


def encode(value):
    value = np.asarray(value)
    data = b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"dtype": str(value.dtype), "shape": list(value.shape), "data": data}


def drive(parts, values, call):
    """Run the host form's parts, as docs/forms.md describes; an artefact of one piece is a part."""
    values, returned = dict(values), {}
    for part in parts:
        repeat = part["repeat"]
        while True:
            if repeat:
                limit = repeat["threshold"]
                limit = values[limit].item() if isinstance(limit, str) else limit
                if not values[repeat["progress"]].item() < limit:
                    break
            answer = call(part["name"], {name: values[name] for name in part["inputs"]})
            returned.update(answer)
            for name, value in answer.items():
                if name.endswith("_out"):
                    values[name[: -len("_out")]] = value
            if not repeat:
                break
    return returned


def main(version, load):
    """Answer the job of the command line.

    Args:
        version: the client's own.
        load: from ``files`` to a function of a part's name and inputs that returns its outputs.
    """
    job, answers = map(Path, sys.argv[1:])
    job = json.loads(job.read_text())
    done = {"version": version}
    try:
        call = load(job["files"])
        done["answers"] = []
        for values in job["calls"]:
            given = {name: decode(tensor) for name, tensor in values.items()}
            answer = drive(job["parts"], given, call)
            done["answers"].append({name: encode(value) for name, value in answer.items()})
    except Exception as error:
        # Whatever a runtime raises is its refusal.
        done["refused"] = f"{type(error).__name__}: {error}"
    answers.write_text(json.dumps(done))
