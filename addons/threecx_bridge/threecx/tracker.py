"""From the participants that Call Control shows to reports of calls. Pure.

Events of the PBX only say what is, never what was, and may be repeated, be late or be missed while
the line is cut. The tracker remembers what it saw; what it says in the end depends on what
happened, not on how often or in which order it was told. No share goes back to an earlier state, a
participant that has gone does not return, and a complete picture (:meth:`CallTracker.snapshot`)
closes what vanished unseen.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .journal import known_number
from .report import CallReport
from .shapes import DnInfo, Participant

__all__ = ["CallTracker"]

#: How long a call that is over is remembered, for what still comes in of it.
MEMORY = timedelta(hours=1)
#: Participants gone that are remembered, so that a late message does not bring them back.
MAX_GONE = 20_000

_EPOCH = datetime(1970, 1, 1)


def _utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


@dataclass(slots=True, eq=False)
class _Share:
    """What is known of one extension's share of one call."""

    key: str
    dn: str
    participant_id: int
    callid: int
    direction: str
    started: datetime
    is_outgoing: bool = False
    extension: str = ""
    number: str = ""
    name: str = ""
    did: str = ""
    queue: str = ""
    state: str = "ringing"
    outcome: str = ""
    answered: datetime | None = None
    ended: datetime | None = None
    transferred_from: str = ""
    referred_by: str = ""
    said: CallReport | None = None

    @property
    def place(self) -> tuple[str, int]:
        """Where the PBX shows it."""
        return self.dn, self.participant_id

    def report(self) -> CallReport:
        talked = 0
        if self.answered and self.ended:
            talked = max(0, round((self.ended - self.answered).total_seconds()))
        return CallReport(
            source="listener",
            key=self.key,
            direction=self.direction,
            number=self.number,
            extension=self.extension,
            call_ref=str(self.callid or ""),
            state=self.state,
            outcome=self.outcome,
            started=self.started,
            answered=self.answered,
            ended=self.ended,
            talk_seconds=talked,
            name=self.name,
            did=self.did,
            queue=self.queue,
            transferred_from=self.transferred_from,
        )


class CallTracker:
    """Follows the calls of one PBX.

    Every method returns what is new: reports of shares that began, changed or ended. The same told
    again returns nothing.

    :param now: the moment, in naive UTC (the PBX sends none)
    :param grace: how long a call that nobody took must be gone before it is said to be missed;
        with none it is said at once, and taken back (``elsewhere``) when the queue finds another
        telephone. With one, call :meth:`settle` every second or so.
    """

    def __init__(
        self, now: Callable[[], datetime] = _utc_now, grace: timedelta = timedelta()
    ) -> None:
        self._now = now
        self._grace = grace
        self._open: dict[tuple[str, int], _Share] = {}
        self._calls: dict[int, list[_Share]] = {}
        self._gone: OrderedDict[tuple[str, int, int], None] = OrderedDict()
        self._types: dict[str, str] = {}

    # -- what it is told -----------------------------------------------------------------------

    def restore(self, open_shares: Iterable[CallReport]) -> None:
        """Go on where another process stopped: the last reports (of this source) of shares that
        have not ended, or that ended without anybody knowing how. Before the first snapshot."""
        for report in open_shares:
            share = _restored(report)
            if share is None or share.place in self._open:
                continue
            self._calls.setdefault(share.callid, []).append(share)
            if share.state != "ended":
                self._open[share.place] = share

    def snapshot(self, dns: Iterable[DnInfo]) -> list[CallReport]:
        """Take in the complete picture, at first and after each interruption: what is not in it
        has ended."""
        seen: set[tuple[str, int]] = set()
        touched: list[_Share] = []
        dns = list(dns)
        self._types.update({dn.dn: dn.type for dn in dns})
        for dn in dns:
            for participant in dn.participants:
                seen.add((participant.dn or dn.dn, participant.id))
                touched += self._take(participant)
        for place in [place for place in self._open if place not in seen]:
            touched += self._end(place)
        # shares of an earlier process that ended without a verdict, of calls that are over
        touched += [share for shares in self._calls.values() for share in shares]
        return self._say(touched)

    def upsert(self, participant: Participant) -> list[CallReport]:
        """Take in the present state of one participant."""
        return self._say(self._take(participant))

    def remove(self, dn: str, participant_id: int) -> list[CallReport]:
        """Take in that a participant has gone."""
        return self._say(self._end((dn, participant_id)))

    def settle(self) -> list[CallReport]:
        """Pronounce the calls missed whose time of grace has passed, and forget old ones."""
        return self._say([share for shares in self._calls.values() for share in shares])

    @property
    def open_shares(self) -> int:
        """How many shares of calls are under way."""
        return len(self._open)

    # -- what it makes of it -------------------------------------------------------------------

    def _take(self, participant: Participant) -> list[_Share]:
        dn_type = self._types.get(participant.dn, "").lower()
        if dn_type and not any(word in dn_type for word in ("extension", "queue", "ringgroup")):
            return []  # our own route point, menus, parking places: nobody's telephone
        place = participant.dn, participant.id
        if (*place, participant.callid) in self._gone:
            return []
        touched: list[_Share] = []
        share = self._open.get(place)
        if share and self._is_other_call(share, participant):
            touched += self._end(place)
            share = None
        if share is None:
            share = self._begin(participant)
            touched.append(share)
        self._learn(share, participant)
        return [*touched, share]

    def _begin(self, participant: Participant) -> _Share:
        now = self._now()
        dn_type = self._types.get(participant.dn, "").lower()
        is_person = not dn_type or "extension" in dn_type
        is_internal = "extension" in participant.party_dn_type.lower()
        is_outgoing = participant.status.lower() == "dialing" or (
            bool(participant.dn) and participant.originated_by_dn == participant.dn
        )
        stamp = int((now - _EPOCH).total_seconds())
        share = _Share(
            key=f"{participant.callid}/{participant.dn}/{participant.id}/{stamp}",
            dn=participant.dn,
            participant_id=participant.id,
            callid=participant.callid,
            direction=("internal" if is_internal else "outbound" if is_outgoing else "inbound"),
            started=now,
            is_outgoing=is_outgoing,
            extension=participant.dn if is_person else "",
            queue="" if is_person else participant.dn,
        )
        self._open[share.place] = share
        self._calls.setdefault(share.callid, []).append(share)
        return share

    def _learn(self, share: _Share, participant: Participant) -> None:
        """What the participant tells; what it does not tell stays."""
        share.number = _other_number(participant) or share.number
        name = participant.party_caller_name
        if name and name != share.number:
            share.name = name
        share.did = participant.party_did or share.did
        share.queue = _queue(participant) or share.queue
        share.referred_by = participant.referred_by_dn or share.referred_by
        if participant.status.lower() == "connected" and share.state == "ringing":
            share.state, share.answered = "ongoing", self._now()
            share.outcome = "answered" if share.extension else ""
        if share.referred_by and share.referred_by != share.dn:
            share.transferred_from = share.referred_by
        elif share.answered and not share.is_outgoing and share.extension:
            share.transferred_from = share.transferred_from or self._holder_before(share)

    def _is_other_call(self, share: _Share, participant: Participant) -> bool:
        """Whether the PBX shows another call in the same place: its numbers began anew, or a
        colleague completed a transfer and somebody else is on the line."""
        if participant.callid != share.callid:
            return True
        number = _other_number(participant)
        was_internal = share.direction == "internal"
        is_internal = "extension" in participant.party_dn_type.lower()
        return bool(number) and bool(share.number) and was_internal != is_internal

    def _holder_before(self, share: _Share) -> str:
        """Who had talked in the same call before this share was taken."""
        earlier = [
            other
            for other in self._calls.get(share.callid, ())
            if other is not share
            and other.extension not in ("", share.extension)
            and other.answered
            and other.answered < share.answered
            and other.direction != "internal"
        ]
        return max(earlier, key=lambda other: other.answered).extension if earlier else ""

    def _end(self, place: tuple[str, int]) -> list[_Share]:
        share = self._open.pop(place, None)
        if share is None:
            return []
        self._gone[(*place, share.callid)] = None
        while len(self._gone) > MAX_GONE:
            self._gone.popitem(last=False)
        share.state, share.ended = "ended", self._now()
        if share.is_outgoing and not share.answered:
            share.outcome = "no_answer"
        return [share]

    # -- what it says --------------------------------------------------------------------------

    def _say(self, touched: list[_Share]) -> list[CallReport]:
        """Reports of all shares that have something new, the verdicts on others of the same calls
        included."""
        callids = dict.fromkeys(share.callid for share in touched)
        shares = dict.fromkeys(touched)
        for callid in callids:
            self._judge(callid)
            shares.update(dict.fromkeys(self._calls.get(callid, ())))
        self._forget()
        said = []
        for share in shares:
            report = share.report()
            if report != share.said:
                share.said = report
                said.append(report)
        return said

    def _judge(self, callid: int) -> None:
        """Say of the shares that ended unanswered whether somebody else took the call, as soon as
        that is known."""
        received = [share for share in self._calls.get(callid, ()) if not share.is_outgoing]
        unanswered = [share for share in received if share.state == "ended" and not share.answered]
        waited = [share for share in received if not share.extension and share.state == "ended"]
        is_over = not any(share.state != "ended" for share in received)
        if is_over and received:
            is_over = max(share.ended for share in received) + self._grace <= self._now()
        for share in dict.fromkeys((*unanswered, *waited)):
            if self._taken_after(share, received):
                share.outcome = "elsewhere"
            elif is_over:
                share.outcome = "missed"
            else:
                share.outcome = ""

    def _taken_after(self, share: _Share, received: list[_Share]) -> bool:
        """Whether somebody else took what rang here. Who handed the call over to this telephone
        did not take it from it."""
        return any(
            other is not share
            and other.extension
            and other.answered
            and (not share.referred_by or other.answered > share.started)
            for other in received
        )

    def _forget(self) -> None:
        """Drop calls that were over long ago."""
        limit = self._now() - MEMORY
        for callid in [
            callid
            for callid, shares in self._calls.items()
            if all(share.ended and share.ended < limit for share in shares)
        ]:
            del self._calls[callid]


def _other_number(participant: Participant) -> str:
    if "extension" in participant.party_dn_type.lower():
        return participant.party_dn or participant.party_caller_id
    return known_number(participant.party_caller_id)


def _queue(participant: Participant) -> str:
    for kind, dn in (
        (participant.on_behalf_of_type, participant.on_behalf_of_dn),
        (participant.party_dn_type, participant.party_dn),
    ):
        if any(word in kind.lower() for word in ("queue", "ringgroup")):
            return dn
    return ""


def _restored(report: CallReport) -> _Share | None:
    """The share that a report was made of; ``None`` when it is not of ours."""
    parts = report.key.split("/")
    if len(parts) != 4 or not (parts[0].isdigit() and parts[2].isdigit()) or not report.started:
        return None
    share = _Share(
        key=report.key,
        dn=parts[1],
        participant_id=int(parts[2]),
        callid=int(parts[0]),
        direction=report.direction,
        started=report.started,
        # an internal call says so only by how it ended
        is_outgoing=report.direction == "outbound" or report.outcome == "no_answer",
        extension=report.extension,
        number=report.number,
        name=report.name,
        did=report.did,
        queue=report.queue,
        state=report.state,
        outcome=report.outcome,
        answered=report.answered,
        ended=report.ended,
        transferred_from=report.transferred_from,
        referred_by=report.transferred_from,
    )
    if share.state == "ended" and share.ended is None:
        share.ended = report.answered or report.started
    share.said = share.report()
    return share
