"""Text: the steps of each character, long texts, other alphabets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from act_engine import Model
from tests.web.page.browser import Page

pytestmark = pytest.mark.web

AREA = "[data-testid=text]"


def shown(page: Page, count: int) -> tuple[str, list[int]]:
    """The coloured characters and their steps, once there are so many."""
    page.wait(f"document.querySelectorAll('.reader .c').length === {count}")
    found = page.evaluate(
        "[...document.querySelectorAll('.reader .c')].map((e) => [e.textContent, +e.dataset.steps])"
    )
    return "".join(each[0] for each in found), [each[1] for each in found]


def steps_of(artefact: Path, text: str) -> list[int]:
    """N of each character by the native engine: the most of its bytes."""
    context = Model(artefact).context()
    found = []
    for character in text:
        tokens = np.frombuffer(character.encode(), np.uint8).astype(np.int32)
        found.append(int(context.run(tokens).ponder_steps.max()))
    return found


@pytest.mark.parametrize("text", ["A", "So it goes.\nOn and on.", "Zürich – 東京 🙂"])
def test_each_character_has_the_engines_steps(
    page: Page, site: str, exported: dict[str, Path], text: str
) -> None:
    page.open(f"{site}#text")
    page.type(AREA, text)
    characters, steps = shown(page, len(text))
    assert characters == text
    assert steps == steps_of(exported["text"], text)
    mean = float(page.text("[data-testid=mean-steps]"))
    if text.isascii():
        assert mean == pytest.approx(np.mean(steps), abs=0.005)


def test_a_character_is_inspected_by_keyboard(page: Page, site: str) -> None:
    page.open(f"{site}#text")
    page.type(AREA, "go on")
    _, steps = shown(page, 5)
    page.evaluate("document.querySelector('[data-testid=reader]').focus()")
    page.key("ArrowRight")
    page.key("ArrowRight")
    assert f"o  {steps[1]} step" in page.text("[data-testid=inspector]")


def test_no_text_is_no_error(page: Page, site: str) -> None:
    page.open(f"{site}#text")
    page.evaluate(f"document.querySelector('{AREA}').select()")
    page.send("Input.dispatchKeyEvent", type="keyDown", key="Delete", windowsVirtualKeyCode=46)
    page.wait("document.querySelector('[data-testid=inspector]').textContent.includes('Nothing')")
    assert page.text("[data-testid=mean-steps]") == "–"


def test_a_megabyte_of_text_is_cut_and_does_not_freeze(page: Page, site: str) -> None:
    page.open(f"{site}#text")
    page.evaluate(
        f"const area = document.querySelector('{AREA}');"
        "area.value = 'to be or not '.repeat(90000);"
        "area.dispatchEvent(new Event('input')); 0"
    )
    page.wait("!document.querySelector('progress').hidden")
    # Another text takes its place before it is read.
    page.type(AREA, "short")
    shown(page, 5)
    page.evaluate(
        f"const long = document.querySelector('{AREA}'); long.value = 'ab '.repeat(3000);"
        "long.dispatchEvent(new Event('input')); 0"
    )
    page.wait("document.querySelector('[data-testid=text-note]').textContent.includes('9,000')")
    assert page.evaluate("document.querySelectorAll('.reader .c').length") == 4000


def test_what_is_cut_is_said(page: Page, site: str) -> None:
    page.open(f"{site}#text")
    found = page.evaluate(
        "import('page/text').then(({ bytesOf, MOST_BYTES }) => ["
        "bytesOf('é'.repeat(600000)).bytes.length, bytesOf('é'.repeat(600000)).cut,"
        "bytesOf('x'.repeat(MOST_BYTES)).cut, bytesOf('x'.repeat(MOST_BYTES + 1)).bytes.length])"
    )
    assert found == [1 << 20, True, False, 1 << 20]
