"""``xcrun devicectl``, called with a time limit; its answer is the JSON file that it writes."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, field

from act_artefact.errors import UserError
from act_artefact.schema import Text, read_json

T = TypeVar("T")

SECONDS = 60
"""Time limit for devicectl's answer, which it is given, too."""
GRACE_SECONDS = 15.0
"""Seconds by which it may exceed its own limit."""
LIMIT = 64 << 20
"""Bytes of an answer that are read."""

NO_XCODE = "--device ios needs a Mac with Xcode 15 or newer, whose devicectl talks to the iPhone"
NOT_IN_XCODE = "unable to find utility"
"""Words of xcrun where the developer tools that it is set to have no devicectl."""


class DevicectlFailed(UserError):
    """A call failed; the text is the reason that devicectl gives."""


class _Localized(Struct):
    string: Text = ""


class _UserInfo(Struct, rename={"description": "NSLocalizedDescription"}):
    description: _Localized = field(default_factory=_Localized)


class _Error(Struct, rename={"user_info": "userInfo"}):
    user_info: _UserInfo = field(default_factory=_UserInfo)


class _Failure(Struct):
    error: _Error = field(default_factory=_Error)


class Devicectl:
    """The devicectl of the Xcode that is selected on this Mac.

    Raises:
        UserError: there is no Xcode.
    """

    def __init__(self) -> None:
        program = shutil.which("xcrun")
        if program is None:
            raise UserError(f"{NO_XCODE}: there is no xcrun on this {platform.system()} machine")
        self._program = program

    def call(
        self,
        command: Sequence[str],
        options: Sequence[str],
        answer: type[T],
        seconds: int = SECONDS,
    ) -> T:
        """Call a subcommand and wait for its end.

        Args:
            command: the words of the subcommand.
            options: its options and arguments.
            answer: the declared type of the JSON that it writes.
            seconds: its time limit.

        Raises:
            DevicectlFailed: it failed, or did not end in time.
            UserError: there is no devicectl, or its answer is not as declared.
        """
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "devicectl.json"
            output = ["--quiet", "--timeout", str(seconds), "--json-output", str(file)]
            words = [self._program, "devicectl", *command, *output, *options]
            try:
                done = subprocess.run(
                    words,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=seconds + GRACE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise DevicectlFailed(
                    f"devicectl {' '.join(command)}: no answer in {seconds} s"
                ) from None
            if NOT_IN_XCODE in done.stderr:
                raise UserError(
                    f"{NO_XCODE}: xcrun finds none; choose an Xcode with sudo xcode-select"
                )
            if done.returncode:
                raise DevicectlFailed(
                    f"devicectl {' '.join(command)}: {_reason(file, done.stderr)}"
                )
            try:
                return read_json(file, LIMIT, answer)
            except UserError as error:
                wrong = str(error).removeprefix(f"{file}: ")
                raise UserError(f"devicectl {' '.join(command)}: its answer: {wrong}") from None


def _reason(file: Path, errors: str) -> str:
    """Take the reason of the JSON, or the first line on stderr: further ones are details."""
    said = ""
    if file.exists():
        said = read_json(file, LIMIT, _Failure).error.user_info.description.string
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    return said or (lines or ["it gave no reason"])[0].removeprefix("ERROR: ")
