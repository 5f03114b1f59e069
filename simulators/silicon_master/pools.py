"""Names and streets to draw from, filled once from Faker, which is too slow to ask row by row."""

from dataclasses import dataclass
from functools import lru_cache

from faker import Faker

SIZE = 900


def carried_by_cp1252(text):
    """What the oldest of the export encodings cannot write is replaced when the text is born, so
    that every dialect of the export carries the same data."""
    return text.encode("cp1252", errors="replace").decode("cp1252")


@dataclass(frozen=True)
class Pools:
    """Per language (F, N): tuples of text."""

    first_names: dict
    last_names: dict
    streets: dict
    companies: tuple


def unique(draw, number):
    """:return tuple: ``number`` draws without the repeated ones, in the order of the draws."""
    return tuple(dict.fromkeys(carried_by_cp1252(draw()) for _ in range(number)))


@lru_cache(maxsize=4)
def pools(seed):
    """:return Pools: the same ones for the same seed."""
    fakers = {}
    for locale in ("fr_BE", "nl_BE", "fr_FR"):
        fakers[locale] = Faker(locale)
        fakers[locale].seed_instance(seed)
    french, dutch, hexagon = fakers["fr_BE"], fakers["nl_BE"], fakers["fr_FR"]
    return Pools(
        first_names={"F": unique(french.first_name, SIZE), "N": unique(dutch.first_name, SIZE)},
        last_names={
            "F": unique(french.last_name, SIZE) + unique(hexagon.last_name, SIZE // 2),
            "N": unique(dutch.last_name, SIZE),
        },
        streets={"F": unique(hexagon.street_name, SIZE), "N": unique(dutch.street_name, SIZE)},
        companies=unique(hexagon.last_name, SIZE) + unique(dutch.last_name, SIZE // 3),
    )
