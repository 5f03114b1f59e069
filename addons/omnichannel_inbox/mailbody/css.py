"""Style attributes: what of them may reach the frame. Pure.

An allow-list of properties, each with values made of plain words, numbers and colours. Nothing with
a function other than a colour passes, so ``url()``, ``expression()`` and whatever is invented next
stay out; escapes and comments do not pass either. The picture of a background is taken apart.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Style", "is_hiding", "parse_style"]

_MAX_LENGTH = 20_000
_CACHED_LENGTH = 500

_PROPERTIES = frozenset(
    """
    background background-color border border-bottom border-bottom-color border-bottom-style
    border-bottom-width border-collapse border-color border-left border-left-color
    border-left-style border-left-width border-radius border-right border-right-color
    border-right-style border-right-width border-spacing border-style border-top border-top-color
    border-top-style border-top-width border-width caption-side clear color direction display float
    font font-family font-size font-style font-variant font-weight height letter-spacing
    line-height list-style list-style-type margin margin-bottom margin-left margin-right margin-top
    max-width opacity overflow-wrap padding padding-bottom padding-left padding-right padding-top
    table-layout text-align text-decoration text-decoration-color text-decoration-line
    text-decoration-style text-indent text-transform unicode-bidi vertical-align visibility
    white-space width word-break word-wrap
    """.split()
)
_KEYWORDS = {
    "display": frozenset(
        """none block inline inline-block list-item table table-cell table-row table-row-group
        table-header-group table-footer-group table-column table-column-group table-caption
        inline-table""".split()
    ),
    "float": frozenset({"left", "right", "none"}),
    "visibility": frozenset({"hidden", "visible", "collapse"}),
    "white-space": frozenset({"normal", "pre-wrap", "pre-line"}),
}
_VALUE = re.compile(r"[\w\s#%.,'()!+-]{1,300}")
_FUNCTION = re.compile(r"([\w-]*)\s*\(")
_COLOUR_FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla"})
_LONG_NUMBER = re.compile(r"\d{5}")
_NEGATIVE = re.compile(r"(?:^|[\s(,])-\s*[\d.]")
# the hanging indent of Word's lists; more would push the text out of sight
_SMALL_NEGATIVE = re.compile(r"-\d{1,2}(?:\.\d+)?(?:pt|px|cm|mm|em)", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?([^'\"()\s\\]{1,8000})['\"]?\s*\)", re.IGNORECASE)
_HIDING = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Style:
    """What a style attribute says."""

    declarations: tuple[tuple[str, str], ...]
    image: str = ""
    """Address of the picture of the background, as it came."""

    def text(self) -> str:
        return ";".join(f"{name}:{value}" for name, value in self.declarations)


def parse_style(text: str) -> Style:
    """Read a style attribute; junk is left out, nothing raises."""
    # a mail says the same thing a hundred times; what is long says it once
    return _cached(text) if len(text) <= _CACHED_LENGTH else _parse(text[:_MAX_LENGTH])


def _parse(text: str) -> Style:
    declarations: dict[str, str] = {}
    image = ""
    if "url(" in text.lower():
        for declaration in text.split(";"):
            name = declaration.partition(":")[0].strip().lower()
            if name in ("background", "background-image") and (match := _URL.search(declaration)):
                image = match[1]
        text = _URL.sub(" ", text)
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        value = value.strip().replace('"', "'")
        if colon and name in _PROPERTIES and _is_harmless(name, value):
            declarations[name] = value
    return Style(tuple(declarations.items()), image)


_cached = lru_cache(maxsize=2_048)(_parse)


def is_hiding(text: str) -> bool:
    """Whether a style attribute keeps what it is on from being seen."""
    return bool(text) and bool(_HIDING.search(text[:_MAX_LENGTH]))


def _is_harmless(name: str, value: str) -> bool:
    if not _VALUE.fullmatch(value) or _LONG_NUMBER.search(value):
        return False
    if any(function.lower() not in _COLOUR_FUNCTIONS for function in _FUNCTION.findall(value)):
        return False
    if name in _KEYWORDS:
        return value.lower().replace("!important", "").strip() in _KEYWORDS[name]
    if name == "text-indent":
        return "-" not in value or bool(_SMALL_NEGATIVE.fullmatch(value))
    return not _NEGATIVE.search(value)
