"""The websocket on which the PBX tells what changes. The only file that imports ``websocket``.

Events only: actions and questions go through :class:`~.api.ThreecxApi`. Who uses it connects,
takes a complete picture, and then follows the events; after any error it connects anew, each time
with a fresh header (a token is checked when the connection is made, and only then).
"""

import json
import ssl
import time
from collections.abc import Iterator

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger

from .api import ThreecxApi
from .shapes import Event

__all__ = ["EventSocket"]

_logger = get_logger(__name__)

#: Seconds without a word after which the other side is asked whether it is still there, and after
#: which it is taken for gone.
PING_AFTER = 20.0
DEAD_AFTER = 50.0


class EventSocket:
    """Context manager and iterator of events; one connection.

    :raises AuthError: the PBX refuses the token, also a new one
    :raises RetryableError: no connection, or it broke: connect again later
    :raises IntegrationError: ``websocket-client`` is not installed
    """

    def __init__(
        self,
        api: ThreecxApi,
        *,
        ping_after: float = PING_AFTER,
        dead_after: float = DEAD_AFTER,
    ) -> None:
        self._api = api
        self._library = _websocket()
        self._ping_after = ping_after
        self._dead_after = dead_after
        self._socket = None
        self._heard = self._pinged = 0.0

    def __enter__(self) -> "EventSocket":
        self.connect()
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def __iter__(self) -> Iterator[Event]:
        """Events until the connection ends, which is an error like any other."""
        while True:
            event = self.receive(self._ping_after)
            if event is not None:
                yield event

    def connect(self) -> None:
        """Open the connection; a refused token is replaced once."""
        token = self._api.token()
        try:
            self._open(token)
        except AuthError as error:
            if error.code != 401:
                raise
            self._api.discard_token(token)
            self._open(self._api.token())
        self._heard = self._pinged = time.monotonic()

    def close(self) -> None:
        """Close the connection, without waiting for the other side."""
        socket, self._socket = self._socket, None
        if socket is not None:
            try:
                socket.close(timeout=1)
            except (OSError, self._library.WebSocketException):
                _logger.debug("The connection was gone already.")

    def receive(self, timeout: float) -> Event | None:
        """The next event; ``None`` when there was none for ``timeout`` seconds.

        :raises RetryableError: the connection broke, or the other side has fallen silent
        """
        if self._socket is None:
            raise RetryableError("There is no connection to the telephone system.")
        deadline = time.monotonic() + timeout
        while True:
            self._keep_alive()
            wait = min(deadline - time.monotonic(), self._ping_after)
            if wait <= 0:
                return None
            event = self._next(wait)
            if event is not None:
                return event

    # -- one message ---------------------------------------------------------------------------

    def _next(self, wait: float) -> Event | None:
        """The event of the next frame; ``None`` for none in time and for frames of another kind."""
        abnf = self._library.ABNF
        try:
            self._socket.settimeout(wait)
            opcode, frame = self._socket.recv_data_frame(control_frame=True)
        except self._library.WebSocketTimeoutException:
            return None
        except (OSError, self._library.WebSocketException) as error:
            raise RetryableError("The connection to the telephone system broke.") from error
        self._heard = time.monotonic()
        if opcode == abnf.OPCODE_CLOSE:
            raise RetryableError("The telephone system closed the connection.")
        if opcode not in (abnf.OPCODE_TEXT, abnf.OPCODE_BINARY):
            return None
        try:
            return Event.parse(json.loads(frame.data))
        except (ValueError, RecursionError, PayloadError):
            _logger.info("A message of the telephone system could not be understood; left out.")
            return None

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._heard >= self._dead_after:
            raise RetryableError("The telephone system has fallen silent.")
        if now - max(self._heard, self._pinged) >= self._ping_after:
            self._pinged = now
            try:
                self._socket.ping()
            except (OSError, self._library.WebSocketException) as error:
                raise RetryableError("The connection to the telephone system broke.") from error

    # -- the connection ------------------------------------------------------------------------

    def _open(self, token: str) -> None:
        library = self._library
        try:
            self._socket = library.create_connection(
                self._api.socket_url,
                timeout=self._api.timeout,
                header=[f"Authorization: Bearer {token}"],
                sslopt=self._tls(),
                redirect_limit=0,  # the token is for this host
            )
        except library.WebSocketBadStatusException as error:
            raise _refused(error.status_code) from error
        except ssl.SSLError as error:
            raise RejectedError(
                "The certificate of the telephone system cannot be trusted. Check the address, or "
                "give the file with the certificates to trust.",
                code="tls",
            ) from error
        except (OSError, library.WebSocketException) as error:
            raise RetryableError("The telephone system cannot be reached.") from error

    def _tls(self) -> dict:
        options = {"cert_reqs": ssl.CERT_REQUIRED, "check_hostname": True}
        if self._api.ca_bundle:
            options["ca_certs"] = str(self._api.ca_bundle)
        return options


def _refused(status: int) -> IntegrationError:
    """The error for an upgrade that was answered with that status."""
    if status in (401, 403):
        return AuthError(f"The telephone system refuses the credentials ({status}).", code=status)
    if status == 429 or status >= 500:
        return RetryableError(f"The telephone system cannot answer now ({status}).")
    return RejectedError(f"The telephone system sends no events ({status}).", code=status)


def _websocket():
    """The library, which not every server has.

    :raises IntegrationError: it is not installed
    """
    try:
        import websocket
    except ImportError as error:
        raise IntegrationError(
            "Live events need the Python library websocket-client: pip install websocket-client, "
            "or apt install python3-websocket."
        ) from error
    return websocket
