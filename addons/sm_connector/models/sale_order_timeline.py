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

        :return: ``count`` of all events, and ``events``: ``id``, ``kind``, ``title``, ``old``,
            ``new``, ``detail``, ``at`` (UTC), ``is_current``, ``icon``, ``level``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        events = self.env["sm.order.event"]
        domain = [("order_id", "=", self.id)]
        kinds = dict(events._fields["kind"]._description_selection(self.env))
        shown = events.search(domain, limit=TIMELINE_LIMIT)
        return {
            "count": (
                len(shown) if len(shown) < TIMELINE_LIMIT else events.search_count(domain)
            ),
            "events": [
                {
                    "id": event.id,
                    "kind": event.kind,
                    "title": kinds[event.kind],
                    "old": event.old_value if event.kind in COMPARED else "",
                    "new": event.new_value if event.kind in COMPARED else "",
                    "detail": event.summary,
                    "at": fields.Datetime.to_string(event.at),
                    "is_current": event.is_current,
                    "icon": ICONS[event.kind],
                    "level": LEVELS[event.kind],
                }
                for event in shown
            ],
        }

    def action_open_sm_events(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sm_connector.sm_order_event_action"
        )
        return action | {
            "domain": [("order_id", "=", self.id)],
            "context": {"create": False},
        }
