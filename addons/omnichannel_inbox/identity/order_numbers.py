"""Numbers in a text that may be those of orders. Pure.

What is found here is only a question put to the database; a number that is nobody's costs nothing
but that. What is plainly something else (telephone numbers, dates, amounts, bank accounts) is left
out.
"""

import html as html_escapes
import re

__all__ = ["candidates", "visible_text"]

#: Longest text looked at, in characters, and most numbers taken from it.
TEXT_LIMIT = 20_000
CANDIDATE_LIMIT = 20
#: Plain digits with fewer of them are only taken for a number behind a word that says so.
PLAIN_MIN_DIGITS = 5
#: Plain digits with more of them are a bar code or a bank account.
PLAIN_MAX_DIGITS = 12
MIN_DIGITS = 3

_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|/td|/blockquote)\b[^>]*>", re.I)
_TAG = re.compile(r"<[^>]*>")
_SPACES = re.compile(r"[^\S\n]+")

_TOKEN = re.compile(
    r"""
    (?<![\w@+.,/=&?%-])
    (?P<prefix>[A-Za-z]{1,8}[-_/.]?)?
    (?P<digits>\d+(?:[-_/]\d+)*)
    (?P<suffix>[A-Za-z]?)
    (?![\w@]|[.,]\d|[-/]\w)
    """,
    re.VERBOSE,
)
_WORD_BEFORE = re.compile(
    r"(?:command\w*|cmd|order\w*|bestell\w*|bestel\w*|auftrag\w*|devis|offre|offerte|quot\w*|"
    r"livraison|levering|delivery|factur\w*|invoice\w*|r[ée]f[ée]?\w*|dossier|bon|n[o°ºr]\.?|"
    r"num[ée]ro|nummer|number|\#)[\s:.#°º]*(?:n[o°ºr]\.?|num[ée]ro|nummer|number|\#)?[\s:.#°º]*$",
    re.I,
)
_DATE = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|(?:19|20)\d\d[-/](?:19|20)?\d\d|\d{1,2}/\d{1,2}")
_AMOUNT_AFTER = re.compile(r"\s*(?:€|eur\b|euros?\b|\$|%|cm\b|mm\b|kg\b)", re.I)
_PHONE = re.compile(r"0\d{8,9}|00\d{9,13}")
_COUNTRY = re.compile(r"[A-Za-z]-")
#: "BE68 5390 0754 7034": the groups of a bank account.
_BANK_BEFORE = re.compile(r"\b[A-Z]{2}\d\d(?: ?\d{4})* ?$")
_PHONE_BEFORE = re.compile(r"(?:\+|t[ée]l\w*|gsm|phone|mobile|fax)[\s.:°]*[\d\s./()-]*$", re.I)


def visible_text(html: str) -> str:
    """What can be read of a piece of HTML; quick, and good enough to look for words in it."""
    text = _HIDDEN.sub(" ", html)
    text = _TAG.sub(" ", _BREAK.sub("\n", text))
    return _SPACES.sub(" ", html_escapes.unescape(text)).strip()


def candidates(*texts: str, limit: int = CANDIDATE_LIMIT) -> list[str]:
    """Return what may be the number of an order, as written, in the order written, each once.

    :param texts: subject, body
    """
    found: dict[str, None] = {}
    for text in texts:
        for match in _TOKEN.finditer(text[:TEXT_LIMIT] if text else ""):
            if _is_candidate(match):
                found.setdefault(match[0].rstrip("-_/."))
                if len(found) >= limit:
                    return list(found)
    return list(found)


def _is_candidate(match: re.Match) -> bool:
    text = match.string
    digits = match["digits"]
    count = sum(map(str.isdigit, digits))
    if count < MIN_DIGITS:
        return False
    before = text[max(0, match.start() - 40) : match.start()]
    if match["prefix"]:
        # postal codes: "B-1000", "F-75001"
        return not (_COUNTRY.fullmatch(match["prefix"]) and count in (4, 5))
    is_named = bool(_WORD_BEFORE.search(before))
    if not is_named and (
        count < PLAIN_MIN_DIGITS
        or count > PLAIN_MAX_DIGITS
        or _PHONE.fullmatch(digits)
        or _PHONE_BEFORE.search(before)
        or _BANK_BEFORE.search(before)
    ):
        return False
    return not (_DATE.fullmatch(digits) or _AMOUNT_AFTER.match(text, match.end()))
