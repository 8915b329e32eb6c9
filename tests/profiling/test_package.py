"""The package that pip installs can build the runner: the C sources are in the wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = "from setuptools import build_meta; build_meta.build_wheel('made')"
COMPILE = """
import act_profiling
from act_artefact.targets import TARGETS
from act_profiling.counting import plugin_folder
from act_profiling.runner import host_runner
host_runner(TARGETS["native"].device)
print(act_profiling.__file__, host_runner(), plugin_folder(), sep="\\n")
"""


def python(code: str, folder: Path, **variables: str) -> str:
    """Return the output of a Python with this environment's packages, but not this checkout."""
    environment = {**os.environ, "PYTHONSAFEPATH": "1", **variables}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_package_compiles_its_runner(tmp_path: Path) -> None:
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for folder in (*ROOT.glob("act_*"), ROOT / "native"):
        unwanted = shutil.ignore_patterns("__pycache__", "build")
        shutil.copytree(folder, source / folder.name, symlinks=True, ignore=unwanted)
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        shutil.copy(ROOT / name, source)
    python(BUILD, source)
    (wheel,) = (source / "made").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(installed)
    shutil.rmtree(source)

    variables = {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    package, runner, plugin = map(Path, python(COMPILE, tmp_path, **variables).split())
    assert package.is_relative_to(installed)
    assert list(plugin.glob("*.so"))
    for name in ("act.js", "act.wasm", "NOTICE"):
        assert (installed / "act_engine/web" / name).is_file()
    page = Path("act_profiling/devices/browser/page")
    for file in (ROOT / page).iterdir():
        assert (installed / page / file.name).is_file()
    started = subprocess.run([runner], capture_output=True, text=True, check=False)
    assert started.returncode == 2
    assert "usage: act-runner" in started.stderr
