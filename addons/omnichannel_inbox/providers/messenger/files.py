"""Files of messages, fetched from where Meta keeps them, and from nowhere else.

Their addresses come from outside: somebody who could have us fetch any address would reach what
only we can reach. So only Meta's own machines are asked, by https, and none that lies in a private
network, whatever their name; a redirection is looked at in the same way.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from odoo.addons.integration_base.exceptions import AuthError, PayloadError, RejectedError
from odoo.addons.integration_base.http_client import HttpClient, is_loopback

__all__ = ["HOSTS", "MAX_FILE", "fetch", "is_public"]

#: Where Meta keeps files: these domains and what lies below them.
HOSTS = ("fbcdn.net", "fbsbx.com", "cdninstagram.com")
MAX_FILE = 26 * 2**20
TIMEOUT = 20
MAX_SECONDS = 60.0


class _Files(HttpClient):
    """:param is_allowed: whether an address may be asked; also of redirections"""

    def __init__(self, url: str, is_allowed: Callable[[str], bool], **options) -> None:
        self._is_allowed = is_allowed
        super().__init__(url, **options)

    def _check(self, url: str) -> tuple[str, str, int]:
        """Override: by the whole rule, and not by a list of names."""
        if not self._is_allowed(url):
            raise RejectedError("The file lies where nothing is fetched from.", code="host")
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        self._allowed.add((host, parts.port or (443 if parts.scheme == "https" else 80)))
        return super()._check(url)


def fetch(url: str, api_host: str, hosts: Iterable[str] = HOSTS, limit: int = MAX_FILE) -> bytes:
    """Return a file.

    :param api_host: the machine of the Graph API: when that is this machine, a simulator, its files
        lie here too
    :param hosts: domains that may be asked
    :param limit: bytes of the largest file
    :raise RejectedError: nothing is fetched from there, or it is not there (any more)
    :raise RetryableError: no answer
    """
    domains = tuple(domain.lower().strip(". ") for domain in hosts if domain.strip(". "))

    def is_allowed(address: str) -> bool:
        return _is_allowed(address, api_host, domains)

    try:
        with _Files(
            url,
            is_allowed,
            timeout=TIMEOUT,
            max_bytes=limit,
            max_seconds=MAX_SECONDS,
            max_retries=1,
            max_wait=5.0,
        ) as client:
            return client.get(url).content
    except AuthError as error:
        # the address is its own key, and is over
        raise RejectedError("The address of the file is not valid any more.", code=403) from error
    except PayloadError as error:
        raise RejectedError("The file is too large.", code=413) from error


def _is_allowed(url: str, api_host: str, domains: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    if is_loopback(host):
        return is_loopback(api_host) and parts.scheme in ("http", "https")
    if parts.scheme != "https" or port not in (None, 443):
        return False
    if not any(host == domain or host.endswith(f".{domain}") for domain in domains):
        return False
    return is_public(host)


def is_public(host: str) -> bool:
    """Whether all addresses of a machine are such as everybody can reach."""
    try:
        found = socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        # not known: the connection fails, and is tried again
        return True
    return all(_is_global(row[4][0]) for row in found)


def _is_global(address: str) -> bool:
    number = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_global
