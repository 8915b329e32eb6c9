"""``act-export --web`` from the command to the page, in what there is to run it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from act_artefact.chromium import find_chromium
from act_artefact.errors import CheckFailed, UserError
from act_artefact.golden import GoldenCall, read_golden
from act_artefact.manifest import read_manifest
from act_engine.wasm import WEB
from act_export import export
from act_export.api import Export
from act_export.cli import main
from act_export.options import Options
from act_export.web.check import check_bundle, check_in_chromium, check_in_node, find_node
from act_export.web.page import PageModel, single_page
from act_mobile import ACTConfig, ACTModel, save_model
from act_mobile.iterated import IteratedConfig, IteratedModel
from tests.web.page.browser import Page
from tests.web.page.conftest import uneven

pytestmark = pytest.mark.web

NETS = {
    "lstm": lambda: ACTModel(ACTConfig(3, 6, 2, cell="lstm", num_layers=2, max_ponder=5)),
    "tokens": lambda: ACTModel(ACTConfig(8, 6, 5, cell="gru", vocab_size=9, max_ponder=4)),
    "skip": lambda: ACTModel(ACTConfig(3, 6, 2, cell="rnn", halting="skip")),
    "images": lambda: IteratedModel(IteratedConfig(3, 4, 2, height=5, width=6, max_ponder=4)),
}
OPTIONS = {"lstm": {"budget_inputs": True}, "tokens": {"sequence": 4}}

Exported = Callable[[str], Export]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Export a net of ``NETS`` with its page."""
    made: dict[str, Export] = {}

    def get(name: str) -> Export:
        if name not in made:
            torch.manual_seed(1)
            folder = tmp_path_factory.mktemp(name)
            save_model(folder / f"{name}.pt", uneven(NETS[name](), 2.0))
            options = Options(samples=10, web=True, **OPTIONS.get(name, {}))
            [made[name]] = export(folder / f"{name}.pt", "native", output=folder, options=options)
        return made[name]

    return get


def golden(done: Export) -> list[GoldenCall]:
    return read_golden(read_manifest(done.path.with_suffix(".manifest.json")), done.path.parent)


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, *programs: str) -> None:
    """Leave just these programs on PATH."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found, f"{program} is not installed: .ci/packages installs it"
        (folder / program).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("name", NETS)
def test_page_is_checked_in_chromium_and_complete(name: str, exported: Exported) -> None:
    done = exported(name)
    assert done.page is not None
    assert (done.page.browser or "").startswith("Chrome ")
    assert done.page.calls == len(golden(done)) > 0
    folder = Path(done.page.path)
    assert folder == done.path.with_suffix(".web")
    beside = (done.path, *(done.path.with_suffix(f".{s}") for s in ("manifest.json", "golden.npz")))
    copies = [*beside, *(WEB / each for each in ("act.js", "act.wasm", "NOTICE"))]
    for path in copies:
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert {path.name for path in folder.iterdir()} == {"index.html", *(p.name for p in copies)}


@pytest.mark.parametrize("name", NETS)
def test_node_passes_the_same_bundle(name: str, exported: Exported) -> None:
    done, node = exported(name), find_node()
    assert done.page is not None
    assert node, "node is not installed: .ci/packages installs it"
    check_in_node(node[0], Path(done.page.path), done.manifest.interface, golden(done))


def test_page_opens_without_a_server(page: Page, exported: Exported) -> None:
    done = exported("lstm")
    assert done.page is not None
    address = (Path(done.page.path) / "index.html").as_uri()
    page.open(address)
    page.wait("document.querySelectorAll('[data-testid=bars] li').length > 0")
    assert page.requests() == [address]


def test_page_that_answers_otherwise_fails(exported: Exported, tmp_path: Path) -> None:
    """Answers are moved in the golden bundle: Chromium and Node both find it."""
    done, program, node = exported("lstm"), find_chromium(), find_node()
    assert done.page
    assert program
    assert node
    calls = golden(done)
    for call in calls:
        call.answer.outputs["y"] += 1
    folder = tmp_path / "lstm.web"
    shutil.copytree(done.page.path, folder)
    with pytest.raises(CheckFailed, match=r"^lstm\.web: its engine in Node: y is off by 1\.0e\+00"):
        check_in_node(node[0], folder, done.manifest.interface, calls)
    bundle = done.path.with_suffix(".golden.npz")
    with np.load(bundle) as arrays:
        np.savez(tmp_path / "lstm.golden.npz", **{**arrays, "y": arrays["y"] + 1})
    for suffix in (".actn", ".manifest.json"):
        shutil.copy(done.path.with_suffix(suffix), tmp_path)
    page = single_page([PageModel("lstm", tmp_path / "lstm.actn")])
    (folder / "index.html").write_text(page, encoding="utf-8")
    with pytest.raises(CheckFailed, match=r"fails its golden bundle in Chrome .*0 of 8"):
        check_in_chromium(program, folder / "index.html", len(calls))


def test_page_that_refuses_its_model_fails(exported: Exported, tmp_path: Path) -> None:
    done, program = exported("lstm"), find_chromium()
    assert done.page
    assert program
    text = (Path(done.page.path) / "index.html").read_text(encoding="utf-8")
    bad = tmp_path / "index.html"
    bad.write_text(text.replace(done.manifest.sha256, "0" * 64), encoding="utf-8")
    with pytest.raises(CheckFailed, match="SHA-256 differs"):
        check_in_chromium(program, bad, 8)


def test_chromium_that_does_not_start_is_named(exported: Exported, tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display at all >&2\nexit 3\n")
    broken.chmod(0o755)
    page = exported("lstm").page
    assert page is not None
    with pytest.raises(CheckFailed, match=r"ended \(3\): no display at all; nothing was written"):
        check_in_chromium(str(broken), Path(page.path) / "index.html", 8)


@pytest.mark.parametrize(("programs", "words"), [(("node",), "Node v"), ((), "not checked")])
def test_without_chromium_the_report_says_so(
    exported: Exported,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    programs: tuple[str, ...],
    words: str,
) -> None:
    done = exported("tokens")
    assert done.page is not None
    only(monkeypatch, tmp_path / "bin", *programs)
    found = check_bundle(Path(done.page.path), done.manifest.interface, golden(done))
    said, style = found.remark()
    assert found.browser is None
    assert style == "yellow"
    assert words in said
    assert "no Chromium on PATH" in said if programs else "neither Chromium nor Node" in said


def test_command_says_what_checked_the_page(
    exported: Exported, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = exported("lstm").path.with_suffix(".pt")
    words = [str(model), "--target", "onnx,native", "--ponder", "loop", "--web", "--samples", "5"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "-o", str(tmp_path), "--json"])
    assert ended.value.code == 0
    onnx, native = json.loads(capfd.readouterr().out)["exports"]
    assert "page" not in onnx
    assert native["page"]["path"] == str(tmp_path / "native" / "lstm.web")
    assert native["page"]["calls"] == 8
    assert not list((tmp_path / "onnx").glob("*.web"))


def test_a_former_page_is_replaced_and_nothing_else(exported: Exported, tmp_path: Path) -> None:
    model = exported("lstm").path.with_suffix(".pt")

    def again() -> None:
        export(model, "native", output=tmp_path, options=Options(samples=5, web=True))

    again()
    folder = tmp_path / "lstm.web"
    (folder / "index.html").write_text("old")
    again()
    assert "importmap" in (folder / "index.html").read_text(encoding="utf-8")
    (folder / "mine.html").write_text("mine")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    with pytest.raises(UserError, match=r"mine\.html: the folder is replaced"):
        again()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("version", "found"),
    [("v20.16.0", True), ("v22.1.0", True), ("v20.15.1", False), ("v9.99.0", False), ("?", False)],
)
def test_node_too_old_for_the_engine_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, found: bool
) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho '{version}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_node() == ((str(program), version) if found else None)


def test_node_that_fails_is_quoted(exported: Exported, tmp_path: Path) -> None:
    done, node = exported("lstm"), find_node()
    assert done.page
    assert node
    folder = tmp_path / "lstm.web"
    shutil.copytree(done.page.path, folder)
    (folder / "act.wasm").write_bytes(b"no module")
    with pytest.raises(CheckFailed, match=r"did not run it: Error: act\.wasm cannot be compiled"):
        check_in_node(node[0], folder, done.manifest.interface, golden(done))
