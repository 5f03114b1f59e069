"""How the platform fails, on order."""

import random
import re
from collections import Counter, deque

from .errors import MetaError

_KEPT = 20_000  # requests


class Rule:
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``error``, ``status``, ``cut_before``, ``cut_after``, ``delay``),
        ``method`` and ``path`` (a pattern) say which; ``times`` how often, after ``skip`` others;
        ``code``, ``subcode``, ``message``, ``status``, ``minutes`` (until calls are welcome again),
        ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("error", "status", "cut_before", "cut_after", "delay")
    KNOWN = {
        "action", "method", "path", "times", "skip", "code", "subcode", "message", "status",
        "minutes", "seconds",
    }  # fmt: skip

    def __init__(self, order):
        unknown = set(order) - self.KNOWN
        if unknown:
            raise ValueError(f"no such word in a rule: {', '.join(sorted(unknown))}")
        self.order = dict(order)
        self.action = order.get("action", "error")
        if self.action not in self.ACTIONS:
            raise ValueError(f"action: one of {', '.join(self.ACTIONS)}")
        self.method = str(order.get("method", "")).upper()
        self.path = re.compile(str(order.get("path", "")))
        self.times = int(order.get("times", 1))
        self.skip = int(order.get("skip", 0))
        self.seconds = float(order.get("seconds", 0))
        self.hits = 0

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

    def takes(self, method, path):
        """:return bool: whether it befalls this request, which counts as one of its times"""
        if not self.times or (self.method and self.method != method):
            return False
        if not self.path.search(path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        self.hits += 1
        return True


class Faults:
    """What goes wrong at present."""

    SHARES = ("duplicates", "reorder", "lose", "echo_before_answer")

    def __init__(self):
        self.requests = deque(maxlen=_KEPT)
        self.reset()

    def reset(self):
        self.rules = []
        self.duplicates = self.reorder = self.lose = self.echo_before_answer = 0.0
        self.slow = 0.0
        self.batch = 1
        self.dice = random.Random(1)
        self.counts = Counter()

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: words it does not know"""
        unknown = set(order) - {*self.SHARES, "rules", "slow", "batch", "seed", "reset"}
        if unknown:
            raise ValueError(f"faults know no {', '.join(sorted(unknown))}")
        if order.get("reset"):
            self.reset()
        if "seed" in order:
            self.dice = random.Random(int(order["seed"]))
        rules = [Rule(rule) for rule in order.get("rules") or ()]
        shares = {name: float(order[name]) for name in self.SHARES if name in order}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name}: a share between 0 and 1")
        self.rules += rules
        vars(self).update(shares)
        self.slow = float(order.get("slow", self.slow))
        self.batch = max(1, int(order.get("batch", self.batch)))

    def rule(self, method, path):
        """:return Rule: what befalls this request, or None"""
        for rule in self.rules:
            if rule.takes(method, path):
                self.counts["failed"] += 1
                return rule
        return None

    def happens(self, name):
        """:param str name: of a share; :return bool: whether it does this time"""
        share = getattr(self, name)
        is_so = bool(share) and self.dice.random() < share
        self.counts[name] += is_so
        return is_so

    def to_json(self):
        return {
            "rules": [
                {**rule.order, "times": rule.times, "hits": rule.hits} for rule in self.rules
            ],
            **{name: getattr(self, name) for name in self.SHARES},
            "slow": self.slow,
            "batch": self.batch,
            "counts": dict(self.counts),
        }
