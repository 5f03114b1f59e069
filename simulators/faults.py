"""What the ways to fail on order have in common: rules for the next requests, and shares."""

import random
from collections import deque

from .control import refuse_unknown


class BaseRule:
    """What happens to the next requests of a kind.

    :param dict order: ``action`` says what, ``times`` how often, after ``skip`` others, ``seconds``
        for how long; the rest is the subclass's
    :raises ValueError: an unknown word or action
    """

    #: The first is done when the order names none.
    ACTIONS = ()
    #: Words of the subclass.
    WORDS = ()

    def __init__(self, order):
        known = {"action", "times", "skip", "seconds", *self.WORDS}
        refuse_unknown(order, known, "no such word in a rule:")
        self.action = order.get("action", self.ACTIONS[0])
        if self.action not in self.ACTIONS:
            raise ValueError(f"action: one of {', '.join(self.ACTIONS)}")
        self.times = int(order.get("times", 1))
        self.skip = int(order.get("skip", 0))
        self.seconds = float(order.get("seconds", 0))
        self.order = dict(order)
        self.hits = 0

    def fits(self, *facts):
        """:param facts: of a request, as :meth:`BaseFaults.rule` got them
        :return bool: whether the rule is about such a request"""
        raise NotImplementedError

    def takes(self, *facts):
        """:return bool: whether it befalls this request, which counts as one of its times"""
        if not self.times or not self.fits(*facts):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True

    def to_json(self):
        return {**self.order, "times": self.times, "hits": self.hits}


class BaseFaults:
    """What goes wrong at present.

    :param int seed: of the dice
    """

    #: Class of the rules.
    RULE = BaseRule
    #: Attributes that are shares between 0 and 1.
    SHARES = ()
    #: How many requests are kept.
    KEPT = 50_000

    def __init__(self, seed=20):
        self.seed = seed
        self.requests = deque(maxlen=self.KEPT)
        self.reset()

    def reset(self):
        """Nothing goes wrong any more; subclasses begin their ``counts`` anew, too."""
        self.dice = random.Random(self.seed)
        self.rules = []

    def take(self, order):
        """The words ``seed`` (thrown from the next reset on), ``reset``, ``rules`` and shares.

        :raises ValueError: a rule or a share that cannot be"""
        if "seed" in order:
            self.seed = int(order["seed"])
        if order.get("reset"):
            self.reset()
        self.rules += self.read_rules(order)
        vars(self).update(shares(order, self.SHARES))

    def read_rules(self, order):
        """:return list: of rules that an order has; :raises ValueError:"""
        return [self.RULE(rule) for rule in order.get("rules") or ()]

    def rule(self, *facts):
        """:param facts: of a request, which :meth:`BaseRule.fits` wants
        :return BaseRule: what befalls it, or None"""
        for rule in self.rules:
            if rule.takes(*facts):
                self.counts["failed"] += 1
                return rule
        return None


def shares(order, names):
    """Yields the shares that an order names, as pairs of name and number.

    :raises ValueError: one is not between 0 and 1"""
    for name in names:
        if name in order:
            if not 0 <= float(order[name]) <= 1:
                raise ValueError(f"{name}: a share between 0 and 1")
            yield name, float(order[name])
