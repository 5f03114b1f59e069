"""Addresses of links and images. Pure."""

import re
from urllib.parse import quote, unquote

from .limits import MAX_DATA_URL, MAX_URL

__all__ = ["cid_of", "is_data_image", "link_url", "remote_url"]

# What browsers skip in an address, where scripts hide: "java\tscript:"
_SKIPPED = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_LINK = re.compile(r"(?:https?://|mailto:|tel:|sms:)[^\s]", re.IGNORECASE)
_REMOTE = re.compile(r"https?://[^\s/]", re.IGNORECASE)
_DATA_IMAGE = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,[A-Za-z0-9+/=]*", re.IGNORECASE
)
_SAFE = ":/?#[]@!$&*+,;=%~-._|"


def link_url(value: str) -> str:
    """Where a link may lead: web, mail, telephone; empty for everything else."""
    url = _clean(value)
    if url.startswith("//"):
        url = f"https:{url}"
    elif url[:4].lower() == "www.":
        url = f"https://{url}"
    return url if _LINK.match(url) else ""


def remote_url(value: str) -> str:
    """The address of something that lies on another machine, empty if it does not."""
    url = _clean(value)
    if url.startswith(("//", "\\\\", "/\\", "\\/")):
        url = f"https://{url[2:]}"
    return url if _REMOTE.match(url) else ""


def is_data_image(value: str) -> bool:
    """Whether it is an image carried within the text (never SVG, which can carry scripts)."""
    return len(value) <= MAX_DATA_URL and bool(_DATA_IMAGE.fullmatch(value))


def cid_of(value: str) -> str:
    """Content-Id (or name) of the attachment an image refers to, lower case; empty: it does not."""
    value = value[:MAX_URL].strip()
    if value[:4].lower() == "cid:":
        value = value[4:]
    elif ":" in value or value.startswith("/"):
        return ""
    return unquote(value).strip("<> ").lower()


def _clean(value: str) -> str:
    if len(value) > MAX_URL:
        return ""
    return quote(_SKIPPED.sub("", value.strip().replace(" ", "%20")), safe=_SAFE)
