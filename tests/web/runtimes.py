"""The JavaScript runtimes in which act.js and act.wasm are tried: Node, Chromium, Firefox."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from act_engine.wasm import WEB
from tests.clients import environments
from tests.clients.browser import BROWSERS, visit
from tests.clients.client import encode
from tests.clients.exports import Artefact

PROGRAMS = Path(__file__).with_name("programs")

RUNTIMES = ("node", *BROWSERS)


def do_job(runtime: str, artefacts: Mapping[str, Artefact], scratch: Path) -> dict[str, Any]:
    """Run the job of ``programs/job.mjs``: golden calls of all artefacts, and every check.

    Raises:
        FileNotFoundError: the runtime is not on this machine.
    """
    calls = {
        name: [{key: encode(value) for key, value in call.inputs.items()} for call in each.calls]
        for name, each in artefacts.items()
    }
    job: dict[str, Any] = {
        "files": {name: str(each.path) for name, each in artefacts.items()},
        "calls": calls,
    }
    if runtime in BROWSERS:
        return visit("web/page.html", {"web": PROGRAMS, "engine": WEB}, job, scratch, runtime)
    if shutil.which(runtime) is None:
        raise FileNotFoundError(f"{runtime} is not installed: .ci/packages installs it")
    command = [runtime, PROGRAMS / "node.mjs", WEB, environments.PROGRAMS]
    done: dict[str, Any] = environments.run_program(command, job, scratch)
    return done
