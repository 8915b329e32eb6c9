"""CONTRIBUTING's table is followed: what it names exists, and what is added as it says is known."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, get_args

import numpy as np
import pytest
from click.testing import CliRunner
from torch import Tensor, nn

from act_artefact import form
from act_artefact.errors import UserError
from act_artefact.targets import TARGETS
from act_export import carriers, export
from act_mobile import (
    ACT,
    ACTConfig,
    ACTModel,
    IteratedConfig,
    IteratedModel,
    StateTensor,
    halting,
    load_model,
    save_model,
    tasks,
)
from act_profiling.devices.open import DEVICES, open_devices
from act_profiling.variants import open_artefact
from tests.export.conftest import pondering

pytestmark = pytest.mark.own_models

ROOT = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines()
    if line.startswith("| a")
]
REGISTERED = {
    "a task": tasks.TASKS,
    "a halting policy": halting.HALTINGS,
    "a target": TARGETS,
    "a device": DEVICES,
}
"""Rows whose every NAME is known, and has the files that the row says."""

Add = Callable[[str, str, Any], None]


def paths(row: list[str]) -> list[str]:
    """The files and folders that a row names."""
    return [word for word in re.findall(r"`([^`]+)`", " ".join(row[1:])) if is_path(word)]


def is_path(word: str) -> bool:
    return "/" in word or word.endswith((".py", ".toml"))


def exists(path: Path) -> bool:
    """True if the file or folder is there; a module may be either."""
    return path.exists() or (path.suffix == ".py" and path.with_suffix("").is_dir())


def test_the_table_has_rows() -> None:
    assert {row[0] for row in ROWS} >= {*REGISTERED, "a cell"}
    assert all(len(row) == 3 for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_files_exist(row: list[str]) -> None:
    folder = ROOT
    for path in paths(row):
        base = ROOT if "/" in path or (ROOT / path).exists() else folder
        for name in REGISTERED.get(row[0], {"*": ""}):
            if "*" in name:
                assert list(base.glob(path.replace("NAME", name).rstrip("/"))), path
            else:
                assert exists(base / path.replace("NAME", name)), (path, name)
        folder = base / path if path.endswith("/") else (base / path).parent


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_names_exist(row: list[str]) -> None:
    """Each name is in the file it is said to be in, or in the folder of one that the row names."""
    text = " ".join(row[1:])
    for name, path in re.findall(r"`(\w+)` in `([^`]+)`", text):
        files = list(ROOT.glob(path.replace("NAME", "*")))
        assert any(re.search(rf"\b{name}\b", file.read_text()) for file in files), (name, path)
    folders = {path.partition("NAME")[0].rpartition("/")[0] for path in paths(row) if "/" in path}
    sources = "\n".join(
        file.read_text()
        for folder in folders
        for pattern in ("*.py", "*.c")
        for file in (ROOT / folder).glob(pattern)
    )
    for name in re.findall(r"`@?(\w+)(?:\([^`]*)?`", text):
        assert re.search(rf"\b{name}\b", sources), name


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    """Registers ``dummy``: in a registry (module:name), as it is written, with its module."""

    def add(registry: str, module: str, value: Any, code: object = None) -> None:
        home, _, name = registry.partition(":")
        monkeypatch.setitem(getattr(import_module(home), name), "dummy", value)
        if code is not None:
            monkeypatch.setitem(sys.modules, module, code)

    return add


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The output of a command that starts now: its module is loaded anew."""

    def shown(module: str, *words: str) -> str:
        package, _, name = module.rpartition(".")
        loaded = import_module(module)
        monkeypatch.setattr(import_module(package), name, loaded)  # as it is again afterwards
        monkeypatch.delitem(sys.modules, module)
        done = CliRunner().invoke(import_module(module).command, [*words, "--help"])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    return shown


HELP = [
    ("act_mobile.tasks:TASKS", "act_mobile.training.cli", []),
    ("act_mobile.halting:HALTINGS", "act_mobile.training.cli", ["parity"]),
    ("act_mobile.cells:CELLS", "act_mobile.training.cli", ["parity"]),
    ("act_mobile.models:MODELS", "act_export.cli", []),
    ("act_profiling.devices.open:DEVICES", "act_profiling.cli", ["profile"]),
]
"""A registry, and the command whose ``--help`` shows what is in it."""


@pytest.mark.parametrize(("registry", "command", "words"), HELP, ids=[row[0] for row in HELP])
def test_help_shows_what_is_registered(
    add: Add, shown: Callable[..., str], registry: str, command: str, words: list[str]
) -> None:
    assert "dummy" not in shown(command, *words)
    add(registry, "", "dummy")
    assert "dummy" in shown(command, *words)


def test_a_kind_of_ponder_loop(shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = Literal[(*get_args(form.Ponder), "dummy")]  # type: ignore[valid-type]
    monkeypatch.setattr(form, "Ponder", kinds)
    assert "|host|dummy]" in shown("act_export.cli")


def test_a_task(add: Add, shown: Callable[..., str]) -> None:
    parity = tasks.task_class("parity")
    add(
        "act_mobile.tasks:TASKS",
        "act_mobile.tasks.dummy",
        "be nothing",
        SimpleNamespace(TASK=parity),
    )
    assert "be nothing" in shown("act_mobile.training.cli")
    assert "--bits" in shown("act_mobile.training.cli", "dummy")


def test_a_halting_policy(add: Add) -> None:
    fixed = import_module("act_mobile.halting.fixed")
    add("act_mobile.halting:HALTINGS", "act_mobile.halting.dummy", "dummy:K", fixed)
    found = halting.parse_halting("dummy:2", max_ponder=3, epsilon=0.01)
    assert found == halting.parse_halting("fixed:2", max_ponder=3, epsilon=0.01)


class DummyConfig(ACTConfig):
    """A kind of model of its own, which is today's under another name."""

    kind = "dummy"


def test_a_kind_of_model(add: Add, tmp_path: Path) -> None:
    add("act_mobile.models:MODELS", "", (__name__, "DummyConfig", "ACTModel"))
    save_model(tmp_path / "model.pt", ACTModel(DummyConfig(3, 4, 2, "rnn", max_ponder=3)))
    assert load_model(tmp_path / "model.pt").config.kind == "dummy"
    (done,) = export(tmp_path / "model.pt", "onnx", output=tmp_path / "out")
    assert done.manifest.model["model"] == "dummy"
    assert done.verification.passed


def test_a_step(add: Add, tmp_path: Path) -> None:
    add("act_mobile.steps:STEPS", "", import_module("act_mobile.steps.conv_gru").ConvGRU)
    config = IteratedConfig(2, 3, 1, 4, 5, step="dummy", max_ponder=3)
    save_model(tmp_path / "model.pt", IteratedModel(config))
    (done,) = export(tmp_path / "model.pt", "onnx", output=tmp_path / "out")
    assert done.verification.passed


def test_a_layer_that_carries_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A layer of one's own kind is carried once it is registered, and mixes time steps before."""
    np.savez(tmp_path / "eval.npz", x=np.random.default_rng(0).random((3, 9, 3), np.float32))
    arguments: Any = (f"{__name__}:Summing", "onnx")
    options: Any = {"output": tmp_path / "out", "data": tmp_path / "eval.npz"}
    with pytest.raises(UserError, match="mixes time steps outside the layers whose state"):
        export(*arguments, **options)
    monkeypatch.setitem(carriers.CARRIERS, RunningSum, CarriedSum)
    (done,) = export(*arguments, **options)
    assert [pair.input for pair in done.manifest.interface.states] == ["total0", "h1"]


class RunningSum(nn.Module):
    def forward(self, x: Tensor, total: Tensor | None = None) -> Tensor:
        """Sum (B, T, I) over time, from ``total`` (B, I) on."""
        sums = x.cumsum(1)
        return sums if total is None else sums + total.unsqueeze(1)


class CarriedSum(carriers.Carrier[RunningSum]):
    states = ((StateTensor("total", (3,), combined="kept"),),)  # type: ignore[assignment]

    def before(self, args: Any, kwargs: Any, state: Any, budget: Any) -> Any:
        return args[:1], {} if state is None else {"total": state[0][0]}

    def after(self, args: Any, kwargs: Any, output: Tensor) -> Any:
        return [(output[:, -1],)]


class Summing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.sum = RunningSum()
        self.act = ACT(3, 4, cell="rnn", max_ponder=3)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.sum(x)).output


def test_a_device(add: Add) -> None:
    with pytest.raises(UserError, match="use host, adb, adb:SERIAL, adb:all, emulated"):
        open_devices("dummy:1")
    opened = SimpleNamespace(open_named=lambda which, **_: [f"device {which}"])
    add("act_profiling.devices.open:DEVICES", "act_profiling.devices.dummy", "dummy", opened)
    assert open_devices("dummy:1") == ["device 1"]


def test_a_target(
    add: Add, shown: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is exported, verified and described by its own files; here those of the native engine."""
    target = replace(
        TARGETS["native"], name="dummy", suffix=".dmy", device=None, not_profiled="run nowhere",
        example="model.pt --target dummy --batch 7",
    )  # fmt: skip
    native = import_module("act_export.targets.native")
    add("act_artefact.targets:TARGETS", "act_export.targets.dummy", target, native)
    runtime = import_module("act_export.runtimes.native")
    monkeypatch.setitem(sys.modules, "act_export.runtimes.dummy", runtime)
    for words in ("native|dummy|all", ".actn or .dmy", target.example):
        assert words in shown("act_export.cli")
    model = tmp_path / "model.pt"
    save_model(model, pondering())
    with pytest.raises(UserError, match="'none' is not known: use onnx, .*, native, dummy or all"):
        export(model, "none")

    (done,) = export(model, "dummy", output=tmp_path / "out")
    assert done.path.name == "model.dmy"
    assert done.manifest.target == "dummy"
    assert done.verification.passed
    with pytest.raises(UserError, match="dummy models run nowhere: profile the .onnx, .tflite or"):
        open_artefact(done.path)
    with pytest.raises(UserError, match=r"model.dmy: the folder already holds another export"):
        export(model, "native", output=tmp_path / "out")
