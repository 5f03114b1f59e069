"""Which reports tell of the same call, and what they say of it together. Pure.

Sources know different things and come in any order: what a call is, is worked out anew from all
its shares each time, never from the order of their coming.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .report import STATES, CallReport

__all__ = ["CallFacts", "distance", "facts", "merge_share", "same_reference"]

#: Sources that saw the call itself; the others only know that somebody meant to call or to answer.
WITNESSES = ("log", "journal", "listener")
#: Sources that number calls alike.
_NUMBERED_ALIKE = {"click": "control", "listener": "control", "log": "log"}

#: Clocks differ by this much between sources.
SKEW = timedelta(seconds=10)
#: Starts, answers or ends of the same share differ at most by this much.
CLOSE = timedelta(seconds=60)
#: A share that was handed over begins when the other ends.
HANDOVER = timedelta(seconds=5)
#: Two reports of a share of which one clock is wrong have the same length.
SAME_LENGTH = timedelta(seconds=3)
#: How long after the click the call may begin: the web client only prepares it.
INTENT = timedelta(hours=2)
#: The PBX numbers its calls anew after a restart.
REFERENCE_LIFE = timedelta(hours=12)
#: A share nobody saw the end of.
LONGEST = timedelta(hours=4)

_OUTCOME_RANK = {
    "": 0,
    "failed": 1,
    "missed": 2,
    "no_answer": 2,
    "elsewhere": 3,
    "voicemail": 4,
    "answered": 5,
}
_TEXTS = (
    "extension",
    "agent_email",
    "call_ref",
    "name",
    "did",
    "queue",
    "entity",
    "transferred_from",
)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What all shares of a call say together."""

    direction: str
    state: str
    """``attempted``, ``ringing``, ``ongoing`` or ``ended``."""
    outcome: str
    """``answered``, ``missed``, ``no_answer``, ``voicemail``, ``failed`` or ``unknown``."""
    started: datetime
    answered: datetime | None
    ended: datetime | None
    wait_seconds: int
    talk_seconds: int
    queue: str
    did: str
    extension: str
    """Of who has or had the caller on the line, else of the only one who could; else empty."""


# -- one share ------------------------------------------------------------------------------------


def merge_share(known: CallReport, new: CallReport) -> CallReport:
    """What is known of a share after a further report of it: a share never goes back."""
    is_newer = _rank(new) >= _rank(known)
    later, earlier = (new, known) if is_newer else (known, new)
    return replace(
        later,
        # who calls does not become who is called; the number may become better known
        direction=known.direction,
        number=later.number or earlier.number,
        outcome=max(known.outcome, new.outcome, key=_OUTCOME_RANK.__getitem__),
        started=_first(known.started, new.started),
        answered=_first(known.answered, new.answered),
        ended=_last(known.ended, new.ended),
        talk_seconds=max(known.talk_seconds, new.talk_seconds),
        **{name: getattr(later, name) or getattr(earlier, name) for name in _TEXTS},
    )


def _rank(share: CallReport) -> tuple[int, int]:
    return STATES.index(share.state), _OUTCOME_RANK[share.outcome]


# -- same call? -----------------------------------------------------------------------------------


def same_reference(report: CallReport, shares: Iterable[CallReport]) -> bool:
    """Whether the PBX itself says that a share belongs to the call of others."""
    return any(
        report.call_ref == share.call_ref
        and _numbering(report) == _numbering(share)
        and abs(_start(report) - _start(share)) <= REFERENCE_LIFE
        for share in shares
        if report.call_ref and _numbering(report)
    )


def distance(report: CallReport, shares: Sequence[CallReport]) -> float | None:
    """How far a share lies from a call with the same other side, in seconds.

    :return: ``None`` when it is another call
    """
    if not shares or _contradicts(report, shares):
        return None
    witnesses = [share for share in shares if share.source in WITNESSES]
    # once the call itself was seen, the intent to call is used up
    related = [share for share in witnesses or shares if _related(report, share)]
    if not related:
        return None
    return min(abs((_start(report) - _start(share)).total_seconds()) for share in related)


def _contradicts(report: CallReport, shares: Sequence[CallReport]) -> bool:
    """Whether something excludes that the share belongs to this call."""
    if all(_ways(report).isdisjoint(_ways(share)) for share in shares):
        return True
    for share in shares:
        if _numbering(share) == _numbering(report) and share.call_ref and report.call_ref:
            if share.call_ref != report.call_ref:
                return True
        if share.source == report.source and share.key != report.key:
            if share.extension == report.extension or report.source not in WITNESSES:
                return True
    return False


def _ways(share: CallReport) -> frozenset[str]:
    """Directions that the call may have had."""
    if _is_met_under_way(share):
        return frozenset((share.direction, "inbound", "outbound"))
    return frozenset((share.direction,))


def _is_met_under_way(share: CallReport) -> bool:
    """Whether the listener came when both sides were talking: of such a call the PBX does not say
    who had called whom."""
    return share.source == "listener" and bool(share.answered) and share.answered == share.started


def _related(report: CallReport, share: CallReport) -> bool:
    if "click" in (report.source, share.source):
        click, call = (report, share) if report.source == "click" else (share, report)
        return _fits_click(click, call)
    if "pop" in (report.source, share.source):
        pop, call = (report, share) if report.source == "pop" else (share, report)
        return _fits_pop(pop, call)
    same_extension = bool(report.extension) and report.extension == share.extension
    if not report.number and not share.number and not same_extension:
        # two callers without a number are only the same when the same queue offered them at once
        return (
            bool(report.queue)
            and report.queue == share.queue
            and _near(report.started, share.started, HANDOVER)
        )
    if report.source == share.source:
        return _rang_together(report, share)
    return _is_same_time(report, share, CLOSE if same_extension else SKEW)


def _fits_click(click: CallReport, call: CallReport) -> bool:
    """Whether somebody who clicked made this call."""
    if call.source not in WITNESSES or not _may_share(click, call):
        return False
    if call.ended and call.ended < click.started:
        return False
    # who stamps the event while it happens has Odoo's own clock
    early = CLOSE if call.ended else SKEW
    return -early <= _start(call) - click.started <= INTENT


def _fits_pop(pop: CallReport, call: CallReport) -> bool:
    """Whether somebody who acted on a pop-up had this call on his screen."""
    if call.source not in WITNESSES or not _may_share(pop, call):
        return False
    end = call.ended or _start(call) + LONGEST
    return _start(call) - CLOSE <= pop.started <= end + CLOSE


def _may_share(one: CallReport, other: CallReport) -> bool:
    return not (one.extension and other.extension) or one.extension == other.extension


def _rang_together(report: CallReport, share: CallReport) -> bool:
    """Whether two extensions of the same source had the same call, which has no number there."""
    first, second = sorted((report, share), key=_start)
    handed_over = bool(first.answered) and _follows(second, first)
    if "outbound" in (report.direction, share.direction):
        # two colleagues who call the same number make two calls
        return handed_over
    hunted_on = _near(first.ended, second.started, SKEW)
    return _near(report.started, share.started, SKEW) or handed_over or hunted_on


def _is_same_time(report: CallReport, share: CallReport, close: timedelta) -> bool:
    """Whether two sources tell of the same time."""
    if report.direction == "outbound" == share.direction and not _may_share(report, share):
        return _follows(report, share) or _follows(share, report)
    if _gap(report, share) <= SKEW:
        return (
            _near(report.started, share.started, close)
            or _near(report.answered, share.answered, close)
            or _near(report.ended, share.ended, close)
            or _follows(report, share)
            or _follows(share, report)
        )
    return (
        _near(report.started, share.started, CLOSE)
        and bool(report.ended and share.ended)
        and abs((report.ended - report.started) - (share.ended - share.started)) <= SAME_LENGTH
    )


def _follows(second: CallReport, first: CallReport) -> bool:
    """Whether a share was handed over to another one, which may have rung before."""
    return _near(second.started, first.ended, HANDOVER) or _near(
        second.answered, first.ended, HANDOVER
    )


def _gap(one: CallReport, other: CallReport) -> timedelta:
    """Time between two shares; negative when they overlap."""
    return max(_start(one), _start(other)) - min(_end(one), _end(other))


def _end(share: CallReport) -> datetime:
    if share.state != "ended":
        return _start(share) + LONGEST
    return share.ended or share.answered or _start(share)


def _start(share: CallReport) -> datetime:
    return share.started or share.answered or share.ended


def _near(one: datetime | None, other: datetime | None, tolerance: timedelta) -> bool:
    return bool(one and other) and abs(one - other) <= tolerance


def _numbering(share: CallReport) -> str:
    return _NUMBERED_ALIKE.get(share.source, "")


# -- what they say together -----------------------------------------------------------------------


def facts(shares: Sequence[CallReport]) -> CallFacts:
    """What a call is, from all that is known of its shares.

    :param shares: at least one, in any order
    """
    shares = sorted(shares, key=lambda share: (_start(share), share.source, share.key))
    seen = [share for share in shares if share.source in WITNESSES]
    return _seen(shares, seen) if seen else _meant(shares)


def _meant(shares: Sequence[CallReport]) -> CallFacts:
    """A call that nobody saw: somebody clicked, or acted on a pop-up."""
    over = [share for share in shares if share.state == "ended"]
    return CallFacts(
        direction=shares[0].direction,
        state="ended" if over else "attempted",
        outcome=next((share.outcome for share in over if share.outcome), "unknown"),
        started=_start(shares[0]),
        answered=None,
        ended=max((share.ended for share in over if share.ended), default=None),
        wait_seconds=0,
        talk_seconds=0,
        queue=_text(shares, "queue"),
        did=_text(shares, "did"),
        extension=_text(shares, "extension"),
    )


def _seen(shares: Sequence[CallReport], seen: Sequence[CallReport]) -> CallFacts:
    direction = _direction(shares, seen)
    under_way = [share for share in seen if share.state != "ended" and not _is_over(share, seen)]
    took = [share for share in seen if _has_taken(share)]
    if any(_has_taken(share) for share in under_way):
        state = "ongoing"
    else:
        state = "ringing" if under_way else "ended"
    best = _best(seen, took)
    taken = [share for share in best if _has_taken(share)]
    started = min(_start(share) for share in seen)
    answered = min((share.answered for share in taken if share.answered), default=None)
    ended = None
    if state == "ended":
        ended = max((share.ended for share in best if share.ended), default=None)
        ended = ended or max((share.ended for share in seen if share.ended), default=started)
    rang_from = min(_start(share) for share in best)
    rang_to = answered or (ended if not took else None)
    return CallFacts(
        direction=direction,
        state=state,
        outcome=_outcome(direction, state, seen, took),
        started=started,
        answered=answered,
        ended=ended,
        wait_seconds=_seconds(rang_to - rang_from) if rang_to else 0,
        talk_seconds=_talked(taken),
        queue=_text(seen, "queue"),
        did=_text(seen, "did"),
        extension=_holder(shares, under_way, taken or took),
    )


def _direction(shares: Sequence[CallReport], seen: Sequence[CallReport]) -> str:
    """Of the first share; who is given a call that a colleague made sees it come in."""
    clicks = [share for share in shares if share.source == "click"]
    outside = [share for share in seen if share.direction != "internal"]
    sure = [share for share in outside if not _is_met_under_way(share)]
    return (clicks or sure or outside or seen)[0].direction


def _has_taken(share: CallReport) -> bool:
    """Whether an extension had the other side on the line; a queue that plays music has not."""
    return share.outcome == "answered" or (share.state == "ongoing" and bool(share.extension))


def _is_over(share: CallReport, seen: Sequence[CallReport]) -> bool:
    """Whether a later source tells the end of a share that nobody saw end."""
    return any(
        other.ended
        and other.ended >= _start(share)
        and (other.source == "log" or other.extension == share.extension)
        for other in seen
        if other.source in ("log", "journal")
    )


def _best(seen: Sequence[CallReport], took: Sequence[CallReport]) -> list[CallReport]:
    """Shares of the source that knows best: of most who talked, else what was written last."""

    def rank(source: str) -> tuple[int, int]:
        talked = {share.extension for share in took if share.source == source}
        return len(talked), -WITNESSES.index(source)

    best = max({share.source for share in seen}, key=rank)
    return [share for share in seen if share.source == best]


def _outcome(
    direction: str, state: str, seen: Sequence[CallReport], took: Sequence[CallReport]
) -> str:
    outcomes = {share.outcome for share in seen}
    if took or (state == "ended" and "elsewhere" in outcomes):
        return "answered"
    if state != "ended":
        return "unknown"
    if "voicemail" in outcomes:
        return "voicemail"
    if outcomes & {"missed", "no_answer"}:
        return "no_answer" if direction == "outbound" else "missed"
    return "failed" if "failed" in outcomes else "unknown"


def _talked(taken: Sequence[CallReport]) -> int:
    """Seconds during which somebody of us had the other side on the line, each counted once."""
    spans = sorted(filter(None, map(_talk_span, taken)))
    total, reached = 0, None
    for begin, end in spans:
        begin = max(begin, reached) if reached else begin
        if end > begin:
            total += _seconds(end - begin)
        reached = max(end, reached) if reached else end
    return total


def _talk_span(share: CallReport) -> tuple[datetime, datetime] | None:
    if share.talk_seconds:
        length = timedelta(seconds=share.talk_seconds)
        if share.ended:
            return share.ended - length, share.ended
        begin = share.answered or _start(share)
        return begin, begin + length
    return (share.answered, share.ended) if share.answered and share.ended else None


def _holder(
    shares: Sequence[CallReport], under_way: Sequence[CallReport], took: Sequence[CallReport]
) -> str:
    """Extension of who has or had the call; of the only one who might have, when nobody did."""
    now = [share for share in under_way if _has_taken(share)]
    if now or took:
        last = max(now or took, key=lambda share: (share.answered or _start(share), share.key))
        return last.extension
    extensions = {share.extension for share in shares if share.outcome != "elsewhere"} - {""}
    return extensions.pop() if len(extensions) == 1 else ""


def _text(shares: Sequence[CallReport], name: str) -> str:
    return next((value for share in shares if (value := getattr(share, name))), "")


def _seconds(span: timedelta) -> int:
    return max(0, round(span.total_seconds()))


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other


def _last(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other
