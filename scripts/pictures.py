"""The pictures of the documentation: ``python -m scripts.pictures <addresses> <folder>``.

`make screenshots` calls it, in the environment of the tests, with the addresses of Odoo, Silicon
Master, 3CX, Graph, iAdvize and Messenger. What they show is in the modules ``pictures_…``. The
environment variable ``PICTURES`` names those that are wanted, separated by commas; the others are
left as they are.
"""

import inspect
import os
import re
import sys
from pathlib import Path

from . import (
    pictures_channels,
    pictures_chats,
    pictures_inbox,
    pictures_master,
    pictures_telephone,
)
from .camera import PHONE, Camera, Shot, Simulated, Sitting
from .console import Problem
from .devtools import Browser

HOUSES: tuple[tuple[Sitting, ...], ...] = (
    pictures_master.SITTINGS,
    pictures_telephone.SITTINGS,
    pictures_inbox.SITTINGS,
    pictures_chats.SITTINGS,
    pictures_channels.SITTINGS,
)


def names(shot: Shot) -> set[str]:
    """Names of the pictures that a function takes; none: it only makes what others show."""
    return set(re.findall(r'\.take\("([\w-]+)"\)', inspect.getsource(shot)))


def chosen(wanted: frozenset[str]) -> list[Sitting]:
    """Who has to sit for the wanted pictures. What makes something to show comes along.

    :param wanted: names of pictures; none: all
    """
    known = {name for house in HOUSES for _, _, shots in house for s in shots for name in names(s)}
    if wanted - known:
        raise Problem(
            "choosing the pictures named in PICTURES",
            f"there is none called {', '.join(sorted(wanted - known))}",
            f"name some of {', '.join(sorted(known))}",
        )
    found = []
    for house in HOUSES:
        sittings = [
            (login, size, tuple(shot for shot in shots if _is_due(shot, wanted)))
            for login, size, shots in house
        ]
        if any(names(shot) for _, _, shots in sittings for shot in shots):
            found += [sitting for sitting in sittings if sitting[2]]
    return found


def _is_due(shot: Shot, wanted: frozenset[str]) -> bool:
    taken = names(shot)
    return not (wanted and taken) or bool(wanted & taken)


def main(odoo: str, simulators: list[str], folder: Path) -> None:
    """Take the pictures that are wanted.

    :param simulators: addresses of Silicon Master, 3CX, Graph, iAdvize and Messenger
    """
    wanted = frozenset(filter(None, os.environ.get("PICTURES", "").split(",")))
    sittings = chosen(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    with Browser() as browser:
        for login, size, shots in sittings:
            page = browser.page(*size, phone=size == PHONE)
            camera = Camera(page, odoo, folder, *map(Simulated, simulators), wanted=wanted)
            camera.log_in(login)
            for shot in shots:
                shot(camera)
            page.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:-1], Path(sys.argv[-1]))
    except Problem as problem:
        sys.exit(problem.report())
