"""Header and sample rows of an unknown export → which column probably feeds which field.

A name that some mapping uses, or that people use for the field, is trusted; a name that merely
resembles one, or values that can hardly be anything else, are proposed to a person.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from .base import Contract, Field, FieldRule
from .evidence import evidence, is_distinctive
from .words import fold_column

EXACT, SYNONYM, SIMILAR = "exact", "synonym", "similar"

THRESHOLD = 0.55  # below it nothing is proposed
SURE = 0.8  # from it on a column may be mapped without asking
CONTRADICTED = 0.5  # fewer fitting values than this speak against the name
VALUES_ALONE = 0.6  # score of a column whose values fit but whose name says nothing
MAX_VALUES = 50  # of a column that are looked at
LINE_WORDS = frozenset({"line", "lines", "ligne", "lignes", "item", "items", "lijn", "lijnen"})

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Between the parts of a path; a point behind an abbreviation and a slash between words are none.
_PATH = re.compile(r"(?<=\S)/@?(?=\S)|^@|(?<=\w)\.(?=\w\w)")


@dataclass(frozen=True)
class Proposal:
    """One column for one field.

    :ivar how: ``exact``, ``synonym`` or ``similar``
    :ivar score: 0…1
    :ivar is_sure: good enough to be taken without asking; a person may still change it
    """

    target: str
    column: str
    how: str
    score: float

    @property
    def is_sure(self) -> bool:
        return self.how != SIMILAR and self.score >= SURE


def recognise(
    contract: Contract,
    header: Sequence[str],
    rows: Sequence[Sequence[str]] = (),
    mappings: Iterable[Sequence[FieldRule]] = (),
) -> dict[str, Proposal]:
    """Propose a column for as many fields as can be told; no column is proposed twice.

    :param header: names of the columns; a name that stands twice is never proposed
    :param rows: some rows, as lists of cells; their values confirm, refute or suggest
    :param mappings: mappings in use elsewhere, whose columns count as exact
    :return: field → its proposal
    """
    names = [fold_column(name) for name in header]
    known = _known_names(contract, mappings)
    candidates = []
    for index, column in enumerate(header):
        if not names[index] or names.count(names[index]) > 1:
            continue
        distinct = dict.fromkeys(row[index] for row in rows if index < len(row))
        values = list(distinct)[:MAX_VALUES]
        for place, target in enumerate(contract.fields):
            how, score = _score(target, column, values, known[target.name])
            if score >= THRESHOLD:
                candidates.append((-score, abs(place - index), place, index, how))
    proposals: dict[str, Proposal] = {}
    taken: set[int] = set()
    for negative, _distance, place, index, how in sorted(candidates):
        target = contract.fields[place].name
        if target not in proposals and index not in taken:
            taken.add(index)
            proposals[target] = Proposal(target, header[index], how, round(-negative, 3))
    return proposals


def _known_names(
    contract: Contract, mappings: Iterable[Sequence[FieldRule]]
) -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """Return field → (names used in mappings, names that people use)."""
    exact: dict[str, set[str]] = {item.name: set() for item in contract.fields}
    for rules in mappings:
        for rule in rules:
            if rule.target in exact and rule.source and not rule.more:
                exact[rule.target].add(fold_column(rule.source))
    return {
        item.name: (
            frozenset(exact[item.name]),
            frozenset(
                map(
                    fold_column,
                    (*contract.synonyms.get(item.name, ()), item.label, item.name),
                )
            ),
        )
        for item in contract.fields
    }


def _score(
    target: Field,
    column: str,
    values: Sequence[str],
    known: tuple[frozenset[str], frozenset[str]],
) -> tuple[str, float]:
    exact, synonyms = known
    share = evidence(target, values)
    name = fold_column(column)
    whole, leaf = _words(column)
    if name in exact:
        how, score = EXACT, 1.0
    elif name in synonyms or whole in synonyms:
        how, score = SYNONYM, 0.95
    elif leaf in exact | synonyms and len(leaf) > 2:
        how, score = SYNONYM, 0.85
    else:
        how = SIMILAR
        score = 0.8 * max(
            (_likeness(text, other) for text in {whole, leaf} for other in exact | synonyms),
            default=0.0,
        )
        if share is not None:
            score = 0.75 * score + 0.25 * share
            if share > 0.9 and is_distinctive(target):
                score = max(score, VALUES_ALONE)
    if share is not None and share < CONTRADICTED:
        score *= 0.4 + share
    return how, _at_level(target, column, score)


def _at_level(target: Field, column: str, score: float) -> float:
    """Favour the fields of order lines for columns whose path goes through the lines."""
    *path, _leaf = filter(None, _PATH.split(column))
    if not path:
        return score
    is_line = any(LINE_WORDS & set(_words(segment)[0].split()) for segment in path)
    return score if is_line == (target.level == "line") else score * 0.6


@lru_cache(maxsize=4096)
def _words(column: str) -> tuple[str, str]:
    """Return a name as words, and its last part when it is a path: ``Lines/Line/UnitPrice``."""
    spaced = _CAMEL.sub(" ", column)
    leaf = [part for part in _PATH.split(spaced) if part.strip()] or [spaced]
    return fold_column(spaced.replace("@", " ")), fold_column(leaf[-1].replace("@", " "))


@lru_cache(maxsize=65536)
def _likeness(one: str, other: str) -> float:
    """Compare two names: letters in the same order, and words in common."""
    if not one or not other:
        return 0.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.real_quick_ratio() < 0.5:
        return 0.0
    letters = matcher.ratio()
    ones, others = set(one.split()), set(other.split())
    common = ones & others
    words = len(common) / len(ones | others)
    # one name inside the other ("Téléphone bureau"): the words they share are all there is
    inside = 0.75 if common and (common == ones or common == others) and _weight(common) > 3 else 0
    return max(letters, words, inside)


def _weight(words: Iterable[str]) -> int:
    return max(map(len, words))
