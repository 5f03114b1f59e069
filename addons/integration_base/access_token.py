"""Access tokens of API clients: kept while they live, replaced when they end or are refused."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from .exceptions import AuthError
from .http_client import SharedTokenAuth

__all__ = ["MemoryTokens", "with_token"]

T = TypeVar("T")


class Discarding(Protocol):
    """Where the living token is kept."""

    def discard(self, token: str) -> None:
        """Forget ``token``, unless another one has taken its place meanwhile."""


class MemoryTokens:
    """The token of one process.

    :param now: seconds, a function; tests
    """

    #: Seconds before its end at which a token counts as expired.
    margin: int

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._expiry = 0.0

    def get(self, fetch: Callable[[], Any]) -> str:
        """Return the living token, or the one that ``fetch`` brings: an object with ``value`` and
        ``lifetime`` (seconds). Nobody asks for one while another one does."""
        with self._lock:
            if not self._token or self._now() >= self._expiry:
                token = fetch()
                self._token = token.value
                self._expiry = self._now() + max(token.lifetime - self.margin, 1)
            return self._token

    def discard(self, token: str) -> None:
        """Forget ``token``, unless there is a newer one already."""
        with self._lock:
            if self._token == token:
                self._token = ""


def with_token(
    send: Callable[[], T],
    auth: SharedTokenAuth,
    tokens: Discarding,
    final: type[AuthError] | tuple[()] = (),
) -> T:
    """Send; when the token is refused, once more with a new one. A refused request did nothing, so
    this holds for what acts, too.

    :param auth: by which it is sent
    :param tokens: where the refused token is to be forgotten
    :param final: refusal of the sign-in itself: another token is not to be had
    """
    try:
        return send()
    except final:
        raise
    except AuthError as error:
        if error.code != 401 or not auth.used:
            raise
    tokens.discard(auth.used)
    return send()
