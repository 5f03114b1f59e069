"""Time of the project: seconds since 1970, which may run faster than the world's, or be put on."""

from datetime import datetime, timedelta, timezone

import simulators.clock

_SUMMER = timezone(timedelta(hours=2))


class Clock(simulators.clock.Clock):
    """May run faster than others."""

    most = 100_000


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
