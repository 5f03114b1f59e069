"""A message as the database can hold it. Pure.

PostgreSQL's texts hold no character zero and nothing that is not Unicode; its indexes hold no key
of thousands of characters. What strangers send has both.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

__all__ = ["storable", "tidy"]

#: Characters of what is looked up.
KEY_LENGTH = 500
_KEYS = frozenset(
    {
        "conversation",
        "dedupe_key",
        "external_id",
        "in_reply_to",
        "message_id",
        "outbox_uuid",
        "references",
    }
)


def tidy(value: Any, name: str = "") -> Any:
    """Return a message, or a part of one, that can be stored; itself when nothing is wrong.

    Keys that are too long are cut, with a hash of the whole: they stay what they were, a name.

    :param value: a dataclass of `providers.base`, or what stands in one
    :param name: of the field it stands in
    """
    if isinstance(value, str):
        return _key(storable(value)) if name in _KEYS else storable(value)
    if isinstance(value, tuple):
        parts = tuple(tidy(part, name) for part in value)
        return value if all(map(_is, parts, value)) else parts
    if isinstance(value, Mapping):
        # what is told of a moment, by names of ours
        parts = {key: tidy(part) for key, part in value.items()}
        return value if all(map(_is, parts.values(), value.values())) else parts
    if is_dataclass(value):
        changes = {}
        for field in fields(value):
            old = getattr(value, field.name)
            new = tidy(old, field.name)
            if new is not old:
                changes[field.name] = new
        return replace(value, **changes) if changes else value
    return value


def storable(text: str) -> str:
    """Return a text as PostgreSQL holds it; itself when nothing is wrong."""
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode(errors="replace").decode()
    return text


def _is(one, other):
    return one is other


def _key(key):
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_LENGTH - 65]}#{digest}"
