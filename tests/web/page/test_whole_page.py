"""The page as a whole: languages, offline, no requests, other models, old browsers, one file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from act_export.web.page import PageModel, single_page
from tests.web.page.browser import Browser, Page
from tests.web.page.conftest import served

pytestmark = pytest.mark.web


def notice(page: Page) -> str:
    """The line that says what went wrong."""
    return page.wait(
        "!document.querySelector('#notice').hidden && document.querySelector('#notice').textContent"
    )


def test_two_languages(page: Page, site: str) -> None:
    page.open(f"{site}#text")
    page.click("[data-language=de]")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.text("h1") == page.evaluate("document.title") == "Beim Denken zusehen"
    assert page.text(".battery h2") == "Akku sparen"
    page.open("about:blank", "true")
    page.open(f"{site}#maze")
    assert page.text("[data-testid=new-maze]") == "Neues Labyrinth"
    assert "Zeile 1, Spalte 1" in page.evaluate(
        "document.querySelector('[role=gridcell]').getAttribute('aria-label')"
    )
    page.click("[data-language=en]")
    assert page.text("[data-testid=new-maze]") == "New maze"


def test_a_german_browser_is_answered_in_german(page: Page, site: str) -> None:
    page.before("Object.defineProperty(navigator, 'languages', {get: () => ['de-AT', 'en']})")
    page.open(site)
    assert page.evaluate("document.documentElement.lang") == "de"


def test_it_opens_offline_once_it_was_open(
    browser: Browser, models: list[PageModel], built: Path
) -> None:
    page = browser.page()
    with served(built) as address:
        page.open(address, "document.documentElement.dataset.offline")
    page.open("about:blank", "true")
    # Nobody serves the address any more.
    page.open(f"{address}#text")
    assert page.text("h1") == "See it think"
    page.wait("document.querySelectorAll('.reader .c').length > 0")
    page.close()


def test_no_request_is_made_to_anyone(page: Page, site: str) -> None:
    page.open(f"{site}#maze")
    for name in ("text", "plain-script-co"):
        page.evaluate(f"location.hash = '#{name}'")
        page.wait("document.querySelector('[data-testid=mean-steps]')")
    page.wait("document.documentElement.dataset.offline")
    assert len(page.requests()) > 10
    assert {url[: len(site)] for url in page.requests()} == {site}
    blocked = page.evaluate("fetch('https://example.org/').then(() => 'allowed', () => 'blocked')")
    assert blocked == "blocked"
    # The refusal is logged, as it must be; forget it.
    page.browser.events.clear()


def test_a_plain_model_answers_its_golden_calls(page: Page, site: str) -> None:
    page.open(f"{site}#plain-script-co")
    words = page.wait(
        "document.querySelector('[data-testid=golden]').textContent.match(/^(\\d+) of (\\d+)/)"
    )
    assert words[1] == words[2] != "0"
    assert page.evaluate("document.querySelectorAll('[data-testid=bars] li').length") > 0


@pytest.mark.parametrize("name", ["maze", "text"])
def test_the_facts_are_the_manifests_and_checked_here(
    page: Page, site: str, exported: dict[str, Path], name: str
) -> None:
    page.open(f"{site}#{name}")
    manifest = json.loads(exported[name].with_suffix(".manifest.json").read_text())
    facts = page.text(".facts dl")
    assert manifest["sha256"][:16] in facts
    assert "Apache-2.0" in facts
    page.click("[data-testid=check]")
    page.wait("document.querySelector('[data-testid=check-result]').textContent.startsWith('All ')")


# -- Models of one's own -----------------------------------------------------------------------


def choose(page: Page, *files: Path) -> None:
    page.choose("#own-files", *files)


def beside(artefact: Path) -> list[Path]:
    return [artefact.with_suffix(f".{end}") for end in ("actn", "manifest.json", "golden.npz")]


def test_a_model_from_disk_is_opened(page: Page, site: str, exported: dict[str, Path]) -> None:
    page.open(f"{site}#maze")
    choose(page, *beside(exported["text"]))
    page.wait("document.querySelector('[aria-current]').textContent === 'text'")
    page.wait("document.querySelectorAll('.reader .c').length > 0")
    page.click("[data-testid=check]")
    page.wait("document.querySelector('[data-testid=check-result]').textContent.startsWith('All ')")
    # The artefact alone says what it is, too.
    choose(page, exported["plain"])
    page.wait("document.querySelector('[aria-current]').textContent === 'plain'")
    assert "No golden bundle" in page.text("[data-testid=golden]")
    assert page.evaluate("document.querySelector('#notice').hidden")


def test_what_is_no_model_is_refused_in_a_line(
    page: Page, site: str, exported: dict[str, Path], tmp_path: Path
) -> None:
    page.open(f"{site}#maze")
    artefact, manifest, golden = beside(exported["text"])
    content = artefact.read_bytes()
    facts = json.loads(manifest.read_text())

    def written(name: str, data: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    version = bytearray(content)
    version[8] ^= 0x40
    other = json.dumps({**facts, "format": "act-mobile/manifest/9"})
    cases = [
        ([written("noise.actn", b"no model at all" * 9)], "is no .actn file"),
        ([written("cut.actn", content[:-100])], "is damaged"),
        ([written("flipped.actn", content[:-9] + b"!" + content[-8:])], "is damaged"),
        ([golden], "One .actn file is wanted"),
        ([artefact, written("a.json", "{")], "is no JSON"),
        ([artefact, written("b.json", other)], "act-mobile/manifest/9"),
        ([artefact, written("c.json", json.dumps({**facts, "max_ponder": 0}))], "max_ponder"),
        ([artefact, written("e.json", json.dumps({**facts, "task": {"every": 0}}))], "entry task"),
        (
            [artefact, written("d.json", json.dumps({**facts, "target": "onnx"}))],
            "of a onnx export",
        ),
        ([artefact, exported["plain"].with_suffix(".manifest.json")], "SHA-256 differs"),
    ]
    for files, words in cases:
        page.evaluate("document.querySelector('#notice').hidden = true")
        choose(page, *files)
        assert words in notice(page)
        # What was open stays open.
        assert page.evaluate("document.querySelectorAll('[role=gridcell]').length") > 0


@pytest.mark.parametrize("damage", ["cut", "noise", "foreign"])
def test_a_damaged_golden_bundle_is_refused_in_a_line(
    page: Page, site: str, exported: dict[str, Path], tmp_path: Path, damage: str
) -> None:
    page.open(f"{site}#maze")
    artefact, _, golden = beside(exported["text"])
    content = golden.read_bytes()
    foreign = exported["plain"].with_suffix(".golden.npz").read_bytes()
    bad = tmp_path / "bad.npz"
    bad.write_bytes({"cut": content[:500], "noise": b"\1" * 3000, "foreign": foreign}[damage])
    choose(page, artefact, bad)
    page.wait("document.querySelector('[aria-current]').textContent === 'text'")
    page.click("[data-testid=check]")
    page.wait(
        "document.querySelector('[data-testid=check-result]').textContent.includes('bad.npz')"
    )


# -- Browsers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("delete globalThis.WebAssembly", "no WebAssembly"),
        ("WebAssembly.validate = () => false", "no SIMD"),
    ],
)
def test_a_browser_that_cannot_run_it_is_told(
    page: Page, site: str, script: str, words: str
) -> None:
    page.before(script)
    page.open(site, "document.querySelector('#notice') && true")
    assert words in notice(page)


def test_a_file_that_is_missing_is_named(browser: Browser, built: Path, tmp_path: Path) -> None:
    broken = tmp_path / "site"
    shutil.copytree(built, broken)
    (broken / "models" / "text" / "text.actn").unlink()
    page = browser.page()
    with served(broken) as address:
        page.open(f"{address}#text", "document.querySelector('#notice') && true")
        assert "models/text/text.actn cannot be loaded" in notice(page)
    page.close()


def test_one_file_runs_by_itself(page: Page, models: list[PageModel], tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(single_page(models), encoding="utf-8")
    page.open(f"{path.as_uri()}#maze")
    page.wait("document.querySelectorAll('[role=gridcell]').length > 0")
    page.evaluate("location.hash = '#text'")
    page.wait("document.querySelectorAll('.reader .c').length > 0")
    page.click("[data-testid=check]")
    page.wait("document.querySelector('[data-testid=check-result]').textContent.startsWith('All ')")
    assert page.requests() == [f"{path.as_uri()}#maze"] or page.requests() == [path.as_uri()]
