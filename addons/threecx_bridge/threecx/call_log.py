"""Rows of the PBX's call log (one per segment) as reports. Pure.

A segment alone cannot say whether the call was missed or taken by somebody else, so rows of the
same call are looked at together. On a V20, only ``MainCallHistoryId`` joins the rows of a call and
only ``CdrId`` names a row: ``CallId`` and ``SegmentId`` are 1 in all of them.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from .journal import known_number
from .report import CallReport
from .shapes import CallLogRow

__all__ = ["reports"]

_GROUPS = ("queue", "ringgroup")
#: Of the ids of recordings, 32 bit in the PBX as in the database.
_LARGEST = 2**31 - 1


def reports(rows: Iterable[CallLogRow]) -> Iterator[CallReport]:
    """One report for each extension's share of each call, oldest call first.

    A row without an id or a start is left out: it could not be recognised when it comes again.
    """
    calls: dict[str, dict[str, CallLogRow]] = {}
    for row in rows:
        if row.started and row.cdr_id:
            calls.setdefault(_call_key(row), {})[row.cdr_id] = row
    for call in sorted(calls.values(), key=lambda call: min(row.started for row in call.values())):
        yield from _call(sorted(call.values(), key=lambda row: (row.started, row.segment_id)))


def _call(segments: list[CallLogRow]) -> Iterator[CallReport]:
    """Reports of one call from its segments in order."""
    outer = next((row for row in segments if _direction(row) != "internal"), segments[0])
    direction = _direction(outer)
    queue = next((row.destination_dn for row in segments if row.destination_type in _GROUPS), "")
    shares = [row for row in segments if _is_share(row)]
    taken = [row for row in shares if row.answered]
    has_voicemail = any(_is_voicemail(row) for row in segments)
    if not shares and direction == "inbound":
        # nobody's telephone rang: the queue was empty, the office closed, the caller gave up
        row = next((row for row in segments if _is_voicemail(row)), segments[0])
        extension = row.destination_dn if _is_voicemail(row) else ""
        outcome = "voicemail" if has_voicemail else "missed"
        yield _report(row, outer, extension, outcome, queue=queue)
    for row in shares:
        is_outgoing = _is_outgoing(row)
        if row.answered:
            outcome = "answered"
        elif is_outgoing:
            outcome = "no_answer"
        elif taken:
            outcome = "elsewhere"
        else:
            outcome = "voicemail" if has_voicemail else "missed"
        yield _report(
            row,
            outer,
            row.source_dn if is_outgoing else row.destination_dn,
            outcome,
            queue="" if is_outgoing else queue,
            transferred_from=row.action_dn or _holder_before(row, taken),
        )


def _report(
    row: CallLogRow,
    outer: CallLogRow,
    extension: str,
    outcome: str,
    *,
    queue: str = "",
    transferred_from: str = "",
) -> CallReport:
    """The report of one segment; ``outer`` is the one that knows the other side."""
    direction = _direction(outer)
    called_out = direction != "inbound"
    until = row.started + timedelta(seconds=row.ringing_seconds)
    is_answered = outcome == "answered"
    number = outer.destination_caller_id or outer.destination_dn
    return CallReport(
        source="log",
        key=row.cdr_id,
        direction=direction,
        number=known_number(number if called_out else outer.source_caller_id),
        extension=extension,
        call_ref=_call_key(row),
        outcome=outcome,
        started=row.started,
        answered=until if is_answered else None,
        ended=until + timedelta(seconds=row.talking_seconds),
        talk_seconds=round(row.talking_seconds) if is_answered else 0,
        name=outer.destination_name if called_out else outer.source_name,
        did=outer.did,
        queue=queue,
        transferred_from="" if transferred_from == extension else transferred_from,
        recording_id=row.recording_id if 0 < row.recording_id <= _LARGEST else 0,
        recording_url=row.recording_url if row.recording_url.startswith("https://") else "",
        transcript=row.transcription,
        summary=row.summary,
    )


def _holder_before(row: CallLogRow, taken: list[CallLogRow]) -> str:
    """Who had talked in the same call before this segment was answered, if the PBX does not say who
    handed it over."""
    if not row.answered or _is_outgoing(row):
        return ""
    place = taken.index(row)
    if not place:
        return ""
    before = taken[place - 1]
    return before.source_dn if _is_outgoing(before) else before.destination_dn


def _call_key(row: CallLogRow) -> str:
    return row.main_call_history_id or row.call_history_id or row.cdr_id


def _direction(row: CallLogRow) -> str:
    direction = row.direction.lower()
    return direction if direction in ("inbound", "outbound") else "internal"


def _is_outgoing(row: CallLogRow) -> bool:
    """Whether the segment is that of who dialled. A segment to an extension is that of who is
    called, except within the house, where the caller's tells of both."""
    if _direction(row) == "outbound":
        return True
    return _direction(row) == "internal" and not row.action_dn


def _is_voicemail(row: CallLogRow) -> bool:
    words = f"{row.destination_type} {row.status} {row.reason}".lower()
    return "voicemail" in words.replace(" ", "")


def _is_share(row: CallLogRow) -> bool:
    """Whether the segment is one of an extension."""
    if _is_voicemail(row):
        return False
    if _is_outgoing(row):
        return bool(row.source_dn)
    return bool(row.destination_dn) and row.destination_type in ("", "extension", "wextension")
