"""A simulated master on disk: its state, its ledger, its drop folder."""

import fcntl
import json
import os
import threading
from pathlib import Path

from . import night as nights
from .bad_files import make_bad
from .export import Dialect, export, remove_leftovers
from .ledger import Ledger, expected_counts, summary
from .schema import ENTITIES
from .world import World

STATE_FILE = "state.json"
LEDGER_FILE = "ledger.jsonl"
LOCK_FILE = ".lock"


def read_world(state):
    """:param state: folder of the state. :return World: as it was saved last"""
    data = json.loads((Path(state) / STATE_FILE).read_text(encoding="utf-8"))
    return World.from_json(data["world"])


class House:
    """Whatever moment the process is killed at, opening the same folders again continues: a night
    either took place (state saved, ledger complete, files written again if they were not) or not.
    """

    def __init__(self, state, drop, settings=None, dialect=None):
        """Opens the house, or builds it when the state folder holds none.

        :param state: folder of the state; :param drop: folder of the exports
        :param Settings settings: of a new house; an existing one keeps its own
        :param Dialect dialect: of the exports from now on
        :raises FileNotFoundError: when there is no house and no settings to build one
        :raises BlockingIOError: when another process has the house open
        """
        self.state = Path(state)
        self.drop = Path(drop)
        self.dialect = dialect or Dialect()
        #: Called with the world after every night.
        self.after_night = []
        #: Held while the world changes or is read as a whole.
        self.lock = threading.RLock()
        self.state.mkdir(parents=True, exist_ok=True)
        self._lock = self._take_lock()
        self.ledger = Ledger(self.state / LEDGER_FILE)
        path = self.state / STATE_FILE
        self.is_new = not path.exists()
        if self.is_new:
            if settings is None:
                raise FileNotFoundError(f"no simulator state in {self.state}: run `init` first")
            self.world = World(settings)
            self.exports = 0  # written so far since the world's last night
            self.ledger.drop_after(-1)
            self.ledger.append(nights.first_records(self.world))
            self._save()
        else:
            data = json.loads(path.read_text(encoding="utf-8"))
            self.world = World.from_json(data["world"])
            self.exports = data["exports"]
            self.ledger.drop_after(self.world.night)
        if self.drop.exists():
            remove_leftovers(self.drop)
        if not self.exports:
            self.export()

    def night(self, share=None, events=()):
        """Lives one night and writes its export.

        :param float share: and :param events: see :func:`simulators.silicon_master.night.one_night`
        :return dict: the ledger's summary of the night
        """
        with self.lock:
            records = nights.one_night(self.world, share, events)
            self.exports = 0
            # The ledger first: a night in the ledger but not in the state is forgotten on opening.
            self.ledger.append(records)
            self._save()
            self.export()
            for call in self.after_night:
                call(self.world)
            return summary(records, self.world.night)

    def export(self):
        """Writes the present snapshot (once more). :return dict: entity → path"""
        paths = export(self.world, self.drop, self.dialect, attempt=self.exports)
        self.exports += 1
        self._save()
        return paths

    def bad(self, kind, entity=None):
        """Writes the present snapshot once more, one file of it spoilt.

        :param str kind: one of ``BAD_FILES``; :param str entity: to spoil, when not the usual one
        :return BadFile: what is bad, and where
        """
        bad = make_bad(kind, self.world, self.drop, self.dialect, self.exports, entity)
        others = [other for other in ENTITIES if other != bad.entity]
        export(self.world, self.drop, self.dialect, self.exports, others)
        self.exports += 1
        self._save()
        return bad

    def expected(self, archive_after=3, night=None):
        """:return dict: see :func:`simulators.silicon_master.ledger.expected_counts`."""
        night = self.world.night if night is None else night
        return expected_counts(self.ledger.records(), night, archive_after)

    def _take_lock(self):
        """:return: the open lock file; the system lets go of it when the process ends, however."""
        file = open(self.state / LOCK_FILE, "w")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise BlockingIOError(f"{self.state} is in use by another simulator process") from error
        return file

    def _save(self):
        path = self.state / STATE_FILE
        part = path.with_suffix(".part")
        with open(part, "w", encoding="utf-8") as file:
            json.dump(
                {"exports": self.exports, "world": self.world.to_json()}, file, ensure_ascii=False
            )
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
