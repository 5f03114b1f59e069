"""What `TEST=…` asks for: everything, an addon, a tag of Odoo's runner, or a file."""

from dataclasses import dataclass, field
from pathlib import Path

from .console import Problem
from .settings import ADDONS, ROOT, our_addons

#: Folder below an addon with tests that need neither Odoo nor a database.
PURE = "tests_pure"


@dataclass
class Selection:
    """Which tests each of the three runners gets.

    :ivar addons: addons to install for Odoo's own runner; empty: it does not run
    :ivar tags: value for ``--test-tags``
    :ivar pure: paths for pytest without a database
    :ivar house: paths for pytest with a cluster and templates (``tests/``)
    """

    addons: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    pure: list[str] = field(default_factory=list)
    house: list[str] = field(default_factory=list)


def select(wanted: str) -> Selection:
    """Read the value of ``TEST``; several are separated by commas."""
    addons = our_addons()
    selection = Selection()
    if not wanted.strip():
        selection.addons = addons
        selection.tags = [f"/{name}" for name in addons]
        simulators = sorted((ROOT / "simulators").glob("*/tests"))
        selection.pure = _existing([*(ADDONS / name / PURE for name in addons), *simulators])
        selection.house = _existing([ROOT / "tests"])
        return selection
    for part in (piece.strip() for piece in wanted.split(",")):
        if part in addons:
            selection.addons.append(part)
            selection.tags.append(f"/{part}")
            selection.pure += _existing([ADDONS / part / PURE])
        elif (ROOT / part.split("::")[0]).exists():
            _add_path(selection, part)
        elif part.startswith(("/", ":", ".")):
            name = part[1:].split(":")[0].split(".")[0]
            selection.addons += [name] if name in addons else addons
            selection.tags.append(part)
        else:
            raise Problem(
                f"choosing the tests that TEST={wanted} names",
                f"{part} is no addon ({', '.join(addons)}), no test tag and no file",
                "for example TEST=sm_connector, TEST=/sm_connector:TestOrders.test_total, "
                "TEST=tests/test_platform.py",
            )
    selection.addons = sorted(set(selection.addons))
    return selection


def _existing(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths if any(path.rglob("test_*.py"))]


def _add_path(selection: Selection, part: str) -> None:
    """A file or folder goes to the runner that its place belongs to."""
    pieces = (ROOT / part.split("::")[0]).resolve().relative_to(ROOT).parts
    if pieces[0] == "addons" and len(pieces) > 2 and pieces[2] == "tests":
        selection.addons.append(pieces[1])
        whole = len(pieces) == 3
        selection.tags.append(f"/{pieces[1]}" if whole else f"/{'/'.join(pieces[1:])}")
    elif pieces[0] == "tests":
        selection.house.append(part)
    else:
        selection.pure.append(part)
