"""What Microsoft says when it refuses, as errors by what can be done about them.

Codes of Graph: https://learn.microsoft.com/graph/errors; codes of Exchange, which pass through it:
https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode; codes of
the sign-in (AADSTS…): https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

import re

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpResponse, parse_retry_after

from ..base import FailureType

__all__ = ["FAILURES", "LoginError", "ResyncRequired", "explain_graph", "explain_login"]

#: A request that failed so does no better when it is repeated, and why.
FAILURES = {
    "ErrorInvalidRecipients": FailureType.RECIPIENT,
    "ErrorInvalidRecipientAddress": FailureType.RECIPIENT,
    "ErrorInvalidRecipientSubfolder": FailureType.RECIPIENT,
    "ErrorInvalidSmtpAddress": FailureType.RECIPIENT,
    "ErrorMissingEmailAddress": FailureType.RECIPIENT,
    "ErrorMissingRecipients": FailureType.RECIPIENT,
    "ErrorAttachmentSizeLimitExceeded": FailureType.TOO_LARGE,
    "ErrorMessageSizeExceeded": FailureType.TOO_LARGE,
    "ErrorRequestEntityTooLarge": FailureType.TOO_LARGE,
    "MaximumAttachmentSizeExceeded": FailureType.TOO_LARGE,
    "RequestEntityTooLarge": FailureType.TOO_LARGE,
    "ErrorContentConversionFailed": FailureType.CONTENT,
    "ErrorInvalidProperty": FailureType.CONTENT,
    "ErrorInvalidPropertySet": FailureType.CONTENT,
    "ErrorInvalidRequest": FailureType.CONTENT,
    "RequestBodyRead": FailureType.CONTENT,
    "ErrorItemNotFound": FailureType.GONE,
    "ErrorFolderNotFound": FailureType.GONE,
    "ResourceNotFound": FailureType.GONE,
    "itemNotFound": FailureType.GONE,
    "ErrorInvalidUser": FailureType.PERMISSION,
    "ErrorNonExistentMailbox": FailureType.PERMISSION,
    "MailboxNotEnabledForRESTAPI": FailureType.PERMISSION,
    "Request_ResourceNotFound": FailureType.PERMISSION,
    # the mailbox is full
    "ErrorQuotaExceeded": FailureType.PERMISSION,
}
#: Said with a 4xx, and yet the same request may succeed later.
_PASSING = {
    "ApplicationThrottled",
    "ErrorConnectionFailed",
    "ErrorInsufficientResources",
    "ErrorInternalServerTransientError",
    "ErrorIrresolvableConflict",
    "ErrorMailboxMoveInProgress",
    "ErrorMailboxStoreUnavailable",
    "ErrorServerBusy",
    "ErrorTimeoutExpired",
    "ErrorTooManyObjectsOpened",
    "MailboxConcurrency",
    "TooManyRequests",
}
#: The other side has forgotten what a link of the delta query stands for.
_FORGOTTEN = {
    "resyncchangesapplydifferences",
    "resyncchangesuploaddifferences",
    "resyncrequired",
    "syncstateinvalid",
    "syncstatenotfound",
}
_AADSTS = re.compile(r"AADSTS(\d+)")
_LONGEST = 300


class ResyncRequired(RejectedError):
    """The link of a delta query is worth nothing any more: begin anew."""


class LoginError(AuthError):
    """The sign-in refuses the application or its secret; a new token cannot be had.

    :param reason: number of the reason (``AADSTS…``), 0 when none was given
    """

    def __init__(self, message: str = "", code: int | None = None, reason: int = 0) -> None:
        super().__init__(message, code)
        self.reason = reason


def explain_graph(answer: HttpResponse) -> IntegrationError:
    """Return the error that an answer of Graph of 400 and above means."""
    code, text = _graph_words(answer)
    said = f"Outlook refuses ({answer.status}{f', {code}' if code else ''}){_after(text)}"
    if answer.status == 410 or code.lower() in _FORGOTTEN:
        return ResyncRequired(said, code=code or answer.status)
    if answer.status == 401:
        return AuthError(said, code=401)
    if answer.status == 403 and code not in FAILURES and code not in _PASSING:
        return AuthError(said, code=403)
    if answer.status in (408, 423, 425, 429) or answer.status >= 500 or code in _PASSING:
        if code in FAILURES:  # 507 ErrorQuotaExceeded
            return RejectedError(said, code=code)
        return RetryableError(
            f"Outlook cannot answer now ({answer.status}{f', {code}' if code else ''}).",
            retry_after=parse_retry_after(answer.headers.get("Retry-After")),
            is_uncertain=answer.status in (500, 502, 504),
        )
    return RejectedError(said, code=code or answer.status)


def explain_login(answer: HttpResponse) -> IntegrationError:
    """Return the error that an answer of the sign-in of 400 and above means."""
    said = answer.json_object()
    code = str(said.get("error") or "")
    text = str(said.get("error_description") or "")
    match = _AADSTS.search(text)
    reason = int(match[1]) if match else 0
    busy = answer.status == 429 or answer.status >= 500
    if busy or code in ("temporarily_unavailable", "server_error"):
        return RetryableError(
            f"The sign-in of Microsoft cannot answer now ({answer.status}).",
            retry_after=parse_retry_after(answer.headers.get("Retry-After")),
        )
    # trace id and time follow, on lines of their own
    return LoginError(
        f"Microsoft refuses the sign-in{_after(text.splitlines()[0] if text else code)}",
        code=401,
        reason=reason,
    )


def _graph_words(answer: HttpResponse) -> tuple[str, str]:
    error = answer.json_object().get("error")
    if not isinstance(error, dict):
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")


def _after(text: str) -> str:
    text = " ".join(text.split())
    return f": {text[:_LONGEST]}" if text else "."
