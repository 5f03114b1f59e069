"""Files of strangers: what they are called and what they are served as. Pure.

Nothing of a message chooses where its files go or who sees them.
"""

import re

__all__ = ["clean_name", "file_values", "safe_type"]

NAME_LIMIT = 200

_TYPE = re.compile(r"[a-z0-9][\w.+-]{0,80}/[a-z0-9][\w.+-]{0,120}")
#: What a browser would run, or hand to a program that does.
_ACTIVE_TYPE = re.compile(
    r"(?:ht|xml(?!formats)|script|ecma|flash|java|wasm|x-ms|msdownload|octet-stream|x-sh)", re.I
)
_OFFICE_TYPE = re.compile(r"application/vnd\.(?:openxmlformats|oasis\.opendocument|ms-)")
_NAME_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")


def file_values(attachment, html=None):
    """Return the values of an `ir.attachment` for a file of somebody outside.

    :param attachment: `providers.base.Attachment` with its content
    :param str html: the text it came with, if known: a picture that stands in it is told apart
    :rtype: dict
    """
    cid = attachment.content_id
    is_inline = bool(cid) and (attachment.is_inline if html is None else f"cid:{cid}" in html)
    return {
        "name": clean_name(attachment.name),
        "raw": attachment.content,
        "mimetype": safe_type(attachment.content_type),
        "description": f"cid:{cid}" if is_inline else False,
        "res_model": "omni.conversation",
        "type": "binary",
        "public": False,
    }


def clean_name(name):
    """A file name that is nothing but a name: no path, no control characters, none that turn the
    direction of writing (``exe.gpj``)."""
    name = _NAME_CHARACTERS.sub("_", (name or "").strip())
    name = re.sub(r"_{2,}", "_", name).strip(" .")
    if len(name) > NAME_LIMIT:
        stem, dot, extension = name.rpartition(".")
        keep = NAME_LIMIT - len(extension) - 1
        name = f"{stem[:keep]}.{extension}" if dot and keep > 20 else name[:NAME_LIMIT]
    return name or "attachment"


def safe_type(content_type):
    """The type a file is served as: what a browser would run becomes a plain download."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind):
        return "application/octet-stream"
    if _ACTIVE_TYPE.search(kind) and not _OFFICE_TYPE.match(kind):
        return "text/plain" if kind.startswith(("text/", "image/")) else "application/octet-stream"
    return kind
