"""MkDocs hooks: pages from outside docs/, and links that hold on the site, too.

A page is written for the repository, where README.md lies at the top and the guide in docs/. On
the site docs/ is the top. Links between pages are therefore resolved in the repository and written
anew; a link to a file or folder that is no page becomes its name in code.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "models/README.md": "models/README.md",
    "models/charlm/ponder_text.png": "models/charlm/ponder_text.png",
    "act_engine/web/README.md": "act_engine/web/README.md",
    "web_demo/README.md": "web_demo/README.md",
    **{
        f"web_demo/pictures/{path.name}": f"web_demo/pictures/{path.name}"
        for path in sorted((ROOT / "web_demo" / "pictures").glob("*.png"))
    },
    "native/engine/README.md": "native/engine/README.md",
    "native/runner/README.md": "native/runner/README.md",
}
"""Files outside docs/ that are on the site: path in the repository, path on the site."""

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!\w+:|#|/)([^)#\s]*)(#[^)\s]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and pictures from outside docs/."""
    for source, place in OUTSIDE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Rewrite the links outside code blocks."""
    place = page.file.src_uri
    sources = {on_site: source for source, on_site in OUTSIDE.items()}
    folder = posixpath.dirname(sources.get(place, f"docs/{place}"))

    def rewrite(link: re.Match[str]) -> str:
        image, text, target, anchor = link.groups()
        path = posixpath.normpath(posixpath.join(folder, target))
        if not (ROOT / path).exists():
            return link[0]  # MkDocs says what is wrong with it
        on_site = OUTSIDE.get(path, path.removeprefix("docs/") if path.startswith("docs/") else "")
        if not on_site or files.get_file_from_path(on_site) is None:
            return text if text.startswith("`") else f"{text} (`{path}`)"
        relative = posixpath.relpath(on_site, posixpath.dirname(place) or ".")
        return f"{image}[{text}]({relative}{anchor or ''})"

    parts, end = [], 0
    for fence in FENCE.finditer(markdown):
        parts += [LINK.sub(rewrite, markdown[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, LINK.sub(rewrite, markdown[end:])])
