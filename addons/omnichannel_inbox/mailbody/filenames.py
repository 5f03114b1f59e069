"""Names of files as strangers give them. Pure."""

import mimetypes
import re
import unicodedata

from .limits import MAX_NAME

__all__ = ["clean_name"]

_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f<>:\"|?*\ufffe\uffff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_KNOWN = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
    "application/pgp-signature": ".asc",
    "application/pkcs7-mime": ".p7m",
    "application/pkcs7-signature": ".p7s",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "application/pgp-encrypted": ".txt",
    "text/vcard": ".vcf",
}


def clean_name(name: str, content_type: str = "", default: str = "attachment") -> str:
    """A name without path, controls and marks that reverse the direction ("exe.fdp"); never empty.

    Letters of all languages and emoji stay. An ending is added when there is none.
    """
    name = unicodedata.normalize("NFC", name[:2_000])
    name = "".join(char for char in name if unicodedata.category(char) != "Cf" or char == "\u200d")
    name = _SPACES.sub(" ", _FORBIDDEN.sub("_", _PATH.split(name.strip().rstrip("/\\"))[-1]))
    name = name.strip(" .") or default
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > 10:
        stem, ending = name, ""
        known = _KNOWN.get(content_type) or mimetypes.guess_extension(content_type or "") or ""
        ending = known.lstrip(".")
    if not ending:
        return stem[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}"
