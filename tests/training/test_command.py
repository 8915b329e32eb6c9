"""``act-train`` as a user meets it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from act_artefact.errors import UserError
from act_mobile.tasks import task_class
from tests.training.conftest import environment

Command = Callable[..., "subprocess.CompletedProcess[str]"]

SMALL = [
    *("--bits", "4", "--hidden", "8", "--max-ponder", "4"),
    *("--batch-size", "16", "--lr-decay", "0"),
]


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys\n"
        "from act_mobile.training.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "assert 'torch' not in sys.modules and 'lightning' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    for word in ("parity", "logic", "addition", "sort", "charlm", "mnist1d", "Examples:", "-o"):
        assert word in done.stdout


def test_help_of_a_task(command: Command) -> None:
    done = command("parity", "--help")
    assert done.returncode == 0
    for option in ("--bits", "--cell", "--tau", "--halting", "--resume", "--json", "--debug"):
        assert option in done.stdout


@pytest.mark.parametrize("task", ["maze", "parity", "own"])
def test_help_of_a_task_has_its_whole_recipe(command: Command, task: str) -> None:
    done = command(task, "--help")
    words = " ".join(done.stdout.split())
    recipe = task_class(task).recipe
    for name in (
        "hidden", "batch_size", "max_ponder", "tau", "lr", "steps", "lr_decay", "halting_bias",
        "tau_warmup", "tau_ramp",
    ):  # fmt: skip
        assert f"--{name.replace('_', '-')} {getattr(recipe, name):g}" in words
    assert ("begin with --largest 7 --halting fixed:16" in words) == (task == "maze")


def test_a_run_and_one_that_goes_on(command: Command, tmp_path: Path) -> None:
    done = command("parity", *SMALL, "--steps", "20", "-o", "run")
    assert done.returncode == 0, done.stderr
    assert "sequence error" in done.stdout
    done = command("parity", *SMALL, "--steps", "30", "-o", "run", "--resume", "--json")
    assert done.returncode == 0, done.stderr
    metrics = json.loads(done.stdout)
    assert metrics == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["steps"] == 30
    assert metrics["command"] == (
        "act-train parity --bits 4 --hidden 8 --max-ponder 4 --batch-size 16 --lr-decay 0 "
        "--steps 30 -o run --resume --json"
    )
    assert re.fullmatch(r"30 of 30: sequence_error 0\.\d+, N [\d.]+, rho [\d.]+\n", done.stderr)


def test_a_row_of_nets(command: Command, tmp_path: Path) -> None:
    row = ("parity", *SMALL, "--halting", "fixed:1,6", "-o", "row")
    done = command(*row, "--steps", "10", "--json")
    assert done.returncode == 0, done.stderr
    nets = json.loads(done.stdout)
    assert [each["ponder_steps"]["mean"] for each in nets.values()] == [1, 6]
    for name, metrics in nets.items():
        assert metrics == json.loads((tmp_path / "row" / name / "metrics.json").read_text())
    assert command(*row, "--steps", "10").returncode == 2  # it is there
    done = command(*row, "--steps", "20", "--resume")
    assert done.returncode == 0, done.stderr
    assert re.search(r"fixed6 +6.00 +0\.\d+ +20 ", done.stdout)


def test_a_row_of_nets_is_checked_before_the_first_is_trained(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "row").mkdir()
    (tmp_path / "row" / "fixed2").write_text("a file")
    done = command("parity", *SMALL, "--halting", "fixed:4,2", "--steps", "10", "-o", "row")
    assert done.returncode == 2
    assert "row/fixed2: is a file, not a folder" in done.stderr
    assert not (tmp_path / "row" / "fixed4").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command"),
        (["chess", "-o", "run"], "task 'chess' is not known: use one of parity"),
        (["parity"], "Missing option '-o'"),
        (["parity", "--bits", "0", "-o", "run"], "bits must be a whole number from 1 to 4096"),
        (["parity", "--gates", "3", "-o", "run"], "No such option"),
        (["parity", "--hidden", "0", "-o", "run"], "hidden_size must be a whole number from 1"),
        (["parity", "--lr", "nan", "-o", "run"], "--lr must be above 0, not nan"),
        (["parity", "--tau", "inf", "-o", "run"], "--tau must be a finite number, not inf"),
        (["parity", "--steps", "0", "-o", "run"], "--steps must be at least 1, not 0"),
        (["parity", "--seed", "-1", "-o", "run"], "--seed must be at least 0, not -1"),
        (["parity", "--patience", "0", "-o", "run"], "--patience must be at least 1, not 0"),
        (["parity", "--cell", "xyz", "-o", "run"], "cell 'xyz' is not known"),
        (["parity", "--halting", "fixed:0", "-o", "run"], "halting 'fixed:0' is not known"),
        (["parity", "--halting", "fixed:1,1", "-o", "run"], "fixed:1,1': a row of nets is written"),
        (["parity", "--halting", "act,fixed:1", "-o", "run"], "a row of nets is written fixed:K,K"),
        (["maze", "--recompute", "-o", "run"], "--recompute: this task's model has no time steps"),
        (["maze", "--layers", "2", "-o", "run"], "--layers 2: this task's model has one step"),
        (["maze", "--cell", "gru", "-o", "run"], "step 'gru' is not known: use one of conv_gru"),
        (["parity", "--resume", "-o", "run"], "no such checkpoint: train without --resume"),
        (["parity", "-o", "a-file"], "a-file: is a file, not a folder"),
        (["parity", "-o", "/proc/nowhere"], "/proc/nowhere: No such file or directory"),
        (["charlm", "--text", "a-file", "-o", "run"], "3 bytes are too few for windows of 100"),
        (["charlm", "--text", "none", "-o", "run"], "none: no such file"),
    ],
)
def test_bad_input_is_one_line(
    command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "a-file").write_text("abc")
    done = command(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("act-train: error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_debug_shows_the_traceback(command: Command) -> None:
    with pytest.raises(UserError, match="bits must be a whole number"):
        command("parity", "--bits", "0", "-o", "run", "--debug")


def test_a_loss_that_is_not_finite_is_a_failed_check(command: Command, tmp_path: Path) -> None:
    done = command(
        "parity", *SMALL, "--cell", "rnn_relu", "--lr", "1e30", "--clip", "1e30", "--steps", "20",
        "-o", "run",
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("act-train: error: at update 20 the model's outputs are NaN")
    assert not (tmp_path / "run" / "model.pt").exists()


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """Files may not grow beyond 20,000 bytes: less than the first checkpoint needs."""
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "from act_mobile.training.cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "parity", "--steps", "20", "-o", "run"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.splitlines()[-1].startswith("act-train: error: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run" / "model.pt").exists()


def test_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "act_mobile.training.cli", "parity", *SMALL,
         "--steps", "1000000", "--evaluate-every", "20", "-o", "run"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell starts what it runs in the background with Ctrl-C ignored, which is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    assert process.stderr is not None
    while not process.stderr.readline().startswith("40 of"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    names = {p.name for p in (tmp_path / "run").rglob("*")}
    assert {"last.ckpt", "best.ckpt"} <= names
    assert "model.pt" not in names
    assert not any(name.startswith(".") for name in names)


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, torch\n"
        "from pathlib import Path\n"
        "from act_mobile.tasks.parity import Parity\n"
        "from act_mobile.training import run\n"
        "from act_mobile.training.learner import Learner\n"
        "from act_mobile.training.options import Options\n"
        "rank = int(os.environ['RANK'])\n"
        "class Kept(Learner):\n"
        "    def on_train_end(self):\n"
        "        torch.save(self.model.state_dict(), f'weights{rank}.pt')\n"
        "    def training_step(self, batch, index):\n"
        "        if index == 0:\n"
        "            torch.save(batch.inputs, f'data{rank}.pt')\n"
        "        return super().training_step(batch, index)\n"
        "run.Learner = Kept\n"
        "options = Options(hidden=8, max_ponder=4, batch_size=16, steps=30, evaluate_every=15)\n"
        "metrics = run.train(Parity(4), options, Path('run'))\n"
        "assert bool(metrics) == (rank == 0)\n"
    )
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    done = subprocess.run(
        [*launch, str(script)],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    from torch import equal, load

    first, second = (load(tmp_path / f"weights{rank}.pt") for rank in (0, 1))
    assert all(equal(first[name], second[name]) for name in first)
    assert not equal(load(tmp_path / "data0.pt"), load(tmp_path / "data1.pt"))
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["ranks"] == 2
    saved = load(tmp_path / "run" / "model.pt", weights_only=True)["state_dict"]
    assert all(equal(saved[name], first[name]) for name in first)
