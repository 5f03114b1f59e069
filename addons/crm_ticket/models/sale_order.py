from datetime import timedelta

from odoo import api, fields, models

#: An order that should have come so many days ago and still is not closed is no open order.
FORGOTTEN_DAYS = 60


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ticket_ids = fields.Many2many(
        "crm.ticket",
        "crm_ticket_sale_order_rel",
        "order_id",
        "ticket_id",
        string="Tickets",
        copy=False,
        groups="crm_ticket.group_ticket_user",
    )
    ticket_count = fields.Integer(
        "Number of Tickets",
        compute="_compute_ticket_count",
        groups="crm_ticket.group_ticket_user",
    )

    def _compute_ticket_count(self):
        groups = self.env["crm.ticket"]._read_group(
            [("order_ids", "in", self.ids)], ["order_ids"], ["__count"]
        )
        counts = {order.id: count for order, count in groups}
        for order in self:
            order.ticket_count = counts.get(order._origin.id, 0)

    def action_tickets(self):
        """Open the tickets about the order.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_ticket.crm_ticket_action")
        action["domain"] = [("order_ids", "in", self.ids)]
        action["context"] = {
            "default_order_ids": self.ids,
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
        }
        return action

    # === THOSE WHO ONLY LOOK === #

    @api.model
    def _is_ticket_reader(self):
        """Whether the user reads orders to answer customers, and has nothing else to do with them.

        Sales' own form asks for invoices and more that he has no right on, and would not open.
        """
        return (
            self.env.user.has_group("crm_ticket.group_ticket_user")
            and not self.has_access("write")
            and not self.env["account.move"].has_access("read")
        )

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        """Override: not everybody gets the same form."""
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, view_type == "form" and self._is_ticket_reader())

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override: a form that those who only look can open."""
        if view_type == "form" and self._is_ticket_reader():
            view_id = self.env.ref("crm_ticket.sale_order_view_form_reader").id
        return super()._get_view(view_id, view_type, **options)

    # === URGENCY OF TICKETS === #

    def _ticket_is_open(self):
        """Whether the customer still expects something of the order. Addons that know what was
        delivered override it.

        :rtype: bool
        """
        self.ensure_one()
        oldest = fields.Datetime.now() - timedelta(days=FORGOTTEN_DAYS)
        return self.state == "sale" and (self.commitment_date or self.date_order) > oldest

    def _ticket_is_late(self):
        """Whether the date that was promised for the order is past.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.commitment_date and self.commitment_date < fields.Datetime.now())
