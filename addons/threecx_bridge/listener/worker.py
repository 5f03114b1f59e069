"""Follows the calls of one PBX: one thread reads, another one writes.

Reading never waits for the database, because an event only names a participant, whose state has to
be asked for before it changes again. What is read is written share by share, in short transactions.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from odoo.addons.integration_base.exceptions import IntegrationError, RetryableError
from odoo.addons.integration_base.log import get_logger

from ..threecx.api import ThreecxApi
from ..threecx.event_socket import EventSocket
from ..threecx.report import CallReport
from ..threecx.shapes import REMOVE, UPSERT, Event
from ..threecx.tracker import CallTracker
from . import transactions
from .backoff import Backoff
from .database import DATABASE_AWAY, Database
from .outbox import Outbox
from .presence import PresenceBoard
from .sequence import Sequence

_logger = get_logger(__name__)

#: Seconds to get written what is known, when it is told to stop.
PATIENCE = 10.0
#: Seconds between two signs of life in the database.
HEARTBEAT = 20.0
#: Seconds between two comparisons with the whole state of the PBX, whatever the events say.
RESYNC = 60.0
#: Seconds after which something is looked at again, when nothing happens.
TICK = 0.5
#: How often writing one report is tried before it is left for the call log to bring.
ATTEMPTS = 3


class Worker:
    """The two threads that follow one PBX.

    :param target: the PBX, and the settings with which it is followed
    :param pause: seconds before the first attempt to reach it again
    """

    def __init__(self, database: Database, target: transactions.Target, pause: float):
        self.database = database
        self.target = target
        self._tracker = CallTracker()
        self._board = PresenceBoard()
        self._outbox = Outbox()
        self._notes: deque[Callable[[], None]] = deque()
        self._backoff = Backoff(pause)
        self._failures = 0
        self._is_following = False
        self._stopped = threading.Event()
        self._reader = self._thread("reader", self._read)
        self._writer = self._thread("writer", self._write)

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=f"{self.target.name} {name}", daemon=True)
        thread.dbname = self.database.name  # as Odoo's log shows it
        return thread

    # -- from the service's thread ---------------------------------------------------------------

    def start(self) -> None:
        """Begin."""
        self._reader.start()
        self._writer.start()

    def is_alive(self) -> bool:
        """Whether it does its work."""
        return self._reader.is_alive() and self._writer.is_alive()

    def stop(self) -> None:
        """Ask it to end."""
        self._stopped.set()

    def join(self, timeout: float) -> None:
        """Wait until it has ended, at most ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        for thread in (self._reader, self._writer):
            thread.join(max(0.0, deadline - time.monotonic()))

    # -- reading ---------------------------------------------------------------------------------

    def _read(self) -> None:
        """Go on where an earlier process stopped, and connect again and again."""
        is_restored = False
        while not self._stopped.is_set():
            try:
                if not is_restored:
                    self._restore()
                    is_restored = True
                self._follow()
            except DATABASE_AWAY as error:
                _logger.info("%s: the database does not answer: %s", self.target.name, error)
            except IntegrationError as error:
                self._fail(error)
            except Exception as error:
                _logger.exception("%s: following the calls failed", self.target.name)
                self._fail(error)
            finally:
                self._is_following = False
            self._stopped.wait(self._backoff.next())

    def _restore(self) -> None:
        reports = self.database.run(transactions.open_shares, self.target.id)
        self._tracker.restore(reports)
        for report in reports:
            self._board.take(report)

    def _follow(self) -> None:
        """Follow one connection until it breaks, which is an error, or until :meth:`stop`."""
        with self.database.run(transactions.api, self.target.id) as api, EventSocket(api) as socket:
            sequence = Sequence()
            # once connected: what happens from here on is told
            registered = self._compare(api)
            self._note(transactions.connected, self._board, registered)
            self._backoff.reset()
            self._failures = 0
            self._is_following = True
            _logger.info("%s: following the calls", self.target.name)
            compared = settled = time.monotonic()
            while not self._stopped.is_set():
                event = socket.receive(TICK)
                now = time.monotonic()
                if event:
                    sequence.take(event.sequence, now)
                    self._take(api, event)
                if sequence.has_gap(now) or now - compared >= RESYNC:
                    self._compare(api)
                    sequence.forget_gap(now)
                    compared = now
                if now - settled >= TICK:
                    self._put(self._tracker.settle())
                    settled = now

    def _compare(self, api: ThreecxApi) -> dict[str, bool]:
        """Take in the whole state of the PBX; return which extensions have a telephone."""
        dns = api.dns()
        self._put(self._tracker.snapshot(dns))
        return {
            dn.dn: any(device.is_registered for device in dn.devices)
            for dn in dns
            if dn.is_extension
        }

    def _take(self, api: ThreecxApi, event: Event) -> None:
        if event.participant_id is None:
            return
        if event.event_type == UPSERT:
            participant = api.participant(event.dn, event.participant_id)
            if participant:
                self._put(self._tracker.upsert(participant))
                return
        if event.event_type in (UPSERT, REMOVE):
            self._put(self._tracker.remove(event.dn, event.participant_id))

    def _put(self, reports: list[CallReport]) -> None:
        for report in reports:
            self._board.take(report)
            self._outbox.put(report)

    def _fail(self, error: Exception) -> None:
        """Tell people when it lasts: a connection that is back at once is nobody's concern."""
        self._failures += 1
        _logger.info("%s: not following the calls: %s", self.target.name, error)
        if self._failures > 1 or not isinstance(error, RetryableError):
            self._note(transactions.failing, error)

    def _note(self, function: Callable, *args) -> None:
        """Leave a transaction to the writer, before what reports there are."""
        self._notes.append(partial(self.database.run, function, self.target.id, *args))

    # -- writing ---------------------------------------------------------------------------------

    def _write(self) -> None:
        """Write what was read, until there is nothing left after :meth:`stop`."""
        beat = time.monotonic()
        deadline = float("inf")
        while time.monotonic() < deadline:
            try:
                is_idle = self._write_next()
                if is_idle and self._stopped.is_set() and not self._reader.is_alive():
                    self.database.run(transactions.disconnected, self.target.id)
                    return
            except DATABASE_AWAY as error:
                _logger.info("%s: waiting for the database: %s", self.target.name, error)
                time.sleep(TICK)
            now = time.monotonic()
            if self._stopped.is_set():
                deadline = min(deadline, now + PATIENCE)
            elif self._is_following and now - beat >= HEARTBEAT and not self._notes:
                self._note(transactions.beat)
                beat = now

    def _write_next(self) -> bool:
        """Write one note, else one report; return whether there was none of them.

        :raise Exception: one of ``DATABASE_AWAY``; what was to be written waits
        """
        if self._notes:
            self._insist(self._notes[0])
            self._notes.popleft()
            return False
        report = self._outbox.take(TICK)
        if report is None:
            return True
        write = partial(self.database.run, transactions.record, self.target.id, report, self._board)
        try:
            is_written = self._insist(write)
        except DATABASE_AWAY:
            self._outbox.put_back(report)
            raise
        if not is_written:
            self._note(transactions.incomplete)
        return False

    def _insist(self, write: Callable[[], None]) -> bool:
        """Try to write; return whether it worked in the end.

        What cannot be written at all must not keep the rest from being written.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                write()
                return True
            except DATABASE_AWAY:
                raise
            except Exception:
                if attempt == ATTEMPTS:
                    _logger.exception("%s: something could not be written", self.target.name)
        return False
