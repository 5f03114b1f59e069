"""How the PBX fails, on order."""

import random
import time
from collections import deque

from simulators.control import refuse_unknown
from simulators.faults import shares


class Faults:
    """What goes wrong at present. Moments are the world's."""

    #: Shares between 0 and 1 of the events that are sent twice, late, or not at all.
    SHARES = ("duplicate", "reorder", "lose")

    def __init__(self, seed=20):
        self.seed = seed
        self.requests = deque(maxlen=20_000)
        self.counts = {}
        self.reset()

    def reset(self):
        self.dice = random.Random(self.seed)
        self.status, self.errors_until, self.paths = 500, 0.0, ()
        self.ws_refused_until = 0.0
        self.slow = 0.0
        self.per_second = 0
        self.cut_every_events = 0
        self.duplicate = self.reorder = self.lose = 0.0
        self._window = deque()
        self.counts = {"cuts": 0, "duplicated": 0, "reordered": 0, "lost": 0, "errors": 0}

    def update(self, order):
        """:param dict order: see the README; unknown keys are refused
        :raises ValueError:"""
        known = {"reset", "errors", "slow", "throttle", "cut_every_events", "refuse_ws", "seed"}
        refuse_unknown(order, {*known, *self.SHARES, "cut", "revoke"}, "no such fault:")
        if "seed" in order:
            self.seed = int(order["seed"])
            self.dice = random.Random(self.seed)
        if order.get("reset"):
            self.reset()
        if "errors" in order:
            errors = order["errors"] or {}
            self.status = int(errors.get("status", 500))
            self.errors_until = time.monotonic() + float(errors.get("seconds", 0))
            self.paths = tuple(errors.get("paths", ()))
        vars(self).update(shares(order, self.SHARES))
        self.slow = float(order.get("slow", self.slow))
        self.per_second = int(order.get("throttle", self.per_second))
        self.cut_every_events = int(order.get("cut_every_events", self.cut_every_events))
        if "refuse_ws" in order:
            self.ws_refused_until = time.monotonic() + float(order["refuse_ws"])

    def refusal(self, path):
        """:param str path: of a request; :return int: HTTP status to fail with, or 0"""
        now = time.monotonic()
        if now < self.errors_until and (not self.paths or path.startswith(self.paths)):
            self.counts["errors"] += 1
            return self.status
        if path == "/callcontrol/ws" and now < self.ws_refused_until:
            self.counts["errors"] += 1
            return 503
        if self.per_second:
            self._window.append(now)
            while self._window[0] < now - 1:
                self._window.popleft()
            if len(self._window) > self.per_second:
                self._window.pop()
                return 429
        return 0

    def sends(self):
        """:return tuple: how often this event is sent, and whether the one after it comes first"""
        if self.dice.random() < self.lose:
            self.counts["lost"] += 1
            return 0, False
        times = 2 if self.dice.random() < self.duplicate else 1
        late = self.dice.random() < self.reorder
        self.counts["duplicated"] += times - 1
        self.counts["reordered"] += late
        return times, late

    def to_json(self):
        now = time.monotonic()
        return {
            "errors": {
                "status": self.status,
                "seconds": max(0.0, self.errors_until - now),
                "paths": list(self.paths),
            },
            "refuse_ws": max(0.0, self.ws_refused_until - now),
            "slow": self.slow,
            "throttle": self.per_second,
            "cut_every_events": self.cut_every_events,
            **{name: getattr(self, name) for name in self.SHARES},
            "counts": dict(self.counts),
        }
