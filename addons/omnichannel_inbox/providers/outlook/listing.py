"""The files of a message, without their content."""

from collections.abc import Mapping
from typing import Any

from odoo.addons.integration_base.exceptions import RejectedError

from .graph import Graph, quoted

__all__ = ["list_files"]

_SELECT = "id,name,contentType,size,isInline"
#: Only files have it, and whether it may be asked of a mixed list is not documented.
_CONTENT_ID = "microsoft.graph.fileAttachment/contentId"
#: Bytes of a picture that is fetched only to learn whether the text shows it.
_LARGEST = 2 * 2**20
_NOT_UNDERSTOOD = ("BadRequest", "ErrorInvalidUrlQuery", "RequestBroker--ParseUri", 400)


def list_files(graph: Graph, message: str) -> list[dict[str, Any]]:
    """Return the rows of a message's attachments, those within the text with their ``contentId``.

    :param message: its id
    """
    path = f"messages/{quoted(message)}/attachments"
    try:
        rows = _rows(graph, path, {"$select": f"{_SELECT},{_CONTENT_ID}"})
    except RejectedError as error:
        if error.code not in _NOT_UNDERSTOOD:
            raise
        rows = _rows(graph, path, {"$select": _SELECT})
    for row in rows:
        if "contentId" not in row and _may_be_shown(row):
            # with its content, which pictures of a text have little of
            found = graph.find(f"{path}/{quoted(row['id'])}") or {}
            row["contentId"] = found.get("contentId")
    return rows


def _rows(graph: Graph, path: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
    return [row for page in graph.pages(path, params) for row in page]


def _may_be_shown(row: Mapping[str, Any]) -> bool:
    """Whether a text may refer to it: Outlook does not always say that it does."""
    is_picture = str(row.get("contentType") or "").startswith("image/")
    return bool(row.get("isInline")) or (is_picture and int(row.get("size") or 0) < _LARGEST)
