"""Chromium driven from Python: Chrome's DevTools protocol, over a pipe.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from act_artefact.chromium import END_SECONDS, Chromium

ANSWER_SECONDS = 60.0
"""A browser that answers nothing for so long is given up."""


class DevToolsError(Exception):
    """Chromium has ended, is silent, or refused a command."""


class DevTools:
    """Chrome's DevTools protocol: JSON messages that end with a zero byte.

    Args:
        chromium: the browser at the other end.
        reader: descriptor of its answers.
        writer: descriptor of commands.
    """

    def __init__(self, chromium: Chromium, reader: int, writer: int) -> None:
        self._chromium, self._reader, self._writer = chromium, reader, writer
        self._rest = b""
        self._last = 0
        self.events: list[dict[str, Any]] = []
        """Messages that answer no command, in their order."""

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile is kept in ``events``.

        Args:
            session: of the page that the command is for; None for the browser.

        Raises:
            DevToolsError: the browser refused it, or gave no answer.
        """
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        line = json.dumps(message).encode() + b"\0"
        try:
            while line:
                line = line[os.write(self._writer, line) :]
        except BrokenPipeError:
            raise self._gone() from None
        while True:
            answer = self._read()
            if answer.get("id") != self._last:
                self.events.append(answer)
            elif "error" in answer:
                raise DevToolsError(f"{method}: {answer['error']['message']}")
            else:
                return dict(answer["result"])

    def open(self, address: str) -> str:
        """Open an address in a page of its own; return the page's session."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.navigate", session, url=address)
        return str(session)

    def evaluate(self, session: str, expression: str) -> Any:
        """Return the value of an expression in a page, awaited where it is a promise.

        Raises:
            DevToolsError: it threw, and what.
        """
        answer = self.send(
            "Runtime.evaluate",
            session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if failed := answer.get("exceptionDetails"):
            text = failed.get("exception", {}).get("description", failed["text"])
            raise DevToolsError(text)
        return answer["result"].get("value")

    def _read(self) -> dict[str, Any]:
        end = time.monotonic() + ANSWER_SECONDS
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reader], [], [], max(end - time.monotonic(), 0))
            part = os.read(self._reader, 1 << 16) if ready else b""
            if not part:
                raise self._gone()
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def _gone(self) -> DevToolsError:
        silent = f"{self._chromium.name} has said nothing for {ANSWER_SECONDS:.0f} s"
        return DevToolsError(self._chromium.ended(END_SECONDS) or silent)


@contextmanager
def opened(program: str, flags: tuple[str, ...] = ()) -> Iterator[DevTools]:
    """Start a Chromium to drive, and end it with the block.

    Args:
        program: its path.
        flags: further ones.
    """
    with ExitStack() as stack:
        (reads, commands), (answers, writes) = os.pipe(), os.pipe()
        try:
            browser = Chromium(program, "about:blank", flags, (reads, writes))
            stack.callback(browser.close)
        finally:
            os.close(reads)
            os.close(writes)
            for each in (commands, answers):
                stack.callback(os.close, each)
        yield DevTools(browser, answers, commands)
