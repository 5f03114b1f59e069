from odoo import api, fields, models

from ..pipeline.events import TOLD_STATUSES

#: Events shown at once on the form; the list has all.
TIMELINE_LIMIT = 40
#: Events that read best as «before → after»; the others say it in words.
COMPARED = ("date_moved", *TOLD_STATUSES)
ICONS = {
    "date_set": "fa-calendar-check-o",
    "date_moved": "fa-calendar",
    "date_removed": "fa-calendar-times-o",
    "ready": "fa-shopping-bag",
    "shipped": "fa-truck",
    "partial": "fa-pie-chart",
    "delivered": "fa-check",
    "failed": "fa-exclamation-triangle",
    "cancelled": "fa-ban",
    "restocked": "fa-cubes",
    "unavailable": "fa-minus-circle",
}
LEVELS = {
    "ready": "success",
    "delivered": "success",
    "restocked": "success",
    "shipped": "primary",
    "partial": "primary",
    "date_set": "info",
    "date_moved": "warning",
    "date_removed": "warning",
    "failed": "danger",
    "cancelled": "danger",
    "unavailable": "danger",
}


class SaleOrder(models.Model):
    """What happened to an order of the master, for its form."""

    _inherit = "sale.order"

    sm_event_ids = fields.One2many("sm.order.event", "order_id", "Order Events", copy=False)
    sm_event_count = fields.Integer("Events", compute="_compute_sm_event_count")

    def _compute_sm_event_count(self):
        events = self.env["sm.order.event"]
        counts = (
            dict(events._read_group([("order_id", "in", self.ids)], ["order_id"], ["__count"]))
            if events.has_access("read")
            else {}
        )
        for order in self:
            order.sm_event_count = counts.get(order, 0)

    @api.readonly
    def get_sm_timeline(self):
        """Return the events of the order, newest first, for the `OrderTimeline` component.

        Lines to which the same happened in one night are told together.

        :return: ``older``: number of events that are not shown, and ``events``: ``id``, ``kind``,
            ``title``, ``old``, ``new``, ``detail``, ``articles``, ``at`` (UTC), ``is_current``,
            ``icon``, ``level``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        events = self.env["sm.order.event"]
        shown = events.search([("order_id", "=", self.id)], limit=TIMELINE_LIMIT)
        groups = {}
        for event in shown:
            alike = (event.run_id, event.kind, event.is_current, event.old_date, event.new_date)
            groups.setdefault((alike, bool(event.line_key)), []).append(event.id)
        older = 0
        if len(shown) == TIMELINE_LIMIT:
            older = events.search_count([("order_id", "=", self.id)]) - TIMELINE_LIMIT
        return {
            "older": older,
            "events": [self._sm_timeline_event(events.browse(ids)) for ids in groups.values()],
        }

    @api.model
    def _sm_timeline_event(self, events):
        """Return the entry of events that differ by their articles only."""
        event = events[0]
        is_compared = event.kind in COMPARED
        return {
            "id": event.id,
            "kind": event.kind,
            "title": dict(event._fields["kind"]._description_selection(self.env))[event.kind],
            "old": event.old_value if is_compared else "",
            "new": event.new_value if is_compared else "",
            "detail": event._summary(),
            "articles": events.filtered("line_key").product_id.mapped("display_name"),
            "at": fields.Datetime.to_string(event.at),
            "is_current": event.is_current,
            "icon": ICONS[event.kind],
            "level": LEVELS[event.kind],
        }

    def action_open_sm_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("sm_connector.sm_order_event_action")
        return action | {
            "domain": [("order_id", "=", self.id)],
            "context": {"create": False},
        }
