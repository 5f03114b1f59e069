"""Invitations (iCalendar) as a few lines that a person reads. Pure."""

import re
from collections.abc import Iterator
from datetime import datetime

__all__ = ["summarize"]

_LINE = re.compile(
    r"([A-Za-z-]{1,40})((?:;[^:\"]{0,500}(?:\"[^\"]{0,500}\"[^:\"]{0,500}){0,20})?):(.*)"
)
_ZONE = re.compile(r";TZID=\"?([^;:\"]{1,100})", re.IGNORECASE)
_NAME = re.compile(r";CN=(?:\"([^\"]{1,200})\"|([^;:\"]{1,200}))", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MAX_LINES = 5_000
_MAX_DESCRIPTION = 5_000
_WANTED = frozenset(
    {"SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER", "DESCRIPTION", "STATUS", "RRULE"}
)


def summarize(text: str, with_description: bool = False) -> str:
    """Subject, date, place and organiser of the first event, each on a line; empty: no event.

    Dates are written as ``2026-11-25 14:00 – 15:30 (Europe/Brussels)``, the same in all languages.

    :param with_description: when nothing else of the mail can be read
    """
    found: dict[str, tuple[str, str]] = {}
    method = ""
    depth = 0
    for name, options, value in _lines(text):
        if name == "METHOD" and not depth:
            method = value.upper()
        elif name == "BEGIN" and value.upper() in ("VEVENT", "VTODO", "VFREEBUSY"):
            depth += 1
        elif name == "BEGIN" and depth:
            depth += 1  # an alarm has a description of its own
        elif name == "END" and depth:
            depth -= 1
            if not depth:
                break
        elif depth == 1 and name in _WANTED:
            found.setdefault(name, (options, value))
    if not found:
        return ""
    subject = _plain(found, "SUMMARY")
    if method == "CANCEL" or _plain(found, "STATUS").upper() == "CANCELLED":
        subject = f"✗ {subject}"
    organizer = ""
    if "ORGANIZER" in found:
        options, value = found["ORGANIZER"]
        name = _NAME.search(options)
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        organizer = f"{name[1] or name[2]} <{address}>" if name else address
    lines = [subject, _dates(found), _plain(found, "LOCATION"), organizer]
    if with_description:
        lines += ["", _plain(found, "DESCRIPTION")[:_MAX_DESCRIPTION]]
    return "\n".join(line for line in lines if line or line == "").strip()


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Content lines, unfolded; what is none is left out."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:500_000].lstrip("\ufeff"))
    for line in unfolded.splitlines()[:_MAX_LINES]:
        if match := _LINE.match(line[:20_000]):
            yield match[1].upper(), match[2], match[3].strip()


def _plain(found: dict[str, tuple[str, str]], name: str) -> str:
    value = found.get(name, ("", ""))[1]
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()


def _dates(found: dict[str, tuple[str, str]]) -> str:
    options, value = found.get("DTSTART", ("", ""))
    start, has_time = _date(value)
    if start is None:
        return ""
    zone = _ZONE.search(options)
    zone_name = "UTC" if value.endswith("Z") else zone[1] if zone else ""
    end, _has_time = _date(found.get("DTEND", ("", ""))[1])
    written = f"{start:%Y-%m-%d %H:%M}" if has_time else f"{start:%Y-%m-%d}"
    if has_time and end is not None and end != start:
        written += f" – {end:%H:%M}" if end.date() == start.date() else f" – {end:%Y-%m-%d %H:%M}"
    if zone_name and has_time:
        written += f" ({zone_name})"
    if "RRULE" in found:
        written += " ↻"
    return written


def _date(value: str) -> tuple[datetime | None, bool]:
    for pattern, length, has_time in (("%Y%m%dT%H%M%S", 15, True), ("%Y%m%d", 8, False)):
        try:
            return datetime.strptime(value[:length], pattern), has_time
        except ValueError:
            continue
    return None, False
