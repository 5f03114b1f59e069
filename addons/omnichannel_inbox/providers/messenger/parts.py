"""A long text as several messages, cut where a reader would. Pure."""

import re

__all__ = ["TEXT_LIMIT", "split", "width"]

#: Characters of one message. † Counted as UTF-16 counts them, so that it is never too much.
TEXT_LIMIT = 2_000
#: Where to cut, the best first: between paragraphs, lines, sentences, words.
_CUTS = tuple(map(re.compile, (r"\n[ \t]*\n\s*", r"\n\s*", r"(?<=[.!?…])\s+", r"\s+")))
#: A cut that leaves less than this share of the room unused is good enough.
_SHARE = 0.5


def width(text: str) -> int:
    """Return how long a text is for Messenger."""
    return len(text) + sum(char > "\uffff" for char in text)


def split(text: str, limit: int = TEXT_LIMIT) -> list[str]:
    """Return a text in parts of at most ``limit``; nothing but space at the cuts gets lost."""
    rest = text.strip()
    parts = []
    while rest:
        if width(rest) <= limit:
            parts.append(rest)
            break
        head = _head(rest, limit)
        end, after = _cut(rest, head)
        parts.append(rest[:end].rstrip())
        rest = rest[after:].lstrip()
    return parts


def _head(text: str, limit: int) -> int:
    """How many characters fit."""
    used = 0
    for index, char in enumerate(text[: limit + 1]):
        used += 2 if char > "\uffff" else 1
        if used > limit:
            return max(index, 1)
    return min(len(text), limit)


def _cut(text: str, head: int) -> tuple[int, int]:
    """Where a part ends, and where the next one begins."""
    for pattern in _CUTS:
        last = None
        for match in pattern.finditer(text, 0, head + 1):
            if match.start() <= head:
                last = match
        if last and last.start() >= head * _SHARE:
            return last.start(), last.end()
    # one endless word: cut, but not within what is one sign to a reader
    end = head
    while end > 1 and (text[end] in "\u200d\ufe0f" or text[end - 1] == "\u200d"):
        end -= 1
    return end, end
