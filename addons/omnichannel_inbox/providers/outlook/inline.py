"""Pictures within the text of a mail. Most programs show none that are part of the text itself
(``data:``); they are sent along and referred to (``cid:``)."""

import base64
import binascii
import hashlib
import re

from ..base import Attachment

__all__ = ["with_inline_images"]

_DATA = re.compile(
    r"""(?P<head>\bsrc\s*=\s*)(?P<quote>["'])data:(?P<type>image/[a-z0-9.+-]{1,40});base64,"""
    r"""(?P<data>[A-Za-z0-9+/=\s]*)(?P=quote)""",
    re.IGNORECASE,
)


def with_inline_images(html: str) -> tuple[str, tuple[Attachment, ...]]:
    """Return the text with references instead of pictures, and the pictures. The same picture
    has the same reference, however often it is sent."""
    found: dict[str, Attachment] = {}

    def replace(match: re.Match) -> str:
        try:
            content = base64.b64decode(match["data"], validate=False)
        except (binascii.Error, ValueError):
            return match[0]
        if not content:
            return match[0]
        content_type = match["type"].lower()
        digest = hashlib.sha256(content).hexdigest()[:20]
        extension = content_type.partition("/")[2].partition("+")[0].replace("jpeg", "jpg")
        cid = f"{digest}@odoo"
        found.setdefault(
            cid,
            Attachment(
                name=f"image-{digest[:8]}.{extension}",
                content_type=content_type,
                size=len(content),
                content_id=cid,
                is_inline=True,
                content=content,
            ),
        )
        return f"{match['head']}{match['quote']}cid:{cid}{match['quote']}"

    return _DATA.sub(replace, html), tuple(found.values())
