"""Who may what: the tenant, the application registered in it, and what it was granted."""

import base64
import time
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

TENANT_ID = "7d1f3c52-6c0e-4a56-9d0b-2f4f9d3e8a11"
CLIENT_ID = "2b9c6f0e-51d7-4f0a-8a55-6f3f0f7c9b21"
SECRET = "graph-demo-secret"
DOMAIN = "meubles-demo.example"
MAILBOXES = (
    (f"info@{DOMAIN}", "Meubles Démo"),
    (f"sav@{DOMAIN}", "Meubles Démo - Service après-vente"),
)
ROLES = ("Mail.ReadWrite", "Mail.Send")


@dataclass
class Secret:
    """A client secret; ``expires`` is None as long as nobody let it expire."""

    value: str
    expires: float = None


@dataclass
class Certificate:
    """A registered certificate, known by the thumbprints that a client assertion may carry."""

    certificate: x509.Certificate

    @classmethod
    def read(cls, pem):
        """:param str pem: a certificate, without its key; :raises ValueError:"""
        return cls(x509.load_pem_x509_certificate(pem.encode()))

    def thumbprint(self, algorithm):
        """:return str: base64url without padding, as in the header of a JWT"""
        digest = self.certificate.fingerprint(algorithm)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def names(self):
        """:return set: all that the header may call it by"""
        sha1, sha256 = hashes.SHA1(), hashes.SHA256()
        found = {self.thumbprint(sha1), self.thumbprint(sha256)}
        return found | {self.certificate.fingerprint(sha1).hex().upper()}

    @property
    def is_current(self):
        now = time.time()
        return (
            self.certificate.not_valid_before_utc.timestamp()
            <= now
            < self.certificate.not_valid_after_utc.timestamp()
        )

    @property
    def key(self):
        return self.certificate.public_key()

    def to_pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


@dataclass
class Directory:
    """The tenant of the simulator, with one application.

    ``mailboxes``: addresses that the application may open, None for all of the tenant; ``policy``
    says what restricts it: ``rbac`` or ``application_access_policy``; ``delegates``: by address of
    a user, the shared mailboxes that he may open as well.
    """

    tenant_id: str = TENANT_ID
    domain: str = DOMAIN
    client_id: str = CLIENT_ID
    secrets: list = field(default_factory=lambda: [Secret(SECRET)])
    certificates: list = field(default_factory=list)
    redirect_uris: list = None
    roles: tuple = ROLES
    mailboxes: set = None
    policy: str = "rbac"
    delegates: dict = field(default_factory=dict)
    token_seconds: float = 3599
    strict_refresh: bool = True

    def is_tenant(self, name):
        """:param str name: as in the address of a token; :return bool:"""
        return name.lower() in (self.tenant_id, self.domain)

    def to_json(self):
        return {
            "tenant_id": self.tenant_id,
            "domain": self.domain,
            "client_id": self.client_id,
            "secrets": [
                {"value": secret.value, "expires": secret.expires} for secret in self.secrets
            ],
            "certificates": [sorted(one.names) for one in self.certificates],
            "redirect_uris": self.redirect_uris,
            "roles": list(self.roles),
            "mailboxes": None if self.mailboxes is None else sorted(self.mailboxes),
            "policy": self.policy,
            "delegates": {user: sorted(shared) for user, shared in self.delegates.items()},
            "token_seconds": self.token_seconds,
            "strict_refresh": self.strict_refresh,
        }

    def update(self, body, now):
        """:param dict body: of ``POST /sim/directory``; :param float now: of the tenant
        :raises ValueError: an unknown word"""
        known = {
            "secret", "secrets", "expire_secrets", "certificates", "redirect_uris", "roles",
            "mailboxes", "policy", "delegates", "token_seconds", "strict_refresh",
        }  # fmt: skip
        unknown = set(body) - known
        if unknown:
            raise ValueError(f"the directory knows no {', '.join(sorted(unknown))}")
        if "secret" in body:
            self.secrets.append(Secret(str(body["secret"])))
        if "secrets" in body:
            self.secrets = [Secret(str(value)) for value in body["secrets"]]
        if body.get("expire_secrets"):
            for secret in self.secrets:
                secret.expires = now
        if "certificates" in body:
            self.certificates = [Certificate.read(str(pem)) for pem in body["certificates"]]
        if "redirect_uris" in body:
            self.redirect_uris = body["redirect_uris"]
        if "roles" in body:
            self.roles = tuple(map(str, body["roles"]))
        if "mailboxes" in body:
            allowed = body["mailboxes"]
            self.mailboxes = None if allowed is None else {one.lower() for one in allowed}
        if "policy" in body:
            if body["policy"] not in ("rbac", "application_access_policy"):
                raise ValueError("policy: rbac or application_access_policy")
            self.policy = body["policy"]
        if "delegates" in body:
            self.delegates = {
                user.lower(): {one.lower() for one in shared}
                for user, shared in body["delegates"].items()
            }
        self.token_seconds = float(body.get("token_seconds", self.token_seconds))
        self.strict_refresh = bool(body.get("strict_refresh", self.strict_refresh))
