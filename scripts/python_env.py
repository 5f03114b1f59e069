"""Virtual environments in the cache, one per Python version and set of pinned packages."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from .cache import complete_folder, is_complete
from .console import Problem, run, step
from .settings import ROOT, cache_dir

DEMO = ("requirements.txt", "requirements-listener.txt", "requirements-simulators.txt")
TESTS = ("requirements-dev.txt",)

_REMEDY = (
    "check that pip reaches its index (`python3 -m pip download polib`), then run the same command "
    "again; what was fetched so far is discarded"
)
_SUPPORTED = ((3, 10), (3, 13))


def python(requirements: tuple[str, ...]) -> Path:
    """The interpreter of an environment that has these requirement files installed."""
    if not _SUPPORTED[0] <= sys.version_info[:2] <= _SUPPORTED[1]:
        raise Problem(
            "choosing a Python for Odoo 19",
            f"{sys.executable} is Python {platform.python_version()}; Odoo 19 runs on 3.10 to 3.13",
            "name another one: make PYTHON=python3.12 …",
        )
    for installed in (requirements, TESTS):  # the environment of the tests can do everything
        if is_complete(cache_dir() / _name(installed)):
            return cache_dir() / _name(installed) / "bin" / "python"
    log = cache_dir() / "python.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    with step(f"installing Python packages ({', '.join(requirements)})", log):
        folder = complete_folder(
            _name(requirements), lambda target: _build(target, requirements, log)
        )
    return folder / "bin" / "python"


def _name(requirements: tuple[str, ...]) -> str:
    """Folder in the cache of the environment with these requirements."""
    version = f"{sysconfig.get_platform()}-{platform.python_version()}"
    return f"python/{version}-{_digest(requirements)}"


def _digest(requirements: tuple[str, ...]) -> str:
    """Checksum of the files and of the files they include."""
    digest = hashlib.sha256(sys.base_prefix.encode())
    pending = list(requirements)
    while pending:
        text = (ROOT / pending.pop(0)).read_text()
        digest.update(text.encode())
        pending += [line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
    return digest.hexdigest()[:12]


def _build(target: Path, requirements: tuple[str, ...], log: Path) -> None:
    _create(target, log)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    arguments = [part for name in requirements for part in ("-r", ROOT / name)]
    run(
        [target / "bin" / "python", "-m", "pip", "install", "--no-input", *arguments],
        attempted="installing the pinned Python packages",
        remedy=_REMEDY,
        log=log,
        env=environment,
    )


def _create(target: Path, log: Path) -> None:
    """An empty environment; by ``virtualenv`` where Debian left ``ensurepip`` out of Python."""
    if _has_ensurepip():
        run(
            [sys.executable, "-m", "venv", target],
            attempted="making a Python virtual environment",
            remedy="check the free disk space, then run the same command again",
            log=log,
        )
        return
    tools = target / ".virtualenv"
    run(
        # `--target` leaves the machine's own packages alone, so PEP 668 does not apply.
        [sys.executable, "-m", "pip", "install", "--no-input", "--target", tools]
        + ["-r", ROOT / "requirements-bootstrap.txt"],
        attempted="fetching virtualenv, since this Python has no venv",
        remedy=f"{_REMEDY}; or apt-get install python3-venv",
        log=log,
    )
    run(
        [sys.executable, "-m", "virtualenv", "--no-periodic-update", target],
        attempted="making a Python virtual environment",
        remedy="apt-get install python3-venv, then run the same command again",
        log=log,
        env={**os.environ, "PYTHONPATH": str(tools)},
    )
    shutil.rmtree(tools)


def _has_ensurepip() -> bool:
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0
