"""What becomes of a message that starts something: ticket, history, or nothing. Pure.

A rule is a list of conditions that must all hold; an empty condition holds always. The first rule
that holds decides.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

__all__ = ["Facts", "Rule", "bulk_list", "decide", "is_pattern", "split_patterns"]

_SEPARATORS = re.compile(r"[\s,;]+")
_PATTERN = re.compile(r"[^\s@]*@?[^\s@]+")
_BULK = ("bulk", "list", "junk")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule can ask about a message."""

    sender: str
    """Address, or what else the channel calls him, in lower case."""
    senders_kinds: frozenset[str] = frozenset()
    """``colleague``, ``supplier``, ``bulk``, ``automatic``, ``customer``, ``unknown``."""
    recipients: tuple[str, ...] = ()
    """Addresses in ``To`` and ``Cc``, in lower case."""
    subject: str = ""
    folder: str = ""
    list_id: str = ""
    tags: frozenset[int] = frozenset()
    """Tags of the contact."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as plain values."""

    id: int
    result: str
    """``ticket``, ``history`` or ``ignore``."""
    kind: str = ""
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    """Words, any of which stands in the subject."""
    folders: frozenset[str] = field(default_factory=frozenset)
    tags: frozenset[int] = field(default_factory=frozenset)


@lru_cache(maxsize=1_024)
def split_patterns(text: str | None) -> tuple[str, ...]:
    """The patterns of a field: one a line, or separated by commas; in lower case."""
    return tuple(dict.fromkeys(part for part in _SEPARATORS.split((text or "").lower()) if part))


def is_pattern(text: str) -> bool:
    """Whether it can be an address, a domain or a pattern of one."""
    return bool(_PATTERN.fullmatch(text)) and bool(text.strip("*@.?"))


def bulk_list(headers: Iterable[tuple[str, str]]) -> str | None:
    """The list a mail was sent to; empty when it is a mass mailing without name, else ``None``."""
    is_bulk = False
    for name, value in headers:
        name = name.lower()
        if name == "list-id":
            return value.rpartition("<")[2].strip(" >").lower() or value.strip().lower()
        if name in ("list-unsubscribe", "x-campaign-id", "x-mailgun-tag", "feedback-id") or (
            name == "precedence" and value.strip().lower() in _BULK
        ):
            is_bulk = True
    return "" if is_bulk else None


def decide(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The first rule that holds."""
    return next((rule for rule in rules if _holds(rule, facts)), None)


def _holds(rule: Rule, facts: Facts) -> bool:
    return (
        (not rule.kind or rule.kind in facts.senders_kinds)
        and (not rule.senders or _is_like(facts.sender, rule.senders))
        and (
            not rule.recipients
            or any(_is_like(address, rule.recipients) for address in facts.recipients)
        )
        and (not rule.lists or bool(facts.list_id) and _is_like(facts.list_id, rule.lists))
        and (not rule.subjects or any(word in facts.subject.lower() for word in rule.subjects))
        and (not rule.folders or facts.folder in rule.folders)
        and (not rule.tags or bool(rule.tags & facts.tags))
    )


def _is_like(address: str, patterns: Iterable[str]) -> bool:
    """Whether an address is one of: an address, a domain (with its subdomains), a pattern."""
    host = address.rpartition("@")[2]
    for pattern in patterns:
        if "*" in pattern or "?" in pattern:
            if fnmatchcase(address, pattern) or ("@" not in pattern and fnmatchcase(host, pattern)):
                return True
            continue
        local, at, domain = pattern.rpartition("@")
        if at and local:
            if address == pattern:
                return True
        elif host == domain or host.endswith(f".{domain}"):
            return True
    return False
