"""A logger that keeps secrets to itself. Pure.

``_logger = get_logger(__name__)`` instead of ``logging.getLogger(__name__)``, nothing else changes.
What is blotted out: credentials in headers, URLs, query strings, JSON (also JSON inside JSON),
Python reprs, XML and plain ``key: value`` text, JSON web tokens, private keys, and the values under
such keys in the arguments of the call, wherever they show up. A logger cannot know a secret that
comes with no hint (``"got %s", token``): do not log those.
"""

import logging
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MASK", "RedactingFilter", "get_logger", "redact"]

MASK = "***"

_NAME = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|passwd|pwd|secret|token|api[_-]?key|apikey"
    r"|access[_-]?key|private[_-]?key"
    r"|credentials?|signature|cookie|authorization|session[_-]?id|x-hub-signature(?:-256)?"
    r"|client[_-]?state"
    r"|auth[_-]?code|assertion)(?:[_-]?(?:value|hash|enc|id))?"
)
_SENSITIVE_NAME = re.compile(rf"(?:{_NAME}|pin|sig|key)", re.IGNORECASE)
#: Names that only look sensitive: they tell about a secret, not what it is.
_HARMLESS_NAME = re.compile(
    r".*token[_-]?(?:type|url|endpoint|expir\w*)",
    re.IGNORECASE,
)

# Names are looked for from where they begin, ``(?<![\w.-])``: a long word is read once, not from
# each of its letters.

# a quote, however many times JSON inside JSON has escaped it
_QUOTE = r"(?P<{0}>\\*[\"'])"
_QUOTED_PAIR = re.compile(
    _QUOTE.format("kq")
    + rf"(?P<name>{_NAME}|pin|sig)(?P=kq)(?P<sep>\s*[:=,]\s*(?:b(?=\\*[\"']))?)"
    + _QUOTE.format("vq")
    + r"(?P<value>.*?)(?:(?<!\\)(?P=vq)|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED_NAME_BARE_VALUE = re.compile(
    rf"(?P<head>\\*[\"'](?P<name>{_NAME}|pin|sig)\\*[\"']\s*:\s*)(?P<value>[^\s\"'\\,}}\]\[{{(]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?P<head>\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?"
    r"|\b(?:set-)?cookie2?[\"']?\s*:\s*[\"']?)"
    r"(?P<value>[^\"'\r\n]+)",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"(?P<head>\b(?:bearer|basic|digest|negotiate)\s+)(?P<value>[\w.~+/=-]{6,})", re.IGNORECASE
)
_URL_PASSWORD = re.compile(
    r"(?P<head>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s/:@\"']*:)(?P<value>[^\s/\"']+)(?=@)",
    re.IGNORECASE,
)
_QUERY = re.compile(
    rf"(?P<head>(?:[?&;#]|^|%26|%3F)(?P<name>{_NAME}|sig|key|code|pin)(?:=|%3D))"
    r"(?P<value>[^&\s\"'<>#;]+)",
    re.IGNORECASE,
)
_PLAIN_PAIR = re.compile(
    rf"(?P<head>(?<![\w.-])(?P<name>{_NAME})\s*(?:=>|:=|[:=])\s*)"
    r"(?P<value>[\"'][^\"'\r\n]*[\"']|[^\s,;&}\])>\"']+)",
    re.IGNORECASE,
)
# "token eyJh…", "password is hunter2000": only for values that no English word could be
_SPOKEN_PAIR = re.compile(
    rf"(?P<head>(?<![\w.-])(?P<name>{_NAME})\s+(?:is\s+|was\s+)?)(?P<value>(?=\S*\d)[\w.~+/=-]{{8,}})",
    re.IGNORECASE,
)
_XML = re.compile(
    rf"(?P<head><(?:\w+:)?(?P<name>{_NAME}|pin)(?:\s[^>]*)?>)(?P<value>[^<]+)(?=</)", re.IGNORECASE
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?")
_PEM = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)

# A value shorter than this is not searched for elsewhere in the text: "1" is in everything.
_SEARCHABLE_LENGTH = 4
_MAX_DEPTH = 6

#: Longest text kept, in characters: what nobody reads is not worth searching.
MAX_LENGTH = 65_536


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """``text`` with every recognisable secret replaced by :data:`MASK`.

    :param secrets: values known to be secret, blotted out wherever they stand.
    """
    if len(text) > MAX_LENGTH:
        text = f"{text[:MAX_LENGTH]}… [{len(text)} characters]"
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SEARCHABLE_LENGTH:
            text = text.replace(secret, MASK)
    text = _PEM.sub(MASK, text)
    text = _QUOTED_PAIR.sub(_mask_quoted, text)
    for pattern in (
        _QUOTED_NAME_BARE_VALUE,
        _HEADER,
        _SCHEME,
        _URL_PASSWORD,
        _XML,
        _QUERY,
        _PLAIN_PAIR,
        _SPOKEN_PAIR,
    ):
        text = pattern.sub(_mask_value, text)
    return _JWT.sub(MASK, text)


class RedactingFilter(logging.Filter):
    """Rewrites a record before any handler sees it; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        secrets = set(_secret_values(record.args))
        if isinstance(record.msg, Mapping):
            secrets.update(_secret_values(record.msg))
        try:
            message = record.getMessage()
        except Exception:
            # logging would print the arguments, unredacted, on stderr
            message = f"{record.msg} [arguments do not fit the message]"
        record.msg = redact(message, secrets)
        record.args = ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redact(
                "".join(traceback.format_exception(*record.exc_info)).rstrip(), secrets
            )
            # formatters print exc_text; the exception itself still holds the secret
            record.exc_info = None
        elif record.exc_text:
            record.exc_text = redact(record.exc_text, secrets)
        if record.stack_info:
            record.stack_info = redact(record.stack_info, secrets)
        return True


def get_logger(name: str) -> logging.Logger:
    """The standard logger of that name, which from now on redacts what is logged through it."""
    logger = logging.getLogger(name)
    if not any(isinstance(known, RedactingFilter) for known in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger


def _mask_quoted(match: re.Match) -> str:
    if _HARMLESS_NAME.fullmatch(match["name"]):
        return match[0]
    quote, value_quote = match["kq"], match["vq"]
    return f"{quote}{match['name']}{quote}{match['sep']}{value_quote}{MASK}{value_quote}"


def _mask_value(match: re.Match) -> str:
    name = match.groupdict().get("name")
    if name and _HARMLESS_NAME.fullmatch(name):
        return match[0]
    return f"{match['head']}{MASK}"


def _secret_values(value: object, depth: int = 0) -> Iterator[str]:
    """Texts under sensitive names, however deep in mappings and sequences."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            if (
                isinstance(name, str)
                and isinstance(item, (str, bytes, int))
                and _SENSITIVE_NAME.fullmatch(name)
                and not _HARMLESS_NAME.fullmatch(name)
            ):
                yield item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            else:
                yield from _secret_values(item, depth + 1)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from _secret_values(item, depth + 1)
