"""Which messages belong together. Pure; never by the subject alone."""

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from odoo.addons.integration_base.tools import email as email_tools

__all__ = ["is_same_mail", "takes_part"]

#: One mail reaches two mailboxes within this time; greylisting takes hours.
SPREAD_BETWEEN_MAILBOXES = timedelta(days=1)
#: Two copies of one mail in one mailbox carry the same time, but for rounding.
SPREAD_IN_MAILBOX = timedelta(minutes=1)

_SPACES = re.compile(r"\s+")


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
