"""How the platform fails, on order."""

import random
import re
from collections import Counter

from simulators.control import refuse_unknown
from simulators.faults import BaseFaults, BaseRule, shares

from .errors import MetaError


class Rule(BaseRule):
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``error``, ``status``, ``cut_before``, ``cut_after``, ``delay``),
        ``method`` and ``path`` (a pattern) say which; ``times`` how often, after ``skip`` others;
        ``code``, ``subcode``, ``message``, ``status``, ``minutes`` (until calls are welcome again),
        ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("error", "status", "cut_before", "cut_after", "delay")
    WORDS = ("method", "path", "code", "subcode", "message", "status", "minutes")

    def __init__(self, order):
        super().__init__(order)
        self.method = str(order.get("method", "")).upper()
        self.path = re.compile(str(order.get("path", "")))

    def fits(self, method, path):
        return self.method in ("", method) and bool(self.path.search(path))

    def error(self, page_id):
        """:return MetaError: of a rule that refuses"""
        headers = {}
        if "minutes" in self.order:
            usage = (
                f'{{"{page_id}":[{{"type":"messenger","call_count":100,"total_cputime":25,'
                f'"total_time":25,"estimated_time_to_regain_access":{int(self.order["minutes"])}}}]}}'
            )
            headers["X-Business-Use-Case-Usage"] = usage
        return MetaError(
            int(self.order.get("code", 2)),
            int(self.order.get("subcode", 0)),
            str(self.order.get("message", "")),
            int(self.order.get("status", 0)),
            headers=headers,
        )


class Faults(BaseFaults):
    """What goes wrong at present."""

    RULE = Rule
    KEPT = 20_000
    SHARES = ("duplicates", "reorder", "lose", "echo_before_answer")

    def __init__(self):
        super().__init__(seed=1)

    def reset(self):
        super().reset()
        self.duplicates = self.reorder = self.lose = self.echo_before_answer = 0.0
        self.slow = 0.0
        self.batch = 1
        self.counts = Counter()

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: words it does not know"""
        known = {*self.SHARES, "rules", "slow", "batch", "seed", "reset"}
        refuse_unknown(order, known, "faults know no")
        if order.get("reset"):
            self.reset()
        if "seed" in order:
            self.dice = random.Random(int(order["seed"]))
        rules, found = self.read_rules(order), dict(shares(order, self.SHARES))
        self.rules += rules
        vars(self).update(found)
        self.slow = float(order.get("slow", self.slow))
        self.batch = max(1, int(order.get("batch", self.batch)))

    def happens(self, name):
        """:param str name: of a share; :return bool: whether it does this time"""
        share = getattr(self, name)
        is_so = bool(share) and self.dice.random() < share
        self.counts[name] += is_so
        return is_so

    def to_json(self):
        return {
            "rules": [rule.to_json() for rule in self.rules],
            **{name: getattr(self, name) for name in self.SHARES},
            "slow": self.slow,
            "batch": self.batch,
            "counts": dict(self.counts),
        }
