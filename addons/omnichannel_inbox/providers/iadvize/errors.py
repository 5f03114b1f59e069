"""What iAdvize says when it refuses, as errors by what can be done about them.

GraphQL answers 200 with a list of ``errors``; the codes in their ``extensions`` are those of the
common servers (https://www.apollographql.com/docs/apollo-server/data/errors) †, and where there is
none, the words of the specification's own validation are recognised.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpResponse, parse_retry_after

from ..words import sentence

__all__ = ["LoginError", "SchemaError", "explain_api", "explain_login", "refusal"]

#: Seconds to wait when we are told to slow down, and not for how long.
PATIENCE = 60.0
_LONGEST = 300
_UNKNOWN_TO_IT = (
    "cannot query field",
    "unknown argument",
    "unknown type",
    "unknown field",
    "must have a selection",
    "must not have a selection",
    "can never be of type",
    "fields conflict",
    "conflict because",
    "is not defined by type",
    "argument of type",
    "used in position expecting",
)
_NOT_THERE = ("not found", "does not exist", "no conversation")
_SCHEMA_CODES = {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}
_SIGN_IN_CODES = {"UNAUTHENTICATED", "UNAUTHORIZED"}
_FORBIDDEN_CODES = {"FORBIDDEN", "ACCESS_DENIED"}
_BUSY_CODES = {"TOO_MANY_REQUESTS", "RATE_LIMITED", "THROTTLED"}
_PASSING_CODES = {"INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"}
_GONE_CODES = {"NOT_FOUND"}


class LoginError(AuthError):
    """User name or password are refused; asking again does not help, and is counted."""


class SchemaError(RejectedError):
    """A query asks for something that the schema does not have (any more)."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message, code="schema")


def explain_login(answer: HttpResponse) -> IntegrationError:
    """Return the error that an answer of the sign-in of 400 and above means."""
    said = answer.json_object()
    text = str(said.get("error_description") or said.get("message") or said.get("error") or "")
    if answer.status == 429:
        return RetryableError(
            "iAdvize asks to sign in less often.",
            retry_after=parse_retry_after(answer.headers.get("Retry-After")) or PATIENCE,
        )
    if answer.status >= 500 or answer.status in (408, 425):
        return RetryableError(
            f"The sign-in of iAdvize cannot answer now ({answer.status}).",
            retry_after=parse_retry_after(answer.headers.get("Retry-After")),
        )
    return LoginError(f"iAdvize refuses the sign-in{_after(text)}", code=401)


def explain_api(answer: HttpResponse) -> IntegrationError:
    """Return the error that an answer of the API of 400 and above means."""
    said = answer.json_object()
    errors = said.get("errors")
    wait = parse_retry_after(answer.headers.get("Retry-After"))
    if answer.status in (401, 403):
        text = _message(errors) or str(said.get("message") or "")
        return AuthError(f"iAdvize refuses ({answer.status}){_after(text)}", code=answer.status)
    if answer.status == 429:
        return RetryableError("iAdvize asks for patience.", retry_after=wait or PATIENCE)
    if answer.status >= 500 or answer.status in (408, 425):
        return RetryableError(f"iAdvize cannot answer now ({answer.status}).", retry_after=wait)
    if isinstance(errors, list) and errors:
        return refusal(errors)
    text = str(said.get("message") or "")
    return RejectedError(f"iAdvize refuses ({answer.status}){_after(text)}", code=answer.status)


def refusal(errors: Sequence[Any]) -> IntegrationError:
    """Return the error that the ``errors`` of an answer of GraphQL mean."""
    text, code = _message(errors), _code(errors)
    low = text.lower()
    if code in _SCHEMA_CODES or any(words in low for words in _UNKNOWN_TO_IT):
        return SchemaError(f"iAdvize does not know what it is asked for{_after(text)}")
    if code in _SIGN_IN_CODES:
        return AuthError(f"iAdvize refuses{_after(text)}", code=401)
    if code in _FORBIDDEN_CODES:
        return AuthError(f"iAdvize does not allow this user to read it{_after(text)}", code=403)
    if code in _BUSY_CODES:
        return RetryableError("iAdvize asks for patience.", retry_after=PATIENCE)
    if code in _PASSING_CODES:
        return RetryableError(f"iAdvize cannot answer now{_after(text)}")
    if code in _GONE_CODES or any(words in low for words in _NOT_THERE):
        return RejectedError(f"iAdvize has it no more{_after(text)}", code="gone")
    return RejectedError(f"iAdvize refuses{_after(text)}", code=code or "graphql")


def _message(errors: Any) -> str:
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, Mapping) and error.get("message"):
            return str(error["message"])
    return ""


def _code(errors: Sequence[Any]) -> str:
    for error in errors:
        extensions = error.get("extensions") if isinstance(error, Mapping) else None
        if isinstance(extensions, Mapping) and extensions.get("code"):
            return str(extensions["code"]).upper()
    return ""


def _after(text: str) -> str:
    words = sentence(text, _LONGEST)
    return f": {words}" if words else "."
