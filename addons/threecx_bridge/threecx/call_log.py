"""Rows of the PBX's call log (one per segment) as reports. Pure.

A segment alone cannot say whether the call was missed or taken by somebody else, so rows of the
same call are looked at together.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from .journal import known_number
from .report import CallReport
from .shapes import CallLogRow

__all__ = ["reports"]


def reports(rows: Iterable[CallLogRow]) -> Iterator[CallReport]:
    """One report for each extension's share of each call, oldest call first.

    A row without any id or start is left out: it could not be recognised when it comes again.
    """
    calls: dict[str, dict[str, CallLogRow]] = {}
    for row in rows:
        if row.started and _row_key(row):
            calls.setdefault(_call_key(row), {})[_row_key(row)] = row
    for call in sorted(calls.values(), key=lambda call: min(row.started for row in call.values())):
        yield from _call(sorted(call.values(), key=lambda row: (row.started, row.segment_id)))


def _call(segments: list[CallLogRow]) -> Iterator[CallReport]:
    """Reports of one call from its segments in order."""
    outer = next((row for row in segments if _direction(row) != "internal"), segments[0])
    direction = _direction(outer)
    ends = [row for row in segments if _is_share(row, direction)]
    queue = next((row.destination_dn for row in segments if _is_group(row)), "")
    if not ends and direction == "inbound":
        # nobody's telephone rang: the queue was empty, the office closed, the caller gave up
        yield _report(segments[-1], outer, extension="", queue=queue, taken=False)
        return
    taken = any(row.answered and not _is_voicemail(row) for row in ends)
    holder = ""
    for row in ends:
        extension = _extension(row, direction)
        yield _report(row, outer, extension=extension, queue=queue, taken=taken, holder=holder)
        if row.answered:
            holder = extension


def _report(
    row: CallLogRow,
    outer: CallLogRow,
    *,
    extension: str,
    queue: str,
    taken: bool,
    holder: str = "",
) -> CallReport:
    """The report of one segment; ``outer`` is the one that knows the other side."""
    direction = _direction(outer)
    is_outgoing = direction == "outbound" or direction == "internal"
    answered_at = row.started + timedelta(seconds=row.ringing_seconds)
    has_talked = row.answered and not _is_voicemail(row) and bool(extension)
    return CallReport(
        source="log",
        key=_row_key(row),
        direction=direction,
        number=_other_number(outer, is_outgoing),
        extension=extension,
        call_ref=str(row.call_id) if row.call_id else _call_key(row),
        outcome=_outcome(row, is_outgoing, has_talked, taken),
        started=row.started,
        answered=answered_at if has_talked else None,
        ended=answered_at + timedelta(seconds=row.talking_seconds),
        talk_seconds=round(row.talking_seconds) if has_talked else 0,
        name=outer.destination_name if is_outgoing else outer.source_name,
        did=outer.did,
        queue="" if is_outgoing else queue,
        transferred_from=holder if holder != extension else "",
        recording_url=row.recording_url,
        transcript=row.transcription,
        summary=row.summary,
    )


def _outcome(row: CallLogRow, is_outgoing: bool, has_talked: bool, taken: bool) -> str:
    if has_talked:
        return "answered"
    if _is_voicemail(row):
        return "voicemail"
    if is_outgoing:
        return "no_answer"
    return "elsewhere" if taken else "missed"


def _row_key(row: CallLogRow) -> str:
    return row.cdr_id or (f"{row.call_id}/{row.segment_id}" if row.segment_id else "")


def _call_key(row: CallLogRow) -> str:
    return row.main_call_history_id or row.call_history_id or str(row.call_id or _row_key(row))


def _direction(row: CallLogRow) -> str:
    direction = row.direction.lower()
    return direction if direction in ("inbound", "outbound") else "internal"


def _is_group(row: CallLogRow) -> bool:
    """Whether the call went to a queue or ring group here."""
    kind = row.destination_type.lower().replace("_", "").replace(" ", "")
    return any(word in kind for word in ("queue", "ringgroup"))


def _is_voicemail(row: CallLogRow) -> bool:
    words = f"{row.destination_type} {row.status} {row.reason} {row.action_type}".lower()
    return "voicemail" in words or "voice mail" in words


def _is_share(row: CallLogRow, direction: str) -> bool:
    """Whether the segment is one of an extension."""
    if direction == "outbound" and _direction(row) == "outbound":
        return bool(row.source_dn)
    if direction == "internal":
        return bool(row.source_dn)
    kind = row.destination_type.lower()
    return bool(row.destination_dn) and (
        not kind or kind.isdigit() or "extension" in kind or "voicemail" in kind
    )


def _extension(row: CallLogRow, direction: str) -> str:
    """Our side of the segment: of a call that went out, a later segment is the colleague to whom
    it was handed over."""
    if direction == "inbound" or _direction(row) != direction:
        return row.destination_dn
    return row.source_dn


def _other_number(row: CallLogRow, is_outgoing: bool) -> str:
    if is_outgoing:
        return known_number(row.destination_caller_id or row.destination_dn)
    return known_number(row.source_caller_id)
