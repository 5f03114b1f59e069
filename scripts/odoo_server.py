"""Running Odoo 19 against one of our clusters: installing, scripts in its shell, serving."""

import configparser
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

from .console import run, step
from .postgres import Cluster
from .processes import Child
from .settings import ADDONS

_REMEDY = "read the log named above; the same command can be run again"


class Odoo:
    """One way of running Odoo: interpreter, source, cluster, folder for files and logs.

    :param python: interpreter with Odoo's packages
    :param source: folder in which the package ``odoo`` lies
    :param folder: where configuration, filestore and logs go
    """

    def __init__(self, python: Path, source: Path, cluster: Cluster, folder: Path):
        self.python = python
        self.source = source
        self.cluster = cluster
        self.folder = folder
        self.config = folder / "odoo.conf"
        self.log = folder / "odoo.log"
        folder.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        """Surroundings in which ``python -m odoo`` finds Odoo and the database server."""
        return {
            **os.environ,
            **self.cluster.environment(),
            "PYTHONPATH": str(self.source),
            "PYTHONUNBUFFERED": "1",
            "ODOO_RC": str(self.config),
        }

    def configure(
        self, options: dict[str, object], sections: dict[str, dict] | None = None
    ) -> None:
        """Write the configuration file; the database server comes from the environment."""
        parser = configparser.RawConfigParser()
        parser["options"] = {
            "addons_path": str(ADDONS),
            "data_dir": str(self.folder / "files"),
            "http_interface": "127.0.0.1",
            "list_db": "False",
            "with_demo": "False",
            **{name: str(value) for name, value in options.items()},
        }
        for name, values in (sections or {}).items():
            parser[name] = {key: str(value) for key, value in values.items()}
        half = self.config.with_suffix(".new")
        half.touch(mode=0o600)
        with half.open("w") as stream:
            parser.write(stream)
        half.replace(self.config)

    def command(self, *arguments: str | Path) -> list[str | Path]:
        """``python -m odoo`` with these arguments and our configuration file."""
        return [self.python, "-m", "odoo", *arguments, "--config", self.config]

    def install(
        self,
        database: str,
        modules: Iterable[str],
        *,
        update: Iterable[str] = (),
        languages: Sequence[str] = (),
    ) -> None:
        """Install and update modules, showing Odoo's log while it lasts."""
        modules, update = list(modules), list(update)
        arguments = ["server", "-d", database, "--stop-after-init", "--no-http"]
        if modules:
            arguments += ["-i", ",".join(modules)]
        if update:
            arguments += ["-u", ",".join(update)]
        if languages:
            arguments += [f"--load-language={','.join(languages)}"]
        title = f"installing {', '.join(modules)}" if modules else f"updating {', '.join(update)}"
        with step(f"{title} in {database}", self.log):
            run(
                self.command(*arguments),
                attempted=title,
                remedy=_REMEDY,
                log=self.log,
                env=self.environment(),
                cwd=self.folder,
            )

    def shell(self, database: str, script: Path, title: str, **variables: str) -> None:
        """Run a script with Odoo's ``env``; ``variables`` reach it as environment variables."""
        with step(title, self.log):
            run(
                self.command("shell", "-d", database, "--no-http", "--log-level", "warn"),
                attempted=title,
                remedy=_REMEDY,
                log=self.log,
                env={**self.environment(), **variables},
                cwd=self.folder,
                # One block: the shell reads its input as a script, and a failure must end it.
                stdin=f"exec(compile(open({str(script)!r}).read(), {str(script)!r}, 'exec'))\n",
            )

    def serve(self, database: str, port: int | None) -> Child:
        """Start the server with its cron threads; without ``port`` it runs crons only."""
        http = ["--http-port", str(port)] if port else ["--no-http"]
        child = Child(
            "Odoo",
            self.command("server", "-d", database, *http),
            self.log,
            env=self.environment(),
            cwd=self.folder,
        )
        if port:
            child.wait_until(lambda: answers(f"http://127.0.0.1:{port}/web/health"), 120)
        return child

    def listen(self, database: str) -> Child:
        """Start the process that follows the calls of 3CX."""
        return Child(
            "the 3CX listener",
            self.command("threecx_listener", "-d", database),
            self.folder / "threecx_listener.log",
            env=self.environment(),
            cwd=self.folder,
        )


def answers(url: str) -> bool:
    """Whether a GET of this address gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
