"""What waits to be written, while the database is slow or away. Pure."""

import threading
from collections import OrderedDict

from ..threecx.report import CallReport


class Outbox:
    """Reports in the order in which their shares turned up, only the newest of each share.

    A report says all that is known of its share; one that was overtaken while it waited says
    nothing any more. One thread puts, one takes.
    """

    def __init__(self):
        self._reports: OrderedDict[str, CallReport] = OrderedDict()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._reports)

    def put(self, report: CallReport) -> None:
        """Add a report, in the place of an older one of the same share."""
        with self._changed:
            self._reports[report.key] = report
            self._changed.notify()

    def take(self, timeout: float) -> CallReport | None:
        """Return the oldest report, or None when there is none after ``timeout`` seconds."""
        with self._changed:
            if not self._reports:
                self._changed.wait(timeout)
            return self._reports.popitem(last=False)[1] if self._reports else None

    def put_back(self, report: CallReport) -> None:
        """Give back what could not be written, unless a newer report of the share came in."""
        with self._changed:
            if report.key not in self._reports:
                self._reports[report.key] = report
                self._reports.move_to_end(report.key, last=False)
