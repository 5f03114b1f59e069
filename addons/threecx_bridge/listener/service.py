"""Keeps one worker for each PBX that shall be followed."""

import threading
import time
from pathlib import Path

from odoo.tools import config

from odoo.addons.integration_base.log import get_logger

from . import transactions
from .database import DATABASE_AWAY, Database
from .worker import PATIENCE, Worker

_logger = get_logger(__name__)

#: Seconds between two looks at which PBX shall be followed.
REVIEW = 5.0
#: Touched after every look, for whoever watches over the process.
ALIVE = "threecx_listener.alive"


class Service:
    """Follows every PBX of one database until it is told to stop.

    :param pause: seconds before the first attempt to reach a PBX again
    """

    def __init__(self, database: str, pause: float):
        self.database = Database(database)
        self.pause = pause
        self.workers: dict[int, Worker] = {}
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ask it to end; safe in a signal handler."""
        self._stopped.set()

    def run(self) -> None:
        """Work until :meth:`stop`."""
        threading.current_thread().dbname = self.database.name
        _logger.info("Following the 3CX of %s", self.database.name)
        while not self._stopped.is_set():
            try:
                self.review()
            except DATABASE_AWAY as error:
                _logger.info("The database does not answer, trying again: %s", error)
            except Exception:
                _logger.exception("Could not find out which PBX to follow")
            else:
                (Path(config["data_dir"]) / ALIVE).touch()
            self._stopped.wait(REVIEW)
        self._end(list(self.workers))
        _logger.info("Stopped following the 3CX of %s", self.database.name)

    def review(self) -> None:
        """Start, replace and stop workers, as the settings ask for it now."""
        wanted = self.database.run(transactions.targets)
        self._end(
            [
                number
                for number, worker in self.workers.items()
                if worker.target != wanted.get(number) or not worker.is_alive()
            ]
        )
        for number in wanted.keys() - self.workers.keys():
            worker = Worker(self.database, wanted[number], self.pause)
            self.workers[number] = worker
            worker.start()

    def _end(self, numbers: list[int]) -> None:
        """Stop some workers, all at once, and wait until they have written what they know."""
        workers = [self.workers.pop(number) for number in numbers]
        for worker in workers:
            worker.stop()
        deadline = time.monotonic() + 2 * PATIENCE
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))
