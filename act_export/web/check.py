"""The check of a page: its golden bundle, in headless Chromium or, where there is none, in Node.

Chromium opens ``index.html`` as a file, and the page itself judges, as it does for whoever presses
its button. Node runs ``act.js`` and ``act.wasm`` on the same calls, and their answers are judged
here; the page is then not opened, and the export's report says so.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from act_artefact.chromium import find_chromium
from act_artefact.devtools import DevToolsError, opened
from act_artefact.equality import Agreement
from act_artefact.errors import CheckFailed
from act_artefact.golden import GoldenCall
from act_artefact.interface import Interface
from act_export.web.bundle import INDEX

CHECK = """(async () => {
  const find = (selector) => document.querySelector(selector);
  const refused = () => find("#notice")?.hidden === false && find("#notice").textContent;
  const until = async (holds) => {
    while (!refused() && !holds()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(() => document.documentElement?.dataset.ready);
  if (!refused()) find("[data-testid=check]").click();
  await until(() => find("[data-testid=check-result]").dataset.right);
  const result = find("[data-testid=check-result]");
  return { refused: refused() || "", right: Number(result?.dataset.right ?? 0),
           words: result?.textContent ?? "" };
})()"""
"""Waits until a page is ready, presses its button and returns its judgement: JavaScript."""

PROGRAM = Path(__file__).with_name("answer.mjs")
NODE_SECONDS = 120.0
NODE = re.compile(r"v(\d+)\.(\d+)\.\d+\s*")
OLDEST_NODE = (20, 16)
THROWN = re.compile(r"^\w*Error\b.*", re.MULTILINE)


@dataclass(frozen=True)
class PageCheck:
    """A page that was written, and by what it was checked."""

    path: str
    """The page's folder."""
    browser: str | None
    """Name and version of the browser that opened it; None if none did."""
    node: str | None
    """Version of Node that ran its engine; None if a browser opened it, or there is no Node."""
    calls: int
    """Calls of its golden bundle that passed; 0 if neither is there."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def remark(self) -> tuple[str, str]:
        """Say it in a line, with the style in which it is printed."""
        name = Path(self.path).name
        if self.browser:
            return f"{name}: the page passed {self.calls} golden calls in {self.browser}.", "dim"
        if self.node:
            passed = f"act.js passed {self.calls} golden calls in Node {self.node}"
            return f"{name}: {passed}; the page was not opened: no Chromium on PATH.", "yellow"
        return (
            f"{name}: not checked: neither Chromium nor Node 20.16 or newer is on PATH; open "
            f"{INDEX} and press its button to check it there.",
            "yellow",
        )


def check_bundle(folder: Path, interface: Interface, calls: Sequence[GoldenCall]) -> PageCheck:
    """Check the page in ``folder`` by whatever is there to run it.

    Args:
        interface: the export's.
        calls: of its golden bundle.

    Raises:
        CheckFailed: an answer is wrong, or what is there cannot run it.
    """
    if program := find_chromium():
        browser = check_in_chromium(program, folder / INDEX, len(calls))
        return PageCheck(str(folder), browser, None, len(calls))
    if node := find_node():
        check_in_node(node[0], folder, interface, calls)
        return PageCheck(str(folder), None, node[1], len(calls))
    return PageCheck(str(folder), None, None, 0)


def check_in_chromium(program: str, page: Path, calls: int) -> str:
    """Let a page judge its golden bundle, and return the browser's name and version.

    Raises:
        CheckFailed: fewer than ``calls`` passed, or Chromium cannot be driven.
    """
    try:
        with opened(program) as browser:
            product = str(browser.send("Browser.getVersion")["product"])
            session = browser.open(page.resolve().as_uri())
            found = browser.evaluate(session, CHECK)
    except DevToolsError as error:
        raise CheckFailed(
            f"{page.parent.name}: {program} did not check its page: {error}; nothing was written: "
            "leave --web out, or take that browser off PATH"
        ) from None
    name = product.replace("Headless", "").replace("/", " ")
    if found["refused"] or found["right"] != calls:
        raise CheckFailed(
            f"{page.parent.name}: its page fails its golden bundle in {name}: "
            f"{found['refused'] or found['words']}; nothing was written"
        )
    return name


def find_node() -> tuple[str, str] | None:
    """Return Node's path and version; None where none, or one too old for act.js, is installed."""
    program = shutil.which("node")
    if program is None:
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = NODE.fullmatch(said.stdout)
    if version is None or tuple(map(int, version.groups())) < OLDEST_NODE:
        return None
    return program, said.stdout.strip()


def check_in_node(
    program: str, folder: Path, interface: Interface, calls: Sequence[GoldenCall]
) -> None:
    """Run the calls by the folder's ``act.js`` and judge the answers.

    Raises:
        CheckFailed: an answer is wrong, or there is none.
    """
    [artefact] = folder.glob("*.actn")
    states = [pair.input for pair in interface.states]
    asked = [
        {
            "data": call.inputs[interface.data.name].ravel().tolist(),
            "shape": list(call.inputs[interface.data.name].shape),
            "state": np.concatenate([[], *(call.inputs[name].ravel() for name in states)]).tolist(),
        }
        for call in calls
    ]
    job = {"engine": str((folder / "act.js").resolve()), "model": str(artefact.resolve())}
    try:
        done = subprocess.run(
            [program, PROGRAM],
            input=json.dumps({**job, "calls": asked}),
            capture_output=True,
            text=True,
            timeout=NODE_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = f"{program} did not run it: {_thrown(error.stderr)}"
    except subprocess.TimeoutExpired:
        reason = f"{program} gave no answer in {NODE_SECONDS:.0f} s"
    else:
        reason = _judged(interface, calls, json.loads(done.stdout))
    if reason:
        raise CheckFailed(f"{folder.name}: its engine in Node: {reason}; nothing was written")


def _thrown(said: str) -> str:
    """Find the error among the lines that Node has written of it."""
    thrown = THROWN.search(said)
    return thrown[0] if thrown else "it gave no reason"


def _judged(
    interface: Interface, calls: Sequence[GoldenCall], answers: Sequence[dict[str, Any]]
) -> str:
    """Say what is wrong with the answers; nothing if they are right."""
    found = Agreement()
    for call, answer in zip(calls, answers, strict=True):
        values = {name: answer[name] for name in ("y", "ponder_steps", "remainder")}
        rest = answer["state"]
        for pair in interface.states:
            size = call.answer.outputs[pair.output].size
            values[pair.output], rest = rest[:size], rest[size:]
        outputs = call.answer.outputs
        found.add(
            call.answer,
            {
                name: np.array(value, outputs[name].dtype).reshape(outputs[name].shape)
                for name, value in values.items()
            },
        )
    return found.reason()
