"""Randomness that gives the same draws on every machine and in every process.

Only :meth:`random.Random.random` is used underneath: it is the one method whose sequence Python
promises never to change. Each row of the world has dice of its own, so a row can be computed
without computing the rows before it.
"""

from random import Random

# Streams keep the draws of, say, article 12 apart from those of contact 12.
STREAMS = {
    name: number
    for number, name in enumerate(
        (
            "pools",
            "family",
            "contact",
            "article",
            "customer",
            "order",
            "night",
            "birth",
            "bad",
            "dossier",
            "dossier_night",
            "aside",
        ),  # fmt: skip
        start=1,
    )
}


class Dice:
    """Dice for one thing, named by its stream and up to two numbers."""

    __slots__ = ("_random",)

    def __init__(self, seed, stream, number=0, turn=0):
        """:param int seed: of the world; :param str stream: one of ``STREAMS``."""
        mixed = ((seed * 64 + STREAMS[stream]) << 64) + (turn << 40) + number
        self._random = Random(mixed).random

    def below(self, limit):
        """:return int: 0 ≤ result < limit."""
        return int(self._random() * limit)

    def between(self, low, high):
        """:return int: low ≤ result ≤ high."""
        return low + int(self._random() * (high - low + 1))

    def chance(self, share):
        """:return bool: true in ``share`` (0 to 1) of the throws."""
        return self._random() < share

    def pick(self, choices):
        """:return: one of the sequence ``choices``."""
        return choices[int(self._random() * len(choices))]

    def weighted(self, pairs):
        """:param pairs: sequence of (choice, whole-number weight). :return: one of the choices."""
        ticket = self.below(sum(weight for _choice, weight in pairs))
        for choice, weight in pairs:
            ticket -= weight
            if ticket < 0:
                return choice
        raise ValueError("no choice has a weight")

    def sample(self, choices, number):
        """:return list: ``number`` different elements (all of them when there are fewer)."""
        left = list(choices)
        taken = []
        while left and len(taken) < number:
            place = self.below(len(left))
            left[place], left[-1] = left[-1], left[place]
            taken.append(left.pop())
        return taken
