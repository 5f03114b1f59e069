"""What a customer would want to be told of: the events between two snapshots of a record.

An event is a dict with ``kind``, ``key`` (order number or article code), ``old`` and ``new``.
Expected dates are ISO dates and come with ``days``, how much later it is (negative: earlier);
``line_unavailable`` names the ``line`` and carries its two availability codes; ``restocked``
carries the two total stocks as text; all others carry the two status codes.
"""

from .moment import parse_day
from .order import ATTEMPT_FAILED, CANCELLED, DELIVERED, READY, SHIPPED
from .schema import ARTICLE, COLUMN

A = COLUMN[ARTICLE]
DATE_MOVED, LINE_UNAVAILABLE, RESTOCKED = "date_moved", "line_unavailable", "restocked"
UNAVAILABLE = "I"
KIND_OF_STATUS = {
    READY: "ready",
    SHIPPED: "shipped",
    DELIVERED: "delivered",
    ATTEMPT_FAILED: "attempt_failed",
    CANCELLED: "cancelled",
}
KINDS = (*KIND_OF_STATUS.values(), DATE_MOVED, LINE_UNAVAILABLE, RESTOCKED)


def order_events(old, new):
    """:param Order old: and :param Order new: the same order in two snapshots.
    :return list: of events; none for an order that did not change"""
    events = []
    if old.status != new.status and new.status in KIND_OF_STATUS:
        events.append(_event(KIND_OF_STATUS[new.status], new.number, old.status, new.status))
    if old.due and new.due and old.due != new.due:
        before, after = parse_day(old.due), parse_day(new.due)
        moved = _event(DATE_MOVED, new.number, before.isoformat(), after.isoformat())
        events.append({**moved, "days": (after - before).days})
    lines = {line.number: line.available for line in old.lines}
    for line in new.lines:
        before = lines.get(line.number)
        if line.available == UNAVAILABLE and before not in (None, UNAVAILABLE):
            event = _event(LINE_UNAVAILABLE, new.number, before, line.available)
            events.append({**event, "line": line.number})
    return events


def article_events(old, new):
    """:param list old: and :param list new: rows of the same article in two snapshots.
    :return list: of events, at most one"""
    before, after = old[A["Stock total"]], new[A["Stock total"]]
    if int(before) <= 0 < int(after):
        return [_event(RESTOCKED, new[A["Code article"]], before, after)]
    return []


def _event(kind, key, old, new):
    return {"kind": kind, "key": key, "old": old, "new": new}
