"""The demo of the shipped models, as ``make web`` builds it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from act_export.web.check import CHECK
from act_export.web.page import slug
from tests.web.page.browser import Page
from tests.web.page.conftest import served
from tests.web.page.firefox import firefox
from tests.web.page.test_listen import SUMMARY, sound, written
from web_demo.build import SHOWN, Shown, build

pytestmark = pytest.mark.web

ROOT = Path(__file__).parents[3]
ALL_RIGHT = {
    "refused": "",
    "right": 8,
    "words": "All 8 golden calls are answered here as by the trained model.",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "web"
    build(folder)
    return folder


@pytest.fixture(scope="module")
def address(demo: Path) -> Iterator[str]:
    with served(demo) as address:
        yield address


def test_it_is_within_its_budgets(demo: Path) -> None:
    """All bytes, and the processor time until it is ready, by a process of one core."""
    command = [sys.executable, "-m", "tests.web.page.budget", demo]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_each_model_passes_its_golden_bundle(page: Page, address: str, shown: Shown) -> None:
    page.open(f"{address}#{slug(shown.name)}")
    assert page.evaluate(CHECK) == ALL_RIGHT


def test_they_pass_in_firefox(address: str, tmp_path: Path) -> None:
    try:
        with firefox(tmp_path) as browser:
            for shown in SHOWN:
                browser.open("about:blank")
                browser.open(f"{address}#{slug(shown.name)}")
                assert browser.evaluate(CHECK) == ALL_RIGHT, shown.name
    except FileNotFoundError as missing:
        pytest.skip(str(missing))


def test_sound_is_heard_with_the_steps_that_it_takes(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.open(f"{address}#listen")
    page.choose("[data-testid=sound]", written(tmp_path / "tone.wav", sound(2)))
    page.wait(f"{SUMMARY}.startsWith('198 frames')")
    # It skips most frames; a net that steps at each has a mean of 1.
    assert 0.2 < float(page.text("[data-testid=mean-steps]")) < 0.6
    assert "0 to 1" in page.text(".facts dl")
