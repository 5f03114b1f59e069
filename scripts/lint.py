"""``make lint``: style, the conventions of Odoo and the OCA, and the traps of Odoo 19."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import odoo_source, odoo_traps, python_env
from .console import say
from .settings import ADDONS, ROOT, our_addons


def main() -> bool:
    """Run every check, also after one failed; True when all is well."""
    python = python_env.python(python_env.TESTS)
    tools = python.parent
    addons = [str((ADDONS / name).relative_to(ROOT)) for name in our_addons()]
    catalogues = sorted(
        str(path.relative_to(ROOT)) for path in ADDONS.glob("*/i18n/*.po*") if path.is_file()
    )
    source = str(odoo_source.python_path())
    checks: list[tuple[str, Sequence[str | Path]]] = [
        ("ruff check", [tools / "ruff", "check", "."]),
        ("ruff format", [tools / "ruff", "format", "--check", "."]),
        ("pylint-odoo", [tools / "pylint", "--rcfile=.pylintrc-mandatory", "-j2", *addons]),
        ("oca-checks-odoo-module", [tools / "oca-checks-odoo-module", *addons]),
    ]
    if catalogues:
        checks.append(("oca-checks-po", [tools / "oca-checks-po", *catalogues]))
    env = {**os.environ, "PYTHONPATH": source, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    failed = [title for title, command in checks if not _passes(title, command, env)]
    if not traps():
        failed.append("traps of Odoo 19")
    say()
    say(f"lint: {', '.join(failed)} failed" if failed else "lint: all is well")
    return not failed


def _passes(title: str, command: Sequence[str | Path], env: dict[str, str]) -> bool:
    say(f"-> {title}")
    argv = [str(part) for part in command]
    return subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode == 0


def traps() -> bool:
    """Report what Odoo 19 would accept in silence; True when there is nothing."""
    say("-> traps of Odoo 19")
    found = odoo_traps.find()
    for line in found:
        say(line)
    return not found
