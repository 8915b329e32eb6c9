"""Headless Chromium with hands and eyes: pages that are clicked, typed into and looked at."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from act_artefact.chromium import find_chromium
from act_artefact.devtools import DevTools, DevToolsError, opened

SECONDS = 30
"""After which something that is waited for does not come."""

FLAGS = (
    "--hide-scrollbars",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


class Browser:
    """A running Chromium."""

    def __init__(self, tools: DevTools) -> None:
        self.tools = tools

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.tools.events

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        return self.tools.send(method, session, **parameters)

    def page(self, width: int = 1280, height: int = 900) -> Page:
        """Open a page with storage of its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)
        page = Page(self, target["targetId"], context)
        page.resize(width, height)
        return page


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and end it with the block.

    Raises:
        FileNotFoundError: there is none.
    """
    program = find_chromium()
    if program is None:
        raise FileNotFoundError("chromium is not installed: .ci/packages installs it")
    with opened(program, FLAGS) as tools:
        yield Browser(tools)


class Page:
    """A page and what it did: its requests and its errors."""

    def __init__(self, browser: Browser, target: str, context: str) -> None:
        self.browser, self.target, self.context = browser, target, context
        self.session = browser.send("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.send(method, self.session, **parameters)

    def close(self) -> None:
        self.browser.send("Target.disposeBrowserContext", browserContextId=self.context)

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def prefer(self, **features: str) -> None:
        """Set what the user prefers: ``prefers_color_scheme="dark"``."""
        named = [{"name": name.replace("_", "-"), "value": v} for name, v in features.items()]
        self.send("Emulation.setEmulatedMedia", features=named)

    def before(self, script: str) -> None:
        """Run a script before those of each page that is opened from now on."""
        self.send("Page.addScriptToEvaluateOnNewDocument", source=script)

    def open(self, address: str, ready: str = "document.documentElement.dataset.ready") -> None:
        """Open an address and wait until ``ready`` is true in it."""
        self.send("Page.navigate", url=address)
        self.wait(ready)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression, awaited where it is a promise.

        Raises:
            DevToolsError: it threw.
        """
        return self.browser.tools.evaluate(self.session, expression)

    def wait(self, expression: str, seconds: float = SECONDS) -> Any:
        """Wait until an expression is true, and return it.

        Raises:
            DevToolsError: it does not become true.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                # An element has no value outside its page.
                found = f"const found = {expression}; return found instanceof Node || found"
                if value := self.evaluate(f"(() => {{ {found} }})()"):
                    return value
            except DevToolsError as error:
                # A page that is being left or begun has no elements yet.
                if "null" not in str(error) and "context" not in str(error):
                    raise
            time.sleep(0.02)
        raise DevToolsError(f"not within {seconds} s: {expression}")

    def text(self, selector: str) -> str:
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    # -- Hands --------------------------------------------------------------------------------

    def box(self, selector: str, scroll: bool = True) -> tuple[float, float, float, float]:
        """Return where an element is in the window: left, top, width, height.

        Args:
            scroll: whether to scroll to it before.
        """
        scrolled = "e.scrollIntoView({block: 'center', behavior: 'instant'});" if scroll else ""
        found = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); {scrolled}"
            "const b = e.getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
        )
        return tuple(found)

    def click(self, selector: str) -> None:
        left, top, width, height = self.box(selector)
        self.drag((left + width / 2, top + height / 2))

    def drag(self, *places: tuple[float, float]) -> None:
        """Press at the first place, go to the others and release at the last."""
        self._mouse("mouseMoved", places[0])
        self._mouse("mousePressed", places[0])
        for place in places[1:]:
            self._mouse("mouseMoved", place)
        self._mouse("mouseReleased", places[-1])

    def _mouse(self, kind: str, place: tuple[float, float]) -> None:
        pressed = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        held = 1 if kind == "mousePressed" else 0
        self.send(
            "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], buttons=held, **pressed
        )

    def key(self, name: str, shift: bool = False) -> None:
        """Press a key by its name: ``Tab``, ``ArrowLeft``, ``s``."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "End": 35, "Home": 36}
        codes |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        code = codes.get(name, ord(name[0].upper()))
        text = {"Enter": "\r"}.get(name, name if len(name) == 1 else None)
        parameters = {"key": name, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
        self.send(
            "Input.dispatchKeyEvent",
            type="keyDown",
            **parameters,
            **({"text": text} if text else {}),
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", **parameters)

    def type(self, selector: str, text: str) -> None:
        """Put the focus on an element and enter text, as a keyboard or clipboard would."""
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.send("Input.insertText", text=text)

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file input."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    # -- Eyes ---------------------------------------------------------------------------------

    def screenshot(self, path: Path, whole: bool = True) -> None:
        picture = self.send(
            "Page.captureScreenshot", captureBeyondViewport=whole, **self._clip(whole)
        )
        path.write_bytes(base64.b64decode(picture["data"]))

    def _clip(self, whole: bool) -> dict[str, Any]:
        if not whole:
            return {}
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {**size, "scale": 1}}

    def requests(self) -> list[str]:
        """List the addresses that the page has asked for, ``data:`` URLs left out."""
        self.evaluate("0")
        asked = self._events("Network.requestWillBeSent")
        urls = [event["request"]["url"] for event in asked]
        return [url for url in urls if not url.startswith("data:")]

    def errors(self) -> list[str]:
        """List exceptions, errors on the console and violations of the security policy."""
        self.evaluate("0")
        thrown = [
            event["exceptionDetails"].get("exception", {}).get("description", "")
            for event in self._events("Runtime.exceptionThrown")
        ]
        logged = [
            event["entry"]["text"]
            for event in self._events("Log.entryAdded")
            if event["entry"]["level"] == "error"
        ]
        return thrown + logged

    def _events(self, method: str) -> list[dict[str, Any]]:
        return [
            event["params"]
            for event in self.browser.events
            if event.get("method") == method and event.get("sessionId") == self.session
        ]
