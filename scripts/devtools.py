"""A headless Chromium driven over its own DevTools protocol, as far as pictures need it.

Runs in the environment of the tests, which has ``websocket-client``.
"""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import websocket

from .browser import NAMES
from .console import Problem

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=fr-BE",
    "--remote-debugging-address=127.0.0.1",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
)
#: Nothing moves in a picture: no transition, no blinking caret, no running bar.
_STILL = (
    "const style = document.createElement('style');"
    "style.textContent = '*, *::before, *::after {"
    " animation: none !important; transition: none !important;"
    " caret-color: transparent !important }';"
    "document.addEventListener('DOMContentLoaded', () => document.head.append(style));"
)


class Browser:
    """One Chromium with an empty profile; use it as a context manager."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise Problem(
                "starting a browser", "none is on PATH", "run `make screenshots`, which finds one"
            )
        self._profile = tempfile.mkdtemp(prefix="suite-screenshots-")
        self._log = Path(self._profile) / "chromium.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, *_SWITCHES, f"--user-data-dir={self._profile}", "about:blank"],
                stdout=log,
                stderr=log,
                env={**os.environ, "LANGUAGE": "fr_BE", "TZ": "Europe/Brussels"},
            )
        self._numbers = itertools.count(1)
        self._socket = websocket.create_connection(self._address(), timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _address(self) -> str:
        """Where Chromium says that it listens."""
        note = Path(self._profile) / "DevToolsActivePort"
        deadline = time.monotonic() + 60
        while not (note.exists() and len(note.read_text().split()) == 2):
            if self._process.poll() is not None or time.monotonic() > deadline:
                last = self._log.read_text(errors="replace")[-2000:]
                raise Problem(
                    "starting Chromium", "it does not answer", "start it by hand and see", last
                )
            time.sleep(0.1)
        port, path = note.read_text().split()
        return f"ws://127.0.0.1:{port}{path}"

    def call(self, method: str, session: str | None = None, **params) -> dict:
        """Send one command and return its result; events that come meanwhile are dropped."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                break
        if "error" in answer:
            raise Problem(
                f"asking the browser for {method}", answer["error"]["message"], "see the command"
            )
        return answer["result"]

    def context(self) -> str:
        """Cookies and a cache that nothing else shares; for :meth:`page`."""
        return self.call("Target.createBrowserContext")["browserContextId"]

    def page(
        self, width: int, height: int, *, phone: bool = False, context: str | None = None
    ) -> "Page":
        """A page with cookies of its own, ``width`` by ``height`` CSS pixels.

        :param context: share the cookies and the cache of the other pages of this one
        """
        context = context or self.context()
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        return Page(self, target["targetId"], session["sessionId"], width, height, phone)


class Page:
    """One tab: open, wait for a condition, click, take a picture."""

    def __init__(
        self, browser: Browser, target: str, session: str, width: int, height: int, phone: bool
    ):
        self._browser = browser
        self._target = target
        self._session = session
        self._call("Page.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=_STILL)
        self._call("Emulation.setTimezoneOverride", timezoneId="Europe/Brussels")
        self._call("Emulation.setTouchEmulationEnabled", enabled=phone)
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._browser.call("Target.closeTarget", targetId=self._target)

    def _call(self, method: str, **params) -> dict:
        return self._browser.call(method, self._session, **params)

    def run(self, script: str):
        """Value of a JavaScript expression; a promise is waited for."""
        result = self._call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            text = details.get("exception", {}).get("description", details["text"])
            raise Problem("running a script in the page", text, f"see the script: {script[:200]}")
        return result["result"].get("value")

    def busy_seconds(self) -> float:
        """Processor time that the page's main thread has spent on its tasks, since the first time
        it was asked for; what other programs do meanwhile does not count."""
        self._call("Performance.enable", timeDomain="threadTicks")
        metrics = self._call("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def open(self, url: str) -> None:
        """Go to an address; what is to be seen there is for :meth:`wait` to say."""
        self._call("Page.navigate", url=url)

    def wait(self, selector: str, seconds: float = 30) -> None:
        """Wait until an element that matches ``selector`` is shown."""
        script = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".some((element) => element.checkVisibility())"
        )
        deadline = time.monotonic() + seconds
        while not self._is_true(script):
            if time.monotonic() > deadline:
                address = self.run("location.href")
                shown = self.run("document.body.innerText.slice(0, 600)")
                raise Problem(
                    f"waiting for {selector} on {address}",
                    f"it is not there after {seconds:.0f} s",
                    "see what the page shows instead",
                    shown,
                )
            time.sleep(0.1)

    def wait_within(self, address: str, selector: str, seconds: float = 30) -> None:
        """Wait until a frame has an element that matches ``selector``, and shows it.

        :param address: part of the frame's address
        """
        script = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            ".some((element) => element.checkVisibility())"
        )
        deadline = time.monotonic() + seconds
        while not self._is_true_within(address, script):
            if time.monotonic() > deadline:
                raise Problem(
                    f"waiting for {selector} in the frame {address}",
                    f"it is not there after {seconds:.0f} s",
                    "see what the frame shows instead",
                )
            time.sleep(0.3)

    def _is_true_within(self, address: str, script: str) -> bool:
        """Asked from a world of its own, which shares the document of the frame."""
        tree = self._call("Page.getFrameTree")["frameTree"]
        frames = [one["frame"] for one in tree.get("childFrames", [])]
        found = [frame for frame in frames if address in frame["url"]]
        if not found:
            return False
        world = self._call("Page.createIsolatedWorld", frameId=found[-1]["id"])
        answer = self._call(
            "Runtime.evaluate",
            expression=script,
            contextId=world["executionContextId"],
            returnByValue=True,
        )
        return bool(answer["result"].get("value"))

    def _is_true(self, script: str) -> bool:
        """False also while the page is between two documents."""
        try:
            return bool(self.run(script))
        except Problem:
            return False

    def to_front(self) -> None:
        """Have the tab be the one that is looked at."""
        self._call("Page.bringToFront")

    def close(self) -> None:
        """Close the tab; nothing more is asked of it."""
        self._call("Page.close")

    def click(self, selector: str) -> None:
        """Click the first element that matches ``selector``, once it is shown."""
        self.wait(selector)
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def picture(self, seconds: float = 20) -> bytes:
        """PNG of what is shown, once two pictures in a row are the same."""
        self.run("document.fonts.ready.then(() => true)")
        deadline = time.monotonic() + seconds
        before = None
        while True:
            data = self._call("Page.captureScreenshot", format="png")["data"]
            if data == before or time.monotonic() > deadline:
                return base64.b64decode(data)
            before = data
            time.sleep(0.4)
