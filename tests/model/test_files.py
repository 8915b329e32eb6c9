"""model.pt from strangers: read without running its code, checked, refused in one line."""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from act_artefact.errors import UserError
from act_mobile import ACTConfig, ACTModel, load_model, load_saved, save_model
from act_mobile.files import load_weights

CONFIG = ACTConfig(3, 4, 2, max_ponder=5)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.pt"
    save_model(path, ACTModel(CONFIG), {"name": "parity", "bits": 3})
    return path


def rewrite(path: Path, **changes: Any) -> None:
    contents = torch.load(path, weights_only=True)
    torch.save({**contents, **changes}, path)


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["state_dict"]


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_model(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.isprintable()
    assert len(message) < len(str(path)) + 250
    return message


def test_round_trip(tmp_path: Path) -> None:
    model = ACTModel(ACTConfig(5, 4, 2, cell="gru", vocab_size=7, num_layers=2, halting="fixed:3"))
    path = tmp_path / "model.pt"
    save_model(path, model, {"name": "charlm"})
    back = load_saved(path)
    assert back.model.config == model.config
    assert back.task == {"name": "charlm"}
    tokens = torch.randint(0, 7, (2, 3))
    torch.testing.assert_close(back.model(tokens).output, model(tokens).output)
    assert not back.model.training
    assert [p.name for p in tmp_path.iterdir()] == ["model.pt"]


def test_missing(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.pt")


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.95])
def test_cut_short(saved: Path, keep: float) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    assert "cut short" in refused(saved)


def test_any_damaged_byte_is_refused_or_harmless(saved: Path) -> None:
    """Whatever byte is wrong, reading ends in a refusal or in a finite model, never otherwise."""
    whole = saved.read_bytes()
    generator = torch.Generator().manual_seed(0)
    for at in torch.randint(len(whole), (1500,), generator=generator).tolist():
        saved.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            model = load_model(saved)
        except UserError:
            continue
        assert all(torch.isfinite(p).all() for p in model.parameters())


class Intruder:
    """An object whose unpickling writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_code_is_not_run(saved: Path, tmp_path: Path) -> None:
    trace = tmp_path / "intruder-was-here"
    rewrite(saved, task={"x": Intruder(trace)})
    assert "holds code" in refused(saved)
    assert not trace.exists()


def test_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(pickle.dumps({"format": "act-mobile/1"}))
    assert "not a torch file" in refused(path)
    torch.save([1, 2], path)
    assert "not an act-mobile model (format 'list'" in refused(path)
    torch.save({"state_dict": {}}, path)
    assert "not an act-mobile model (format None" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "hello")
    assert "damaged" in refused(path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_weights_that_are_not_finite(saved: Path, value: float) -> None:
    changed = weights(saved)
    changed["head.bias"] = torch.tensor([value, 0], dtype=torch.float64)
    rewrite(saved, state_dict=changed)
    assert "'head.bias' has NaN or infinite values" in refused(saved)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("head.weight", torch.zeros(2, 5), "has shape (2, 5), the model (2, 4)"),
        ("head.weight", torch.zeros(2, 4, dtype=torch.int64), "is of torch.int64, the model's of"),
        ("head.weight", torch.zeros(2, 4).to_sparse(), "holds code or objects besides"),
        ("head.weight", torch.zeros(1).expand(2, 4), "a tensor of shape (2, 4) in a storage of 1"),
        ("head.weight", "zeros", "is 'zeros', not a tensor"),
        ("tail.weight", torch.zeros(1), "is not in the model"),
        ("\x1b" * 9000, torch.zeros(1), r"weight '\x1b\x1b"),
    ],
)
def test_weights_that_disagree(saved: Path, name: str, value: Any, message: str) -> None:
    rewrite(saved, state_dict={**weights(saved), name: value})
    assert message in refused(saved)


def test_missing_weight(saved: Path) -> None:
    changed = weights(saved)
    del changed["act.halting.0.bias"]
    rewrite(saved, state_dict=changed)
    assert "'act.halting.0.bias' is missing" in refused(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": 1 << 40}, "hidden_size must be a whole number from 1 to 16384"),
        ({"hidden_size": "4"}, "hidden_size must be a whole number"),
        ({"cell": "own"}, "cell 'own' is not known"),
        ({"epsilon": 0.0}, "epsilon must lie between 0 and 1"),
        ({"colour": 1}, "unknown entries: colour"),
        ({"\x1b" * 9000: 1}, r"unknown entries: \x1b\x1b"),
        ({"cell": ["gru"]}, "config: cell cannot be ['gru']"),
        ({"cell": "A" * 9000}, "config: cell cannot be 'AAA"),
        ({"hidden_size": 1 << 400}, "config: hidden_size cannot be a number of 401 bits"),
        (
            {"input_size": 65536, "hidden_size": 16384, "num_layers": 64},
            "a model of 562695373064 bytes, more than the 2147483648 that are read",
        ),
    ],
)
def test_bad_config(saved: Path, change: dict[str, Any], message: str) -> None:
    rewrite(saved, config={**CONFIG.to_dict(), **change})
    assert message in refused(saved)


def test_config_that_lacks_sizes(saved: Path) -> None:
    rewrite(saved, config={"input_size": 3})
    assert "config lacks hidden_size, output_size" in refused(saved)
    rewrite(saved, config=[3])
    assert "must each be a dict" in refused(saved)


def test_a_format_that_is_not_known(saved: Path) -> None:
    rewrite(saved, format="z" * 9000)
    assert "(format 'zzz" in refused(saved)


def deep(levels: int) -> Any:
    return {"more": deep(levels - 1)} if levels else 0


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"labels": torch.zeros(2)}, "its task is not of plain types: tensor([0., 0.])"),
        ({"labels": float("nan")}, "its task is not of plain types: nan"),
        ({"bits": 1 << 63}, "its task is not of plain types: 9223372036854775808"),
        ({5: 6}, "its task is not of plain types: a dict with the key 5"),
        ({"labels": ["x" * 1000] * 2000}, "its task is of more than 1048576 values and characters"),
        (deep(10), "its task is nested more than 8 levels deep"),
    ],
)
def test_tasks_that_are_not_plain(saved: Path, task: dict[Any, Any], message: str) -> None:
    rewrite(saved, task=task)
    assert message in refused(saved)
    with pytest.raises(ValueError, match=re.escape(message.removeprefix("its task is "))):
        save_model(saved, ACTModel(CONFIG), task)


def test_a_task_that_contains_itself(saved: Path) -> None:
    task: dict[str, Any] = {}
    task["task"] = task
    rewrite(saved, task=task)
    assert "nested more than 8 levels deep" in refused(saved)


class Own(nn.Module):
    """Parameters, buffers of several types, and two names for one parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 7)
        self.head.weight = self.embedding.weight
        self.register_buffer("mask", torch.tensor([True, False]))
        self.register_buffer("steps", torch.arange(3, dtype=torch.int32))
        self.register_buffer("none", torch.zeros(0, 4))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_state_dicts_of_users_modules(tmp_path: Path, dtype: torch.dtype) -> None:
    path = tmp_path / "weights.pt"
    module, other = Own().to(dtype), Own()
    module.norm.num_batches_tracked += 5
    torch.save(module.state_dict(), path)
    load_weights(path, other)
    found, expected = other.state_dict(), module.state_dict()
    assert all(torch.equal(found[name], expected[name].to(found[name])) for name in expected)
    torch.save(dict(module.named_parameters()) | dict(module.named_buffers()), path)
    with pytest.raises(UserError, match="weight 'head.weight' is missing"):
        load_weights(path, other)


def test_parameters_that_were_saved_as_such(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    module, other = nn.Linear(2, 3), nn.Linear(2, 3)
    torch.save(dict(module.named_parameters()), path)
    load_weights(path, other)
    assert torch.equal(other.weight, module.weight)
    torch.save(module, path)
    with pytest.raises(UserError, match="holds code or objects"):
        load_weights(path, other)
    torch.save([1], path)
    with pytest.raises(UserError, match="holds a list, not a state_dict"):
        load_weights(path, other)
