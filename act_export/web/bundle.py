"""``NAME.web/``: a page of one export, and the files for a page of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

from act_artefact.errors import UserError
from act_artefact.staging import check_output
from act_artefact.targets import TARGETS, Target
from act_export.options import Options
from act_export.web.page import ENGINE, NOTICE, PageModel, single_page

SUFFIX = ".web"
INDEX = "index.html"
RUNTIME = ("act.js", "act.wasm", NOTICE)
BESIDE = (".manifest.json", ".golden.npz")


def check_options(options: Options, targets: list[Target]) -> None:
    """Refuse a page that no target of an export has, or of calls that a page does not make.

    Raises:
        UserError: so it is.
    """
    if not any(target.on_page for target in targets):
        [name] = [each.name for each in TARGETS.values() if each.on_page]
        titles = [each.web.title for each in targets if each.web]
        others = f", or without --web {' or '.join(titles)} in a page of your own" if titles else ""
        raise UserError(
            f"--web: the page runs no {' or '.join(each.name for each in targets)} export: use "
            f"--target {name}{others}"
        )
    if options.batch != 1:
        raise UserError("--web: the page asks one row a call: leave --batch out")


def check_place(folder: Path, name: str, artefact: str) -> None:
    """Refuse a place where something else is than the page of a former export.

    Raises:
        UserError: it is no folder, or has a file that would be lost.
    """
    place = page_of(folder / artefact)
    check_output(place, folder=True)
    if place.is_dir():
        own = {INDEX, *RUNTIME, artefact, *(f"{name}{suffix}" for suffix in BESIDE)}
        others = sorted(path.name for path in place.iterdir() if path.name not in own)
        if others:
            raise UserError(
                f"{place / others[0]}: the folder is replaced, and this is no file of the page: "
                "move it away, or give another -o"
            )


def page_of(artefact: Path) -> Path:
    """Return the folder of an artefact's page."""
    return artefact.with_suffix(SUFFIX)


def write_bundle(artefact: Path) -> Path:
    """Write the page of an export and the files for one's own page, and return their folder.

    Args:
        artefact: with its manifest and golden bundle beside it.
    """
    folder = page_of(artefact)
    folder.mkdir()
    page = single_page([PageModel(artefact.stem, artefact)])
    (folder / INDEX).write_text(page, encoding="utf-8")
    beside = (artefact.with_suffix(suffix) for suffix in BESIDE)
    for path in (*(ENGINE / name for name in RUNTIME), artefact, *beside):
        shutil.copyfile(path, folder / path.name)
    return folder
