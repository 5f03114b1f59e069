"""What a call consists of: legs, which are telephones in it, and shares, which are DNs'."""

from dataclasses import dataclass, field

DIALING, RINGING, CONNECTED = "Dialing", "Ringing", "Connected"
INBOUND, OUTBOUND, INTERNAL = "inbound", "outbound", "internal"


class Refused(Exception):
    """The exchange does not do this.

    :param str reason: short, as Call Control names reasons
    :param str text: a sentence
    """

    def __init__(self, reason, text):
        super().__init__(text)
        self.reason = reason
        self.text = text


@dataclass(eq=False)
class Leg:
    """A telephone of ours in a call."""

    id: int
    legid: int
    call: "Call"
    dn: str
    device: object
    status: str
    direct_control: bool
    party_dn: str = ""
    party_kind: str = "None"
    party_number: str = ""
    party_name: str = ""
    originated_by: str = ""
    referred_by: str = ""
    on_behalf_of: str = ""
    house: object = None
    data: dict = field(default_factory=dict)


@dataclass(eq=False)
class Share:
    """What a DN had of a call. All moments are seconds since 1970."""

    dn: str
    started: float
    answered: float | None = None
    ended: float | None = None
    outcome: str = ""
    transferred_from: str = ""
    outgoing: bool = False
    recording_id: int | None = None

    @property
    def talk(self):
        """:return float: seconds talked, 0 while it lasts"""
        return self.ended - self.answered if self.answered and self.ended else 0.0


@dataclass(eq=False)
class Call:
    """A call, alive or past."""

    id: int
    direction: str
    number: str
    """The outside party as the trunk writes it; the called extension of internal calls."""
    name: str
    started: float
    caller: str = ""
    """Our DN that dials; empty for inbound calls."""
    did: str = ""
    to: str = ""
    """Our number that was called first; empty for outbound calls."""
    queue: str = ""
    deadline: float = 0.0
    is_waiting: bool = False
    """In a queue whose agents are all busy."""
    outside: str = ""
    """State of the outside party: empty (there is none), Ringing or Connected."""
    answered: float | None = None
    ended: float | None = None
    outcome: str = ""
    in_voicemail: bool = False
    forwarded_to: str = ""
    contact: dict = field(default_factory=dict)
    """What the CRM template found, for the telephones."""
    crm_contact: object = None
    """The same, for the journal."""
    refusals: set = field(default_factory=set)
    legs: dict = field(default_factory=dict)
    shares: list = field(default_factory=list)

    @property
    def state(self):
        """:return str: ringing, talking, voicemail or ended"""
        if self.ended is not None:
            return "ended"
        if self.in_voicemail:
            return "voicemail"
        return "talking" if self.answered else "ringing"

    @property
    def is_external(self):
        return self.direction != INTERNAL

    def open_share(self, dn):
        """:return Share: of this DN that has not ended, or None"""
        return next((share for share in self.shares if share.dn == dn and not share.ended), None)

    def legs_of(self, dn, status=None):
        """:return list: of :class:`Leg`"""
        return [
            leg
            for leg in self.legs.values()
            if leg.dn == dn and (status is None or leg.status == status)
        ]

    def ringing(self):
        """:return list: of DNs that ring, each once"""
        return list(dict.fromkeys(leg.dn for leg in self.legs.values() if leg.status == RINGING))

    def talking(self):
        """:return list: of DNs that talk"""
        return list(dict.fromkeys(leg.dn for leg in self.legs.values() if leg.status == CONNECTED))
