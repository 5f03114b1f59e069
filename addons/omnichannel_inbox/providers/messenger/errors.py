"""What Meta says when it refuses, as errors by what can be done about them.

https://developers.facebook.com/docs/messenger-platform/error-codes: a code, and with some a subcode
that says more. The code of our errors is ``<code>`` or ``<code>/<subcode>``.
"""

import json
from collections.abc import Mapping
from typing import Any

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpResponse, parse_retry_after

from ..base import FailureType
from ..words import sentence

__all__ = ["FAILURES", "explain"]

#: A request that failed so does no better when it is repeated, and why. Looked up with the subcode
#: first, then without.
FAILURES = {
    "window": FailureType.WINDOW,  # ours: refused before it was sent
    "10/2018278": FailureType.WINDOW,
    "10/2018065": FailureType.WINDOW,
    "10/2018108": FailureType.WINDOW,
    "10/1893063": FailureType.PERMISSION,
    "10/2018300": FailureType.PERMISSION,
    "10": FailureType.PERMISSION,
    "100/33": FailureType.RECIPIENT,
    "100/2018001": FailureType.RECIPIENT,
    "100/2018109": FailureType.TOO_LARGE,
    "100/2018047": FailureType.CONTENT,
    "100/2018008": FailureType.CONTENT,
    "100/2018034": FailureType.CONTENT,
    "100/2018218": FailureType.GONE,
    "100": FailureType.CONTENT,
    "200": FailureType.PERMISSION,
    "230": FailureType.PERMISSION,
    "551": FailureType.RECIPIENT,
    "413": FailureType.TOO_LARGE,
}
#: The token is of no use any more.
_SIGNED_OUT = (102, 104, 190, 463, 467)
#: Too much, or too fast: nothing was done.
_THROTTLED = (4, 17, 32, 341, 368, 613, 80001, 80006)
#: Nothing was sent, says Meta, and the same may work soon.
_PASSING = (1200,)
#: "Unknown" and "service": whatever it did, it does not say.
_VAGUE = (1, 2)

#: Seconds to wait when nothing says how long.
_PATIENCE = 60.0
_LONGEST = 300


def explain(answer: HttpResponse) -> IntegrationError:
    """Return the error that an answer of 400 and above means."""
    said = _error(answer)
    code, subcode = _number(said.get("code")), _number(said.get("error_subcode"))
    name = f"{code}/{subcode}" if subcode else str(code or answer.status)
    words = sentence(str(said.get("message") or ""), _LONGEST)
    text = f"Messenger refuses ({name}){f': {words}' if words else '.'}"
    if code in _SIGNED_OUT or (answer.status == 401 and not code):
        return AuthError(text, code=401)
    if code in _THROTTLED or code in _PASSING or answer.status == 429:
        return RetryableError(
            f"Messenger cannot take it now ({name}).", retry_after=_patience(answer, code)
        )
    if code in _VAGUE or (not code and answer.status >= 500):
        return RetryableError(
            f"Messenger cannot answer now ({name}).",
            retry_after=parse_retry_after(answer.headers.get("Retry-After")),
            # whatever the status: these codes come with 400 as well
            is_uncertain=True,
        )
    if not code and answer.status == 403:
        return AuthError(text, code=403)
    return RejectedError(text, code=name)


def _patience(answer: HttpResponse, code: int) -> float:
    """Seconds: as the answer says, or a minute."""
    if code in _PASSING:
        return parse_retry_after(answer.headers.get("Retry-After")) or 10.0
    try:
        usage = json.loads(answer.headers.get("X-Business-Use-Case-Usage") or "{}")
        minutes = max(
            (
                float(row.get("estimated_time_to_regain_access") or 0)
                for rows in usage.values()
                for row in rows
            ),
            default=0.0,
        )
    except (ValueError, TypeError, AttributeError):
        minutes = 0.0
    return minutes * 60 or parse_retry_after(answer.headers.get("Retry-After")) or _PATIENCE


def _error(answer: HttpResponse) -> Mapping[str, Any]:
    error = answer.json_object().get("error")
    return error if isinstance(error, dict) else {}


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
