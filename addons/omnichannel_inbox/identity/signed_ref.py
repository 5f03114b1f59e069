"""References that only we can have made: what a link of ours says of whoever follows it. Pure.

A link to a chat (``m.me/page?ref=…``) in a mail to a customer says who he is. Anybody can write
such a link, so what it says is signed with the secret of the channel. It is not encrypted: what is
put into it is nothing a customer may not see of himself.
"""

import base64
import binascii
import hashlib
import hmac

from ..providers.base import Claim

__all__ = ["KINDS", "make", "read"]

#: What a reference can say, and the letter it begins with.
KINDS = {"customer": "c", "order": "o", "email": "e", "user": "u"}
#: Longest value, in bytes: such a reference is a part of a link, of 250 characters at most.
VALUE_LIMIT = 120
#: Bytes kept of the signature.
SIGNATURE_SIZE = 16

_KIND_OF = {letter: kind for kind, letter in KINDS.items()}


def make(secret: str, kind: str, value: str) -> str:
    """Return a reference: letters, digits, ``-``, ``_`` and ``.``.

    :param secret: of the channel
    :param kind: one of `KINDS`, as in `providers.base.Claim`
    :raise ValueError: there is no secret, no such kind, or the value is empty or too long
    """
    raw = value.encode()
    if not secret or kind not in KINDS or not raw or len(raw) > VALUE_LIMIT:
        raise ValueError("A reference needs a secret, a known kind and a short value")
    said = f"{KINDS[kind]}.{_encode(raw)}"
    return f"{said}.{_encode(_signature(secret, said))}"


def read(secret: str, ref: str) -> Claim | None:
    """Return what a reference says, if it is one of ours.

    :param secret: of the channel
    :param ref: as it came, from anybody
    """
    said, _dot, signature = (ref or "").rpartition(".")
    letter, _dot, value = said.partition(".")
    if not secret or letter not in _KIND_OF or not value:
        return None
    expected, given = _encode(_signature(secret, said)), signature.encode(errors="replace")
    if not hmac.compare_digest(expected.encode(), given):
        return None
    try:
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    return Claim(_KIND_OF[letter], text, is_verified=True)


def _signature(secret, said):
    # the purpose is signed along: nothing else signed with this secret is a reference; what
    # comes from anybody need not be Unicode
    content = f"omni-ref:{said}".encode(errors="surrogatepass")
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()[:SIGNATURE_SIZE]


def _encode(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
