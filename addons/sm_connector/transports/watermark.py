"""The newest change that was read: what the next delta asks from. Pure.

It is the source's own time, as the source wrote it: clocks differ, and so do time zones.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from ..formats import FileError, Reader
from .base import ReaderOver

ZONE = ZoneInfo("Europe/Brussels")  # of moments that do not name theirs
#: A change dated further ahead is a mistake, and would keep all others from being read.
MAX_AHEAD = timedelta(days=1)
_LOCAL = "%d/%m/%Y %H:%M:%S"
_LOCAL_SHAPE = re.compile(r"\d{2}/\d{2}/\d{4}(?: \d{2}:\d{2}(?::\d{2})?)?")


def instant(text: str) -> float | None:
    """Return what a mark compares by: seconds for a moment, itself for a growing number.

    ``2026-11-02T10:15:00``, ``02/11/2026 10:15`` and ``123`` are marks; anything else gives None.
    """
    if text.isascii() and text.isdigit():
        return float(text)
    moment = _moment(text)
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()
    except (OverflowError, ValueError):
        return None


def earlier(text: str, minutes: int) -> str:
    """Return the moment some minutes before a mark, as ISO 8601; a number stays what it is."""
    moment = _moment(text)
    if moment is None:
        return text
    written = (moment - timedelta(minutes=minutes)).isoformat()
    return written.replace("+00:00", "Z") if text.endswith("Z") else written


class Newest(ReaderOver):
    """Rows among which the newest change is looked for; ``watermark`` holds it afterwards.

    :param column: header of the column that tells when a row changed
    :raises FileError: cause ``columns``, there is no such column
    """

    def __init__(self, reader: Reader, column: str, name: str) -> None:
        super().__init__(reader)
        self.watermark = ""
        try:
            self._position = reader.header.index(column)
        except ValueError:
            raise FileError(
                name,
                "columns",
                f"the column “{column}”, which tells when a row changed, is not there",
                "Correct the name in the feed.",
            ) from None

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        position, before = self._position, ""
        limit = (datetime.now(timezone.utc) + MAX_AHEAD).timestamp()
        newest = float("-inf")
        for line, cells in self._reader:
            text = cells[position]
            if text != before:
                before = text
                mark = instant(text.strip())
                if mark is not None and mark > newest and (mark <= limit or text.isdigit()):
                    newest, self.watermark = mark, text.strip()
            yield line, cells


def _moment(text: str) -> datetime | None:
    try:
        if _LOCAL_SHAPE.fullmatch(text):
            full = text if len(text) > 10 else f"{text} 00:00"
            return datetime.strptime(full if len(full) > 16 else f"{full}:00", _LOCAL)
        if len(text) < 10:
            return None
        # PostgreSQL writes "+01" for a zone, ISO "Z", and Python 3.10 wants three or six decimals
        text = re.sub(r"Z$", "+00:00", text)
        text = re.sub(r"([+-]\d{2})$", r"\1:00", text) if len(text) > 10 else text
        text = re.sub(r"\.(\d+)", lambda match: f".{match[1][:6]:0<6}", text)
        return datetime.fromisoformat(text)
    except ValueError:
        return None
