"""Each task's batches against a slow reading of their own inputs."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from act_mobile.tasks import TASKS, task_class
from act_mobile.tasks.addition import Addition
from act_mobile.tasks.charlm import SHIPPED, CharLM
from act_mobile.tasks.logic import Logic
from act_mobile.tasks.mnist1d import MNIST1D
from act_mobile.tasks.parity import Parity
from act_mobile.tasks.sort import Sort
from act_mobile.tasks.task import Batch

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=25, deadline=None)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(a: Batch, b: Batch) -> bool:
    return all(
        x is y if x is None or y is None else torch.equal(x, y) for x, y in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("name", TASKS)
def test_the_generator_alone_decides(name: str) -> None:
    first, second = task_class(name)(), task_class(name)()
    draw = generator(5)
    once = first.batch(7, draw)
    torch.manual_seed(99)
    assert same(second.batch(7, generator(5)), once)
    assert not same(first.batch(7, draw), once)
    assert same(first.evaluation, second.evaluation)


@pytest.mark.parametrize("name", TASKS)
def test_shapes_and_types(name: str) -> None:
    task = task_class(name)()
    batch = task.batch(5, generator())
    config = task.config(hidden_size=4)
    assert batch.targets.dtype == torch.int64
    assert batch.targets.shape[:2] == batch.inputs.shape[:2]
    if config.vocab_size is None:
        assert batch.inputs.dtype == torch.float32
        assert batch.inputs.shape[2] == config.input_size
    else:
        assert batch.inputs.dtype == torch.int64
        assert 0 <= batch.inputs.min() <= batch.inputs.max() < config.vocab_size
    questions = batch.targets.shape[2] if batch.targets.dim() == 3 else 1
    assert batch.targets.max() < max(2, config.output_size // questions)
    assert not (batch.asked & ~batch.running).any()
    assert task.difficulty(batch).shape in (batch.asked.shape, batch.asked.shape[:1])


@quick
@given(st.integers(1, 80), seeds)
def test_parity(bits: int, seed: int) -> None:
    task = Parity(bits)
    batch = task.batch(20, generator(seed))
    for row, target, difficulty in zip(
        batch.inputs[:, 0].tolist(), batch.targets[:, 0].tolist(), task.difficulty(batch).tolist(),
        strict=True,
    ):  # fmt: skip
        assert set(row) <= {-1.0, 0.0, 1.0}
        assert target == row.count(1.0) % 2
        assert difficulty == len(row) - row.count(0.0) >= 1


def test_parity_draws_counts_places_and_signs_evenly() -> None:
    task = Parity(8)
    batch = task.batch(40_000, generator())
    x = batch.inputs[:, 0]
    counts = task.difficulty(batch).bincount(minlength=9)[1:]
    assert counts.min() > 4700
    assert counts.max() < 5300
    places = (x != 0).float().mean(0)
    assert torch.allclose(places, torch.full((8,), 4.5 / 8), atol=0.02)
    assert x.mean().abs() < 0.01


def gate(name: str, p: int, q: int) -> int:
    """The gates by their meaning, not by their tables."""
    return int(
        {
            "NOR": not (p or q),
            "Xq": not p and q,
            "ABJ": p and not q,
            "XOR": p != q,
            "NAND": not (p and q),
            "AND": p and q,
            "XNOR": p == q,
            "if/then": not p or q,
            "then/if": p or not q,
            "OR": p or q,
        }[name]
    )


NAMES = ["NOR", "Xq", "ABJ", "XOR", "NAND", "AND", "XNOR", "if/then", "then/if", "OR"]


@quick
@given(st.integers(1, 12), st.integers(1, 12), seeds)
def test_logic(gates: int, length: int, seed: int) -> None:
    task = Logic(gates, length)
    batch = task.batch(6, generator(seed))
    difficulty = task.difficulty(batch)
    assert batch.lengths is not None
    assert 1 <= batch.lengths.min() <= batch.lengths.max() == batch.inputs.shape[1] <= length
    for row, steps in enumerate(batch.lengths.tolist()):
        for t in range(batch.inputs.shape[1]):
            bits = batch.inputs[row, t, :2].int().tolist()
            chunks = batch.inputs[row, t, 2:].view(gates, 10)
            used = chunks.sum(1).tolist()
            if t >= steps:
                assert not any(bits)
                assert sum(used) == 0
                continue
            count = int(sum(used))
            assert used == [1.0] * count + [0.0] * (gates - count)
            assert difficulty[row, t] == count >= 1
            if t > 0:
                assert bits[0] == 0
                bits[0] = int(batch.targets[row, t - 1])
            for chunk in chunks[:count]:
                bits.append(gate(NAMES[int(chunk.argmax())], p=bits[-1], q=bits[-2]))
            assert batch.targets[row, t] == bits[-1]


@quick
@given(st.integers(1, 8), st.integers(2, 7), seeds)
def test_addition(digits: int, numbers: int, seed: int) -> None:
    task = Addition(digits, numbers)
    batch = task.batch(6, generator(seed))
    difficulty = task.difficulty(batch)
    assert batch.lengths is not None
    assert batch.lengths.min() >= 2
    assert batch.targets.shape[2] * 11 == task.config(hidden_size=1).output_size
    for row, steps in enumerate(batch.lengths.tolist()):
        total = 0
        for t in range(batch.inputs.shape[1]):
            assert batch.asked[row, t] == (0 < t < steps)
            places = batch.inputs[row, t].view(digits, 10)
            if t >= steps:
                assert places.sum() == 0
                continue
            count = int(places.sum())
            assert difficulty[row, t] == count >= 1
            total += int("".join(str(int(place.argmax())) for place in places[:count]))
            if t > 0:
                written = [int(d) for d in str(total)]
                ends = [10] * (batch.targets.shape[2] - len(written))
                assert batch.targets[row, t].tolist() == written + ends


@quick
@given(st.integers(2, 20), seeds)
def test_sort(numbers: int, seed: int) -> None:
    task = Sort(numbers)
    batch = task.batch(6, generator(seed))
    difficulty = task.difficulty(batch)
    assert batch.lengths is not None
    for row, steps in enumerate(batch.lengths.tolist()):
        count = steps // 2
        assert difficulty[row] == count
        assert 2 <= count <= numbers
        values, flags = batch.inputs[row].unbind(-1)
        assert flags.nonzero().tolist() == [[count - 1]]
        assert not values[count:].any()
        order = sorted(range(count), key=values[:count].tolist().__getitem__)
        assert batch.targets[row, count:steps].tolist() == order
        assert batch.asked[row].nonzero().squeeze(-1).tolist() == list(range(count, steps))


@quick
@given(st.integers(1, 300), seeds)
def test_charlm(length: int, seed: int) -> None:
    text = SHIPPED.read_bytes()
    task = CharLM(length=length)
    split = len(text) * 9 // 10
    for batch, part in (
        (task.batch(4, generator(seed)), text[:split]),
        (task.evaluation, text[split:]),
    ):
        inputs, targets = bytes(batch.inputs[-1].tolist()), bytes(batch.targets[-1].tolist())
        assert len(inputs) == length
        assert inputs[1:] == targets[:-1]
        assert inputs + targets[-1:] in part


def test_charlm_names_what_kind_a_byte_is() -> None:
    task = CharLM()
    assert task.difficulty_labels is not None
    tokens = torch.tensor([list(b"aZ \n,3\xe9")])
    kinds = task.difficulty(Batch(tokens, tokens))[0].tolist()
    named = [task.difficulty_labels[kind] for kind in kinds]
    assert named == ["letter", "capital", "space", "line end", "other", "other", "other"]


def test_mnist1d_asks_once_and_leaves_the_process_s_generators_alone() -> None:
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    task = MNIST1D()
    evaluation = task.evaluation
    assert random.getstate() == states[0]
    assert np.random.get_state()[1].tolist() == states[1]
    assert torch.equal(torch.get_rng_state(), states[2])
    assert evaluation.inputs.shape == (1000, 40, 1)
    assert evaluation.asked.sum(1).eq(1).all()
    assert evaluation.asked[:, -1].all()
    assert torch.equal(task.difficulty(evaluation), evaluation.targets[:, -1])
    assert evaluation.targets[:, -1].unique().tolist() == list(range(10))
    rows = {tuple(row) for row in evaluation.inputs.squeeze(-1).tolist()}
    drawn = task.batch(500, generator()).inputs.squeeze(-1).tolist()
    assert not any(tuple(row) in rows for row in drawn)
