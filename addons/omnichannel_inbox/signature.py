"""Who has written something, by what he has signed it with. Pure."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from odoo.addons.integration_base.exceptions import AuthError

__all__ = ["hmac_sha256", "is_signed", "read_jwt"]

#: Characters of the longest token that is read.
TOKEN_LIMIT = 4096
#: What reading something that is no token, or only looks like one, ends in.
_NONE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
#: Seconds by which two clocks may differ.
LEEWAY = 30


def hmac_sha256(secret: str, content: bytes) -> str:
    """Return the HMAC-SHA256 of bytes as they came, in hex."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def is_signed(secret: str, content: bytes, given: str, prefix: str = "sha256=") -> bool:
    """Whether a signature is that of some bytes. Without a secret nothing is.

    :param given: the header with the signature
    :param prefix: what stands before the hex digits
    """
    if not secret:
        return False
    expected = f"{prefix}{hmac_sha256(secret, content)}"
    # as bytes: a comparison of texts refuses what is not ASCII
    return hmac.compare_digest(given.strip().lower().encode(errors="replace"), expected.encode())


def read_jwt(
    token: str,
    secret: str,
    *,
    issuer: str,
    audience: str,
    now: float | None = None,
) -> Mapping[str, Any]:
    """Return what a JSON Web Token says, signed with HS256 (RFC 7519, RFC 7515).

    Only HS256, whatever its header asks for; ``iss``, ``aud`` and ``exp`` have to be there.

    :param now: seconds since 1970, of the clock unless given
    :raise AuthError: it is no token, or is not signed, for somebody else, not valid yet or over
    """
    now = time.time() if now is None else now
    if not secret or len(token) > TOKEN_LIMIT or token.count(".") != 2:
        raise AuthError("This is no token.")
    signed, _dot, signature = token.rpartition(".")
    expected = hmac.new(secret.encode(), signed.encode(errors="replace"), hashlib.sha256).digest()
    try:
        header, claims = (json.loads(_decode(part)) for part in signed.split("."))
        if not hmac.compare_digest(_decode(signature), expected):
            raise AuthError("The token is signed by somebody else.")
        if header["alg"] != "HS256" or "crit" in header:
            raise AuthError("The token is not signed with HS256.")
        heard = claims["aud"]
        if claims["iss"] != issuer or audience not in (
            heard if isinstance(heard, list) else [heard]
        ):
            raise AuthError("The token is for somebody else.")
        if not now <= float(claims["exp"]) + LEEWAY:
            raise AuthError("The token is over.")
        if not now >= float(claims.get("nbf", claims.get("iat", 0))) - LEEWAY:
            raise AuthError("The token is not valid yet.")
    except _NONE as error:
        raise AuthError("This is no token.") from error
    return claims


def _decode(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("This is no base64.") from error
