"""The step over the network, and what is kept of it."""

import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import quote

from .errors import HttpError

__all__ = ["Answer", "Sent", "UrllibHttp", "address"]

#: What an address may contain as it is; everything else is written as percent signs and digits.
LEGAL = "%:/?#[]@!$&'()*+,;=-._~"
MAX_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it leaves the PBX."""

    method: str
    url: str
    headers: dict = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""


def address(url, query=""):
    """:return: the address as the platform of the PBX completes it: blanks and letters with accents
    are escaped, a plus sign is not."""
    if query:
        url += ("&" if "?" in url else "?") + query
    return quote(url, safe=LEGAL)


class UrllibHttp:
    """:param float timeout: seconds.
    :param str ca_bundle: file with the certificates that are trusted besides the system's."""

    def __init__(self, timeout=5.0, ca_bundle=None):
        self.timeout = timeout
        context = ssl.create_default_context()
        if ca_bundle:
            context.load_verify_locations(ca_bundle)
        # the CRM is reached directly, whatever the environment says of proxies
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def __call__(self, sent):
        """:param Sent sent: what to send.
        :rtype: Answer, whatever its status
        :raise HttpError: there is no answer."""
        if not sent.url.lower().startswith(("http://", "https://")):
            raise HttpError(f"{sent.url} is no web address")
        try:
            request = urllib.request.Request(
                sent.url, data=sent.body, headers=sent.headers, method=sent.method
            )
            with self.opener.open(request, timeout=self.timeout) as response:
                return Answer(response.status, response.read(MAX_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read(MAX_ANSWER))
        except (OSError, ValueError, HTTPException) as error:
            raise HttpError(str(error)) from error
