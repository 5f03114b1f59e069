from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

#: Orders shown at most.
ORDER_LIMIT = 5
DOSSIER_LIMIT = 5
DOSSIER_LEVELS = {"open": "info", "planned": "info", "waiting": "warning"}
OPEN_STATUSES = (
    "quotation",
    "confirmed",
    "preparing",
    "ready",
    "shipped",
    "partial",
    "failed",
    "unknown",
)
LEVELS = {
    "ready": "success",
    "delivered": "success",
    "partial": "warning",
    "failed": "danger",
    "cancelled": "danger",
}


class ResPartner(models.Model):
    """The master's part of the customer card: who the customer is to it, and his orders."""

    _inherit = "res.partner"

    def _customer_card_sections(self):
        """Override of `integration_base` to add what Silicon Master knows."""
        sections = super()._customer_card_sections()
        customer = self if self.sm_code else self.commercial_partner_id
        if customer.sm_code:
            sections.append(customer._customer_card_master())
        if self.env["sale.order"].has_access("read"):
            sections.append(self._customer_card_orders())
        if self.env["sm.dossier"].has_access("read"):
            sections += self._customer_card_dossiers()
        return sections

    def _customer_card_master(self):
        segments = dict(self._fields["sm_segment"]._description_selection(self.env))
        facts = [{"label": self.env._("Key"), "value": self.sm_code}]
        if self.sm_segment:
            facts.append({"label": self.env._("Segment"), "value": segments[self.sm_segment]})
        if self.sm_is_blocked:
            facts.append(
                {
                    "label": self.env._("Attention"),
                    "value": [self.env._("Blocked in Silicon Master")],
                }
            )
        if self.sm_is_missing:
            facts.append(
                {
                    "label": self.env._("Attention"),
                    "value": [self.env._("Gone from Silicon Master")],
                }
            )
        if self.sm_remarks:
            facts.append({"label": self.env._("Remarks"), "value": self.sm_remarks})
        return {
            "key": "sm_customer",
            "title": self.env._("Silicon Master"),
            "icon": "fa-database",
            "sequence": 40,
            "kind": "facts",
            "facts": facts,
        }

    def _customer_card_orders(self):
        orders = self.env["sale.order"]
        domain = Domain("partner_id", "child_of", self.commercial_partner_id.id) & Domain(
            "sm_backend_id", "!=", False
        )
        is_open = Domain("sm_status", "in", OPEN_STATUSES) | Domain("sm_status", "=", False)
        shown = orders.search(domain & is_open, order="date_order desc, id desc", limit=ORDER_LIMIT)
        shown += orders.search(
            domain & ~is_open, order="date_order desc, id desc", limit=ORDER_LIMIT
        )
        shown = shown[:ORDER_LIMIT]
        facts = []
        count = orders.search_count(domain) if len(shown) == ORDER_LIMIT else len(shown)
        if count > len(shown):
            facts.append(
                {
                    "label": self.env._("All orders"),
                    "value": self.env._("%(count)s orders", count=count),
                    "href": self._customer_card_orders_path(),
                }
            )
        return {
            "key": "sm_orders",
            "title": self.env._("Orders"),
            "icon": "fa-shopping-cart",
            "sequence": 15,
            "kind": "records",
            "facts": facts,
            "records": [self._customer_card_order(order) for order in shown],
            "empty": self.env._("No order in Silicon Master."),
        }

    @api.model
    def _customer_card_order(self, order):
        parts = [format_date(self.env, order.date_order)]
        if order.commitment_date and order.sm_status not in ("delivered", "cancelled"):
            date = fields.Datetime.context_timestamp(order, order.commitment_date).date()
            parts.append(self.env._("expected on %(date)s", date=format_date(self.env, date)))
        parts.append(formatLang(self.env, order.amount_total, currency_obj=order.currency_id))
        # sudo: the name of a code is no secret
        return {
            "title": order.name,
            "subtitle": " · ".join(parts),
            "badge": order.sudo().sm_status_id.display_name or "",
            "badge_level": LEVELS.get(order.sm_status, "info"),
            "res_model": "sale.order",
            "res_id": order.id,
        }

    def _customer_card_dossiers(self):
        """The dossiers that are open; no section for a customer who never had one."""
        dossiers = self.env["sm.dossier"]
        domain = [("partner_id", "child_of", self.commercial_partner_id.id)]
        count = dossiers.search_count(domain)
        if not count:
            return []
        shown = dossiers.search(domain + [("is_open", "=", True)], limit=DOSSIER_LIMIT)
        return [
            {
                "key": "sm_dossiers",
                "title": self.env._("Dossiers"),
                "icon": "fa-wrench",
                "sequence": 17,
                "kind": "records",
                "facts": [
                    {
                        "label": self.env._("All dossiers"),
                        "value": self.env._("%(count)s dossiers", count=count),
                        "href": self._customer_card_dossiers_path(),
                    }
                ]
                if count > len(shown)
                else [],
                "records": [self._customer_card_dossier(dossier) for dossier in shown],
                "empty": self.env._("No open dossier."),
            }
        ]

    @api.model
    def _customer_card_dossier(self, dossier):
        # sudo: the name of a code is no secret
        dossier_sudo = dossier.sudo()
        parts = [dossier_sudo.kind_id.display_name, dossier.product_id.display_name]
        if dossier.date_planned:
            date = format_date(self.env, dossier.date_planned)
            parts.append(self.env._("planned on %(date)s", date=date))
        elif dossier.date_opened:
            date = format_date(self.env, dossier.date_opened)
            parts.append(self.env._("since %(date)s", date=date))
        return {
            "title": dossier.name,
            "subtitle": " · ".join(filter(None, parts)),
            "badge": dossier_sudo.state_id.display_name or "",
            "badge_level": DOSSIER_LEVELS.get(dossier.state, "warning"),
            "res_model": "sm.dossier",
            "res_id": dossier.id,
        }

    def _customer_card_dossiers_path(self):
        """Path of the dossiers of the customer in the web client."""
        action = "action-sm_connector.sm_dossier_action_customer"
        return f"/odoo/{self.commercial_partner_id.id}/{action}"

    def _customer_card_orders_path(self):
        """Path of the orders of the customer in the web client."""
        action = "action-sm_connector.sale_order_action_customer"
        return f"/odoo/{self.commercial_partner_id.id}/{action}"
