"""Odoo with HTTP."""

import os
import urllib.error
import urllib.request
from contextlib import contextmanager

from scripts.processes import Child


@contextmanager
def web_server(database, port):
    """Odoo with HTTP and a cron thread."""
    command = database.command("server", f"--http-port={port}", "--max-cron-threads=1")
    log = database.folder / "server.log"
    child = Child("Odoo", command, log, env={**os.environ}, cwd=database.folder)
    try:
        child.wait_until(lambda: answers(f"http://127.0.0.1:{port}/web/health"), 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
