"""The iOS demo's views: type-checked on Linux against declarations of what they use of Apple's.

A declaration cannot show more than that a call has the form that we believe Apple's has: nothing is
laid out, drawn or run.
"""

from __future__ import annotations

import itertools
import re
from functools import partial
from pathlib import Path

import pytest

from tests.swift.compiler import CHECKOUT, WARNINGS_ARE_ERRORS, assert_formatted, folders, run

pytestmark = pytest.mark.ios

DEMO = CHECKOUT / "ios_demo"
VIEWS = DEMO / "App" / "Sources"
STUBS = CHECKOUT / "tests" / "ios" / "stubs"
ORDER = ("CoreML", "Combine", "UniformTypeIdentifiers", "SwiftUI", "Charts", "UIKit")
"""Modules, each after those that it imports."""

MODE_6 = ["swiftc", "-swift-version", "6", "-parse-as-library", "-warnings-as-errors"]


@pytest.fixture(scope="module")
def modules(scratch: Path) -> list[str]:
    """The command that type-checks with Apple's modules, as declared here, and the demo's own."""
    build = ["swift", "build", "--build-tests", *WARNINGS_ARE_ERRORS]
    built = run([*build, *folders("/src/ios_demo/ActDemoCore", "core")], scratch)
    assert built.returncode == 0, built.stdout
    (scratch / "app-modules").mkdir()
    command = [
        *MODE_6,
        *("-I", "/scratch/app-modules", "-I", "/scratch/core/debug/Modules"),
        *("-Xcc", "-I/src/native/engine/bindings/swift/include"),
        "-Xcc",
        "-fmodule-map-file=/scratch/core/debug/CAct.build/module.modulemap",
    ]
    own = {
        "ActKitCoreML": DEMO / "ActKit" / "Sources" / "ActKitCoreML",
        "ActDemoCore": DEMO / "ActDemoCore" / "Sources" / "ActDemoCore",
    }
    for name, files in {
        **{name: _declarations(name) for name in ORDER},
        **{name: sorted(folder.rglob("*.swift")) for name, folder in own.items()},
    }.items():
        emit = ["-emit-module", "-module-name", name]
        to = ["-emit-module-path", f"/scratch/app-modules/{name}.swiftmodule"]
        done = run([*command, *emit, *to, *map(_inside, files)], scratch)
        assert done.returncode == 0, done.stdout
    return command


def _declarations(module: str) -> list[Path]:
    """The files of a module: one, or those of a folder."""
    folder = STUBS / module
    return sorted(folder.glob("*.swift")) if folder.is_dir() else [STUBS / f"{module}.swift"]


def _inside(path: Path) -> str:
    return f"/src/{path.relative_to(CHECKOUT)}"


@pytest.mark.parametrize(
    ("file", "written", "instead", "refusal"),
    [
        ("", "", "", None),
        ("RootView.swift", ".navigationTitle(", ".navigationTitel(", "no member 'navigationTitel'"),
        ("Parts/StepsChart.swift", "bar.count)", "bar.number)", "no member 'number'"),
        ("Screens/BenchmarkView.swift", "= await", "=", "'async'"),
        ("Screens/MazeScreen.swift", "$model.place", "model.place", "'Binding<Double>'"),
        ("Screens/MazeBoardView.swift", "$isTouching", "isTouching", "'GestureState"),
        ("Runtimes.swift", "case .cpuOnly: .coremlCpu\n", "", "must be exhaustive"),
    ],
    ids=["as written", "modifier", "member", "await", "binding", "gesture", "case"],
)
def test_views_are_type_checked(
    scratch: Path, modules: list[str], file: str, written: str, instead: str, refusal: str | None
) -> None:
    """Also with a mistake in them, which is found."""
    sources = {str(path.relative_to(VIEWS)): path for path in sorted(VIEWS.rglob("*.swift"))}
    files = {name: _inside(path) for name, path in sources.items()}
    if file:
        text = sources[file].read_text()
        assert written in text
        (scratch / "mistake.swift").write_text(text.replace(written, instead, 1))
        files[file] = "/scratch/mistake.swift"
    done = run([*modules, "-typecheck", *files.values()], scratch)
    if refusal is None:
        assert done.returncode == 0, done.stdout
    else:
        assert done.returncode != 0
        assert refusal in done.stdout


def chains(name: str) -> list[str]:
    """Each use of a view in the sources, with its modifiers, by indentation."""
    found = []
    for path in sorted(VIEWS.rglob("*.swift")):
        lines = path.read_text().splitlines()
        for at, line in enumerate(lines):
            if re.match(rf"\s*{name}(\(| \{{)", line):
                rest = itertools.takewhile(partial(_goes_on, _indent(line)), lines[at + 1 :])
                found.append("\n".join([line, *rest]))
    return found


def _goes_on(indent: int, line: str) -> bool:
    """True for a line that is not the next statement's: deeper, a modifier or a closing bracket."""
    return _indent(line) > indent or (_indent(line) == indent and line.strip()[:1] in {*".)}"})


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@pytest.mark.parametrize(
    ("view", "needs"),
    [
        ("Slider", ["accessibilityLabel", "accessibilityValue"]),
        ("Chart", ["accessibilityLabel", "accessibilityValue"]),
        ("TextField", ["accessibilityLabel"]),
        ("Rectangle", ["accessibilityLabel", "accessibilityActions"]),
    ],
)
def test_what_has_no_text_has_a_label(view: str, needs: list[str]) -> None:
    uses = chains(view)
    assert uses
    for use in uses:
        assert [need for need in needs if f".{need}" not in use] == [], use


def test_buttons_of_a_picture_alone_have_a_label() -> None:
    alone = [use for use in chains("Button") if "Image(" in use and "Text(" not in use]
    assert len(alone) >= 2
    assert [use for use in alone if ".accessibilityLabel(" not in use] == []


def test_the_board_is_read_cell_by_cell() -> None:
    board = (VIEWS / "Screens" / "MazeBoardView.swift").read_text()
    assert ".accessibilityChildren { MazeCells(model: model) }" in board
    assert ".accessibilityLabel(model.boardWords)" in board


def test_a_drag_that_the_system_cancels_lets_go() -> None:
    """DragGesture has no end for those; its GestureState goes back to its first value."""
    board = (VIEWS / "Screens" / "MazeBoardView.swift").read_text()
    assert "@GestureState private var isTouching = false" in board
    assert ".updating($isTouching)" in board
    assert ".onChange(of: isTouching) { if !$0 { model.release() } }" in board


def test_letters_grow_with_the_users_setting() -> None:
    """No font of a fixed size: the system's styles, or a size that is scaled."""
    text = "\n".join(path.read_text() for path in VIEWS.rglob("*.swift"))
    sizes = re.findall(r"\.system\(size: (\w+)", text)
    assert sizes == ["size"]
    assert "@ScaledMetric(relativeTo: .body) private var size" in text


def test_sources_are_formatted(scratch: Path) -> None:
    folders = (DEMO / "App", DEMO / "ActDemoCore", STUBS)
    assert_formatted([path for each in folders for path in sorted(each.rglob("*.swift"))], scratch)
