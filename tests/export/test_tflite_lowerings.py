"""The lowerings added to litert-torch, on small modules of their own, in LiteRT's interpreter."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import litert_torch
import numpy as np
import pytest
import torch
from litert_torch.backend.lowerings import registry
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop

from act_artefact import interface
from act_artefact.errors import CheckFailed, UserError
from act_artefact.form import Form
from act_artefact.interface import Interface
from act_export.program import Program
from act_export.runtimes import load
from act_export.targets import tflite
from act_export.targets.tflite import lowerings
from act_export.targets.tflite.while_loop import OPERATOR


class Count(nn.Module):
    """Count how often n can be halved and raised until the sum of what was left reaches a limit."""

    def forward(self, n: Tensor, limit: Tensor, table: Tensor) -> dict[str, Tensor]:
        def more(count: Tensor, total: Tensor, n: Tensor) -> Tensor:
            return total < limit.reshape(())

        def body(count: Tensor, total: Tensor, n: Tensor) -> tuple[Tensor, ...]:
            def inner_more(m: Tensor, steps: Tensor) -> Tensor:
                return m > 1

            def inner(m: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
                return m // 2, steps + table.sum()

            _, steps = while_loop(inner_more, inner, (n.clone(), torch.zeros(())))
            return count + 1, total + steps + 1, n + count

        start = (torch.zeros((), dtype=torch.int64), torch.zeros(()), n.long().reshape(()))
        count, total, last = while_loop(more, body, start)
        return {"count": count.to(torch.int32), "total": total, "last": last.to(torch.int32)}


class Rows(nn.Module):
    """Rows of x at an index."""

    def forward(self, x: Tensor, index: Tensor) -> dict[str, Tensor]:
        at, near = index.long(), index.abs().long()
        return {
            "written": x.index_put((at,), torch.full((1, 2), 9.0)),
            "two": x.index_put((torch.tensor([0, 2]),), torch.ones(2, 2)),
            "read": x.index_select(0, near),
            "column": x.index_select(-1, torch.clamp(near, max=1)),
        }


def program(module: nn.Module, inputs: dict[str, Tensor]) -> Program:
    exported = torch.export.export(module, (), kwargs=inputs)
    described = tuple(
        interface.Tensor(name, str(t.dtype).removeprefix("torch."), tuple(t.shape))  # type: ignore[arg-type]
        for name, t in inputs.items()
    )
    return Program(Interface(described, (), ()), Form(), lambda: exported)


def test_nested_loops_capture_what_is_outside_them(tmp_path: Path) -> None:
    """Inputs, constants and each other's values; no step at all is a possible number of steps."""
    module, path = Count(), tmp_path / "count.tflite"
    inputs = {
        "n": torch.tensor([5], dtype=torch.int32),
        "limit": torch.tensor([20.0]),
        "table": torch.tensor([0.5, 1.5]),
    }
    tflite.convert(program(module, inputs), path, {}, "fp32")
    runtime = load("tflite", path)
    counts = []
    for n, limit in ((5, 20.0), (40, 7.5), (1, 3.0), (9, 0.0), (1000, -1.0)):
        inputs["n"][0], inputs["limit"][0] = n, limit
        expected = module(**inputs)
        answer = runtime.run({name: t.numpy() for name, t in inputs.items()})
        for name, value in expected.items():
            assert answer[name] == value.item(), name
        counts.append(int(expected["count"]))
    assert 0 in counts
    assert len(set(counts)) > 2


def test_rows(tmp_path: Path) -> None:
    module, path = Rows(), tmp_path / "rows.tflite"
    x = torch.arange(10.0).reshape(5, 2)
    inputs = {"x": x, "index": torch.tensor([3], dtype=torch.int32)}
    tflite.convert(program(module, inputs), path, {}, "fp32")
    runtime = load("tflite", path)
    for index in (0, 3, 4, -1, -3):
        inputs["index"][0] = index
        answer = runtime.run({name: t.numpy() for name, t in inputs.items()})
        for name, value in module(**inputs).items():
            np.testing.assert_array_equal(answer[name], value.numpy(), name)


def test_litert_torch_does_not_lower_loops_itself_yet() -> None:
    """When this fails, act_export/targets/tflite/while_loop.py is to be dropped."""

    class Loop(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            (y,) = while_loop(lambda y: y.sum() < 9, lambda y: (y + 1,), (x,))
            return y

    with pytest.raises(RuntimeError, match="Lowering not found: while_loop"):
        litert_torch.convert(Loop(), (torch.zeros(2),))


def test_lowerings_are_taken_back() -> None:
    before = dict(registry.global_registry.registered_ops)

    def fail() -> None:
        with lowerings.registered():
            assert registry.lookup(OPERATOR) is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert registry.global_registry.registered_ops == before
    assert registry.lookup(OPERATOR) is None


def test_other_versions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lowerings, "version", lambda package: "9.9")
    with (
        pytest.raises(UserError, match=r"litert-torch 9.9: .* 0.10.0: pip install"),
        lowerings.registered(),
    ):
        pass


def test_versions_are_those_the_package_requires() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    required = project["project"]["optional-dependencies"]["tflite"]
    assert {f"{name}=={version}" for name, version in lowerings.VERSIONS.items()} <= set(required)


def test_a_lowering_of_their_own_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs: Any = {OPERATOR: lambda context: None}
    monkeypatch.setattr(registry.global_registry, "registered_ops", theirs)
    with pytest.raises(CheckFailed, match="ours is to be dropped"), lowerings.registered():
        pass
