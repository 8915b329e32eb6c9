"""The page's assembly: one file or a folder, its policy, its locales."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from act_artefact.errors import UserError
from act_export import export
from act_export.options import Options
from act_export.web.page import (
    PAGE,
    Extras,
    PageModel,
    locales,
    modules,
    single_page,
    write_folder,
)
from act_mobile import ACTConfig, ACTModel, save_model

NAME = "It's </script><b>"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save_model(folder / "model.pt", ACTModel(ACTConfig(3, 4, 2, cell="rnn", max_ponder=4)))
    [done] = export(folder / "model.pt", "native", output=folder, options=Options(samples=5))
    return done.path


def block(html: str, mark: str) -> str:
    """The contents of the one script with this attribute."""
    [found] = re.findall(rf"<script [^>]*{mark}[^>]*>(.*?)</script>", html, re.DOTALL)
    return found


def policy(html: str) -> dict[str, list[str]]:
    [content] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    return {part.split()[0]: part.split()[1:] for part in content.split("; ")}


def digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def test_one_file_has_all_in_it(artefact: Path) -> None:
    html = single_page([PageModel(NAME, artefact)])
    [entry] = json.loads(block(html, 'id="models"'))
    assert entry["name"] == NAME
    assert base64.b64decode(entry["actn"].split(",")[1]) == artefact.read_bytes()
    whole = np.load(artefact.with_suffix(".golden.npz"))
    kept = np.load(io.BytesIO(base64.b64decode(entry["golden"].split(",")[1])))
    assert {"x", "h0", "y", "ponder_steps"} < set(kept.files) < set(whole.files)
    assert not {"h0_out", "remainder"} & set(kept.files)
    for name in kept.files:
        np.testing.assert_array_equal(kept[name], whole[name])
    assert entry["manifest"] == json.loads(artefact.with_suffix(".manifest.json").read_text())
    imports = json.loads(block(html, "importmap"))["imports"]
    assert imports.keys() == modules().keys()
    for name, path in modules().items():
        assert base64.b64decode(imports[name].split(",")[1]) == path.read_bytes()
    assert "MIT" in json.loads(block(html, 'id="licences"'))
    assert not re.search(r'(?:src|href)="(?!data:|#)[^"]', html)


def test_a_folder_has_all_beside_it(artefact: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra.js"
    extra.write_text("export {};")
    head = '<script type="module">import "demo/extra";</script>'
    extras = Extras(head=head, modules={"demo/extra": extra}, files={"more/it.js": extra})
    models = [PageModel("One", artefact, artefact)]
    files = write_folder(tmp_path / "site", models, extras)
    there = {
        path.relative_to(tmp_path / "site")
        for path in (tmp_path / "site").rglob("*")
        if path.is_file()
    }
    assert set(files) == there
    html = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    [entry] = json.loads(block(html, 'id="models"'))
    for place in (entry["actn"], entry["golden"], entry["baseline"]["actn"]):
        assert (tmp_path / "site" / place).is_file()
    for place in json.loads(block(html, "importmap"))["imports"].values():
        assert (tmp_path / "site" / place).is_file()
    assert head in html


@pytest.mark.parametrize("single", [True, False])
def test_the_policy_allows_what_is_there_and_nothing_else(
    artefact: Path, tmp_path: Path, single: bool
) -> None:
    models = [PageModel("One", artefact)]
    if single:
        html = single_page(models)
    else:
        write_folder(tmp_path, models)
        html = (tmp_path / "index.html").read_text(encoding="utf-8")
    allowed, own = policy(html), "data:" if single else "'self'"
    inline = re.findall(r"<script\b(?![^>]*application/json)[^>]*>(.*?)</script>", html, re.DOTALL)
    assert len(inline) == 2
    assert allowed["default-src"] == ["'none'"]
    assert set(allowed["script-src"]) == {own, "'wasm-unsafe-eval'", *map(digest, inline)}
    assert allowed["connect-src"] == [own]
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert allowed["style-src"] == (list(map(digest, styles)) if single else ["'self'"])
    # The policy comes before all that it is for.
    assert html.index("Content-Security-Policy") < html.index("<script")


def test_locales_have_the_same_texts_with_the_same_values() -> None:
    english, *others = (json.loads(path.read_text(encoding="utf-8")) for path in locales())

    def values(entry: str | dict[str, str]) -> list[set[str]]:
        forms = [entry] if isinstance(entry, str) else list(entry.values())
        return [set(re.findall(r"\{(\w+)\}", form)) for form in forms]

    assert others
    for other in others:
        assert other.keys() == english.keys()
        for key, entry in english.items():
            assert isinstance(other[key], type(entry)), key
            assert values(other[key]) == values(entry), key


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    known = set(json.loads(locales()[0].read_text(encoding="utf-8")))
    sources = [*PAGE.glob("*.js"), PAGE / "index.html", *Path("web_demo").glob("*.js")]
    contents = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    quoted = set(re.findall(r'["`]([a-z]+\.[a-z-]+)["`]', contents))
    single = {"language", "title", "lead", "skip", "languages", "models", "none", "fine"}
    # Texts whose keys are put together: a side, a kind of character, a button.
    composed = {key for key in known if key.split(".")[0] in ("side", "kind", "player")}
    assert known - quoted - single - composed == set()


def test_what_the_page_cannot_show_is_refused(artefact: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two models of the name"):
        single_page([PageModel("One", artefact), PageModel("one", artefact)])
    with pytest.raises(UserError, match=r"gone\.golden\.npz: missing"):
        single_page([PageModel("One", tmp_path / "gone.actn")])
    for suffix in (".actn", ".manifest.json"):
        (tmp_path / f"model{suffix}").write_bytes(artefact.with_suffix(suffix).read_bytes())
    with pytest.raises(UserError, match=r"model\.golden\.npz: missing"):
        single_page([PageModel("One", tmp_path / "model.actn")])
