"""How iAdvize fails, on order."""

import re

from aiohttp import web

from simulators.control import refuse_unknown
from simulators.faults import BaseFaults, BaseRule


class Rule(BaseRule):
    """What happens to the next requests of a kind.

    :param dict order: ``action`` (``status``, ``error``, ``cut_before``, ``cut_after``, ``delay``),
        ``path`` and ``body`` (patterns, searched without regard to case) say which; ``times`` how
        often, after ``skip`` others; ``status``, ``message``, ``retry_after``, ``seconds`` how
    :raises ValueError:
    """

    ACTIONS = ("status", "error", "cut_before", "cut_after", "delay")
    WORDS = ("path", "body", "status", "message", "retry_after")

    def __init__(self, order):
        super().__init__(order)
        self.path = re.compile(str(order.get("path", "")), re.IGNORECASE)
        self.body = re.compile(str(order.get("body", "")), re.IGNORECASE)
        self.status = int(order.get("status", 500))
        self.message = str(order.get("message") or "Ordered by the test.")
        self.retry_after = order.get("retry_after")

    def fits(self, path, body):
        return bool(self.path.search(path) and self.body.search(body))

    def response(self):
        """:return Response: of a rule that answers; ``error`` is one of GraphQL, with status 200"""
        headers = {}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        content = {"errors": [{"message": self.message}]}
        if self.action == "error":
            return web.json_response({"data": None, **content})
        return web.json_response(content, status=self.status, headers=headers)


class Faults(BaseFaults):
    """What goes wrong at present."""

    RULE = Rule
    SHARES = ("duplicate", "reorder", "lose")
    NUMBERS = ("notify_delay", "reorder_seconds", "lag", "slow")

    def reset(self):
        super().reset()
        self.duplicate = self.reorder = self.lose = 0.0  # shares of events
        self.notify_delay = 0.0  # seconds of the project before an event leaves
        self.reorder_seconds = 5.0  # by which an event may be late that others overtake
        self.lag = 0.0  # seconds of the project until GraphQL knows what was said
        self.slow = 0.0  # seconds of the world that each request takes
        self.drop_next = 0  # events that are lost whatever the shares
        self.counts = {"told_twice": 0, "late": 0, "lost": 0, "failed": 0}

    def update(self, order):
        """:param dict order: see the README; :raises ValueError: an unknown word"""
        known = {"rules", "reset", "seed", "drop_next", *self.SHARES, *self.NUMBERS}
        refuse_unknown(order, known, "no such fault:")
        self.take(order)
        for name in self.NUMBERS:
            if name in order:
                setattr(self, name, float(order[name]))
        self.drop_next = int(order.get("drop_next", self.drop_next))

    def delivery(self):
        """:return tuple: how often an event is told, and after how many seconds of the project"""
        pause = self.notify_delay
        if self.drop_next > 0 or self.dice.random() < self.lose:
            self.drop_next = max(0, self.drop_next - 1)
            self.counts["lost"] += 1
            return 0, pause
        if self.dice.random() < self.reorder:
            self.counts["late"] += 1
            pause += self.dice.uniform(0, self.reorder_seconds)
        if self.dice.random() < self.duplicate:
            self.counts["told_twice"] += 1
            return 2, pause
        return 1, pause

    def to_json(self):
        content = {name: getattr(self, name) for name in (*self.SHARES, *self.NUMBERS)}
        return {
            **content,
            "rules": [rule.to_json() for rule in self.rules],
            "drop_next": self.drop_next,
            "counts": dict(self.counts),
        }
