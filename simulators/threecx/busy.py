"""A busy hour of the shop, in less time: many calls of every kind, one after and beside another."""

import random

from .call import RINGING, Refused

HOUR = 3600
#: What becomes of a call, and how often in a hundred.
KINDS = (
    ("answered", 34),
    ("queue", 18),
    ("missed", 10),
    ("queue_missed", 4),
    ("transferred", 8),
    ("voicemail", 4),
    ("withheld", 4),
    ("outbound", 13),
    ("outbound_no_answer", 5),
)


class BusyHour:
    """Plays calls on an exchange.

    :param Exchange exchange: where they ring
    :param int reps: extensions that take part
    :param int calls: external calls in all
    :param float seconds: of the clock, in which the hour is played
    :param int seed: the same one makes the same calls
    :param list numbers: of those who call; else each calls once, from a number of his own
    """

    def __init__(self, exchange, reps=15, calls=300, seconds=60.0, seed=20, numbers=None):
        self.exchange = exchange
        self.seconds = float(seconds)
        self.count = int(calls)
        self.numbers = list(numbers or ())
        self._dice = random.Random(seed)
        registered = [dn for dn in exchange.house.extensions if exchange.house.devices(dn)]
        self._reps = registered[: int(reps)]
        if not self._reps or self.seconds <= 0:
            raise ValueError("reps and seconds: more than none")
        self._free = list(self._reps)
        self._waiting = []
        self.placed = []
        self._open = 0
        self._left = self.count

    @property
    def running(self):
        return bool(self._left or self._open)

    def start(self):
        """Calls begin spread over the first nine tenths of the time."""
        span = self.seconds * 0.9
        moments = sorted(self._dice.uniform(0, span) for _call in range(self.count))
        kinds, weights = zip(*KINDS, strict=True)
        for place, moment in enumerate(moments):
            kind = self._dice.choices(kinds, weights)[0]
            self.exchange.later(moment, self._begin, kind, place)

    def to_json(self):
        return {
            "running": self.running,
            "calls": self.count,
            "placed": len(self.placed),
            "callids": list(self.placed),
        }

    # -- one call ------------------------------------------------------------------------------
    def _begin(self, kind, place):
        """Rings when a rep is free, else as soon as one is."""
        if not self._free:
            self._waiting.append((kind, place))
            return
        dn = self._free.pop(self._dice.randrange(len(self._free)))
        number = self._number(place)
        try:
            call = self._ring(kind, dn, number)
        except Refused:
            # All lines are in use: the caller tries again a little later.
            self._free.append(dn)
            self.exchange.later(self._time(20), self._begin, kind, place)
            return
        self._left -= 1
        self._open += 1
        self.placed.append(call.id)
        self.exchange.later(self._time(8, 0.5), self._answer, kind, call, dn)

    def _ring(self, kind, dn, number):
        if kind.startswith("outbound"):
            return self.exchange.dial(dn, number).call
        to = dn
        if kind.startswith("queue"):
            to = next(iter(self.exchange.house.queues))
        return self.exchange.ring_in("" if kind == "withheld" else number, to, timeout=HOUR)

    def _answer(self, kind, call, dn):
        if kind == "voicemail":
            self.exchange.voicemail(call.id, HOUR)
            self._after(30, self._hang_up, call, dn)
        elif kind in ("missed", "queue_missed", "outbound_no_answer"):
            self._hang_up(call, dn)
        elif kind == "queue" and not call.ringing():
            self._after(5, self._answer, kind, call, dn)
        else:
            taker = self._dice.choice(call.ringing()) if kind == "queue" else dn
            self.exchange.answer(call.id, taker if call.legs_of(taker, RINGING) else "")
            if kind == "transferred":
                self._after(60, self._transfer, call, dn)
            else:
                self._after(180, self._hang_up, call, dn)

    def _transfer(self, call, dn):
        others = [one for one in self._reps if one != dn and not self.exchange.is_busy(one)]
        if others:
            to = self._dice.choice(others)
            self.exchange.transfer(call.id, dn, to, blind=self._dice.random() < 0.5)
            self._after(8, self._take_over, call, to)
        self._after(120, self._hang_up, call, dn)

    def _take_over(self, call, dn):
        if not call.ended and call.legs_of(dn, RINGING):
            self.exchange.answer(call.id, dn)

    def _hang_up(self, call, dn):
        if not call.ended:
            self.exchange.drop(call.id)
        self._open -= 1
        self._free.append(dn)
        if self._waiting:
            kind, place = self._waiting.pop(0)
            self._begin(kind, place)

    def _after(self, seconds, function, *arguments):
        self.exchange.later(self._time(seconds), function, *arguments)

    def _time(self, seconds, spread=0.6):
        """:return float: about these seconds of the hour, in seconds of the clock"""
        factor = self._dice.uniform(1 - spread, 1 + spread)
        return seconds * factor * self.seconds / HOUR

    def _number(self, place):
        if self.numbers:
            return self.numbers[place % len(self.numbers)]
        return f"+324{70 + place % 29:02d}{place * 7919 % 1_000_000:06d}"
