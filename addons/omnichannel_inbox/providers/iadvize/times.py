"""Moments as iAdvize writes them."""

import re
from datetime import datetime, timezone
from typing import Any

__all__ = ["iso", "parse_time", "utc_now"]

#: ``2017-11-22T12:04:00.762Z[Etc/UTC]``, the way of Java
_ZONE = re.compile(r"\[[\w/+-]+\]$")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def parse_time(value: Any) -> datetime | None:
    """Return a moment as naive UTC; ``None`` when there is none. Numbers are seconds, or
    milliseconds, since 1970."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else value
            moment = datetime.fromtimestamp(seconds, timezone.utc)
        else:
            moment = _read(str(value))
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if 1970 <= moment.year < 9000 else None


def _read(text: str) -> datetime:
    text = _ZONE.sub("", text.strip())
    if text[-1:] in ("Z", "z"):
        text = f"{text[:-1]}+00:00"
    text = _OFFSET.sub(r"\1:\2", text)
    head, dot, rest = text.partition(".")
    if dot:
        digits = len(rest) - len(rest.lstrip("0123456789"))
        text = f"{head}.{rest[:digits][:6]:0<6}{rest[digits:]}"
    return datetime.fromisoformat(text)


def iso(moment: datetime) -> str:
    """Return a moment (naive UTC) as iAdvize reads it."""
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def utc_now() -> datetime:
    """Return this moment as naive UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
