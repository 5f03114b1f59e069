"""Files onto a draft: small ones at once, large ones in pieces.

https://learn.microsoft.com/graph/outlook-large-attachments: 3 MB and more by an upload session,
pieces below 4 MB and in order, without our credentials; up to 150 MB, or what the mailbox allows.
"""

import base64
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError, RejectedError, RetryableError

from ..base import Attachment
from .graph import Graph, quoted

__all__ = ["MAX_FILE", "SINGLE", "attach"]

#: Bytes from which on a file is sent in pieces; smaller ones are refused there.
SINGLE = 3_000_000
#: Bytes of a piece; a multiple of 320 KiB.
PIECE = 10 * 320 * 1024
MAX_FILE = 150 * 10**6
#: How often the same piece may get lost before the whole is tried again later.
_PATIENCE = 3
_TOO_SMALL = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"


def attach(graph: Graph, draft: str, file: Attachment) -> None:
    """Put a file onto a draft. When this raises, the file is not on it, unless the error
    ``is_uncertain``.

    :param draft: id of the message
    """
    content = file.content or b""
    path = f"messages/{quoted(draft)}/attachments"
    if len(content) >= SINGLE:
        item = _described(file) | {"attachmentType": "file", "size": len(content)}
        try:
            session = graph.post(f"{path}/createUploadSession", {"AttachmentItem": item})
        except RejectedError as error:
            if error.code != _TOO_SMALL:  # nobody says exactly how much 3 MB are
                raise
        else:
            _upload(graph, session, content)
            return
    body = _described(file) | {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "contentBytes": base64.b64encode(content).decode(),
    }
    graph.post(path, body)


def _upload(graph: Graph, session: Any, content: bytes) -> None:
    """Send the pieces. After one that got lost the other side says where to go on."""
    url = str(session.get("uploadUrl") or "") if isinstance(session, dict) else ""
    if not url:
        raise PayloadError("Outlook gave no address to send a large file to.")
    start, lost = 0, 0
    while start < len(content):
        piece = content[start : start + PIECE]
        try:
            state = graph.put_piece(url, piece, start, len(content))
        except RetryableError as error:
            lost += 1
            if lost == _PATIENCE or not error.is_uncertain:
                raise
            start = _expected(graph.upload_state(url), start)
            continue
        start = _expected(state, start + len(piece))


def _expected(state: Any, otherwise: int) -> int:
    """First byte that the other side still wants."""
    ranges = state.get("nextExpectedRanges") if isinstance(state, dict) else None
    first = str(ranges[0]).partition("-")[0] if ranges else ""
    return int(first) if first.isdigit() else otherwise


def _described(file: Attachment) -> dict[str, Any]:
    described: dict[str, Any] = {"name": file.name, "contentType": file.content_type}
    if file.is_inline and file.content_id:
        described |= {"isInline": True, "contentId": file.content_id}
    return described
