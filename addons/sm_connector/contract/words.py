"""Comparing words that people and programs typed: headers, yes and no, names of countries."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """Fold case, accents, kinds of blanks and dashes; ``"N°\\xa0TVA"`` and ``"n° tva"`` are equal.

    The degree and number signs decompose to ``o``: ``N°``, ``Nº`` and ``No`` are one word.
    """
    text = text.replace("\ufeff", "").replace("°", "o").replace("œ", "oe").replace("Œ", "oe")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(char for char in text if not unicodedata.combining(char))
    return " ".join(_NOT_WORD.sub(" ", text.replace("%", " pct ")).split()).casefold()


def fold_column(name: str) -> str:
    """Fold the name of a column so that ``N° TVA`` and the XML element ``N_TVA`` are the same.

    The attribute ``@id`` stays another column than the element ``id``.
    """
    folded = " ".join("no" if word == "n" else word for word in normalise(name).split())
    return f"@{folded}" if "@" in name else folded
