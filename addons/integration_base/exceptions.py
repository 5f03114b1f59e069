"""Errors of the outside world, by what the caller may do about them.

This module is pure: no Odoo, no network. Catch the narrowest class that tells you what to do;
``IntegrationError`` is for the places that only report.
"""

__all__ = ["AuthError", "IntegrationError", "PayloadError", "RejectedError", "RetryableError"]


class IntegrationError(Exception):
    """Something went wrong between Odoo and an outside system.

    :param message: one sentence for a person; never holds a secret.
    """

    def __init__(self, message: str = ""):
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message or type(self).__name__


class RetryableError(IntegrationError):
    """The same request may succeed later: time-out, refused connection, 429, 5xx, locked file.

    :param retry_after: seconds to wait before trying again, ``None`` when the other side did not
        say.
    :param is_uncertain: the request left and no answer came: what it asked for may have been done.
    """

    def __init__(
        self, message: str = "", retry_after: float | None = None, is_uncertain: bool = False
    ):
        super().__init__(message)
        self.retry_after = retry_after
        self.is_uncertain = is_uncertain


class AuthError(IntegrationError):
    """Credentials are missing, wrong or expired: a person has to act, retrying locks accounts.

    :param code: the HTTP status (401: not known, 403: known and not allowed), ``None`` when there
        was none.
    """

    def __init__(self, message: str = "", code: int | None = None):
        super().__init__(message)
        self.code = code


class RejectedError(IntegrationError):
    """The other side understood the request and refuses it for good.

    :param code: the other side's own error code (HTTP status, provider code), ``None`` when it gave
        none.
    """

    def __init__(self, message: str = "", code: str | int | None = None):
        super().__init__(message)
        self.code = code


class PayloadError(IntegrationError):
    """What came in cannot be understood: broken JSON, missing column, impossible value."""
