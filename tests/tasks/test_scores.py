"""Losses and metrics against figures worked out by hand, and what a task says of itself."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path

import pytest
import torch

from act_artefact.errors import UserError
from act_mobile.tasks import task_class, task_from_dict
from act_mobile.tasks.addition import Addition
from act_mobile.tasks.batch import Batch
from act_mobile.tasks.charlm import CharLM
from act_mobile.tasks.logic import Logic
from act_mobile.tasks.maze import Maze
from act_mobile.tasks.mnist1d import MNIST1D
from act_mobile.tasks.parity import Parity
from act_mobile.tasks.sort import Sort
from tests.tasks.made import MADE


def logits(*probabilities: float) -> torch.Tensor:
    """Scores whose softmax is these probabilities."""
    return torch.tensor(probabilities).log()


def test_yes_or_no() -> None:
    # sigmoid(log 3) = 3/4; the second row's answer is wrong.
    output = torch.tensor([[[math.log(3)]], [[math.log(3)]]])
    batch = Batch(torch.zeros(2, 1, 8), torch.tensor([[1], [0]]))
    task = Parity(8)
    expected = -(math.log(3 / 4) + math.log(1 / 4)) / 2
    assert task.loss(output, batch).item() == pytest.approx(expected)
    assert task.measure(task.score(output, batch), batch.asked) == 0.5


def test_a_sequence_is_wrong_once_and_padding_never_counts() -> None:
    yes, no = math.log(3), -math.log(3)
    output = torch.tensor([[yes, no, yes], [no, no, yes]]).unsqueeze(-1)
    batch = Batch(torch.zeros(2, 3, 12), torch.tensor([[1, 1, 1], [0, 0, 0]]), torch.tensor([3, 2]))
    task = Logic(1, 3)
    expected = -(4 * math.log(3 / 4) + math.log(1 / 4)) / 5
    assert task.loss(output, batch).item() == pytest.approx(expected)
    assert task.score(output, batch).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert task.measure(task.score(output, batch), batch.asked) == 0.5


def test_many_questions_are_summed_and_all_must_be_right() -> None:
    task = Addition(1, 2)
    assert task.width == 2
    sure = torch.full((11,), 0.01).log()
    right, wrong = sure.clone(), sure.clone()
    right[4], wrong[5] = math.log(0.9), math.log(0.9)
    output = torch.stack([torch.cat([right, right]), torch.cat([right, wrong])])[:, None]
    output = torch.cat([torch.zeros_like(output), output], 1)
    targets = torch.tensor([[[0, 0], [4, 4]]] * 2)
    mask = torch.tensor([[False, True]] * 2)
    batch = Batch(torch.zeros(2, 2, 10), targets, torch.tensor([2, 2]), mask)
    expected = -(3 * math.log(0.9) + math.log(0.01)) / 2
    assert task.loss(output, batch).item() == pytest.approx(expected)
    assert task.measure(task.score(output, batch), batch.asked) == 0.5


def test_places_in_order() -> None:
    task = Sort(2)
    output = torch.stack([logits(0.5, 0.5), logits(0.5, 0.5), logits(0.8, 0.2), logits(0.3, 0.7)])
    targets = torch.tensor([[0, 0, 0, 1]])
    mask = torch.tensor([[False, False, True, True]])
    batch = Batch(torch.zeros(1, 4, 2), targets, torch.tensor([4]), mask)
    expected = -(math.log(0.8) + math.log(0.7)) / 2
    assert task.loss(output[None], batch).item() == pytest.approx(expected)
    assert task.measure(task.score(output[None], batch), batch.asked) == 0.0


def test_bits_per_character() -> None:
    task = CharLM()
    output = torch.zeros(1, 2, 256)
    output[0, 1, 65] = math.log(255)  # half of all probability
    tokens = torch.tensor([[65, 65]])
    batch = Batch(tokens, tokens)
    assert task.measure(task.score(output, batch), batch.asked) == pytest.approx((8 + 1) / 2)
    assert task.loss(output, batch).item() == pytest.approx(4.5 * math.log(2))


def test_accuracy_where_asked() -> None:
    task = MNIST1D()
    output = torch.zeros(2, 3, 10)
    output[:, :, 4] = 1
    targets = torch.tensor([[0, 0, 4], [0, 0, 5]])
    mask = torch.tensor([[False, False, True]] * 2)
    batch = Batch(torch.zeros(2, 3, 1), targets, None, mask)
    assert task.measure(task.score(output, batch), mask) == 0.5
    assert task.higher_is_better


def test_items_without_time() -> None:
    yes, no = math.log(3), -math.log(3)
    output = torch.tensor([[[yes, no], [no, yes]], [[yes, no], [no, no]]])[..., None]
    targets = torch.tensor([[[1, 0], [0, 1]], [[0, 0], [0, 0]]])
    mask = torch.tensor([[[True, True], [True, True]], [[True, True], [False, False]]])
    batch = Batch(torch.zeros(2, 7, 2, 2), targets, None, mask, timed=False)
    task = Maze()
    right, wrong = -math.log(3 / 4), -math.log(1 / 4)
    # Each item's mean over its own places: a maze of two cells counts as much as one of four.
    assert task.errors(output, batch).tolist() == pytest.approx([right, (wrong + right) / 2])
    assert task.loss(output, batch).item() == pytest.approx((1.5 * right + 0.5 * wrong) / 2)
    assert task.score(output, batch).tolist() == [[[0, 0], [0, 0]], [[1, 0], [0, 0]]]
    assert task.measure(task.score(output, batch), batch.asked) == 0.5
    assert batch.running.tolist() == [True, True]
    assert batch._replace(mask=None).asked.all()


@pytest.mark.parametrize("name", MADE)
def test_plain_types_and_back(name: str) -> None:
    task = task_class(name)()
    saved = task.to_dict()
    assert saved["name"] == name
    assert saved["metric"] == task.metric
    assert task_from_dict(json.loads(json.dumps(saved))) == task


def test_sizes_come_back() -> None:
    for task in (Parity(16), Logic(3, 4), Addition(2, 3), Sort(4), CharLM(length=7)):
        assert task_from_dict(task.to_dict()) == task


def test_a_text_of_ones_own_is_described_by_its_contents(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"abc " * 500)
    saved = CharLM(text=str(text)).to_dict()
    assert saved["text_sha256"] == hashlib.sha256(b"abc " * 500).hexdigest()
    assert CharLM().to_dict()["text_sha256"] is None
    assert str(tmp_path) not in json.dumps(saved)
    moved = text.rename(tmp_path / "moved.txt")
    assert CharLM(text=str(moved)).to_dict() == saved
    moved.write_bytes(b"abd " * 500)
    assert CharLM(text=str(moved)).to_dict() != saved


@pytest.mark.parametrize("entry", ["text", "text_sha256"])
@pytest.mark.parametrize("value", ["/etc/passwd", "", 3])
def test_a_description_opens_nothing(entry: str, value: object) -> None:
    with pytest.raises(UserError, match=r"trained on data of its author's own \(text\)"):
        task_from_dict({"name": "charlm", entry: value})
    assert task_from_dict({"name": "charlm", entry: None}) == CharLM()


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"name": "parity", "bits": 0}, "bits must be a whole number from 1 to 4096, not 0"),
        ({"name": "parity", "bits": 4.0}, "bits must be a whole number"),
        ({"name": "parity", "bits": True}, "bits must be a whole number"),
        ({"name": "parity", "gates": 3}, "unknown entries: gates"),
        ({"name": "addition", "numbers": 1}, "numbers must be a whole number from 2"),
        ({"name": "parity", "\x1b" * 99: 3}, r"unknown entries: \\x1b\\x1b"),
        ({"name": "parity", "bits": "9" * 999}, "whole number from 1 to 4096, not '99999"),
        ({"name": "chess"}, "task 'chess' is not known: use one of parity"),
        ({"name": "n" * 999}, "task 'nnn"),
        ({}, "task 'None' is not known"),
    ],
)
def test_bad_tasks(saved: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        task_from_dict(saved)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_texts_that_cannot_be_read(tmp_path: Path) -> None:
    short = tmp_path / "short.txt"
    short.write_bytes(b"x" * 1000)
    with pytest.raises(UserError, match="1000 bytes are too few for windows of 100"):
        _ = CharLM(text=str(short)).evaluation
    short.write_bytes(b"")
    with pytest.raises(UserError, match="0 bytes are too few"):
        _ = CharLM(text=str(short)).evaluation
    with pytest.raises(UserError, match="none.txt: no such file"):
        _ = CharLM(text=str(tmp_path / "none.txt")).evaluation
    os.mkfifo(tmp_path / "fifo.txt")
    with pytest.raises(UserError, match="fifo.txt: is a FIFO, not a regular file"):
        _ = CharLM(text=str(tmp_path / "fifo.txt")).evaluation
