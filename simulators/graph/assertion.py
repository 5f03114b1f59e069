"""A client assertion: the JWT by which an application shows that it holds its certificate's key."""

import base64
import json
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_SKEW = 300  # seconds
_SIGNATURES = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size),
}


class AssertionRefused(Exception):
    """:param int number: AADSTS"""

    def __init__(self, number, text):
        super().__init__(text)
        self.number = number


def check_assertion(token, directory, endpoint):
    """:param str token: the JWT; :param Directory directory: whose certificates count
    :param str endpoint: address that was asked: who the assertion must be for
    :raises AssertionRefused:"""
    try:
        head, body, signature = token.split(".")
        header, claims = (json.loads(_bytes(part)) for part in (head, body))
        signature = _bytes(signature)
    except ValueError as error:
        raise AssertionRefused(50027, "JWT token is invalid or malformed.") from error
    name = header.get("x5t#S256") or header.get("x5t") or header.get("kid") or ""
    certificate = next((one for one in directory.certificates if name in one.names), None)
    if certificate is None:
        raise AssertionRefused(
            700027,
            "The certificate with identifier used to sign the client assertion is not registered "
            f"on application. [Reason - The key was not found., Thumbprint of key used by client: "
            f"'{name}']",
        )
    _verify(header.get("alg"), certificate, signature, f"{head}.{body}".encode())
    if not certificate.is_current:
        raise AssertionRefused(
            700027, "The certificate used to sign the client assertion is expired."
        )
    _check_claims(claims, directory, endpoint)


def _verify(algorithm, certificate, signature, signed):
    scheme = _SIGNATURES.get(algorithm)
    if scheme is None or not isinstance(certificate.key, rsa.RSAPublicKey):
        raise AssertionRefused(5002738, "Invalid JWT token. The algorithm is not supported.")
    try:
        certificate.key.verify(signature, signed, scheme, hashes.SHA256())
    except InvalidSignature as error:
        raise AssertionRefused(
            700027,
            "Client assertion failed signature validation. [Reason - The key was found, "
            "but use of the key to verify the signature failed.]",
        ) from error


def _check_claims(claims, directory, endpoint):
    now = time.time()
    expires, begins = claims.get("exp"), claims.get("nbf", 0)
    if not isinstance(expires, (int, float)) or not begins - _SKEW <= now < expires + _SKEW:
        raise AssertionRefused(
            700024,
            "Client assertion is not within its valid time range. Current time: "
            f"{int(now)}, expiry time of assertion: {expires}.",
        )
    if not claims.get("jti"):
        raise AssertionRefused(50027, "JWT token is invalid or malformed: no jti.")
    if claims.get("iss") != directory.client_id or claims.get("sub") != directory.client_id:
        raise AssertionRefused(
            700021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        )
    path = "/" + endpoint.split("://", 1)[-1].partition("/")[2]
    if claims.get("aud") not in (endpoint, f"https://login.microsoftonline.com{path}"):
        raise AssertionRefused(
            700023,
            "Client assertion audience claim does not match Realm issuer. Review the "
            "documentation at https://docs.microsoft.com/azure/active-directory/develop/"
            "active-directory-certificate-credentials.",
        )


def _bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
