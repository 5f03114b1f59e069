"""Dates and moments as people and exports write them → ISO text."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .errors import ParamError, RowError
from .words import normalise

MIN_YEAR, MAX_YEAR = 1900, 2199
DEFAULT_FORMATS = ("dd/mm/yyyy", "yyyy-mm-dd")
DEFAULT_EMPTY = ("00/00/0000", "0000-00-00", "/ /", "//", "-")
DEFAULT_UNKNOWN = ("DP à communiquer", "à communiquer", "inconnu", "inconnue", "onbekend", "?")

_TIME = (
    r"(?:[T\s]+(?P<H>\d{1,2})[:hH](?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?"
    r"\s?(?P<Z>Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?"
)
_PARTS = {
    "yyyy": r"(?P<y>\d{4})",
    "yy": r"(?P<y>\d{2})",
    "mm": r"(?P<m>\d{1,2})",
    "dd": r"(?P<d>\d{1,2})",
}
_TOKEN = re.compile(r"yyyy|yy|mm|dd|[/.\-\s]+", re.IGNORECASE)


class DateParser:
    """Reads dates in a list of formats such as ``dd/mm/yyyy``; ``/``, ``.`` and ``-`` are the same.

    :param formats: tried in this order; a four-digit year format also reads a two-digit year
    :param pivot: two-digit years up to it are 20xx, above it 19xx
    """

    def __init__(self, formats: Iterable[str], pivot: int) -> None:
        self.formats = tuple(formats)
        self.pivot = pivot
        self._patterns = [re.compile(pattern) for fmt in self.formats for pattern in _patterns(fmt)]
        if not self._patterns:
            raise ParamError("no_format", "at least one date format is needed")

    def parse(self, text: str) -> datetime:
        """Return the moment (midnight when no time is given), with its zone when one is written.

        :raises RowError: cause ``bad_date``
        """
        text = text.strip()
        shaped = False
        for pattern in self._patterns:
            match = pattern.fullmatch(text)
            if not match:
                continue
            shaped = True
            year = int(match["y"])
            if len(match["y"]) == 2:
                year += 2000 if year <= self.pivot else 1900
            try:
                moment = datetime(
                    year,
                    int(match["m"]),
                    int(match["d"]),
                    int(match["H"] or 0),
                    int(match["M"] or 0),
                    int(match["S"] or 0),
                    tzinfo=_zone(match["Z"]),
                )
            except ValueError:
                continue
            if MIN_YEAR <= year <= MAX_YEAR:
                return moment
        if shaped:
            raise RowError(
                "bad_date", "this date does not exist in the calendar or lies too far away"
            )
        raise RowError("bad_date", f"is not a date (expected {' or '.join(self.formats)})")


def _zone(text: str | None) -> timezone | None:
    """Return the zone of ``Z``, ``UTC`` or ``+01:00``; ``ValueError`` when there is none such."""
    if not text or text in ("Z", "UTC"):
        return timezone.utc if text else None
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _patterns(fmt: str) -> list[str]:
    """Return the regular expressions of a format; ``ValueError`` when it is no format."""
    tokens = [token.lower() for token in _TOKEN.findall(fmt)]
    fields = sorted(token for token in tokens if token in _PARTS)
    if "".join(tokens) != fmt.lower() or fields not in (["dd", "mm", "yyyy"], ["dd", "mm", "yy"]):
        raise ParamError(
            "not_a_format",
            f"“{fmt}” is not a date format; write for example dd/mm/yyyy",
            value=fmt,
        )
    separated = any(token not in _PARTS for token in tokens)

    def build(parts: Mapping[str, str]) -> str:
        body = "".join(
            parts.get(token, r"\s?[/.\-]\s?" if token.strip() else r"\s") for token in tokens
        )
        return body + _TIME

    if not separated:
        parts = {name: part.replace("{1,2}", "{2}") for name, part in _PARTS.items()}
        return [build(parts)]
    patterns = [build(_PARTS)]
    if "yyyy" in tokens and tokens[-1] == "yyyy":
        patterns.append(build({**_PARTS, "yyyy": _PARTS["yy"]}))
    return patterns


def _empty_words(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.strip() for word in words) | {""}


def compile_date(
    formats: Iterable[str] = DEFAULT_FORMATS,
    pivot: int = 68,
    empty: Iterable[str] = DEFAULT_EMPTY,
) -> Callable[[str], str | None]:
    """Return text → ``YYYY-MM-DD``; a time behind the date is dropped; empty → None.

    The day is the one that is written, whatever zone is written with it.
    """
    parser, nothing = DateParser(formats, pivot), _empty_words(empty)

    @lru_cache(maxsize=8192)
    def convert(text: str) -> str | None:
        if text.strip() in nothing:
            return None
        return parser.parse(text).date().isoformat()

    return convert


def compile_datetime(
    formats: Iterable[str] = DEFAULT_FORMATS,
    pivot: int = 68,
    empty: Iterable[str] = DEFAULT_EMPTY,
    tz: str = "",
) -> Callable[[str], str | None]:
    """Return text → ``YYYY-MM-DD HH:MM:SS``; empty → None.

    :param tz: time zone of the text; the result is then UTC. Without it only a text that names its
        own zone is shifted.
    """
    parser, nothing = DateParser(formats, pivot), _empty_words(empty)
    try:
        zone = ZoneInfo(tz) if tz else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        raise ParamError("unknown_zone", f"“{tz}” is not a time zone", value=tz) from None

    @lru_cache(maxsize=8192)
    def convert(text: str) -> str | None:
        if text.strip() in nothing:
            return None
        moment = parser.parse(text)
        if zone and not moment.tzinfo:
            moment = moment.replace(tzinfo=zone)
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return moment.isoformat(" ")

    return convert


def compile_restock(
    formats: Iterable[str] = DEFAULT_FORMATS,
    pivot: int = 68,
    unknown: Iterable[str] = DEFAULT_UNKNOWN,
) -> Callable[[str], dict]:
    """Return text → ``{"state": "known"|"unknown"|"none", "date": ISO text or None}``."""
    to_date = compile_date(formats, pivot)
    words = frozenset(normalise(word) for word in unknown) - {""}
    marks = frozenset(word.strip() for word in unknown)

    @lru_cache(maxsize=8192)
    def convert(text: str) -> tuple[str, str | None]:
        if text.strip() in marks or normalise(text) in words:
            return "unknown", None
        day = to_date(text)
        return ("known" if day else "none"), day

    def restock(text: str) -> dict:
        state, day = convert(text)
        return {"state": state, "date": day}

    return restock
