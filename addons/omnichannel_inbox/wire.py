"""What strangers send, before anybody looks at it. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError

__all__ = ["DEPTH", "read_json"]

#: How deep JSON may be nested: ten times what anybody sends, and a tenth of what those who store
#: and read it later can stand.
DEPTH = 64


def read_json(body: bytes | str) -> Any:
    """Return a JSON document (RFC 8259).

    :raise PayloadError: it is none, or is nested deeper than :data:`DEPTH`
    """
    try:
        document = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise PayloadError("This is no JSON.") from error
    level = [document]
    for _depth in range(DEPTH):
        level = [one for one in level if isinstance(one, dict | list)]
        if not level:
            return document
        level = [inner for one in level for inner in _within(one)]
    raise PayloadError("It is nested too deeply.")


def _within(one: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return one.values() if isinstance(one, dict) else one


def _refuse(name: str) -> None:
    """``NaN`` and ``Infinity``, which JSON does not have."""
    raise ValueError(f"There is no {name} in JSON.")
