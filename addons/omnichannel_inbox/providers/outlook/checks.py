"""Trying a connection step by step, so that what is missing can be said in words."""

from collections.abc import Iterator

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError

from ..base import Check
from .errors import LoginError
from .graph import Graph, quoted
from .tokens import claims_of

__all__ = ["CHECKS", "run_checks"]

#: In their order; the screen has the words for them.
CHECKS = ("login", "mailbox", "folders", "write", "send", "scope")
_READ = "Mail.ReadWrite"
_SEND = "Mail.Send"


def run_checks(graph: Graph, folders: tuple[str, ...] = ("inbox",)) -> Iterator[Check]:
    """Yield what was found, until something is missing without which the rest makes no sense.

    Nothing is sent; a draft is made and deleted at once to see whether we may write. ``send`` and
    ``scope`` never fail: their detail is what a person should know.
    """
    try:
        token = graph.new_token()
    except LoginError as error:
        yield Check("login", False, f"AADSTS{error.reason}" if error.reason else str(error))
        return
    except IntegrationError as error:
        yield Check("login", False, str(error))
        return
    claims = claims_of(token)
    yield Check("login", True, str(claims.get("app_displayname") or ""))
    try:
        inbox = graph.get("mailFolders/inbox", {"$select": "id,displayName,totalItemCount"})
    except IntegrationError as error:
        yield Check("mailbox", False, _reason(error))
        return
    yield Check("mailbox", True, str(inbox.get("totalItemCount", "")))
    missing = [folder for folder in folders if graph.find(f"mailFolders/{quoted(folder)}") is None]
    yield Check("folders", not missing, ", ".join(missing))
    yield _write(graph)
    granted = _granted(claims)
    # rights given by Exchange itself (RBAC) are told nowhere: the first mail shows them
    yield Check("send", True, "" if _SEND in granted else "unknown")
    if not graph.credentials.is_delegated:
        yield Check("scope", True, ", ".join(sorted(granted & {_READ, _SEND})))


def _write(graph: Graph) -> Check:
    try:
        draft = graph.post("messages", {"subject": "Odoo"})
        graph.delete(f"messages/{quoted(draft['id'])}")
    except IntegrationError as error:
        return Check("write", False, _reason(error))
    return Check("write", True)


def _granted(claims: dict) -> set[str]:
    roles = claims.get("roles")
    granted = set(map(str, roles)) if isinstance(roles, list) else set()
    return granted | set(str(claims.get("scp") or "").split())


def _reason(error: IntegrationError) -> str:
    if isinstance(error, AuthError) and error.code == 403:
        return "denied"
    code = getattr(error, "code", None)
    if code in ("ErrorInvalidUser", "ResourceNotFound", "Request_ResourceNotFound", 404):
        return "unknown"
    if code == "MailboxNotEnabledForRESTAPI":
        return "unlicensed"
    return str(error)
