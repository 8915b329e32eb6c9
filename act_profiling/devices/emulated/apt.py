"""apt with lists and a cache of its own: it knows nothing of what this machine has installed."""

from __future__ import annotations

import os
from pathlib import Path

from act_profiling.devices.emulated.tool import run_tool

CONFIGURATION = """
APT::Install-Recommends "0";
APT::Sandbox::User "root";
Acquire::Retries "3";
Dir::State "{folder}/state";
Dir::State::status "{folder}/state/status";
Dir::Cache "{folder}/cache";
"""

ONE_SOURCE = """
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
"""


class Apt:
    """apt-get, with its lists fetched.

    Args:
        folder: made for it, with its parents; ``cache/archives`` in it is where packages are put.
        minutes: the time after which a command is stopped.
        settings: further lines of its configuration.
        source: a line of ``sources.list``, the only one; else those of this machine.

    Raises:
        UserError: the lists cannot be fetched.
    """

    def __init__(
        self, folder: Path, *, minutes: float, settings: str = "", source: str | None = None
    ) -> None:
        self.archives = folder / "cache" / "archives"
        for made in (folder / "state/lists/partial", self.archives / "partial"):
            made.mkdir(parents=True)
        (folder / "state/status").touch()
        text = CONFIGURATION
        if source is not None:
            (folder / "sources.list").write_text(f"{source}\n")
            text += ONE_SOURCE
        configuration = folder / "apt.conf"
        configuration.write_text(text.format(folder=folder) + settings)
        self._environment = {**os.environ, "APT_CONFIG": str(configuration)}
        self._minutes = minutes
        self.get("update")

    def get(self, *words: str, folder: Path | None = None) -> None:
        """Run ``apt-get`` with these words, in a folder.

        Raises:
            UserError: it failed, or took too long.
        """
        command = ["apt-get", "--quiet", *words]
        run_tool(command, minutes=self._minutes, environment=self._environment, folder=folder)
