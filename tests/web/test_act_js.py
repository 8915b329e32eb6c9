"""act.js in real runtimes: golden bundles, and programs/checks.mjs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.client import decode
from tests.clients.exports import Artefact
from tests.clients.judge import Outcome, compared
from tests.web.conftest import MODELS, PRECISIONS
from tests.web.runtimes import PROGRAMS, RUNTIMES

pytestmark = [pytest.mark.web, pytest.mark.parametrize("runtime", RUNTIMES)]

Job = Callable[[str], dict[str, Any]]

NAMES = [f"{model}-{precision}" for model in MODELS for precision in PRECISIONS]
CHECKS = re.findall(r"^export async function (\w+)", (PROGRAMS / "checks.mjs").read_text(), re.M)


@pytest.mark.parametrize("name", NAMES)
def test_answers_the_golden_bundle(
    runtime: str, name: str, done: Job, artefacts: dict[str, Artefact]
) -> None:
    found = done(runtime)["golden"][name]
    assert "refused" not in found, found["refused"]
    answers = [{key: decode(t) for key, t in answer.items()} for answer in found["answers"]]
    assert compared(artefacts[name], answers) == Outcome("works")


@pytest.mark.parametrize("check", CHECKS)
def test_behaviour(runtime: str, check: str, done: Job) -> None:
    assert done(runtime)["checks"][check] == ""
