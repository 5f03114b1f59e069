"""Call Control and XAPI of one PBX (V20, tier 2). Plain Python: no Odoo environment.

One API client has one living token: a new one kills the one before. Whoever speaks to the PBX
therefore takes the token from a shared :class:`TokenStore`, and a refused one is thrown away once.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import quote, urlsplit

from odoo.addons.integration_base import access_token
from odoo.addons.integration_base.access_token import with_token
from odoo.addons.integration_base.exceptions import AuthError, RejectedError
from odoo.addons.integration_base.http_client import (
    MAX_SECONDS,
    HttpClient,
    HttpResponse,
    SharedTokenAuth,
)

from .shapes import (
    CallControlResult,
    CallLogRow,
    Device,
    DnInfo,
    LicenseStatus,
    Participant,
    Token,
    XapiUser,
    rows,
)

__all__ = ["ACTIONS", "MemoryTokens", "ThreecxApi", "TokenStore"]

#: What may be done with a participant. 3CX offers no hold, park or mute.
ACTIONS = ("answer", "drop", "divert", "routeto", "transferto")
#: Those of them that lead somewhere.
WITH_DESTINATION = ("divert", "routeto", "transferto")

#: Rows asked for at once, as many as 3CX likes to give.
PAGE = 100
#: The call log is asked for in pieces of this length: a report of the PBX is cut at 20,000 rows.
WINDOW = timedelta(days=1)
#: Seconds before its end at which a token counts as expired.
MARGIN = 60
MAX_RECORDING = 512 * 2**20

_USER_FIELDS = (
    "Id,Number,FirstName,LastName,EmailAddress,OutboundCallerID,CurrentProfileName,QueueStatus,"
    "IsRegistered,Enabled"
)

T = TypeVar("T")


class TokenStore(Protocol):
    """Keeps the one token of an API client for all who use it."""

    def get(self, fetch: Callable[[], Token]) -> str:
        """Return the living token. When there is none, call ``fetch`` (never two at a time) and
        keep what it gives until :data:`MARGIN` seconds before its end."""

    def discard(self, token: str) -> None:
        """Forget ``token``, unless another one has taken its place meanwhile."""


class MemoryTokens(access_token.MemoryTokens):
    """The token of one process."""

    margin = MARGIN


class ThreecxApi:
    """Speaks to one PBX. One object for one thread.

    :param base_url: ``https://fqdn[:port]``
    :param client_id: the API client's id
    :param client_secret: its key
    :param tokens: where the living token is kept
    :param ca_bundle: file with the certificates to trust, for a PBX with one of its own making
    :param timeout: seconds to wait for a connection, and for each piece of an answer
    :param allowed_hosts: other hosts it may be sent to
    :param max_retries: how often a reading request that failed is made again
    :param max_seconds: longest time for one answer as a whole
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        tokens: TokenStore,
        ca_bundle: str | Path | None = None,
        timeout: float = 10,
        allowed_hosts: Collection[str] = (),
        max_retries: int = 1,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self.base_url = base_url
        self.ca_bundle = ca_bundle
        self.timeout = timeout
        self._client_id = client_id
        self._client_secret = client_secret
        self._tokens = tokens
        self._auth = SharedTokenAuth(self.token)
        # somebody may be waiting at a screen: short pauses, few of them
        options = {
            "ca_bundle": ca_bundle,
            "max_retries": max_retries,
            "max_seconds": max_seconds,
            "max_wait": 5.0,
        }
        self._client = HttpClient(base_url, self._auth, timeout, allowed_hosts, **options)
        self._door = HttpClient(base_url, None, timeout, **options)

    def __enter__(self) -> "ThreecxApi":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        self._door.close()

    # -- token ---------------------------------------------------------------------------------

    def token(self) -> str:
        """Return the living token, a new one if need be.

        :raises AuthError: the PBX does not know the client or its key
        """
        return self._tokens.get(self._fetch_token)

    def discard_token(self, token: str) -> None:
        """Have a refused token replaced."""
        self._tokens.discard(token)

    def _fetch_token(self) -> Token:
        form = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "grant_type": "client_credentials",
        }
        try:
            response = self._door.request("POST", "/connect/token", data=form, max_bytes=1 << 16)
        except (AuthError, RejectedError) as error:
            if error.code not in (400, 401):
                raise
            # not 401: that says of a token that a new one may help
            raise AuthError(
                "The telephone system does not know the API client, or its key is wrong.", code=400
            ) from error
        return Token.parse(response.json())

    # -- the system ----------------------------------------------------------------------------

    def license(self) -> LicenseStatus:
        """Edition, version and number of simultaneous calls."""
        return LicenseStatus.parse(self._get("/xapi/v1/LicenseStatus"))

    # -- call control --------------------------------------------------------------------------

    def dns(self) -> list[DnInfo]:
        """All numbers that the API client may see, with their devices and calls."""
        got = self._get("/callcontrol")
        return [DnInfo.parse(item) for item in (got if isinstance(got, list) else [got])]

    def dn(self, number: str) -> DnInfo | None:
        """One number; ``None`` when the API client may not see it."""
        got = self._found(lambda: self._get(f"/callcontrol/{_quoted(number)}"))
        return None if got is None else DnInfo.parse(got)

    def devices(self, dn: str) -> list[Device]:
        """Telephones and apps of an extension."""
        return [Device.parse(item) for item in self._get(f"/callcontrol/{_quoted(dn)}/devices")]

    def participant(self, dn: str, participant_id: int) -> Participant | None:
        """One end of a call; ``None`` when it has gone."""
        path = f"/callcontrol/{_quoted(dn)}/participants/{int(participant_id)}"
        got = self._found(lambda: self._get(path))
        return None if got is None else Participant.parse(got, dn)

    def make_call(
        self, dn: str, destination: str, device_id: str | None = None, timeout: int = 30
    ) -> CallControlResult:
        """Have an extension call a number, on one of its devices if one is named.

        :param timeout: seconds that it may ring
        :raises RejectedError: the PBX refuses (``code`` is its reason)
        :raises RetryableError: it cannot be reached; with ``is_uncertain`` the call may have been
            placed all the same
        """
        path = f"/callcontrol/{_quoted(dn)}"
        if device_id:
            path += f"/devices/{_quoted(device_id)}"
        body = {"destination": destination, "timeout": int(timeout)}
        return self._act(f"{path}/makecall", body)

    def action(
        self, dn: str, participant_id: int, name: str, destination: str | None = None
    ) -> CallControlResult:
        """Do one of :data:`ACTIONS` with one end of a call.

        :raises RejectedError: the PBX refuses (``code`` is its reason)
        """
        if name not in ACTIONS:
            raise ValueError(f"unknown action {name!r}")
        if (name in WITH_DESTINATION) != bool(destination):
            raise ValueError(f"{name} and destination {destination!r} do not go together")
        path = f"/callcontrol/{_quoted(dn)}/participants/{int(participant_id)}/{name}"
        return self._act(path, {"destination": destination} if destination else {})

    # -- users, calls, recordings --------------------------------------------------------------

    def users(self) -> Iterator[XapiUser]:
        """All users of the PBX."""
        params = {"$select": _USER_FIELDS, "$orderby": "Number"}
        for row in self._pages("/xapi/v1/Users", params):
            yield XapiUser.parse(row)

    def call_log(self, since: datetime, until: datetime) -> Iterator[CallLogRow]:
        """Rows of the call log between two moments (naive UTC), day by day from the oldest; within
        a day in no order that could be relied upon, and possibly twice."""
        while since < until:
            end = min(since + WINDOW, until)
            # no $orderby: with it, the newest rows may be left out
            for row in self._pages(_call_log_path(since, end), {}):
                yield CallLogRow.parse(row)
            since = end

    def download_recording(self, rec_id: int, target: BinaryIO) -> HttpResponse:
        """Write the sound of a recording into a file opened for writing.

        :raises AuthError: the API client has no role that may listen
        :raises RejectedError: there is no such recording any more (``code`` is 404)
        :raises PayloadError: it is larger than :data:`MAX_RECORDING`
        """
        path = f"/xapi/v1/Recordings/Pbx.DownloadRecording(recId={int(rec_id)})"
        return self._with_token(
            lambda: self._client.download(path, target, max_bytes=MAX_RECORDING)
        )

    # -- one exchange --------------------------------------------------------------------------

    def _get(self, path: str, params: dict[str, Any] | None = None) -> Any:
        return self._with_token(lambda: self._client.get(path, params=params)).json()

    def _act(self, path: str, body: dict[str, Any]) -> CallControlResult:
        response = self._with_token(lambda: self._client.request("POST", path, json=body))
        result = CallControlResult.parse(response.json())
        if result.final_status in ("failed", "rejected"):
            raise RejectedError(
                result.reason_text or result.reason or "The telephone system refuses the action.",
                code=result.reason or result.final_status,
            )
        return result

    def _with_token(self, send: Callable[[], T]) -> T:
        return with_token(send, self._auth, self._tokens)

    def _found(self, send: Callable[[], T]) -> T | None:
        try:
            return send()
        except RejectedError as error:
            if error.code != 404:
                raise
            return None

    def _pages(self, path: str, params: dict[str, Any]) -> Iterator[Any]:
        """Rows of an OData list, page by page."""
        skip, following = 0, ""
        while True:
            if following:
                got = self._get(following)
            else:
                got = self._get(path, {**params, "$top": PAGE, "$skip": skip})
            page = rows(got)
            yield from page
            following = got.get("@odata.nextLink") or ""
            skip += len(page)
            if not page or (not following and len(page) < PAGE):
                return

    # -- websocket -----------------------------------------------------------------------------

    @property
    def socket_url(self) -> str:
        """Address of the events."""
        parts = urlsplit(self.base_url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return f"{scheme}://{parts.netloc}/callcontrol/ws"


def _quoted(part: str) -> str:
    return quote(str(part), safe="")


def _call_log_path(since: datetime, until: datetime) -> str:
    arguments = {
        "periodFrom": f"{since:%Y-%m-%dT%H:%M:%SZ}",
        "periodTo": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        "sourceType": "0",
        "sourceFilter": "''",
        "destinationType": "0",
        "destinationFilter": "''",
        "callsType": "0",
        "callTimeFilterType": "0",
        "callTimeFilterFrom": "'0:00:0'",
        "callTimeFilterTo": "'0:00:0'",
        "hidePcalls": "true",
    }
    joined = ",".join(f"{name}={value}" for name, value in arguments.items())
    return f"/xapi/v1/ReportCallLogData/Pbx.GetCallLogData({joined})"
