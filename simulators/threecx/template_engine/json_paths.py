"""What the rules and variables of a scenario find in an answer.

Paths are absolute from the root of the JSON. The first array on the way of a rule holds the
matches, one per element. A further array within a match gives one value: that of the element its
filter chooses, or that of its only element.
"""

from .dotnet import to_text

__all__ = ["matches", "value_of"]


class Match:
    """One element of the answer that the rules let pass, and the way to it."""

    __slots__ = ("document", "element", "way")

    def __init__(self, document, way, element):
        self.document = document
        self.way = way
        self.element = element

    def resolve(self, path):
        """:return: where to start and what is left of the path from there."""
        steps = path.split(".")
        if steps[: len(self.way)] == self.way:
            return self.element, steps[len(self.way) :]
        return self.document, steps


def matches(document, rules):
    """:param rules: pairs of a path and the expected text, None for any that is not empty.
    :rtype: list[Match]"""
    if not rules:
        return [Match(document, [], document)] if document else []
    way = next((way for path, _text in rules if (way := _way_to_array(document, path))), None)
    if way is None:
        candidates = [Match(document, [], document)]
    else:
        candidates = [Match(document, way[0], element) for element in way[1]]
    return [match for match in candidates if all(_passes(match, *rule) for rule in rules)]


def _way_to_array(document, path):
    """:return: steps to the first array on the path and its elements; None when there is none."""
    if isinstance(document, list):
        return [], document
    steps = path.split(".")
    for count, step in enumerate(steps, 1):
        document = document.get(step) if isinstance(document, dict) else None
        if isinstance(document, list):
            return steps[:count], document
    return None


def _passes(match, path, expected):
    start, steps = match.resolve(path)
    texts = [to_text(value) for value in _all_values(start, steps)]
    return any(texts) if expected is None else expected in texts


def _all_values(value, steps):
    """Everything at the end of the path, through arrays; an index is no step."""
    if isinstance(value, list):
        for element in value:
            yield from _all_values(element, steps)
    elif not steps:
        yield value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _all_values(value[steps[0]], steps[1:])


def value_of(match, path, rules=()):
    """:param rules: those of the variable's filter, as for :func:`matches`.
    :return: the value as a text; empty when there is none, or more than one and nothing to
        choose by."""
    value, steps = match.resolve(path)
    way = path.split(".")[: len(path.split(".")) - len(steps)]
    while True:
        if isinstance(value, list):
            value = _chosen(match.document, way, value, rules)
            rules = ()
        if not steps or not isinstance(value, dict):
            break
        value = value.get(steps[0])
        way = [*way, steps[0]]
        steps = steps[1:]
    if steps or isinstance(value, list):
        return ""
    if rules and not all(_passes(match, *rule) for rule in rules):
        return ""
    return to_text(value)


def _chosen(document, way, elements, rules):
    if not rules:
        return elements[0] if len(elements) == 1 else None
    for element in elements:
        inner = Match(document, way, element)
        if all(_passes(inner, *rule) for rule in rules):
            return element
    return None
