"""``make screenshots``: the pictures of the documentation, taken from a demo of its own.

`make demo` itself makes that demo, in a copy of this checkout and on free ports: a demo in which
somebody works is left alone, and an edit meanwhile is in no picture. It lives two nights after its
first one and is kept for the next time; each time some more pass, for what only a night shows.
``PICTURES`` names some pictures, separated by commas, instead of all.
"""

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from . import browser, postgres, python_env
from .console import Problem, run, say, step
from .locks import try_exclusive
from .processes import Child, port_is_free, stoppable
from .settings import ROOT, data_dir

IMAGES = ROOT / "docs" / "images"
PORTS = range(8669, 8769)
#: What listens on them: Odoo, then the simulators as `scripts.pictures` takes them.
PORTS_OF = (
    "ODOO_HTTP_PORT",
    "SM_SIM_PORT",
    "THREECX_SIM_PORT",
    "GRAPH_SIM_PORT",
    "IADVIZE_SIM_PORT",
    "MESSENGER_SIM_PORT",
)
NIGHTS = 2
#: What `make demo` needs of a checkout.
SOURCES = ("addons", "scripts", "simulators", "Makefile")
#: What `make demo` says when it is ready.
READY = "Ctrl-C stops everything"
MAKE = (sys.executable, "-B", "-m", "scripts")


def main() -> None:
    """Write ``docs/images/*.png`` anew."""
    folder = data_dir() / "screenshots"
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(folder / "lock")):
            raise Problem(
                "taking the pictures",
                "`make screenshots` is already running in this checkout",
                "wait for it, or stop it first",
            )
        path = browser.search_path()
        python = python_env.python(python_env.TESTS)
        ports = _free_ports()
        env = {k: v for k, v in os.environ.items() if k not in ("SUITE_DATA", "DEMO_DB")}
        env |= {"PATH": path, **{name: str(port) for name, port in ports.items()}}
        _start_demo(stack, folder, env)
        say("-> taking pictures")
        addresses = [f"http://127.0.0.1:{port}" for port in ports.values()]
        command = [python, "-m", "scripts.pictures", *addresses, IMAGES]
        child = Child("the camera", command, None, env=env, cwd=ROOT)
        stack.callback(child.stop)
        if child.process.wait():
            raise Problem("taking the pictures", "the last one failed", "read what it says above")
        say(f"The pictures are in {IMAGES.relative_to(ROOT)}; look at them before committing.")


def _free_ports() -> dict[str, int]:
    """Ports for Odoo and the simulators, by the variables that name them."""
    free = [port for port in PORTS if port_is_free(port)][: len(PORTS_OF)]
    if len(free) < len(PORTS_OF):
        raise Problem(
            f"reserving {len(PORTS_OF)} ports of 127.0.0.1 for the demo",
            f"too few from {PORTS.start} to {PORTS.stop - 1} are free",
            "stop what listens there",
        )
    return dict(zip(PORTS_OF, free, strict=True))


def _copy_checkout(target: Path) -> None:
    """Bring a copy of the checkout up to date; its data folder stays."""
    target.mkdir(exist_ok=True)
    for source in (*map(ROOT.joinpath, SOURCES), *ROOT.glob("requirements*.txt")):
        copy = target / source.name
        if source.is_dir():
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, copy)


def _start_demo(stack: ExitStack, folder: Path, env: dict[str, str]) -> None:
    """Start the demo, and let it live its further nights when it is new."""
    copy = folder / "checkout"
    _copy_checkout(copy)
    log = folder / "make.log"
    log.write_text("")

    def make(what: str) -> None:
        attempted, remedy = f"make {what} for the pictures", f"read {log}"
        run([*MAKE, what], attempted=attempted, remedy=remedy, log=log, env=env, cwd=copy)

    if postgres.external():  # nothing is left on a server of the user's own
        make("clean")
        stack.callback(make, "clean")
    with step("starting the demo of the pictures", log):
        demo = Child("the demo of the pictures", [*MAKE, "demo"], log, env=env, cwd=copy)
        stack.callback(demo.stop, patience=60)
        demo.wait_until(lambda: READY in log.read_text(), 1800)
    mark = copy / ".data" / "demo" / "nights_lived"
    if mark.exists():
        return
    for number in range(NIGHTS):
        with step(f"night {number + 2} of the pictures", log):
            make("night")
    mark.touch()
