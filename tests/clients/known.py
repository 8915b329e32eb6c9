"""Recorded failures: which client does not run which exports, in what words, and why.

Everything else works. The first entry that names a client and an export is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.clients.client import Client
from tests.clients.exports import Row
from tests.clients.judge import Verdict


@dataclass(frozen=True)
class Known:
    """One cause, and the exports that it concerns in one client."""

    client: str
    target: str
    rows: tuple[str, ...]
    """Patterns of names of exports."""
    message: str
    """A part of what the client says, or of how it differs."""
    cause: str
    """The reason, as the page has it."""
    verdict: Verdict = "refuses"

    def names(self, client: Client, row: Row) -> bool:
        if not fnmatchcase(str(client), self.client) or client.target != self.target:
            return False
        return any(fnmatchcase(row.name, pattern) for pattern in self.rows)


# To be mended in the artefacts: once they are, the entry goes, and those below it apply.
OURS = (
    Known(
        "OpenVINO *",
        "tflite",
        ("charlm-*-fp16",),
        "either input, constant or should be already produced",
        "ai-edge-quantizer 0.10.0 keeps constants of 256 KiB and more outside the flatbuffer, and "
        "writes the code of DEQUANTIZE in the schema's newer field alone",
    ),
    Known(
        "OpenVINO *",
        "tflite",
        ("*-fp16",),
        "Chosen Builtin Option is not accessible",
        "ai-edge-quantizer 0.10.0 writes the code of DEQUANTIZE in the schema's newer field alone, "
        "and the older one reads as ADD",
    ),
)

KNOWN = (
    *OURS,
    Known(
        "onnxruntime 1.14.1",
        "onnx",
        ("*-int8",),
        "MatMulNBits",
        "products with 8-bit weights came with ONNX Runtime 1.22",
    ),
    Known(
        "OpenVINO *",
        "tflite",
        ("*-host-*",),
        "signature",
        "it has no signatures: it reads the first part of a host form, and no other",
    ),
    Known(
        "OpenVINO *",
        "tflite",
        ("*-dynamic-*",),
        "UNSORTED_SEGMENT_PROD",
        "it has no UNSORTED_SEGMENT_PROD, which a size is found by, and no loop in a loop",
    ),
    Known(
        "OpenVINO *",
        "tflite",
        ("*-T4-*",),
        "Incorrect subgraph idx",
        "it has no loop in a loop",
    ),
    Known(
        "tflite-runtime *",
        "tflite",
        ("*-int8",),
        "An older version of this builtin might be supported",
        "its kernels have one scale for a whole weight; the export has one for each row",
    ),
    Known(
        "LiteRT.js *",
        "tflite",
        ("*-dynamic-*",),
        "does not match expected ranked tensor type",
        "it cannot resize an input: export a number of time steps",
    ),
)


def known(client: Client, row: Row) -> Known | None:
    """Find the record of a client and an export; None where it works."""
    return next((each for each in KNOWN if each.names(client, row)), None)
