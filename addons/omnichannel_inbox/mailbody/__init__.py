"""Mails of strangers: read whatever comes, shown harmless. Pure, without a database."""

from .headers import (
    failed_recipients,
    is_authenticated,
    is_automatic,
    is_bounce,
    is_bulk,
    message_ids,
)
from .mime import parse_mime
from .render import RenderedBody, preview, render_body
from .unfold import unfold

__all__ = [
    "RenderedBody",
    "failed_recipients",
    "is_authenticated",
    "is_automatic",
    "is_bounce",
    "is_bulk",
    "message_ids",
    "parse_mime",
    "preview",
    "render_body",
    "unfold",
]
