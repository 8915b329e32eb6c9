"""Evaluation data as the calls of one artefact, and its answers as sequences again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from act_artefact.data import EvalFile
from act_artefact.errors import escaped
from act_artefact.feeds import Samples, feeds
from act_artefact.form import CallShape
from act_artefact.manifest import Manifest
from act_artefact.metrics import measure
from act_profiling.difficulty import Difficulty, by_difficulty
from act_profiling.front import weigh
from act_profiling.images import Images, chosen, images, pictured
from act_profiling.job import Call
from act_profiling.measurement import Answer, Metric, Sample
from act_profiling.rows import Row

Array = npt.NDArray[Any]

SAMPLE_TIME_STEPS = 160
"""Time steps in the stretch of data that a report shows with its ponder steps."""
SAMPLE_NUMBERS = 20_000
"""The most numbers in that stretch."""
SAMPLE_OF_TEXT = 800
"""Time steps in that stretch where the data are text."""
SAMPLE_OF_FEATURES = 480
"""Time steps in that stretch where the data are a picture of features over time."""
LONG, MANY = 50, 8
"""Time steps of a sequence, and features of a time step, from which on they are such a picture."""
MOST_LETTERS = 40
"""Characters of the name of a class."""


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
        self._channels = data.channels
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
        first = self.samples.sequences[0]
        most = SAMPLE_TIME_STEPS
        if self.manifest.vocabulary:
            most = SAMPLE_OF_TEXT
        elif features_over_time(*first.shape):
            most = SAMPLE_OF_FEATURES
        most = max(min(most, SAMPLE_NUMBERS // first[0].size), 1)
        count = max(int((lengths <= most).sum()), 1)
        inputs = np.concatenate(self.samples.sequences[:count])[:most]
        tokens = inputs.ndim == 1
        return Sample(
            np.concatenate(steps[:count])[:most],
            tokens=inputs if tokens else None,
            inputs=None if tokens else inputs.reshape(len(inputs), -1),
            vocabulary=self.manifest.vocabulary,
            starts=tuple(int(n) for n in (0, *lengths[: count - 1])),
            answers=self._answers(rows, count, most),
        )

    def _answers(self, rows: list[Row], count: int, most: int) -> tuple[Answer, ...]:
        """Name what was asked and said in the first sequences, where the classes have names."""
        samples, labels = self.samples, self.manifest.labels
        if not labels or samples.targets is None or samples.asked is None or not self.timed:
            return ()
        outputs = self._sequences(rows, "y")[:count]
        if samples.targets[0].ndim != 1 or outputs[0].shape[1:] != (len(labels),):
            return ()
        found: list[Answer] = []
        start = 0
        for y, target, asked in zip(outputs, samples.targets, samples.asked, strict=False):
            found += answers(labels, start, target, y.argmax(-1), asked)
            start += len(y)
        return tuple(replace(each, end=min(each.end, most)) for each in found if each.start < most)

    def pictured(self, rows: list[Row]) -> list[tuple[int, int | None, int]]:
        """Choose images to show: number, difficulty and N; none where the data are no images."""
        if self.timed or not pictured(self.samples):
            return []
        steps = [int(each.sum()) for each in self._sequences(rows, "ponder_steps")]
        known = None if self._difficulties is None else [int(each) for each in self._difficulties]
        numbers = chosen(steps if known is None else known)
        return [(n, None if known is None else known[n], steps[n]) for n in numbers]

    def calls_of(self, items: Sequence[int]) -> list[int]:
        """The calls that these items are in."""
        places = enumerate(self.calls)
        return [k for k, call in places if any(p[0] in items and p[2] for p in call.places)]

    def answers_to(self, items: Sequence[int], rows: list[Row], calls: list[int]) -> dict[int, Any]:
        """The output y for each item, from rows of ``calls``, a part of all calls."""
        found = {}
        for row in rows:
            places = self.calls[calls[row.call]].places
            for y, (item, _, length) in zip(row.outputs["y"], places, strict=True):
                if length and item in items:
                    found[item] = y
        return found

    def images(
        self,
        items: list[tuple[int, int | None, int]],
        final: dict[int, Any],
        before: dict[int, dict[int, Any]],
    ) -> Images:
        """Put the chosen items and the answers to them together."""
        labels = self.manifest.labels
        return images(self.samples, self._channels, labels, items, final, before)


def features_over_time(time_steps: int, *features: int) -> bool:
    """True if sequences are long, and of so many features that they are best seen as a picture."""
    return time_steps >= LONG and len(features) == 1 and features[0] >= MANY


def answers(
    labels: Sequence[str], start: int, target: Array, said: Array, asked: Array
) -> Iterator[Answer]:
    """Yield the stretches of a sequence in which the class asked for and the one said are the same.

    Args:
        start: of the sequence.
        target: (T,) classes; said: (T,); asked: (T,) bool.
    """
    steps = [(int(t), int(s)) if on else None for t, s, on in zip(target, said, asked, strict=True)]
    for pair, run in groupby(steps):
        length = len(list(run))
        if pair is not None:
            names = (labels[k] if 0 <= k < len(labels) else str(k) for k in pair)
            yield Answer(start, start + length, *(escaped(name, MOST_LETTERS) for name in names))
        start += length
