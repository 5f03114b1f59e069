"""Who speaks: visitors of the shop's pages, and operators at the desk."""

import uuid
from dataclasses import dataclass, field

#: What may be told about a visitor, beside his custom data.
VISITOR_FIELDS = (
    "external_user_id", "external_id", "first_name", "last_name", "address", "city", "zip_code",
    "country", "phone_number", "email", "username",
)  # fmt: skip

#: Operators of the house: number, name, address, whether it is a bot.
OPERATORS = (
    (15253, "Sophie Lambert", "sophie@meubles-demo.example", False),
    (15254, "Karim Haddad", "karim@meubles-demo.example", False),
    (456678, "Assistant Démo", "bot@meubles-demo.example", True),
)


@dataclass(eq=False)
class Visitor:
    """``external_user_id`` is proved by authenticated messaging; everything else is only said."""

    id: str
    created_at: float
    source: str = "web"
    details: dict = field(default_factory=dict)
    updated_at: float = None

    @property
    def name(self):
        """:return str: as the desk shows him"""
        parts = (self.details.get("first_name"), self.details.get("last_name"))
        return (
            " ".join(part for part in parts if part) or self.details.get("username") or "Visiteur"
        )

    def to_json(self):
        return {"id": self.id, "name": self.name, **self.details}


@dataclass(eq=False)
class Operator:
    """:param int id: as iAdvize numbers them"""

    id: int
    name: str
    email: str
    is_bot: bool = False
    is_connected: bool = True
    is_available: bool = True

    def to_json(self):
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "is_bot": self.is_bot,
            "is_connected": self.is_connected,
            "is_available": self.is_available,
        }


def read_details(given):
    """:param dict given: about a visitor; :return dict: what is said, without blanks
    :raises ValueError: an unknown word"""
    unknown = set(given) - {*VISITOR_FIELDS, "id", "custom_data", "source", "language"}
    if unknown:
        raise ValueError(f"no such word about a visitor: {', '.join(sorted(unknown))}")
    return {name: str(given[name]) for name in VISITOR_FIELDS if given.get(name) not in (None, "")}


def new_id():
    """:return str: a UUID"""
    return str(uuid.uuid4())
