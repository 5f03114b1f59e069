"""Time of the project: seconds since 1970, which may run faster than the world's, or be put on."""

from datetime import datetime, timedelta, timezone

import simulators.clock

_SUMMER = timezone(timedelta(hours=2))


class Clock(simulators.clock.Clock):
    """Can be moved forward at once, too."""

    most = 100_000

    def advance(self, seconds):
        """:param float seconds: by which to put the clock on; :raises ValueError: backwards"""
        if seconds < 0:
            raise ValueError("advance: time does not run backwards")
        self._here += seconds


def iso(seconds):
    """:param float seconds: since 1970; None is allowed
    :return str: as ``v2`` events and GraphQL write moments; None for None"""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def iso_zoned(seconds):
    """:return str: as the older events write moments: with a zone, without milliseconds"""
    return datetime.fromtimestamp(int(seconds), _SUMMER).isoformat()


def moment(text):
    """:param str text: any ISO 8601 moment with a zone; :return float: seconds since 1970
    :raises ValueError:"""
    text = text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text
    head, point, rest = text.partition(".")
    if point:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
