"""Evaluation data as the calls of one artefact, and its answers as sequences again."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.data import EvalFile
from act_artefact.feeds import Samples, feeds
from act_artefact.form import CallShape
from act_artefact.manifest import Manifest
from act_artefact.metrics import measure
from act_profiling.difficulty import Difficulty, by_difficulty
from act_profiling.front import weigh
from act_profiling.job import Call
from act_profiling.measurement import Metric, Sample
from act_profiling.rows import Row

Array = npt.NDArray[Any]

SAMPLE_TIME_STEPS = 160
"""Time steps in the stretch of data that a report shows with its ponder steps."""
SAMPLE_NUMBERS = 20_000
"""The most numbers in that stretch."""
SAMPLE_OF_TEXT = 800
"""Time steps in that stretch where the data are text."""


class ArtefactCalls:
    """The calls of one artefact, made of evaluation data.

    Raises:
        UserError: the data do not fit the artefact.
    """

    def __init__(self, manifest: Manifest, data: EvalFile) -> None:
        self.manifest = manifest
        shape = CallShape(sequence=manifest.sequence, batch=manifest.batch)
        tensors = manifest.interface.data_inputs
        vocab_size = manifest.model.get("vocab_size") if tensors[0].dtype == "int32" else None
        wanted = [tensor.data_input(len(shape.time), vocab_size) for tensor in tensors]
        self.samples: Samples = data.samples(tuple(wanted))
        self._difficulties, self._difficulty_name = data.difficulties(), data.difficulty_name
        found = list(feeds(self.samples, shape))
        self.timed = bool(shape.time)
        self.calls = [
            Call(
                feed.inputs,
                feed.fresh,
                places=tuple((p.sequence, p.start, p.length) for p in feed.places),
                others=feed.others,
            )
            for feed in found
        ]
        self.first_calls = tuple(i for i, feed in enumerate(found) if feed.fresh.all())

    def first(self, calls: int) -> tuple[list[Call], tuple[int, ...]]:
        """Return the first so many calls, or all, and those with which sequences begin."""
        return self.calls[:calls], tuple(call for call in self.first_calls if call < calls)

    def _sequences(self, rows: list[Row], name: str) -> list[Array]:
        """Put an output of every sequence together from the calls that it was cut into."""
        parts: list[list[Array]] = [[] for _ in self.samples.sequences]
        for row in rows:
            values = row.outputs[name] if self.timed else row.outputs[name][:, None]
            for value, (sequence, _, length) in zip(
                values, self.calls[row.call].places, strict=True
            ):
                if length:
                    parts[sequence].append(value[:length])
        return [np.concatenate(part) for part in parts]

    def metric(self, rows: list[Row]) -> Metric | None:
        """Judge the answers, where the data say what is asked."""
        samples = self.samples
        if not samples.judged:
            return None
        assert samples.metric is not None
        assert samples.targets is not None
        assert samples.asked is not None
        outputs, targets, asked = self._sequences(rows, "y"), samples.targets, samples.asked
        scores = [
            measure(samples.metric, [y], [target], [where])
            for y, target, where in zip(outputs, targets, asked, strict=True)
            if where.any()
        ]
        return Metric(
            samples.metric,
            measure(samples.metric, outputs, targets, asked),
            np.array(scores),
            weigh(samples.metric, [int(where.sum()) for where in asked if where.any()]),
        )

    def difficulty(self, rows: list[Row], metric: Metric | None) -> Difficulty | None:
        """Group N and the metric by difficulty, where the data have it."""
        if self._difficulties is None:
            return None
        steps = [each.sum(-1) for each in self._sequences(rows, "ponder_steps")]
        scores = None if metric is None else metric.scores
        return by_difficulty(self._difficulty_name, self._difficulties, steps, scores)

    def sample(self, rows: list[Row]) -> Sample:
        """Return the first sequences, with their ponder steps."""
        steps = self._sequences(rows, "ponder_steps")
        lengths = np.cumsum([len(each) for each in steps])
        most = SAMPLE_OF_TEXT if self.manifest.vocabulary else SAMPLE_TIME_STEPS
        width = self.samples.sequences[0][0].size
        most = max(min(most, SAMPLE_NUMBERS // width), 1)
        count = max(int((lengths <= most).sum()), 1)
        inputs = np.concatenate(self.samples.sequences[:count])[:most]
        tokens = inputs.ndim == 1
        return Sample(
            np.concatenate(steps[:count])[:most],
            tokens=inputs if tokens else None,
            inputs=None if tokens else inputs.reshape(len(inputs), -1),
            vocabulary=self.manifest.vocabulary,
            starts=tuple(int(n) for n in (0, *lengths[: count - 1])),
        )
