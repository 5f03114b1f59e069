"""Trying a connection step by step, so that what is missing can be said in words."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from odoo.addons.integration_base.exceptions import IntegrationError, RetryableError

from ..base import Check

if TYPE_CHECKING:
    from .provider import IadvizeProvider

__all__ = ["CHECKS", "run_checks"]

#: In their order; the screen has the words for them. ``field`` comes once for each thing that is
#: not there and can be done without; its detail is ``key path state``. ``reach`` is said in place
#: of one that could not be asked for: iAdvize does not answer now.
CHECKS = ("login", "access", "schema", "list", "field", "project", "secret")


def run_checks(provider: "IadvizeProvider") -> Iterator[Check]:
    """Yield what was found, until something is missing without which the rest makes no sense.
    Nothing is changed at iAdvize; the schema is read anew."""
    try:
        provider.api.token()
    except IntegrationError as error:
        yield _failed("login", error)
        return
    yield Check("login", True)
    try:
        provider.api.authenticated()
        plan = provider.read_schema()
    except IntegrationError as error:
        yield _failed("access", error)
        return
    yield Check("access", True)
    missing = plan.missing
    yield Check("schema", not missing, ", ".join(one.path for one in missing))
    for finding in plan.findings:
        if finding.is_required:
            continue
        name = "list" if finding.key == "closed_list" else "field"
        yield Check(name, True, f"{finding.key} {finding.path} {finding.state}")
    if not provider.settings.get("secret"):
        yield Check("secret", False)


def _failed(name: str, error: IntegrationError) -> Check:
    """What could not be had; that nothing answers says nothing against the access."""
    return Check("reach" if isinstance(error, RetryableError) else name, False, str(error))
