"""The page that shows a model think: a folder for a web server, or one file that runs by itself.

``page/`` holds its sources: ``index.html``, ``page.css``, locales and ES modules, which import each
other as ``page/NAME`` and the engine as ``act-engine``. An import map says where these are: files
beside the page, or ``data:`` URLs within it, so that the same sources serve both and nothing is
bundled. A content security policy in the page allows just what it has: no request to anyone.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import act_engine
from act_artefact.errors import UserError
from act_artefact.manifest import read_manifest
from act_artefact.targets import TARGETS
from act_export.web.golden import ENDING, page_bundle

PAGE = Path(__file__).with_name("page")
ENGINE = Path(act_engine.__file__).parent / "web"
"""``act.js`` and ``act.wasm``."""

NOTICE = "NOTICE"
"""The licences of the C library in ``act.wasm``, which go where that goes."""

HEAD = "<!--head-->"
"""The place in ``index.html`` for what is computed."""
STYLE = '<link rel="stylesheet" href="page.css">'

TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".actn": "application/octet-stream",
    ".npz": "application/octet-stream",
}

Address = Callable[[Path], str]
"""Gives the URL by which the page finds a file."""

_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True)
class PageModel:
    """A model of the page."""

    name: str
    """The text of its tab."""
    artefact: Path
    """``NAME.actn``, with its manifest and golden bundle beside it."""
    baseline: Path | None = None
    """The same of a net that always takes the same number of steps, to be shown beside it."""


@dataclass(frozen=True)
class Extras:
    """Additions to a served page."""

    head: str = ""
    """HTML for the page's head."""
    modules: Mapping[str, Path] = field(default_factory=dict)
    """ES modules by the names that others import them by."""
    files: Mapping[str, Path] = field(default_factory=dict)
    """Files by their place in the folder."""


def modules(engine: Path = ENGINE) -> dict[str, Path]:
    """Name the page's ES modules as they import each other."""
    own = {f"page/{path.stem}": path for path in sorted(PAGE.glob("*.js"))}
    return {"act-engine": engine / "act.js", **own}


def write_folder(
    folder: Path, models: Sequence[PageModel], extras: Extras | None = None, engine: Path = ENGINE
) -> list[Path]:
    """Write the page as a folder that any static server serves.

    Args:
        folder: made if it is not there; what it holds is replaced by name.
        extras: what is added to the page.
        engine: the folder of ``act.js`` and ``act.wasm``.

    Returns:
        All files written, relative to the folder.

    Raises:
        UserError: a model's files are missing or damaged, or two models have one name.
    """
    extras = extras or Extras()
    places = _places(models)
    imported = {**modules(engine), **extras.modules}
    addresses = {name: f"./{'act' if name == 'act-engine' else name}.js" for name in imported}
    written = {addresses[name][2:]: path for name, path in imported.items()}
    written |= {name: engine / name for name in ("act.wasm", NOTICE)}
    written["page.css"] = PAGE / "page.css"
    written |= extras.files

    def address(path: Path) -> str:
        place = f"models/{places[path.parent]}/{path.name}"
        written[place] = path
        return place

    entries = [_entry(model, address) for model in models]
    # Asked for at once, not one import after the other.
    ahead = [f'<link rel="modulepreload" href="{place}">' for place in addresses.values()]
    ahead.append('<link rel="preload" href="act.wasm" as="fetch" crossorigin>')
    html = _html(entries, "act.wasm", addresses, STYLE, "\n".join([*ahead, extras.head]))
    for place, path in written.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_content(path))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(_secured(html, "'self'"), encoding="utf-8")
    return [Path("index.html"), *map(Path, written)]


def single_page(models: Sequence[PageModel], engine: Path = ENGINE) -> str:
    """Return the page as one HTML file, which runs without a server, from ``file://``.

    Raises:
        UserError: a model's files are missing or damaged, or two models have one name.
    """
    _places(models)
    addresses = {name: data_url(path) for name, path in modules(engine).items()}
    style = f"<style>{(PAGE / 'page.css').read_text(encoding='utf-8')}</style>"
    entries = [_entry(model, data_url) for model in models]
    licences = _json((engine / NOTICE).read_text(encoding="utf-8"))
    head = f'<script type="application/json" id="licences">{licences}</script>'
    html = _html(entries, data_url(engine / "act.wasm"), addresses, style, head)
    return _secured(html, "data:")


def data_url(path: Path) -> str:
    """Return a file as a ``data:`` URL."""
    content = base64.b64encode(_content(path)).decode()
    return f"data:{TYPES[path.suffix]};base64,{content}"


def _content(path: Path) -> bytes:
    """Return a file as the page has it."""
    return page_bundle(path) if path.name.endswith(ENDING) else path.read_bytes()


def slug(name: str) -> str:
    """Return a name as the page has it in addresses (``slug`` in ``page/start.js``)."""
    return re.sub(r"[\W_]+", "-", name.lower())


def _places(models: Iterable[PageModel]) -> dict[Path, str]:
    """Name a folder of the page for each folder that files of models lie in."""
    places: dict[Path, str] = {}
    names: set[str] = set()
    for model in models:
        name = slug(model.name)
        if name in names:
            raise UserError(f"two models of the name {model.name!r}: name one otherwise")
        names.add(name)
        places[model.artefact.parent] = name
        if model.baseline:
            places.setdefault(model.baseline.parent, f"{name}-baseline")
    return places


def _entry(model: PageModel, address: Address) -> dict[str, Any]:
    """Describe a model as the page's list of models has it."""
    golden = _there(model.artefact.with_suffix(ENDING))
    entry = {**_files(model.name, model.artefact, address), "golden": address(golden)}
    if model.baseline:
        # It is asked what the model is asked, and needs no golden bundle.
        entry["baseline"] = _files(model.baseline.stem, model.baseline, address)
    return entry


def _files(name: str, artefact: Path, address: Address) -> dict[str, Any]:
    manifest = read_manifest(artefact.with_suffix(".manifest.json"))
    target = TARGETS.get(manifest.target)
    if target is None or not target.on_page:
        raise UserError(f"{artefact}: the page runs .actn files, not those of {manifest.target}")
    return {"name": name, "manifest": manifest.to_json(), "actn": address(_there(artefact))}


def _there(path: Path) -> Path:
    if not path.is_file():
        raise UserError(f"{path}: missing: export the model again")
    return path


def _html(
    entries: list[dict[str, Any]], wasm: str, addresses: dict[str, str], style: str, head: str
) -> str:
    """Fill ``index.html``: all but the policy, which depends on the result."""
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    parts = [
        HEAD,
        f'<script type="importmap">{_json({"imports": addresses})}</script>',
        *(
            f'<script type="application/json" data-locale="{path.stem}">'
            f"{_json(json.loads(path.read_text(encoding='utf-8')))}</script>"
            for path in locales()
        ),
        head,
    ]
    for before, after in (
        (HEAD, "\n".join(parts)),
        (STYLE, style),
        ('id="models">[]<', f'id="models">{_json(entries)}<'),
        ('id="engine">"act.wasm"<', f'id="engine">{_json(wasm)}<'),
    ):
        if html.count(before) != 1:
            raise AssertionError(f"index.html must have {before} once")
        html = html.replace(before, after)
    return html


def locales() -> list[Path]:
    """List the locales, English, in which the page is written, first."""
    return sorted(
        (PAGE / "locales").glob("*.json"), key=lambda path: (path.stem != "en", path.stem)
    )


def _secured(html: str, own: str) -> str:
    """Put the content security policy into a page.

    Args:
        own: where what the page loads lies: ``'self'`` or ``data:``.
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, attributes, content in _INLINE.findall(html):
        if "application/json" not in attributes:
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            hashes[kind].append(f"'sha256-{digest}'")
    served = own == "'self'"
    policy = {
        "default-src": ["'none'"],
        "script-src": [own, "'wasm-unsafe-eval'", *hashes["script"]],
        "style-src": hashes["style"] or [own],
        "img-src": sorted({own, "data:"}),
        "connect-src": [own],
        **({"manifest-src": [own], "worker-src": [own]} if served else {}),
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    text = "; ".join(" ".join([name, *values]) for name, values in policy.items())
    meta = f'<meta http-equiv="Content-Security-Policy" content="{text}">'
    return html.replace(HEAD, meta)


def _json(value: Any) -> str:
    """Write JSON that may stand in a ``<script>``: nothing in it ends the element."""
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return line.replace("<", "\\u003c")
