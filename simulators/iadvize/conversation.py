"""A conversation, and what was said in it."""

from dataclasses import dataclass, field

from .people import Operator, Visitor, new_id

ONSITE = ("CHAT", "CALL", "VIDEO")
CHANNELS = (
    *ONSITE, "APPLE_BUSINESS_CHAT", "FACEBOOK", "FACEBOOK_BUSINESS_ON_MESSENGER",
    "GOOGLE_BUSINESS_MESSAGES", "INSTAGRAM", "MOBILE_APP", "SMS", "TWITTER", "WHATSAPP",
)  # fmt: skip


@dataclass(eq=False)
class Message:
    """``author`` is visitor, operator or system; ``kind`` text, file, card, bundle, or of a system
    message pushed, transferred, closed; ``content`` is what that kind carries."""

    at: float
    author: str
    kind: str
    content: dict
    operator: Operator = None
    id: str = field(default_factory=new_id)

    @property
    def text(self):
        """:return str: what a person reads, on one line or several"""
        if self.kind == "bundle":
            cards = self.content["cards"]
            parts = [self.content.get("title"), *(card.get("title") for card in cards)]
        elif self.kind == "file":
            parts = [self.content["file_name"]]
        else:
            parts = [self.content.get("title"), self.content.get("text")]
        return "\n".join(part for part in parts if part)

    def to_json(self):
        return {
            "id": self.id,
            "at": self.at,
            "author": self.author,
            "kind": self.kind,
            "operator": self.operator.to_json() if self.operator else None,
            "text": self.text,
            "content": self.content,
        }


@dataclass(eq=False)
class Conversation:
    """``custom_data`` is what the shop's page said; ``satisfaction`` the last answers;
    ``transactions`` dicts with ``id external_id amount at``."""

    id: str
    legacy_id: int
    created_at: float
    channel: str
    visitor: Visitor
    language: str = "fr"
    custom_data: dict = field(default_factory=dict)
    tags: list = field(default_factory=list)
    messages: list = field(default_factory=list)
    operators: list = field(default_factory=list)
    satisfaction: dict = field(default_factory=dict)
    transactions: list = field(default_factory=list)
    closed_at: float = None
    close_reason: str = ""

    @property
    def operator(self):
        """:return Operator: who has it at present, or had it last; None before it is pushed"""
        return self.operators[-1] if self.operators else None

    @property
    def is_open(self):
        return self.closed_at is None

    @property
    def is_onsite(self):
        return self.channel in ONSITE

    @property
    def active_at(self):
        """:return float: when somebody last said something"""
        said = [one.at for one in self.messages if one.author != "system"]
        return said[-1] if said else self.created_at

    @property
    def heard_at(self):
        """:return float: when the visitor last said something"""
        said = [one.at for one in self.messages if one.author == "visitor"]
        return said[-1] if said else self.created_at

    def to_json(self):
        return {
            "id": self.id,
            "channel": self.channel,
            "language": self.language,
            "created_at": self.created_at,
            "closed_at": self.closed_at,
            "close_reason": self.close_reason,
            "visitor": self.visitor.to_json(),
            "operator": self.operator.to_json() if self.operator else None,
            "operator_ids": [one.id for one in self.operators],
            "custom_data": self.custom_data,
            "tags": self.tags,
            "satisfaction": self.satisfaction,
            "transactions": self.transactions,
            "messages": [one.to_json() for one in self.messages],
        }
