"""From the participants that Call Control shows to reports of calls. Pure.

Events of the PBX only say what is, never what was, and may be repeated, be late or be missed while
the line is cut. The tracker remembers what it saw; what it says in the end depends on what
happened, not on how often or in which order it was told. No share goes back to an earlier state, a
participant that has gone does not return, and a complete picture (:meth:`CallTracker.snapshot`)
closes what vanished unseen.
"""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from .journal import known_number
from .report import CallReport
from .shapes import DnInfo, Participant

__all__ = ["GRACE", "CallTracker"]

#: How long a call that nobody took must be gone before it is said to be missed: a queue needs a
#: moment to find the next telephone.
GRACE = timedelta(seconds=3)
#: How long a call that is over is remembered, for what still comes in of it.
MEMORY = timedelta(hours=1)
#: Participants gone that are remembered, so that a late message does not bring them back.
MAX_GONE = 20_000

_EPOCH = datetime(1970, 1, 1)
_GROUPS = ("queue", "ringgroup")


def _utc_now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


@dataclass(slots=True, eq=False)
class _Share:
    """What is known of one DN's share of one call, on however many telephones it rings."""

    key: str
    dn: str
    callid: int
    direction: str
    started: datetime
    ids: set[int] = field(default_factory=set)
    """Its participants that are there."""
    is_outgoing: bool = False
    extension: str = ""
    number: str = ""
    name: str = ""
    did: str = ""
    queue: str = ""
    state: str = "ringing"
    outcome: str = ""
    answered: datetime | None = None
    rank: int = 0
    """Counts the answers, in the order in which they were seen."""
    ended: datetime | None = None
    transferred_from: str = ""
    referred_by: str = ""
    said: CallReport | None = None

    @property
    def is_open(self) -> bool:
        return self.state != "ended"

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
    again returns nothing. A share that ended unanswered has no outcome until it is known whether
    somebody else took the call; call :meth:`settle` every second or so.

    :param now: the moment, in naive UTC (the PBX sends none)
    :param grace: how long a call that nobody took must be gone before it is said to be missed
    """

    def __init__(self, now: Callable[[], datetime] = _utc_now, grace: timedelta = GRACE) -> None:
        self._now = now
        self._grace = grace
        self._at: dict[tuple[str, int], _Share] = {}
        self._calls: dict[int, list[_Share]] = {}
        self._gone: OrderedDict[tuple[str, int, int], None] = OrderedDict()
        self._types: dict[str, str] = {}
        self._ranks = itertools.count(1)

    # -- what it is told -----------------------------------------------------------------------

    def restore(self, open_shares: Iterable[CallReport]) -> None:
        """Go on where another process stopped: the last reports (of this source) of shares that
        have not ended, or that ended without anybody knowing how. Before the first snapshot."""
        reports = sorted(open_shares, key=lambda report: report.answered or datetime.max)
        for report in reports:
            share = _restored(report)
            if share is None or any(share.key == known.key for known in self._of(share.callid)):
                continue
            self._calls.setdefault(share.callid, []).append(share)
            if share.answered:
                share.rank = next(self._ranks)
            if share.is_open:
                self._at.update({(share.dn, number): share for number in share.ids})

    def snapshot(self, dns: Iterable[DnInfo]) -> list[CallReport]:
        """Take in the complete picture, at first and after each interruption: what is not in it
        has ended."""
        dns = list(dns)
        self._types.update({dn.dn: dn.type for dn in dns})
        seen: set[tuple[str, int]] = set()
        touched: list[_Share] = []
        for dn in dns:
            for participant in dn.participants:
                seen.add((participant.dn, participant.id))
                touched += self._take(participant)
        for place in [place for place in self._at if place not in seen]:
            touched += self._lose(place)
        return self._say(touched) + self.settle()

    def upsert(self, participant: Participant) -> list[CallReport]:
        """Take in the present state of one participant."""
        return self._say(self._take(participant))

    def remove(self, dn: str, participant_id: int) -> list[CallReport]:
        """Take in that a participant has gone."""
        return self._say(self._lose((dn, participant_id)))

    def settle(self) -> list[CallReport]:
        """Pronounce the calls missed whose time of grace has passed, and forget old ones."""
        said = self._say([share for shares in self._calls.values() for share in shares])
        self._forget()
        return said

    @property
    def open_shares(self) -> int:
        """How many shares of calls are under way."""
        return sum(share.is_open for shares in self._calls.values() for share in shares)

    # -- what it makes of it -------------------------------------------------------------------

    def _of(self, callid: int) -> list[_Share]:
        return self._calls.get(callid, [])

    def _take(self, participant: Participant) -> list[_Share]:
        dn_type = self._types.get(participant.dn, "").lower()
        if dn_type and not any(word in dn_type for word in ("extension", *_GROUPS)):
            return []  # our own route point, menus, parking places: nobody's telephone
        place = participant.dn, participant.id
        if (*place, participant.callid) in self._gone:
            return []
        touched: list[_Share] = []
        share = self._at.get(place)
        if share and _is_other_call(share, participant):
            # everything that this was is over, though the place is taken
            for number in tuple(share.ids):
                touched += self._leave((share.dn, number))
            share = None
        if share is None:
            share = self._joinable(participant) or self._begin(participant)
            share.ids.add(participant.id)
            self._at[place] = share
        self._learn(share, participant)
        return [*touched, share]

    def _joinable(self, participant: Participant) -> _Share | None:
        """The share of which this is a further telephone. Who talks already does not ring in the
        same call: if he does, it came back to him."""
        for share in self._of(participant.callid):
            if share.dn == participant.dn and share.is_open:
                came_back = share.state == "ongoing" and not _is_connected(participant)
                if not came_back and not _is_other_call(share, participant):
                    return share
        return None

    def _begin(self, participant: Participant) -> _Share:
        now = self._now()
        dn_type = self._types.get(participant.dn, "").lower()
        is_person = not dn_type or "extension" in dn_type
        stamp = int((now - _EPOCH).total_seconds())
        keys = {share.key for share in self._of(participant.callid)}
        while (key := f"{participant.callid}/{participant.dn}/{participant.id}/{stamp}") in keys:
            stamp += 1
        share = _Share(
            key=key,
            dn=participant.dn,
            callid=participant.callid,
            direction="inbound",
            started=now,
            extension=participant.dn if is_person else "",
            queue="" if is_person else participant.dn,
        )
        self._calls.setdefault(share.callid, []).append(share)
        return share

    def _learn(self, share: _Share, participant: Participant) -> None:
        """What the participant tells; what it does not tell stays."""
        # the telephone that calls itself first, to have its owner pick up, looks like one that is
        # called; until it dials
        share.is_outgoing = share.is_outgoing or _is_outgoing(participant)
        if _is_internal(participant):
            share.direction = "internal"
        elif share.direction != "internal":
            share.direction = "outbound" if share.is_outgoing else "inbound"
        share.number = _other_number(participant) or share.number
        name = participant.party_caller_name
        if name and name != share.number:
            share.name = name
        share.did = participant.party_did or share.did
        share.queue = _queue(participant) or share.queue
        if participant.referred_by_dn != share.dn:
            share.referred_by = participant.referred_by_dn or share.referred_by
        if _is_connected(participant) and share.state == "ringing":
            share.state, share.answered = "ongoing", self._now()
            share.rank = next(self._ranks)
            share.outcome = "answered" if share.extension else ""
        share.transferred_from = (
            share.referred_by or share.transferred_from or self._holder_before(share)
        )

    def _holder_before(self, share: _Share) -> str:
        """Who had talked in the same call before this share was taken."""
        if not share.answered or share.is_outgoing or not share.extension:
            return ""
        earlier = [
            other
            for other in self._of(share.callid)
            if other.extension not in ("", share.extension)
            and 0 < other.rank < share.rank
            and other.direction != "internal"
        ]
        return max(earlier, key=lambda other: other.rank).extension if earlier else ""

    def _lose(self, place: tuple[str, int]) -> list[_Share]:
        """A participant has gone for good."""
        share = self._at.get(place)
        if share is None:
            return []
        self._gone[(*place, share.callid)] = None
        while len(self._gone) > MAX_GONE:
            self._gone.popitem(last=False)
        return self._leave(place)

    def _leave(self, place: tuple[str, int]) -> list[_Share]:
        """A telephone is no longer in the share; without any, the share has ended."""
        share = self._at.pop(place)
        share.ids.discard(place[1])
        if share.ids:
            return []
        share.state, share.ended = "ended", self._now()
        if share.is_outgoing and not share.answered:
            share.outcome = "no_answer"
        return [share]

    # -- what it says --------------------------------------------------------------------------

    def _say(self, touched: list[_Share]) -> list[CallReport]:
        """Reports of all shares that have something new, the verdicts on others of the same calls
        included."""
        shares = dict.fromkeys(touched)
        for callid in dict.fromkeys(share.callid for share in touched):
            self._judge(callid)
            shares.update(dict.fromkeys(self._of(callid)))
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
        received = [share for share in self._of(callid) if not share.is_outgoing]
        is_over = not any(share.is_open for share in received) and (
            max((share.ended for share in received), default=_EPOCH) + self._grace <= self._now()
        )
        for share in received:
            # a queue answers for nobody
            if share.is_open or (share.answered and share.extension):
                continue
            if any(_took(other, share, self._grace) for other in received):
                share.outcome = "elsewhere"
            elif is_over or share.outcome == "missed":
                share.outcome = "missed"
            else:
                share.outcome = ""

    def _forget(self) -> None:
        """Drop calls that were over long ago."""
        limit = self._now() - MEMORY
        for callid, shares in tuple(self._calls.items()):
            if all(share.ended and share.ended < limit for share in shares):
                del self._calls[callid]


def _took(other: _Share, share: _Share, grace: timedelta) -> bool:
    """Whether ``other`` took what rang at ``share``. Who handed the call over did not, nor did who
    got it when that had come to nothing."""
    if other is share or not other.extension or not other.answered:
        return False
    return not share.referred_by or share.started < other.answered <= share.ended + grace


def _is_connected(participant: Participant) -> bool:
    return participant.status.lower() == "connected"


def _is_outgoing(participant: Participant) -> bool:
    return participant.status.lower() == "dialing" or (
        bool(participant.dn) and participant.originated_by_dn == participant.dn
    )


def _is_internal(participant: Participant) -> bool:
    """Whether the other side is of the house. A queue is, unless it stands for a caller."""
    kind = participant.party_dn_type.lower()
    if "extension" in kind:
        return True
    if not kind or kind == "none" or "external" in kind:
        return False
    return participant.party_caller_id in ("", participant.party_dn)


def _is_other_call(share: _Share, participant: Participant) -> bool:
    """Whether the PBX shows another call in the same place: its numbers began anew, or a colleague
    completed a transfer and somebody else is on the line."""
    if participant.callid != share.callid:
        return True
    if not share.number or not _other_number(participant):
        return False
    return _is_internal(participant) != (share.direction == "internal")


def _other_number(participant: Participant) -> str:
    if _is_internal(participant):
        return participant.party_dn or participant.party_caller_id
    return known_number(participant.party_caller_id)


def _queue(participant: Participant) -> str:
    for kind, dn in (
        (participant.on_behalf_of_type, participant.on_behalf_of_dn),
        (participant.party_dn_type, participant.party_dn),
    ):
        if any(word in kind.lower() for word in _GROUPS):
            return dn
    return ""


def _restored(report: CallReport) -> _Share | None:
    """The share that a report was made of; ``None`` when it is not of ours."""
    parts = report.key.split("/")
    if len(parts) != 4 or not (parts[0].isdigit() and parts[2].isdigit()) or not report.started:
        return None
    is_open = report.state != "ended"
    share = _Share(
        key=report.key,
        dn=parts[1],
        callid=int(parts[0]),
        ids={int(parts[2])} if is_open else set(),
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
        ended=None if is_open else report.ended or report.answered or report.started,
        transferred_from=report.transferred_from,
        referred_by="" if report.answered else report.transferred_from,
    )
    share.said = share.report()
    return share
