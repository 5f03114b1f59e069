"""What becomes of a message that starts something: ticket, history, or nothing. Pure.

A rule is a list of conditions that must all hold; an empty condition holds always. The first rule
that holds decides.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache

__all__ = ["Facts", "Rule", "decide", "is_pattern", "lines", "list_id", "split_patterns"]

_SEPARATORS = re.compile(r"[\s,;]+")
_PATTERN = re.compile(r"[^\s@]*@?[^\s@]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule can ask about a message."""

    sender: str
    """Address, or what else the channel calls him, in lower case."""
    sender_kinds: frozenset[str] = frozenset()
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


def lines(text: str | None) -> tuple[str, ...]:
    """The lines of a field that say something, in lower case."""
    found = (line.strip().lower() for line in (text or "").splitlines())
    return tuple(dict.fromkeys(line for line in found if line))


def list_id(headers: Iterable[tuple[str, str]]) -> str:
    """The name of the mailing list a mail was sent to, empty if to none."""
    for name, value in headers:
        if name.lower() == "list-id":
            return (value.rpartition("<")[2].strip(" >") or value.strip()).lower()
    return ""


def decide(rules: Sequence[Rule], facts: Facts) -> Rule | None:
    """The first rule that holds."""
    return next((rule for rule in rules if _holds(rule, facts)), None)


def _holds(rule: Rule, facts: Facts) -> bool:
    return (
        (not rule.kind or rule.kind in facts.sender_kinds)
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
            if fnmatchcase(address, pattern):
                return True
            if "@" not in pattern and fnmatchcase(f".{host}", f"*.{pattern}"):
                return True
            continue
        local, at, domain = pattern.rpartition("@")
        if at and local:
            if address == pattern:
                return True
        elif host == domain or host.endswith(f".{domain}"):
            return True
    return False
