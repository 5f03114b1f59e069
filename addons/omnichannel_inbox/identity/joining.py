"""Which messages belong together, and which requests are one. Pure; never by the subject alone."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo.addons.integration_base.tools import email as email_tools

__all__ = ["Side", "hindrance", "is_same_mail", "takes_part"]

#: One mail reaches two mailboxes within this time; greylisting takes hours.
SPREAD_BETWEEN_MAILBOXES = timedelta(days=1)
#: Two copies of one mail in one mailbox carry the same time, but for rounding.
SPREAD_IN_MAILBOX = timedelta(minutes=1)

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Side:
    """A ticket, or a conversation that is about to get one: what decides whether two are one."""

    customer: int
    """Contact, 0 when it is not known for certain who it is."""
    family: int
    """His company, or himself."""
    team: int = 0
    user: int = 0
    has_mail: bool = False
    """Was written, or begun, by mail: a mail of its own is a request of its own."""
    is_proved: bool = False
    """There is no doubt at all about who it is."""
    is_parted: bool = False
    """Somebody has merged it, or taken something out of it: he knows what belongs together."""
    identities: frozenset[int] = frozenset()


def hindrance(one: Side, other: Side, refused: Collection[frozenset[int]] = ()) -> str | None:
    """Why two requests are not joined by themselves; ``None`` when they are.

    :param refused: pairs of identities that somebody has kept apart
    :return: ``customer``, ``refused``, ``parted``, ``team`` (a join never shows a team what is
        another one's), ``user`` (two colleagues are at work already) or ``mail``
    """
    is_same = one.customer == other.customer
    is_company = one.family == other.family and (one.is_proved or other.is_proved)
    if not (one.customer and other.customer and (is_same or is_company)):
        return "customer"
    pairs = (frozenset((a, b)) for a in one.identities for b in other.identities)
    if any(pair in refused for pair in pairs):
        return "refused"
    if one.is_parted or other.is_parted:
        return "parted"
    if one.team != other.team:
        return "team"
    if one.user and other.user and one.user != other.user:
        return "user"
    if one.has_mail and other.has_mail:
        return "mail"
    return None


def is_same_mail(
    *,
    sent: datetime,
    other_sent: datetime,
    sender: str,
    other_sender: str,
    subject: str,
    other_subject: str,
    is_same_mailbox: bool,
) -> bool:
    """Whether two mails with one Message-Id are one mail.

    There are machines that put the same Message-Id on everything they send: a mail is only left
    out when sender, subject and time say the same as its Message-Id.
    """
    spread = SPREAD_IN_MAILBOX if is_same_mailbox else SPREAD_BETWEEN_MAILBOXES
    return (
        sender == other_sender
        and _plain(subject) == _plain(other_subject)
        and abs(sent - other_sent) <= spread
    )


def takes_part(address: str, participants: Collection[str]) -> bool:
    """Whether somebody belongs to those who wrote in a thread: himself, or one of his company.

    Exchange makes one thread of strangers' mails when all they share is the subject. Mail servers
    of providers (`gmail.com`) are no company.
    """
    if address in participants:
        return True
    host = email_tools.domain(address)
    if not host or email_tools.is_freemail(host):
        return False
    return any(email_tools.domain(participant) == host for participant in participants)


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text or "").strip().casefold()
