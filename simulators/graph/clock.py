"""Time of the tenant: seconds since 1970, which may run faster than the world's, or be put on."""

from datetime import datetime, timezone

import simulators.clock


class Clock(simulators.clock.Clock):
    """May run faster than others."""

    most = 100_000


def iso(seconds, digits=0):
    """:param float seconds: since 1970; None is allowed
    :param int digits: of the second: none for messages, seven for subscriptions
    :return str: UTC as Graph writes moments; None for None"""
    if seconds is None:
        return None
    if not digits:
        return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    fraction = f"{moment.microsecond:06d}".ljust(digits, "0")[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction}Z"


def moment(text):
    """The inverse of :func:`iso`, for any ISO 8601 moment; without a zone it is UTC.

    :return float: seconds since 1970; :raises ValueError:"""
    return simulators.clock.moment(text.strip())
