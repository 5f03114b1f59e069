"""Registry of converters: text of one cell → canonical, JSON-able value.

A converter is compiled once per feed with its parameters and then called for every row, so builders
do what can be done beforehand. Compiled converters raise :class:`RowError` without naming the
column; the mapping adds it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .country_names import COUNTRIES, ISO2
from .date_values import (
    DEFAULT_EMPTY,
    DEFAULT_FORMATS,
    DEFAULT_UNKNOWN,
    compile_date,
    compile_datetime,
    compile_restock,
)
from .errors import ParamError, RowError
from .list_values import DATED_NAMES, STOCK_NAMES, compile_dated_list, compile_stock_list
from .number_values import compile_decimal, compile_integer
from .words import normalise

Convert = Callable[[str], Any]

TRUE_WORDS = ("O", "Oui", "1", "Y", "Yes", "J", "Ja", "V", "Vrai", "True", "T", "X")
FALSE_WORDS = ("N", "Non", "0", "No", "Nee", "Nein", "F", "Faux", "False")
LANGUAGES = {
    "fr": ("F", "FR", "FRA", "FRE", "fr_BE", "fr_FR", "Français", "Frans", "French", "Französisch"),
    "nl": (
        "N",
        "NL",
        "NLD",
        "DUT",
        "nl_BE",
        "nl_NL",
        "Néerlandais",
        "Nederlands",
        "Dutch",
        "Flamand",
    ),
    "de": ("D", "DE", "DEU", "GER", "A", "de_DE", "Allemand", "Duits", "German", "Deutsch"),
    "en": (
        "E",
        "EN",
        "ENG",
        "GB",
        "UK",
        "en_GB",
        "en_US",
        "Anglais",
        "Engels",
        "English",
        "Englisch",
    ),
}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NEWLINES = re.compile(r"\r\n|[\r\n\u0085\u2028\u2029]")
_AROUND_NEWLINES = re.compile(r"[ \t]*\n[ \t\n]*")


@dataclass(frozen=True)
class Param:
    """One setting of a converter.

    :ivar kind: text, integer, boolean, choice, words, table or json
    """

    name: str
    kind: str
    default: Any
    label: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Converter:
    """A named converter: ``compile(params)`` returns the function to call per cell."""

    name: str
    label: str
    build: Callable[..., Convert]
    params: tuple[Param, ...] = ()

    def compile(self, params: Mapping[str, Any]) -> Convert:
        """Check the parameters and build the function.

        :raises ParamError: a parameter that is unknown or unfit, in a sentence for a person
        """
        known = {param.name: param for param in self.params}
        for name, value in params.items():
            if name not in known:
                names = ", ".join(known) or "none"
                raise ParamError(
                    "unknown_param",
                    f"converter “{self.name}” has no parameter “{name}” (known: {names})",
                    value=name,
                )
            if not _fits(known[name], value):
                raise ParamError(
                    "unfit_param",
                    f"parameter “{name}” of converter “{self.name}” must be {known[name].kind}"
                    + (f" ({', '.join(known[name].choices)})" if known[name].choices else ""),
                    value=name,
                )
        return self.build(**params)


def _fits(param: Param, value: Any) -> bool:
    if param.kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000
    if param.kind == "boolean":
        return isinstance(value, bool)
    if param.kind == "words":
        return isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value)
    if param.kind == "table":
        return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    if param.kind == "choice":
        return value in param.choices
    return param.kind == "json" or isinstance(value, str)


# -- text --------------------------------------------------------------------------------------


def compile_text(max_length: int = 0, multiline: bool = False) -> Convert:
    """Trim; keep line breaks only when ``multiline``. Markup and SQL stay plain text."""

    def convert(text: str) -> str:
        text = text.strip()
        if not text.isprintable():
            text = _NEWLINES.sub("\n", text)
            if not multiline:
                text = _AROUND_NEWLINES.sub(" ", text).replace("\t", " ")
            text = _CONTROL.sub("", text).strip()
        if max_length and len(text) > max_length:
            raise RowError("too_long", f"has {len(text)} characters, {max_length} are allowed")
        return text

    return convert


def compile_code(max_length: int = 64, pad: int = 0) -> Convert:
    """Trim and keep leading zeros; ``pad`` puts back zeros that a spreadsheet took away."""

    def convert(text: str) -> str:
        text = text.strip()
        if not text.isprintable():
            raise RowError("bad_code", "has line breaks or invisible characters in a code")
        if pad and text.isascii() and text.isdigit():
            text = text.zfill(pad)
        if len(text) > max_length:
            raise RowError("code_too_long", f"has {len(text)} characters, {max_length} are allowed")
        return text

    return convert


# -- words -------------------------------------------------------------------------------------


def _compile_words(table: Mapping[str, Any], empty: Any, unknown: Callable[[str], Any]) -> Convert:
    """Look a cell up as it is, then without regard to case, accents and blanks."""
    exact = {"": empty, **table}
    folded = {normalise(word): value for word, value in table.items()}

    def convert(text: str) -> Any:
        try:
            return exact[text]
        except KeyError:
            stripped = text.strip()
            if not stripped:
                return empty
            if stripped in exact:
                return exact[stripped]
            folded_text = normalise(stripped)
            return folded[folded_text] if folded_text in folded else unknown(stripped)

    return convert


def compile_boolean(
    true: Iterable[str] = TRUE_WORDS, false: Iterable[str] = FALSE_WORDS, empty: bool = False
) -> Convert:
    """Yes and no words → bool."""
    true = tuple(true)
    table = {**dict.fromkeys(false, False), **dict.fromkeys(true, True)}

    def unknown(_text: str) -> bool:
        raise RowError("bad_boolean", "is neither yes nor no (expected O or N)")

    return _compile_words(table, empty, unknown)


def compile_lookup(
    table: Mapping[str, Any] | None = None,
    unknown: str = "error",
    default: Any = None,
    empty: Any = None,
) -> Convert:
    """Codes → values by table; an unknown code is an error, or ``default``, or kept as it is."""
    table = dict(table or {})
    expected = ", ".join(sorted(table)[:12])

    def missing(text: str) -> Any:
        if unknown == "error":
            raise RowError("unknown_value", f"is not in the table of known values ({expected})")
        return default if unknown == "default" else text

    return _compile_words(table, empty, missing)


def compile_country(unknown: str = "error", names: Mapping[str, str] | None = None) -> Convert:
    """Country → ISO code of two letters; ``names`` adds words of one's own. Empty → ``""``."""
    table = {**{code: code for code in ISO2}, **COUNTRIES}
    for name, code in (names or {}).items():
        if code not in ISO2:
            raise ParamError(
                "not_a_country",
                f"“{code}” (for “{name}”) is not an ISO country code of two letters",
                value=str(code),
            )
        table[name] = code

    def missing(_text: str) -> str:
        if unknown == "error":
            raise RowError("unknown_country", "is not a country that is known here")
        return ""

    return _compile_words(table, "", missing)


def compile_language(unknown: str = "error", names: Mapping[str, str] | None = None) -> Convert:
    """Language → ``fr``, ``nl``, ``de`` or ``en``; empty → ``""``."""
    table = {word: code for code, words in LANGUAGES.items() for word in words}
    for name, code in (names or {}).items():
        if code not in LANGUAGES:
            raise ParamError(
                "not_a_language",
                f"“{code}” (for “{name}”) is not one of {', '.join(LANGUAGES)}",
                value=str(code),
                known=", ".join(LANGUAGES),
            )
        table[name] = code

    def missing(_text: str) -> str:
        if unknown == "error":
            raise RowError("unknown_language", "is not a language that is known here")
        return ""

    return _compile_words(table, "", missing)


def compile_constant(value: Any = None) -> Convert:
    """The same value for every row, whatever the file says."""
    return lambda _text: value


# -- registry ----------------------------------------------------------------------------------

_MAX_LENGTH = Param("max_length", "integer", 0, "Longest text allowed (0: no limit)")
_FORMATS = Param("formats", "words", DEFAULT_FORMATS, "Date formats, tried in this order")
_PIVOT = Param("pivot", "integer", 68, "Two-digit years up to this one are 20xx")
_EMPTY_DATES = Param("empty", "words", DEFAULT_EMPTY, "Texts that mean no date")
_SEPARATOR = Param("separator", "text", "|", "Separator of the items")
_UNKNOWN = Param("unknown", "choice", "error", "When the word is unknown", ("error", "empty"))
_NAMES = Param("names", "table", None, "Further words and their code")


def _plain(name: str, label: str, max_length: int) -> Converter:
    """Kept as typed, only trimmed: normalising is for matching, never for what is stored."""

    def build(max_length: int = max_length) -> Convert:
        return compile_text(max_length)

    return Converter(
        name, label, build, (Param("max_length", "integer", max_length, "Longest text allowed"),)
    )


CONVERTERS: dict[str, Converter] = {
    converter.name: converter
    for converter in (
        Converter(
            "text",
            "Text",
            compile_text,
            (_MAX_LENGTH, Param("multiline", "boolean", False, "Keep line breaks")),
        ),
        Converter(
            "code",
            "Code (leading zeros kept)",
            compile_code,
            (
                Param("max_length", "integer", 64, "Longest code allowed"),
                Param(
                    "pad", "integer", 0, "Fill digits with zeros to this length (0: as delivered)"
                ),
            ),
        ),
        Converter(
            "decimal",
            "Decimal number",
            compile_decimal,
            (
                Param("digits", "integer", 2, "Decimals kept, rounded half up"),
                Param("mark", "choice", "auto", "Decimal mark", ("auto", "comma", "point")),
            ),
        ),
        Converter("integer", "Whole number", compile_integer),
        Converter("date", "Date", compile_date, (_FORMATS, _PIVOT, _EMPTY_DATES)),
        Converter(
            "datetime",
            "Date and time",
            compile_datetime,
            (
                _FORMATS,
                _PIVOT,
                _EMPTY_DATES,
                Param("tz", "text", "", "Time zone of the file, to store UTC"),
            ),
        ),
        Converter(
            "boolean",
            "Yes / no",
            compile_boolean,
            (
                Param("true", "words", TRUE_WORDS, "Words for yes"),
                Param("false", "words", FALSE_WORDS, "Words for no"),
                Param("empty", "boolean", False, "Meaning of an empty cell"),
            ),
        ),
        Converter("country", "Country", compile_country, (_UNKNOWN, _NAMES)),
        Converter("language", "Language", compile_language, (_UNKNOWN, _NAMES)),
        _plain("vat", "VAT number (as given)", 64),
        _plain("phone", "Phone number (as given)", 64),
        _plain("email", "E-mail address (as given)", 254),
        Converter(
            "lookup",
            "Table of values",
            compile_lookup,
            (
                Param("table", "table", None, "Code in the file and value here"),
                Param(
                    "unknown",
                    "choice",
                    "error",
                    "When the code is not in the table",
                    ("error", "default", "keep"),
                ),
                Param("default", "json", None, "Value for unknown codes"),
                Param("empty", "json", None, "Value of an empty cell"),
            ),
        ),
        Converter(
            "stock_list",
            "Stock per shop",
            compile_stock_list,
            (
                _SEPARATOR,
                Param("names", "words", STOCK_NAMES, "Names of shop, stock, display models"),
            ),
        ),
        Converter(
            "dated_list",
            "Incoming quantities by date",
            compile_dated_list,
            (
                _SEPARATOR,
                _FORMATS,
                Param("names", "words", DATED_NAMES, "Names of date and quantity"),
            ),
        ),
        Converter(
            "restock",
            "Restock date",
            compile_restock,
            (
                _FORMATS,
                _PIVOT,
                Param("unknown", "words", DEFAULT_UNKNOWN, "Words for a date not known yet"),
            ),
        ),
        Converter(
            "constant",
            "Fixed value",
            compile_constant,
            (Param("value", "json", None, "Value for every row"),),
        ),
    )
}
