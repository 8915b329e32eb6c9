"""``docs/compatibility.md``: the recorded outcomes as tables."""

from __future__ import annotations

from pathlib import Path

from act_artefact.targets import TARGETS
from tests.clients.client import Client
from tests.clients.clients import CLIENTS
from tests.clients.exports import ROWS, Row
from tests.clients.known import KNOWN, Known, known

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"

HEAD = """\
# Other people's runtimes
Each cell is a test: that release answers the golden bundle of a fresh export, in an environment
that has nothing else of this project. *works*: N is equal and every output is within the bundle's
tolerances. The numbers lead to the causes below. Written by **make compatibility**, which runs all
of it.

Everything runs on the CPU of an x86-64 machine; onnxruntime-web and LiteRT.js are their WebAssembly
builds, in a page of headless Chromium. `charlm` and `parity` are the
[shipped models](../models/README.md), `images` is an [iterated net](models.md). After the kind of
[ponder loop](forms.md) stand: `dynamic`, any number of time steps a call; `T4`, four of them;
`batch4`, four rows; `budget`, with budget inputs; `any-size`, images of any size.
"""

TAIL = """\
## Notes
- `.ort` files are made by onnxruntime's own converter. Those of fp16 exports are as large as those
  of fp32: an fp16 export stores weights in half precision with a Cast behind each, and the
  converter computes the Casts. It leaves them, and the weights half as large, with
  `ORT_CONVERT_ONNX_MODELS_TO_ORT_OPTIMIZATION_LEVEL=disable`, at some cost in speed.
- OpenVINO computes in bfloat16 on processors that have it, which is too coarse here: set
  `INFERENCE_PRECISION_HINT` to `f32`, as these tests do. It knows the tensors of a TFLite file by
  other names: `x` is `serving_default_x`, and `y` is `serving_default_y_output`.
- onnxruntime's `symbolic_shape_infer` (1.32.0) fails on what follows a ReduceMax (unrolled ponder
  steps, iterated nets), whose axes are an input since opset 18. No client above needs it.
"""


def render() -> str:
    """Return the page's text."""
    causes: list[str] = []
    tables = [_table(target, causes) for target in ("onnx", "tflite")]
    numbered = [f"{number}. {cause}." for number, cause in enumerate(causes, 1)]
    return "\n".join([HEAD, *tables, "## Causes", *numbered, "", TAIL])


def _table(target: str, causes: list[str]) -> str:
    clients = [client for client in CLIENTS if client.target == target]
    rows = [
        [row.model, row.form, row.precision, *(_cell(client, row, causes) for client in clients)]
        for row in ROWS
        if target in row.targets
    ]
    head = ["model", "form", "precision", *map(str, clients)]
    lines = [head, ["---"] * len(head), *rows]
    title = f"## {TARGETS[target].suffix} files"
    return "\n".join([title, *(f"| {' | '.join(line)} |" for line in lines), ""])


def _cell(client: Client, row: Row, causes: list[str]) -> str:
    record = known(client, row)
    if record is None:
        return "works"
    cause = f"{client}: {record.cause}"
    if cause not in causes:
        causes.append(cause)
    return f"{record.verdict} [{causes.index(cause) + 1}](#causes)"


def unused() -> list[Known]:
    """Return the records that name no client and export."""
    pairs = [(c, row) for c in CLIENTS for row in ROWS if c.target in row.targets]
    return [each for each in KNOWN if not any(each.names(*pair) for pair in pairs)]
