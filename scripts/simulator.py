"""The simulator of Silicon Master: started for the demo, asked for one more night."""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from .console import Problem
from .odoo_server import answers
from .processes import Child
from .settings import ROOT


class Simulator:
    """The simulator's process and its address.

    :param folder: its state and the drop folder lie below
    """

    def __init__(self, python: Path, folder: Path, port: int):
        self.python = python
        self.drop = folder / "drop"
        self.state = folder / "silicon_master"
        self.log = folder / "silicon_master.log"
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> Child:
        """Start it; a new one writes its first export at once."""
        for folder in (self.drop, self.state):
            folder.mkdir(parents=True, exist_ok=True)
        command = [self.python, "-m", "simulators.silicon_master", "serve"]
        command += ["--port", str(self.port), "--state", self.state, "--drop", self.drop]
        child = Child(
            "the Silicon Master simulator",
            [*command, "--size", "demo"],
            self.log,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=ROOT,
        )
        child.wait_until(lambda: answers(f"{self.url}/health"), 120)
        return child

    def live_one_night(self) -> dict:
        """Let Silicon Master live one more night; it writes the exports of the morning after."""
        return self._ask("POST", "/night")

    def expected(self) -> dict[str, dict[str, int]]:
        """By entity, what the run of this night must count, from the simulator's own ledger."""
        return self._ask("GET", "/expected")["entities"]

    def _ask(self, method: str, path: str) -> dict:
        request = urllib.request.Request(self.url + path, method=method, data=b"{}")
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
