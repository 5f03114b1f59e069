"""Words to search by: how a text is kept, and how what somebody types is looked up in it. Pure.

Both sides go through :func:`words`: small letters without accents, nothing but letters and digits.
What comes out is safe to be put into a ``tsquery``.
"""

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["digits", "numbers", "phone", "query", "terms", "words"]

#: Shortest word looked up, in characters: a single letter would find everything.
WORD_MIN = 2
#: A word is cut to this many characters, on both sides.
WORD_MAX = 60
#: Characters of terms kept of one text.
TERMS_MAX = 12_000
#: Words of a query that count.
QUERY_MAX = 8

_WORD = re.compile(r"[^\W_]+")
_LEADING = re.compile(r"[a-z]*0*(\d{2,})")
_PHONE = re.compile(r"[+(\d][\d\s./()-]{5,24}")


def words(text: str | None) -> list[str]:
    """Return the words of a text in their order: ``"Canapé d'été"`` → ``canape``, ``d``, ``ete``.

    Letters of other scripts stay what they are.
    """
    plain = unicodedata.normalize("NFKD", text or "").casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return [word[:WORD_MAX] for word in _WORD.findall(plain.replace("\0", " "))]


def numbers(text: str | None) -> list[str]:
    """Return a reference in the ways it is typed: ``S00045`` → ``s00045``, ``00045``, ``45``."""
    found: list[str] = []
    for word in words(text):
        found.append(word)
        match = _LEADING.fullmatch(word)
        if match:
            found += [word.lstrip("abcdefghijklmnopqrstuvwxyz"), match.group(1)]
    return found


def digits(text: str) -> str | None:
    """Return the digits of what is typed like a telephone number, without what numbers are
    written with in front: ``+32 475 12`` → ``3247512``, ``0475/12`` → ``47512``; else ``None``.
    """
    if not _PHONE.fullmatch(text.strip()):
        return None
    found = re.sub(r"\D", "", text).lstrip("0")
    return found if len(found) >= 5 else None


def terms(*texts: str | None, extra: Iterable[str] = ()) -> str:
    """Return the different words of some texts, to be stored and indexed; cut at `TERMS_MAX`.

    :param extra: further words, as :func:`numbers` gives them
    """
    found = dict.fromkeys(extra)
    for text in texts:
        found |= dict.fromkeys(words(text))
    kept = " ".join(found)
    return kept if len(kept) <= TERMS_MAX else kept[:TERMS_MAX].rpartition(" ")[0]


def query(text: str | None) -> str | None:
    """Return what somebody types as text of a ``tsquery``: all words, each may go on; what looks
    like a telephone number is looked up as one as well.

    ``None``: there is nothing to look up yet.
    """
    typed = [word for word in words(text) if len(word) >= WORD_MIN or word.isdigit()]
    if not typed or max(map(len, typed)) < WORD_MIN:
        return None
    found = " & ".join(f"'{word}':*" for word in dict.fromkeys(typed[:QUERY_MAX]))
    number = digits(text or "")
    return f"({found}) | '{number}':*" if number else found


def phone(e164: str) -> list[str]:
    """Return a telephone number in the ways :func:`digits` leaves what is typed."""
    number = e164.lstrip("+")
    # country codes have one to three digits: what follows is what is dialled inside
    return [number, *(number[cut:] for cut in (1, 2, 3) if len(number) - cut >= 6)]
