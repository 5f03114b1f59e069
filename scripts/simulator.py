"""The simulators of the outside world: started for the demo, and asked for what it needs."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from .console import Problem
from .odoo_server import answers
from .processes import Child
from .settings import ROOT


class _Server:
    """One simulator's process and its address.

    :param folder: what it keeps, and its log, lie below
    """

    module: str
    title: str

    def __init__(self, python: Path, folder: Path, port: int):
        self.python = python
        self.log = folder / f"{self.module}.log"
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def _serve(self, *options: str | Path) -> Child:
        """Start it, and wait until it answers."""
        command = [self.python, "-m", f"simulators.{self.module}", "serve"]
        child = Child(
            self.title,
            [*command, "--port", str(self.port), *options],
            self.log,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
        )
        child.wait_until(lambda: answers(f"{self.url}/health"), 120)
        return child

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                text = response.read().decode()
        except (urllib.error.URLError, OSError) as error:
            raise Problem(
                f"asking the simulator: {method} {self.url}{path}",
                str(error),
                f"read {self.log}; start again with `make demo`",
            ) from error
        return json.loads(text) if text.strip() else {}


class Simulator(_Server):
    """Silicon Master."""

    module = "silicon_master"
    title = "the Silicon Master simulator"

    def __init__(self, python: Path, folder: Path, port: int):
        super().__init__(python, folder, port)
        self.drop = folder / "drop"
        self.state = folder / "silicon_master"

    def start(self) -> Child:
        """Start it; a new one writes its first export at once."""
        for folder in (self.drop, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        return self._serve("--state", self.state, "--drop", self.drop, "--size", "demo")

    def live_one_night(self) -> dict:
        """Let Silicon Master live one more night; it writes the exports of the morning after."""
        return self._ask("POST", "/night")

    def expected(self) -> dict[str, dict[str, int]]:
        """By entity, what the run of this night must count, from the simulator's own ledger."""
        return self._ask("GET", "/expected")["entities"]


class Telephones(_Server):
    """3CX."""

    module = "threecx"
    title = "the 3CX simulator"

    def start(self) -> Child:
        """Start it; it remembers nothing of earlier times."""
        return self._serve()

    def offer(self, callers: dict[str, str]) -> None:
        """Give its page a button for each of these numbers, by what the button says."""
        presets = [{"label": label, "number": number} for label, number in callers.items()]
        self._ask("PUT", "/sim/presets", {"presets": presets})


class Mailboxes(_Server):
    """Microsoft Graph: the mailboxes of the shop, and those of its customers."""

    module = "graph"
    title = "the simulator of Microsoft Graph"

    def start(self, *addresses: str) -> Child:
        """Start it; it remembers nothing of earlier times.

        :param addresses: mailboxes of the shop
        """
        return self._serve("--mailboxes", *addresses)

    def deliver(self, letters: list[dict]) -> None:
        """Let customers write."""
        for letter in letters:
            self._ask("POST", "/sim/mail", letter)


class Chats(_Server):
    """iAdvize: the chat on the shop's web site, and the desk of its agents."""

    module = "iadvize"
    title = "the iAdvize simulator"

    def start(self) -> Child:
        """Start it; it remembers nothing of earlier times."""
        return self._serve()

    def connect(self, app: dict, operators: dict[str, str]) -> None:
        """Tell it of the app, and who sits at the desk; whoever else does goes home, or the next
        chat would be theirs.

        :param app: webhook, panel and their secrets
        :param operators: names by e-mail address
        """
        others = [one["id"] for one in self._ask("GET", "/sim/operators") if not one["is_bot"]]
        for number in others:
            self._ask("POST", f"/sim/operators/{number}", {"connected": False})
        self._ask("POST", "/sim/app", app)
        for email, name in operators.items():
            self._ask("POST", "/sim/operators", {"name": name, "email": email})

    def offer(self, visitors: list[dict]) -> None:
        """Who may be chosen to write on the shop's page."""
        self._ask("PUT", "/sim/presets", {"presets": visitors})


class Pages(_Server):
    """Messenger: the page of the shop, and the people who write to it."""

    module = "messenger"
    title = "the simulator of Messenger"

    def start(self, name: str) -> Child:
        """Start it; it remembers nothing of earlier times.

        :param name: of the shop's page
        """
        return self._serve("--page-name", name)

    def connect(self, app: dict) -> None:
        """Tell it of the application: it makes sure of the webhook, so Odoo has to be there."""
        self._ask("POST", "/sim/app", app)

    def offer(self, people: list[str], phrases: list[dict]) -> None:
        """Who there is, and what he may say with one click."""
        for name in people:
            self._ask("POST", "/sim/people", {"name": name})
        self._ask("PUT", "/sim/presets", {"presets": phrases})
