"""Working time between two moments, for thousands of tickets at once. Plain Python, no database."""

from bisect import bisect_right


class WorkClock:
    """Working time on a fixed list of intervals, each answer two binary searches.

    :param intervals: ascending, not overlapping ``(start, end)`` of naive UTC datetimes; ``None``
        means that all time is working time
    """

    def __init__(self, intervals=None):
        self._always = intervals is None
        self._starts, self._ends, self._before = [], [], []
        total = 0.0
        for start, end in intervals or ():
            self._starts.append(start)
            self._ends.append(end)
            self._before.append(total)
            total += (end - start).total_seconds()

    def hours(self, start, end):
        """Working hours from ``start`` to ``end``; 0 when ``end`` is not later.

        :param datetime start: naive, UTC
        :param datetime end: naive, UTC
        :rtype: float
        """
        if end <= start:
            return 0.0
        if self._always:
            return (end - start).total_seconds() / 3600
        return (self._elapsed(end) - self._elapsed(start)) / 3600

    def _elapsed(self, moment):
        """Seconds of work from the first interval to a moment."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return 0.0
        inside = min(moment, self._ends[index]) - self._starts[index]
        return self._before[index] + inside.total_seconds()
