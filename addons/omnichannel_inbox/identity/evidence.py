"""Evidence on who writes → how sure we are, and of whom. Pure.

Three levels: *proved* and *strong* link by themselves, *weak* only suggests. Several contacts that
fit equally well are several suggestions, never "the first".

A contact is an integer here. What a person has refused is never said again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "CLAIMED",
    "FITS",
    "LEVELS",
    "LEVEL_OF",
    "OrderNamed",
    "Signals",
    "Suggestion",
    "Verdict",
    "contradicted",
    "higher",
    "is_confirmed",
    "is_linking",
    "is_telling",
    "judge",
    "suggested",
]

#: From "we know nothing" to "there is no doubt".
LEVELS = ("none", "weak", "strong", "proved")

#: What each piece of evidence is worth.
LEVEL_OF = {
    # a colleague has said so
    "confirmed": "proved",
    # answers a message of ours, from the address that message went to
    "reply": "proved",
    # has logged in on our own web site, which has signed that it is he
    "verified_user": "proved",
    # followed a link that we have signed and sent to him
    "signed_link": "proved",
    # the address of exactly one contact, and a mail server vouches for the sender
    "email_authenticated": "strong",
    # the address of a contact, and the number of an order of his
    "order_email": "strong",
    # knows the number of an order, and its postcode or telephone number
    "order_postcode": "strong",
    "order_phone": "strong",
    # the address of exactly one contact; nobody vouches for the sender
    "email": "weak",
    # the address of several contacts
    "email_several": "weak",
    # the same mailbox, written with another plus tag
    "email_mailbox": "weak",
    # the address of a contact that was put away
    "email_archived": "weak",
    # the number of an order of his
    "order": "weak",
    # his customer number, VAT number or dossier
    "reference": "weak",
    # the domain of his company
    "email_domain": "weak",
    # says so himself, or his browser does: anybody could
    "claimed_email": "weak",
    "claimed_phone": "weak",
    "claimed_customer": "weak",
    # the other system says that the conversation has led to this order
    "purchase": "weak",
}

#: How suggestions are ranked among each other.
SCORES = {
    "email": 100,
    "email_several": 90,
    "email_mailbox": 80,
    "email_archived": 40,
    "order": 60,
    "reference": 50,
    "email_domain": 20,
    # what links somebody by itself suggests him where it speaks for several
    "verified_user": 95,
    "signed_link": 95,
    "reply": 95,
    "email_authenticated": 94,
    "order_email": 93,
    "order_postcode": 92,
    "order_phone": 92,
    "claimed_email": 75,
    "claimed_customer": 70,
    "claimed_phone": 65,
    "purchase": 55,
}
#: What a claim that anybody can make suggests, by its kind.
CLAIMED = {
    "email": "claimed_email",
    "phone": "claimed_phone",
    "customer": "claimed_customer",
    "user": "claimed_customer",
    "purchase": "purchase",
}
#: What else of an order somebody can know, the best first, and what it is worth with its number.
FITS = {"email": "order_email", "postcode": "order_postcode", "phone": "order_phone"}


@dataclass(frozen=True, slots=True)
class OrderNamed:
    """An order whose number stands in the text."""

    name: str
    partner: int
    """Contact of the order."""
    commercial: int
    """His company, or himself."""
    fits: frozenset[str] = frozenset()
    """What else is said that is right for this order: keys of `FITS`."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a message that bears on who wrote it."""

    is_authenticated: bool | None = None
    """A mail server vouches for the sender; ``None``: it said nothing."""
    replied_to: int | None = None
    """Contact to whom we wrote what is answered, when it went to the very address that answers."""
    exact: tuple[int, ...] = ()
    """Contacts with exactly this address."""
    mailbox: tuple[int, ...] = ()
    """Contacts with this mailbox, written differently."""
    archived: tuple[int, ...] = ()
    """Contacts with this address that were put away."""
    domain: tuple[int, ...] = ()
    """Companies with addresses in this domain."""
    orders: tuple[OrderNamed, ...] = ()
    references: tuple[tuple[str, int], ...] = ()
    """Customer numbers and the like, as (text, contact)."""
    verified: tuple[tuple[str, int], ...] = ()
    """Whom what nobody else can have said names, as (code, contact)."""
    claimed: tuple[tuple[str, int, str], ...] = ()
    """Whom what anybody can say names, as (code, contact, what was said)."""
    commercial: Mapping[int, int] = field(default_factory=dict)
    """Company of contacts, himself if he has none: of those in ``exact``, and of those that speak
    against each other."""
    rejected: frozenset[int] = frozenset()
    """Contacts a colleague has refused for this identity."""
    disputed: frozenset[int] = frozenset()
    """Contacts for whom something spoke that links by itself, and something else for another one;
    nobody has decided yet."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A contact it may be."""

    partner: int
    score: int
    evidence: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says."""

    level: str
    partner: int | None = None
    """Set when proved or strong."""
    evidence: tuple[Mapping[str, Any], ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    """The likeliest first; empty when somebody is linked."""


def is_linking(level: str) -> bool:
    """Whether a level links by itself."""
    return level in ("proved", "strong")


def higher(one: str, other: str) -> str:
    """The surer of two levels."""
    return max(one, other, key=LEVELS.index)


def is_telling(pieces: Iterable[Mapping[str, Any]] | None) -> bool:
    """Whether something among the evidence links by itself."""
    return any(is_linking(LEVEL_OF.get(piece["code"], "none")) for piece in pieces or ())


def is_confirmed(pieces: Iterable[Mapping[str, Any]] | None) -> bool:
    """Whether a colleague has said so."""
    return any(piece["code"] == "confirmed" for piece in pieces or ())


def suggested(partner: int, pieces: Iterable[Mapping[str, Any]]) -> Suggestion:
    """A contact with what speaks for him. Each further piece does, without outweighing a better
    one."""
    pieces = tuple(pieces)
    best = max((SCORES.get(piece["code"], 0) for piece in pieces), default=0)
    return Suggestion(partner, best + max(len(pieces) - 1, 0), pieces)


def judge(signals: Signals) -> Verdict:
    """Weigh the evidence of one message of somebody who is linked with nobody."""
    verdict = _certain(signals)
    if verdict and not _is_contested(verdict.partner, signals):
        return verdict
    suggestions = _suggestions(signals, verdict)
    return Verdict("weak" if suggestions else "none", suggestions=suggestions)


def contradicted(partner: int, signals: Signals) -> tuple[Suggestion, ...]:
    """Whom proof names although the identity is linked with somebody else. Whoever is of the same
    company is not somebody else: nothing is told that he may not know.

    :param partner: contact it is linked with
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for code, other in signals.verified:
        if _is_stranger(other, partner, signals) and {"code": code} not in found.get(other, ()):
            found.setdefault(other, []).append({"code": code})
    return tuple(suggested(other, pieces) for other, pieces in found.items())


def _is_contested(partner: int | None, signals: Signals) -> bool:
    """Whether something as good speaks for somebody else."""
    others = signals.disputed | {other for _code, other in signals.verified}
    return any(_is_stranger(other, partner, signals) for other in others)


def _is_stranger(other: int, partner: int | None, signals: Signals) -> bool:
    family = signals.commercial.get(partner, partner)
    return other not in signals.rejected and signals.commercial.get(other, other) != family


def _certain(signals: Signals) -> Verdict | None:
    replied_to = signals.replied_to
    if replied_to and replied_to not in signals.rejected and signals.is_authenticated is not False:
        return Verdict("proved", replied_to, ({"code": "reply"},))
    verified = {partner: code for code, partner in reversed(signals.verified)}
    if len(verified) == 1 and not signals.rejected & verified.keys():
        [(partner, code)] = verified.items()
        return Verdict("proved", partner, ({"code": code},))
    return _strong(signals)


def _strong(signals: Signals) -> Verdict | None:
    if signals.is_authenticated is False:
        return None
    # an address that several share is nobody's own, even when all but one have been refused
    sharers = signals.exact
    allowed = [partner for partner in sharers if partner not in signals.rejected]
    for order in signals.orders:
        owners = [partner for partner in allowed if partner == order.partner] or [
            partner
            for partner in allowed
            if signals.commercial.get(partner, partner) == order.commercial
        ]
        if len(owners) == 1:
            return Verdict("strong", owners[0], ({"code": "order_email", "order": order.name},))
    if signals.is_authenticated and len(sharers) == 1 and allowed:
        return Verdict("strong", allowed[0], ({"code": "email_authenticated"},))
    known = [order for order in signals.orders if order.fits]
    # whoever knows the orders of several people is none of them for certain
    if len({order.partner for order in known}) == 1 and known[0].partner not in signals.rejected:
        fit = next(fit for fit in FITS if fit in known[0].fits)
        piece = {"code": FITS[fit], "order": known[0].name}
        return Verdict("strong", known[0].partner, (piece,))
    return None


def _suggestions(signals: Signals, contested: Verdict | None) -> tuple[Suggestion, ...]:
    found: dict[int, list[dict[str, Any]]] = {}

    def add(partner, **evidence):
        if partner not in signals.rejected and evidence not in found.get(partner, ()):
            found.setdefault(partner, []).append(evidence)

    for piece in contested.evidence if contested else ():
        add(contested.partner, **piece)
    for code, partner in signals.verified:
        add(partner, code=code)
    for code, partner, said in signals.claimed:
        add(partner, code=code, said=said)
    for partner in signals.exact:
        add(partner, code="email" if len(signals.exact) == 1 else "email_several")
    for partner in signals.mailbox:
        add(partner, code="email_mailbox")
    for partner in signals.archived:
        add(partner, code="email_archived")
    for order in signals.orders:
        add(order.partner, code="order", order=order.name)
    for text, partner in signals.references:
        add(partner, code="reference", reference=text)
    for partner in signals.domain:
        add(partner, code="email_domain")
    suggestions = [suggested(partner, pieces) for partner, pieces in found.items()]
    return tuple(sorted(suggestions, key=lambda each: (-each.score, each.partner)))
