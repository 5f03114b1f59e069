"""Trying a page step by step, so that what is missing can be said in words."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from odoo.addons.integration_base.exceptions import (
    IntegrationError,
    RejectedError,
    RetryableError,
)

from ..base import Check
from .graph import Graph
from .webhook import FIELDS

__all__ = ["CHECKS", "is_subscribed", "page_token", "run_checks", "subscribe"]

#: In their order; the screen has the words for them, and for ``reach``, which is said in place of
#: one that could not be asked for: there was no connection.
CHECKS = ("page", "token", "rights", "expiry", "subscription")
#: What the token must be allowed. ``pages_read_engagement`` opens the list of conversations. †
SCOPES = ("pages_messaging", "pages_manage_metadata")
_DAYS = 14 * 86_400


def run_checks(graph: Graph) -> Iterator[Check]:
    """Yield what was found, until something is missing without which the rest makes no sense.

    Nothing is sent and nothing is changed. ``expiry`` never fails: its detail is when the token
    ends, seconds since 1970, if it does.
    """
    try:
        page = graph.get("me", fields="id,name")
    except IntegrationError as error:
        yield _failed("page", error)
        return
    is_ours = str(page.get("id") or "") == graph.page_id
    yield Check("page", is_ours, str(page.get("name") or "") if is_ours else "other")
    if not is_ours:
        return
    try:
        facts = graph.token_facts()
    except IntegrationError as error:
        yield _failed("token", error)
        return
    yield Check("token", bool(facts.get("is_valid")), _reason(facts))
    scopes = facts.get("scopes")
    granted = set(map(str, scopes)) if isinstance(scopes, list) else set()
    missing = [scope for scope in SCOPES if scope not in granted]
    yield Check("rights", not missing, ", ".join(missing))
    ends = expiry(facts)
    yield Check("expiry", True, str(ends) if ends and ends < time.time() + _DAYS else "")
    try:
        lacking = missing_fields(graph)
    except IntegrationError as error:
        yield _failed("subscription", error)
        return
    yield Check("subscription", not lacking, ", ".join(lacking))


def page_token(graph: Graph) -> str:
    """Return the token of the page itself, had with one of a system user, or of a person, who may
    act for it; empty: the one there is does not open the page, or is its own already.

    https://developers.facebook.com/docs/pages-api/get-started: ``GET /{page}?fields=access_token``

    :raise IntegrationError: it could not be asked for
    """
    if str(graph.get("me", fields="id").get("id") or "") == graph.page_id:
        return ""
    try:
        return str(graph.get(graph.page_id, fields="access_token").get("access_token") or "")
    except RejectedError:
        return ""


def missing_fields(graph: Graph) -> list[str]:
    """Return what the app is not told of the page; all of it when it is not subscribed."""
    told: set[str] = set()
    for row in graph.rows(f"{graph.page_id}/subscribed_apps"):
        if str(row.get("id") or "") == graph.app_id:
            fields = row.get("subscribed_fields")
            told |= set(map(str, fields)) if isinstance(fields, list) else set()
    return [field for field in FIELDS if field not in told]


def is_subscribed(graph: Graph) -> bool:
    """Whether the app is told all that it has to be."""
    return not missing_fields(graph)


def subscribe(graph: Graph) -> None:
    """Have the app told what happens on the page."""
    graph.post(f"{graph.page_id}/subscribed_apps", {"subscribed_fields": ",".join(FIELDS)})


def expiry(facts: Mapping[str, Any]) -> int:
    """Return when a token ends, seconds since 1970; 0: never, as far as Meta tells."""
    ends = [facts.get("expires_at"), facts.get("data_access_expires_at")]
    return min((one for one in ends if isinstance(one, int) and one > 0), default=0)


def _failed(name: str, error: IntegrationError) -> Check:
    """What could not be had; that nothing answers says nothing against the access."""
    return Check("reach" if isinstance(error, RetryableError) else name, False, str(error))


def _reason(facts: Mapping[str, Any]) -> str:
    error = facts.get("error")
    return str(error.get("message") or "") if isinstance(error, Mapping) else ""
