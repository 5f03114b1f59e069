"""Pictures within the text of a mail. Whoever gets it cannot open addresses of our server, and most
programs show none that are part of the text itself (``data:``): pictures are sent along and
referred to (``cid:``)."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable

from ..base import Attachment

__all__ = ["with_inline_images"]

_DATA = re.compile(
    r"""(?P<head>\bsrc\s*=\s*)(?P<quote>["'])data:(?P<type>image/[a-z0-9.+-]{1,40});base64,"""
    r"""(?P<data>[A-Za-z0-9+/=\s]*)(?P=quote)""",
    re.IGNORECASE,
)
#: A picture that our own server shows, and the number of its file.
_OURS = re.compile(
    r"""(?P<head>\bsrc\s*=\s*)(?P<quote>["'])[^"'<>]{0,500}?/web/image/(?P<id>\d{1,12})(?!\d)"""
    r"""[^"'<>]{0,500}(?P=quote)""",
    re.IGNORECASE,
)


def with_inline_images(
    html: str, files: Iterable[Attachment] = ()
) -> tuple[str, tuple[Attachment, ...]]:
    """Return a text with references instead of pictures, and all files that go with it.

    :param files: those that are pictures of the text have the number of their file as
        ``content_id`` (``7@odoo``)
    """
    files = tuple(files)
    known = {file.content_id for file in files if file.is_inline and file.content_id}
    found: dict[str, Attachment] = {}

    def refer(match: re.Match, cid: str) -> str:
        return f"{match['head']}{match['quote']}cid:{cid}{match['quote']}"

    def ours(match: re.Match) -> str:
        cid = f"{match['id']}@odoo"
        return refer(match, cid) if cid in known else match[0]

    def within(match: re.Match) -> str:
        try:
            content = base64.b64decode(match["data"])
        except (binascii.Error, ValueError):
            return match[0]
        if not content:
            return match[0]
        picture = _picture(content, match["type"].lower())
        found.setdefault(picture.content_id, picture)
        return refer(match, picture.content_id)

    html = _DATA.sub(within, _OURS.sub(ours, html))
    return html, (*found.values(), *files)


def _picture(content: bytes, content_type: str) -> Attachment:
    """A picture by its content: the same one has the same name at every attempt."""
    digest = hashlib.sha256(content).hexdigest()
    extension = content_type.partition("/")[2].partition("+")[0].replace("jpeg", "jpg")
    return Attachment(
        name=f"image-{digest[:8]}.{extension}",
        content_type=content_type,
        size=len(content),
        content_id=f"{digest[:20]}@odoo",
        is_inline=True,
        content=content,
    )
