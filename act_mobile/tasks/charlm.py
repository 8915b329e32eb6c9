"""Character prediction (Graves 2016, section 3.5, there on Wikipedia): which byte comes next?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from act_artefact.errors import UserError
from act_mobile.model import ACTConfig
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.recipe import Recipe
from act_mobile.tasks.task import Metric, Task, own_file, size

SHIPPED = Path(__file__).parent / "data" / "shakespeare.txt"
EMBEDDING = 64


@dataclass(frozen=True)
class CharLM(Task):
    """Windows of ``length`` bytes of a text, each byte's target the byte after it.

    Training windows lie anywhere in the first 90 %, evaluation windows evenly in the last 10 %; all
    start from the zero state. tokens: (B, length), targets: (B, length). The difficulty of a time
    step is the kind of the byte it reads.
    """

    name: ClassVar[str] = "charlm"
    metric: ClassVar[Metric] = "bits_per_char"
    vocabulary: ClassVar[str | None] = "bytes"
    recipe: ClassVar[Recipe] = Recipe("lstm", 128, 32, 10, 1e-3, 2e-3, 20_000)
    difficulty_name: ClassVar[str] = "byte read"
    difficulty_labels: ClassVar[tuple[str, ...] | None] = (
        "letter",
        "capital",
        "space",
        "line end",
        "other",
    )
    evaluation_rows: ClassVar[int] = 256

    text: str | None = own_file("text file; else plays of Shakespeare")
    length: int = size(100, 1, 100_000, "bytes of a window")

    @cached_property
    def _parts(self) -> tuple[Tensor, Tensor]:
        """The bytes for training and for evaluation, int64."""
        contents = SHIPPED.read_bytes() if self.text is None else self.own_files["text"]
        split = len(contents) * 9 // 10
        if len(contents) - split <= self.length:
            raise UserError(
                f"{self.text or SHIPPED}: {len(contents)} bytes are too few for windows of "
                f"{self.length}: it takes at least {10 * (self.length + 1)}"
            )
        data = torch.frombuffer(bytearray(contents), dtype=torch.uint8).long()
        return data[:split], data[split:]

    @property
    def held_out(self) -> Tensor:
        """The text for evaluation, as tokens: (bytes,) int64."""
        return self._parts[1]

    def config(self, **model: Any) -> ACTConfig:
        return ACTConfig(input_size=EMBEDDING, output_size=256, vocab_size=256, **model)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        text = self._parts[0]
        starts = torch.randint(len(text) - self.length, (size,), generator=generator)
        return _windows(text, starts, self.length)

    @cached_property
    def evaluation(self) -> Batch:
        text = self.held_out
        rows = min(self.evaluation_rows, (len(text) - 1) // self.length)
        starts = torch.linspace(0, len(text) - 1 - self.length, rows, dtype=torch.float64).long()
        return _windows(text, starts, self.length)

    def difficulty(self, batch: Batch) -> Tensor:
        return _KINDS[batch.inputs]


def _windows(text: Tensor, starts: Tensor, length: int) -> Batch:
    windows = text[starts[:, None] + torch.arange(length + 1)]
    return Batch(windows[:, :-1], windows[:, 1:])


def _kind(byte: int) -> int:
    character = chr(byte)
    tests = (character.islower(), character.isupper(), character == " ", character == "\n", True)
    return tests.index(True)


_KINDS = torch.tensor([_kind(byte) if byte < 128 else 4 for byte in range(256)])

TASK = CharLM
