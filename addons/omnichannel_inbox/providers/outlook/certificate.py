"""A certificate instead of a secret: https://learn.microsoft.com/entra/identity-platform/certificate-credentials"""

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

__all__ = ["Certificate", "CertificateError", "client_assertion", "make_certificate"]

#: Seconds that an assertion is good for; Microsoft advises 5 to 10 minutes.
LIFETIME = 300
KEY_SIZE = 2048


class CertificateError(ValueError):
    """A certificate or key that cannot be used; the text is for a person."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both as PEM text."""

    certificate: str
    private_key: str = field(repr=False)

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate in hexadecimal, as the portal of Microsoft shows it."""
        return self._x509().fingerprint(hashes.SHA1()).hex().upper()

    @property
    def expiry(self) -> datetime:
        """When it ends; naive UTC."""
        # `not_valid_after` of old versions of the library is naive, of new ones deprecated
        loaded = self._x509()
        aware = getattr(loaded, "not_valid_after_utc", None)
        return aware.replace(tzinfo=None) if aware else loaded.not_valid_after

    def check(self) -> None:
        """Make sure that the two belong together.

        :raise CertificateError: they do not, or one cannot be read
        """
        if self._key().public_key().public_numbers() != self._x509().public_key().public_numbers():
            raise CertificateError("The private key is not that of the certificate.")

    def _x509(self) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(self.certificate.encode())
        except ValueError as error:
            raise CertificateError("This is no certificate in PEM form.") from error

    def _key(self) -> rsa.RSAPrivateKey:
        try:
            key = serialization.load_pem_private_key(self.private_key.encode(), password=None)
        except (TypeError, ValueError, UnsupportedAlgorithm) as error:
            raise CertificateError(
                "This is no private key in PEM form without password."
            ) from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise CertificateError("Microsoft wants an RSA key.")
        return key


def client_assertion(
    certificate: Certificate, client_id: str, audience: str, now: Callable[[], float] = time.time
) -> str:
    """Return the signed statement that stands for the secret of an application.

    :param audience: address of the token endpoint
    :raise CertificateError: the certificate or its key cannot be used
    """
    digest = certificate._x509().fingerprint(hashes.SHA256())
    moment = int(now())
    header = {"alg": "PS256", "typ": "JWT", "x5t#S256": _base64url(digest)}
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": str(uuid.uuid4()),
        "nbf": moment,
        "iat": moment,
        "exp": moment + LIFETIME,
    }
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)
    signature = certificate._key().sign(signed.encode(), scheme, hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def make_certificate(name: str, days: int = 730) -> Certificate:
    """Make a key and a certificate of our own; the key never leaves Odoo, the certificate is
    uploaded to the application in the portal of Microsoft."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode(),
    )


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
