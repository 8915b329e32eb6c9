"""The demo app's Documents folder on a device, and the app's process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from act_artefact.errors import UserError
from act_artefact.schema import Count
from act_profiling.devices.ios.devicectl import Devicectl, DevicectlFailed
from act_profiling.devices.ios.discovery import Phone

DOCUMENTS = "Documents"
COPY_SECONDS = 600
FLAG = "--benchmark"

LOCKED = ("locked", "unlocked")
"""Words of a launch that a device refuses because nobody has entered its passcode."""


class _Process(Struct, rename="camel"):
    process_identifier: Count


class _Started(Struct):
    process: _Process


class _Launched(Struct):
    result: _Started


class _Running(Struct, rename="camel"):
    running_processes: list[_Process]


class _Processes(Struct):
    result: _Running


class _Lock(Struct, rename="camel"):
    passcode_required: bool = False


class _LockState(Struct):
    result: _Lock


class Container:
    """The app on one device, as devicectl reaches it.

    Args:
        app: its bundle identifier.
    """

    def __init__(self, tool: Devicectl, phone: Phone, app: str) -> None:
        self._tool, self._phone, self._app = tool, phone, app
        self._device = ["--device", phone.identifier]
        self._domain = ["--domain-type", "appDataContainer", "--domain-identifier", app]

    def put(self, file: Path, name: str) -> None:
        """Copy a file or folder to the app, under another name; one of this name is overwritten.

        Raises:
            DevicectlFailed: it did not arrive.
        """
        where = ["--source", str(file), "--destination", f"{DOCUMENTS}/{name}"]
        options = [*self._device, *self._domain, *where]
        self._tool.call(["device", "copy", "to"], options, dict[str, Any], COPY_SECONDS)

    def get(self, name: str, to: Path) -> None:
        """Copy a file of the app here.

        Raises:
            DevicectlFailed: it is not there, or the device is not.
        """
        where = ["--source", f"{DOCUMENTS}/{name}", "--destination", str(to)]
        options = [*self._device, *self._domain, *where]
        self._tool.call(["device", "copy", "from"], options, dict[str, Any], COPY_SECONDS)

    @contextmanager
    def launched(self, arguments: Sequence[str]) -> Iterator[int]:
        """Span a run of the app's benchmark mode, which ends with it; its process.

        Raises:
            UserError: the device is locked.
            DevicectlFailed: it does not start for another reason.
        """
        process = self._launch(arguments)
        try:
            yield process
        finally:
            words = [*self._device, "--pid", str(process)]
            # It has ended by itself or is out of reach; whatever ended the run says more.
            with suppress(UserError):
                self._tool.call(["device", "process", "terminate"], words, dict[str, Any])

    def _launch(self, arguments: Sequence[str]) -> int:
        """Start the app's benchmark mode, also where the app runs already; its process.

        Raises:
            UserError: the device is locked.
            DevicectlFailed: it does not start for another reason.
        """
        state = self._tool.call(["device", "info", "lockState"], self._device, _LockState)
        if state.result.passcode_required:
            raise self._locked()
        # Without the dashes devicectl takes the app's arguments for its own.
        words = [*self._device, "--terminate-existing", self._app, "--", FLAG, *arguments]
        try:
            launched = self._tool.call(["device", "process", "launch"], words, _Launched)
        except DevicectlFailed as error:
            if any(word in str(error).lower() for word in LOCKED):
                raise self._locked() from None
            raise
        return launched.result.process.process_identifier

    def runs(self, process: int) -> bool:
        """True while the process is there.

        Raises:
            DevicectlFailed: the device does not answer.
        """
        found = self._tool.call(["device", "info", "processes"], self._device, _Processes)
        return any(p.process_identifier == process for p in found.result.running_processes)

    def _locked(self) -> UserError:
        return UserError(
            f"ios:{self._phone.name}: is locked: unlock it, and let its screen on until the end"
        )
