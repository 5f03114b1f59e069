"""What a batch keeps in its hands while it works."""

from dataclasses import dataclass, field
from typing import Any

from ..identity.evidence import Suggestion, is_linking
from ..mailbody import RenderedBody
from ..providers.base import Address, Inbound

__all__ = ["Item", "Person", "Thread"]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody as the channel names him."""

    key: str
    """External id of his identity, normalised."""
    address: Address
    email: str = ""
    identity: Any = None
    """`omni.identity`, once there is one."""
    partner: Any = None
    """`res.partner` he is linked with, or empty."""
    level: str = "none"
    evidence: tuple = ()
    suggestions: tuple[Suggestion, ...] = ()
    claims: list[dict] = field(default_factory=list)
    """What is said of him, now and before; see `identity.claims`."""
    signals: dict = field(default_factory=dict)
    """What that says of who he is, as `identity.evidence.Signals` takes it."""
    rejected: frozenset[int] = frozenset()
    disputed: frozenset[int] = frozenset()
    """Contacts for whom as much spoke as for another one, and nobody has decided yet."""
    doubts: tuple[Suggestion, ...] = ()
    """For whom proof speaks, where the identity is linked with somebody else."""
    exact: Any = None
    mailbox: Any = None
    archived: Any = None
    is_authenticated: bool = False
    is_human: bool = False
    """Has written something no machine wrote."""

    @property
    def is_linked(self) -> bool:
        return bool(self.partner) and is_linking(self.level)


@dataclass(slots=True, eq=False)
class Thread:
    """A conversation, or one that is about to be."""

    conversation: Any = None
    """`omni.conversation`, once there is one."""
    external_id: str = ""
    case: Any = None
    """What it is about, or empty."""
    partner: Any = None
    """Customer it is kept with."""
    person: Person | None = None
    """Who it is with."""
    rule: Any = None
    """`omni.rule` by which it was opened."""
    opens_case: bool = False
    joins: "Thread | None" = None
    """Thread whose case it joins."""
    join_reasons: list[dict] = field(default_factory=list)
    """Why it came to a case of another conversation of the same customer."""
    participants: set[str] = field(default_factory=set)
    items: list["Item"] = field(default_factory=list)
    match_evidence: list[dict] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Item:
    """One message."""

    index: int
    inbound: Inbound
    author: Address = None
    """Who really wrote it: the visitor whose words our own web form sends."""
    author_email: str = ""
    is_ours: bool = False
    """Written by one of us, wherever."""
    is_internal: bool = False
    """Written by one of us to one of us."""
    is_forged: bool = False
    """Says that one of us wrote it, and the mail server that received it says no."""
    is_automatic: bool = False
    is_authenticated: bool | None = None
    user: Any = None
    """`res.users` who wrote it, if one of us did and it is known who."""
    person: Person | None = None
    thread: Thread | None = None
    answered: Any = None
    """`omni.message` that is answered, or that came back."""
    message: Any = None
    """`omni.message`, once there is one."""
    same_as: "Item | None" = None
    is_ignored: bool = False
    ignored_by: int = 0
    """Id of the `omni.rule` that leaves it alone, if one does."""
    body: RenderedBody | None = None

    @property
    def is_done(self) -> bool:
        """Nothing has to be made of it."""
        return bool(self.message) or self.same_as is not None or self.is_ignored

    @property
    def is_customer(self) -> bool:
        """Somebody waits for an answer to it."""
        return not self.is_ours and not self.is_automatic
