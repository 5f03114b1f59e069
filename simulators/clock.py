"""Time of a simulated world: seconds since 1970, which may run faster than the real one's."""

import time
from datetime import datetime, timezone


class Clock:
    """Runs ``speed`` times as fast as the world.

    :param float speed: seconds here in a second of the world
    """

    #: The largest ``speed``.
    most = 10_000

    def __init__(self, speed=1.0):
        self._speed = speed
        self._world = self._here = time.time()

    @property
    def speed(self):
        """:return float: seconds here in a second of the world"""
        return self._speed

    @speed.setter
    def speed(self, speed):
        if not 0 < speed <= self.most:
            raise ValueError(f"speed: more than 0, at most {self.most}")
        self._here, self._world = self.now(), time.time()
        self._speed = speed

    def now(self):
        """:return float: seconds since 1970"""
        return self._here + (time.time() - self._world) * self._speed

    def advance(self, seconds):
        """:param float seconds: by which to put the clock on; :raises ValueError: backwards"""
        if seconds < 0:
            raise ValueError("advance: time does not run backwards")
        self._here += seconds


def moment(text):
    """:param str text: any ISO 8601 moment; without a zone it is UTC
    :return float: seconds since 1970; :raises ValueError:"""
    text = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    head, point, rest = text.partition(".")
    if point:
        # Python reads six digits; some write seven, or fewer.
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
