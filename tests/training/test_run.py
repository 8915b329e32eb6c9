"""Training runs: seeds, resuming, stopping, learning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from act_artefact.errors import CheckFailed, UserError
from act_mobile import ACTConfig, ACTModel, load_model, load_saved
from act_mobile.tasks.charlm import CharLM
from act_mobile.tasks.logic import Logic
from act_mobile.tasks.parity import Parity
from act_mobile.training.learner import Learner
from act_mobile.training.options import Options
from act_mobile.training.run import train
from act_mobile.training.stream import Stream

Run = Callable[..., dict[str, Any]]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "model.pt").state_dict()


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_seed_decides(run_tiny: Run, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        run_tiny(tmp_path / name, seed=seed)
    assert equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not equal(weights(tmp_path / "a"), weights(tmp_path / "c"))


def test_every_seed_rank_and_step_has_its_own_data() -> None:
    def first(seed: int, rank: int, start: int) -> torch.Tensor:
        return next(iter(Stream(Parity(32), 8, seed, rank=rank, start=start))).inputs

    seen = [first(0, 0, 0), first(1, 0, 0), first(0, 1, 0), first(0, 0, 1), first(1 << 31, 0, 0)]
    for i, one in enumerate(seen):
        assert not any(torch.equal(one, other) for other in seen[:i])


def test_data_goes_on_where_it_stopped() -> None:
    stream = iter(Stream(Parity(32), 8, 0, rank=0, start=0))
    batches = [next(stream).inputs for _ in range(3)]
    assert torch.equal(next(iter(Stream(Parity(32), 8, 0, rank=0, start=2))).inputs, batches[2])


@pytest.mark.parametrize(
    ("first", "always"),
    [
        ({"steps": 100}, {}),
        ({"steps": 130}, {}),
        ({"target_metric": 0.99}, {"lr_decay": 0.8}),  # stops at the first look
    ],
    ids=["at a look", "between looks", "while the rate falls"],
)
def test_a_resumed_run_ends_as_one_without_interruption(
    run_tiny: Run, tmp_path: Path, first: dict[str, Any], always: dict[str, Any]
) -> None:
    always = {"steps": 200, "evaluate_every": 50, **always}
    whole = run_tiny(tmp_path / "whole", **always)
    assert run_tiny(tmp_path / "parts", **{**always, **first})["steps"] < 200
    parts = run_tiny(tmp_path / "parts", resume=True, **always)
    assert equal(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert parts["history"] == whole["history"]
    assert parts["steps"] == whole["steps"] == 200
    ends = [
        torch.load(tmp_path / name / "checkpoints" / "last.ckpt", weights_only=True)
        for name in ("whole", "parts")
    ]
    adams = [end["optimizer_states"][0]["state"] for end in ends]
    for i, state in adams[0].items():
        assert all(torch.equal(state[key], adams[1][i][key]) for key in state)


def test_the_loss_is_the_task_s_and_the_mean_ponder_cost() -> None:
    task, options = Logic(2, 3), Options(tau=0.25, hidden=6, max_ponder=5)
    learner = Learner(task, options.completed(task))
    batch = task.batch(5, torch.Generator().manual_seed(1))
    assert batch.lengths is not None
    # Lightning's own counters need a trainer; the first update is one that would be recorded.
    learner.log_dict = lambda *_, **__: None  # type: ignore[method-assign, assignment]
    found = learner.training_step(batch, 0)
    total = count = 0.0
    losses = []
    for row, length in enumerate(batch.lengths.tolist()):
        with torch.no_grad():
            out = learner.model(batch.inputs[row : row + 1, :length])
        total += float((out.ponder.steps + out.ponder.remainder).sum())
        count += length
        losses.append(
            torch.nn.functional.binary_cross_entropy_with_logits(
                out.output[0, :, 0], batch.targets[row, :length].float(), reduction="sum"
            )
        )
    expected = float(sum(losses)) / count + 0.25 * total / count
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_the_rate_falls_in_the_last_part(run_tiny: Run, tmp_path: Path) -> None:
    run_tiny(tmp_path, lr=0.5, lr_decay=0.5, evaluate_every=10, target_metric=0.99, steps=16)
    last = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 10
    # Eight updates at the full rate, then 8/8, 7/8, and 6/8 of it for the eleventh.
    assert last["lr_schedulers"][0]["_last_lr"] == [pytest.approx(0.5 * 6 / 8)]


def test_the_halting_bias_starts_where_it_is_told() -> None:
    task = Parity(4)
    learner = Learner(task, Options(halting_bias=-2.5).completed(task))
    assert learner.model.act.halting[0].bias.tolist() == [-2.5]


def test_stops_at_the_target(run_tiny: Run, tmp_path: Path) -> None:
    metrics = run_tiny(tmp_path, target_metric=0.99, steps=400)
    assert metrics["steps"] == 20


def test_stops_when_patience_ends(run_tiny: Run, tmp_path: Path) -> None:
    metrics = run_tiny(tmp_path, lr=1e-12, patience=2, steps=400)
    assert metrics["steps"] == 60


def test_fixed_halting_takes_its_steps(run_tiny: Run, tmp_path: Path) -> None:
    metrics = run_tiny(tmp_path, halting="fixed:3")
    n = metrics["ponder_steps"]
    assert (n["mean"], n["std"], n["min"], n["max"]) == (3.0, 0.0, 3, 3)
    assert metrics["ponder_cost"]["mean"] == 4.0
    assert load_saved(tmp_path / "model.pt").model.config.halting == "fixed:3"


def test_learns(tmp_path: Path) -> None:
    options = Options(
        max_ponder=5, lr_decay=0.0, steps=4000, evaluate_every=500, target_metric=0.05
    )
    metrics = train(Parity(4), options, tmp_path)
    assert metrics["metric"] <= 0.05
    assert metrics["ponder_steps"]["mean"] > 1


def test_a_loss_that_is_not_finite_hands_out_nothing(run_tiny: Run, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="NaN or infinite: use a lower --lr"):
        run_tiny(tmp_path, cell="rnn_relu", lr=1e30, clip=1e30)
    assert not (tmp_path / "model.pt").exists()


def test_a_run_is_not_overwritten_nor_mixed_up(run_tiny: Run, tmp_path: Path) -> None:
    run_tiny(tmp_path)
    with pytest.raises(UserError, match="holds a run: add --resume"):
        run_tiny(tmp_path)
    with pytest.raises(UserError, match="was trained with --lr 0.001, not 0.5"):
        run_tiny(tmp_path, lr=0.5, resume=True)
    with pytest.raises(UserError, match="was trained with --lr-decay 0.0, not 0.5"):
        run_tiny(tmp_path, lr_decay=0.5, resume=True)
    with pytest.raises(UserError, match="another task"):
        train(Parity(5), Options(), tmp_path, resume=True)


def test_a_run_goes_on_with_its_own_text_alone(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_bytes(b"To be, or not to be:\n" * 100)
    task = CharLM(text=str(text), length=10)
    options: dict[str, Any] = {"hidden": 4, "max_ponder": 2, "batch_size": 4, "evaluate_every": 2}
    train(task, Options(steps=2, **options), tmp_path / "run")
    saved = load_saved(tmp_path / "run" / "model.pt").task
    assert saved["text_sha256"] == task.to_dict()["text_sha256"]
    moved = CharLM(text=str(text.rename(tmp_path / "moved.txt")), length=10)
    train(moved, Options(steps=4, **options), tmp_path / "run", resume=True)
    (tmp_path / "moved.txt").write_bytes(b"To be, or not to be?\n" * 100)
    for other in (CharLM(text=moved.text, length=10), CharLM(length=10)):
        with pytest.raises(UserError, match="another task"):
            train(other, Options(steps=6, **options), tmp_path / "run", resume=True)


def test_a_damaged_checkpoint(run_tiny: Run, tmp_path: Path) -> None:
    run_tiny(tmp_path)
    last = tmp_path / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged"):
        run_tiny(tmp_path, steps=80, resume=True)


def test_an_exported_task_s_model_fits_its_data() -> None:
    task = Parity(4)
    model = ACTModel(Options(hidden=3).completed(task).config(task))
    assert isinstance(model.config, ACTConfig)
    assert model(task.evaluation.inputs).output.shape == (len(task.evaluation.targets), 1, 1)


def test_init_starts_from_another_runs_weights(run_tiny: Run, tmp_path: Path) -> None:
    run_tiny(tmp_path / "first")
    trained = tmp_path / "first" / "model.pt"
    run_tiny(tmp_path / "second", init=str(trained), lr=1e-12, steps=1)
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    assert all(torch.allclose(first[name], second[name], atol=1e-9) for name in first)
    with pytest.raises(UserError, match="its hidden_size is 8, this run's is 9"):
        run_tiny(tmp_path / "third", init=str(trained), hidden=9)


@pytest.mark.parametrize("halting", ["skip", "act", "pondernet"])
def test_init_takes_the_weights_of_a_net_that_halts_otherwise(
    halting: str, run_tiny: Run, tmp_path: Path
) -> None:
    run_tiny(tmp_path / "fixed", halting="fixed:1")
    trained = str(tmp_path / "fixed" / "model.pt")
    run_tiny(
        tmp_path / "halts", init=trained, halting=halting, halting_bias=-2.0, lr=1e-12, steps=1
    )
    first, second = weights(tmp_path / "fixed"), weights(tmp_path / "halts")
    assert {name.split(".")[1] for name in second.keys() - first.keys()} == {"halting"}
    assert all(torch.allclose(first[name], second[name], atol=1e-9) for name in first)
    assert float(second["act.halting.0.bias"]) == pytest.approx(-2)
    run_tiny(
        tmp_path / "back", init=str(tmp_path / "halts" / "model.pt"), halting="fixed:1", steps=1
    )


def test_a_bias_that_is_given_replaces_that_of_init(run_tiny: Run, tmp_path: Path) -> None:
    run_tiny(tmp_path / "first", halting_bias=0.5, steps=1)
    trained = str(tmp_path / "first" / "model.pt")
    learned = float(weights(tmp_path / "first")["act.halting.0.bias"])
    for name, given, expected in (("kept", {}, learned), ("set", {"halting_bias": -4.0}, -4.0)):
        run_tiny(tmp_path / name, init=trained, lr=1e-12, steps=1, **given)
        bias = float(weights(tmp_path / name)["act.halting.0.bias"])
        assert bias == pytest.approx(expected), name
