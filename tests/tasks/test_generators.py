"""Each task's batches against a slow reading of their own inputs."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from act_artefact.errors import UserError
from act_mobile.models import build
from act_mobile.tasks import task_class
from act_mobile.tasks.addition import Addition
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.charlm import SHIPPED, CharLM
from act_mobile.tasks.hops import Hops
from act_mobile.tasks.logic import Logic
from act_mobile.tasks.maze import ABOVE, BELOW, GOAL, INSIDE, LEFT, RIGHT, START, Maze, mazes
from act_mobile.tasks.mnist1d import MNIST1D
from act_mobile.tasks.parity import Parity
from act_mobile.tasks.sort import Sort
from tests.tasks.made import MADE

seeds = st.integers(0, 2**32 - 1)
quick = settings(max_examples=25, deadline=None)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(a: Batch, b: Batch) -> bool:
    return all(
        torch.equal(x, y) if isinstance(x, torch.Tensor) and isinstance(y, torch.Tensor) else x is y
        for x, y in zip(a, b, strict=True)
    )


@pytest.mark.parametrize("name", MADE)
def test_the_generator_alone_decides(name: str) -> None:
    first, second = task_class(name)(), task_class(name)()
    draw = generator(5)
    once = first.batch(7, draw)
    torch.manual_seed(99)
    assert same(second.batch(7, generator(5)), once)
    assert not same(first.batch(7, draw), once)
    assert same(first.evaluation, second.evaluation)


@pytest.mark.parametrize("name", MADE)
def test_shapes_and_types(name: str) -> None:
    task = task_class(name)()
    batch = task.batch(5, generator())
    config = task.config(hidden_size=4)
    assert batch.timed == config.timed
    assert batch.targets.dtype == torch.int64
    if config.timed:
        assert batch.targets.shape[:2] == batch.inputs.shape[:2]
        assert not (batch.asked & ~batch.running).any()
    if config.vocab_size is None:
        assert batch.inputs.dtype == torch.float32
        assert task.evaluation.inputs.shape[1 + config.timed :] == config.features
    else:
        assert batch.inputs.dtype == torch.int64
        assert 0 <= batch.inputs.min() <= batch.inputs.max() < config.vocab_size
    output = build(config)(task.batch(2, generator()).inputs).output
    assert batch.places(output)[0].shape[2] == output.shape[-1]
    questions = batch.targets.shape[2] if config.timed and batch.targets.dim() == 3 else 1
    assert batch.targets.max() < max(2, output.shape[-1] // questions)
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


@quick
@given(st.integers(2, 9), st.integers(1, 9), st.integers(1, 100), seeds)
def test_hops(nodes: int, hops: int, ratio: int, seed: int) -> None:
    task = Hops(nodes, hops, ratio)
    batch = task.batch(20, generator(seed))
    table = batch.inputs[:, 0, : nodes * nodes].view(-1, nodes, nodes).argmax(2)
    first = batch.inputs[:, 0, nodes * nodes : -hops].argmax(1)
    for pointers, node, count, target in zip(
        table.tolist(), first.tolist(), task.difficulty(batch).tolist(),
        batch.targets[:, 0].tolist(), strict=True,
    ):  # fmt: skip
        assert sorted(pointers) == list(range(nodes))
        here = node
        for _ in range(count):
            here = pointers[here]
        assert here == target


def test_hops_draws_each_count_less_often_than_the_one_before() -> None:
    counts = Hops(4, 3, 50).difficulty(Hops(4, 3, 50).batch(28_000, generator())).bincount()
    assert counts[0] == 0
    for count, expected in zip(counts[1:].tolist(), (16_000, 8_000, 4_000), strict=True):
        assert abs(count - expected) < 400


STEPS = {RIGHT: (0, 1), BELOW: (1, 0), LEFT: (0, -1), ABOVE: (-1, 0)}


def ways(x: torch.Tensor, at: tuple[int, int], goal: tuple[int, int]) -> list[list[Any]]:
    """All ways from a cell to the goal that enter no cell twice."""

    def onward(at: tuple[int, int], been: list[tuple[int, int]]) -> list[list[Any]]:
        been = [*been, at]
        if at == goal:
            return [been]
        found = []
        for channel, (down, right) in STEPS.items():
            there = at[0] + down, at[1] + right
            if x[channel][at] and there not in been:
                assert x[(channel + 2) % 4][there], "a wall is open from one side"
                found += onward(there, been)
        return found

    return onward(at, [])


@quick
@given(st.integers(2, 7), seeds)
def test_a_maze_has_one_way(side: int, seed: int) -> None:
    made = mazes(4, side, generator(seed))
    for x, answer in zip(made.x, made.way, strict=True):
        assert x[INSIDE].all()
        assert not x[RIGHT, :, -1].any()
        assert not x[BELOW, -1].any()
        start, goal = (
            (int(each[0]), int(each[1])) for each in (x[START].nonzero()[0], x[GOAL].nonzero()[0])
        )
        assert start != goal
        assert x[START].sum() == x[GOAL].sum() == 1
        (way,) = ways(x, start, goal)
        assert sorted(way) == [tuple(cell) for cell in answer.nonzero().tolist()]
        # A tree over all cells.
        assert x[[RIGHT, BELOW]].sum() == side * side - 1


def test_mazes_of_all_sizes_and_ways_of_all_lengths() -> None:
    task = Maze()
    batch = task.evaluation
    sides = batch.inputs[:, INSIDE].amax(1).sum(1).long()
    assert sides.unique().tolist() == [*range(3, 12)]
    assert sides.bincount()[3:].min() >= 113
    for side in (3, 7, 11):
        lengths = task.difficulty(batch)[sides == side]
        assert lengths.min() <= 2
        assert lengths.max() >= 0.5 * side * side
    assert not batch.inputs[~batch.asked[:, None].expand_as(batch.inputs)].any()
    assert not batch.targets[~batch.asked].any()
    trained = {task.batch(1, generator(seed)).inputs.shape[-1] for seed in range(60)}
    assert trained == {*range(3, 12)}


def test_sizes_of_mazes_in_the_wrong_order() -> None:
    with pytest.raises(UserError, match="smallest must be at most largest, 4, not 5"):
        Maze(5, 4)
    with pytest.raises(UserError, match="--layers 2: this task's model has one step"):
        Maze().config(hidden_size=4, num_layers=2)
