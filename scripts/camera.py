"""What takes the pictures: Odoo in a browser as one user sees it, and the simulators behind it."""

import io
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from .console import Problem, say
from .devtools import Page

DESKTOP = (1400, 900)
PHONE = (390, 844)
#: One colour table per picture; screens have few colours, and the file becomes a third.
COLOURS = 256
TAB = ".o_notebook .nav-link[name={}]"


class Simulated:
    """A simulator of the demo.

    :param url: where it listens
    """

    def __init__(self, url: str):
        self.url = url

    def ask(self, method: str, path: str, body: dict | None = None):
        """What it answers to a request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)


class Camera:
    """Odoo as one of the demo's users sees it; the password of each is his login."""

    def __init__(
        self,
        page: Page,
        odoo: str,
        folder: Path,
        master: Simulated,
        telephones: Simulated,
        mailboxes: Simulated,
        chats: Simulated,
        pages: Simulated,
        wanted: frozenset[str],
    ):
        """:param wanted: names of the pictures that are written; none: all"""
        self.page = page
        self.odoo = odoo
        self.master = master
        self.telephones = telephones
        self.mailboxes = mailboxes
        self.chats = chats
        self.pages = pages
        self._folder = folder
        self._wanted = wanted

    def log_in(self, login: str) -> None:
        self.page.open(f"{self.odoo}/web/login")
        self.page.wait("form.oe_login_form input[name=password]")
        self.page.run(
            f"(() => {{ const form = document.querySelector('form.oe_login_form');"
            f" form.elements.login.value = form.elements.password.value = {json.dumps(login)};"
            " form.submit(); })()"
        )
        self.page.wait(".o_web_client .o_main_navbar")

    def find(self, model: str, domain: list, order: str) -> int:
        """Number of the first record that fits."""
        found = self.ask(model, "search", domain, order=order, limit=1)
        if not found:
            raise Problem(
                f"choosing what to show of {model}",
                f"no record fits {domain}",
                "the demo of the pictures may be of another time: make clean, then once more",
            )
        return found[0]

    def ask(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model with the rights of the user."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = self.page.run(
            f"fetch('/web/dataset/call_kw', {{method: 'POST', body: {json.dumps(body)},"
            " headers: {'Content-Type': 'application/json'}}).then((answer) => answer.json())"
        )
        if "error" in answer:
            message = answer["error"]["data"]["message"]
            raise Problem(f"calling {model}.{method}", message, "see scripts/camera.py")
        return answer.get("result")

    def run(self, action: str = "action_run_now") -> None:
        """Synchronise, or have a plan made, and wait for the end."""
        backend = self.find("sm.backend", [], "id")
        self.ask("sm.backend", action, [backend])
        deadline = time.monotonic() + 300
        while self.ask("sm.backend", "get_progress", [backend])["is_live"]:
            if time.monotonic() > deadline:
                raise Problem("waiting for a synchronisation", "it does not end", "see Odoo's log")
            time.sleep(0.5)

    def show(self, path: str, ready: str) -> None:
        """Open a path of the web client and wait for what makes it complete."""
        self.page.open(f"{self.odoo}/odoo/{path}")
        self.page.wait(ready)

    def take(self, name: str) -> None:
        """Write one picture; no message floats above, and OdooBot's greeting is not in the way."""
        if self._wanted and name not in self._wanted:
            return
        self.page.run(
            "document.querySelectorAll('.o_notification_close').forEach((x) => x.click()),"
            "document.querySelectorAll('.o-mail-ChatHub').forEach((x) => { x.hidden = true }),"
            "document.activeElement?.blur()"
        )
        picture = Image.open(io.BytesIO(self.page.picture())).convert("RGB")
        small = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        path = self._folder / f"{name}.png"
        small.save(path, optimize=True)
        say(f"   {path.name} ({path.stat().st_size / 1000:.0f} kB)")


Shot = Callable[[Camera], None]
#: Who sees it, on which screen, and what is taken.
Sitting = tuple[str, tuple[int, int], tuple[Shot, ...]]
