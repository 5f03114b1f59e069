"""Time of the house: seconds since 1970, which may run faster than the world's, or by hand."""

import re
from datetime import datetime, timezone

from simulators.clock import Clock

__all__ = ["Clock", "HandClock", "duration", "iso", "seconds"]


class HandClock:
    """Stands still until it is moved: for tests."""

    speed = 1.0

    def __init__(self, now=1_800_000_000.0):
        self._now = now

    def now(self):
        return self._now

    def advance(self, seconds):
        self._now += seconds


def iso(seconds):
    """:param float seconds: since 1970; None is allowed
    :return str: UTC with milliseconds, as the API writes moments; None for None"""
    if seconds is None:
        return None
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration(seconds):
    """:return str: ISO 8601, as .NET writes it: ``PT1M59.5S``"""
    minutes, rest = divmod(round(max(0.0, seconds), 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    text = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    if rest or not text:
        text += f"{rest:.3f}".rstrip("0").rstrip(".") + "S"
    return f"PT{text}"


def seconds(text):
    """The inverse of :func:`duration`. :return float:"""
    found = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?", text)
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest
