"""Orders of the master: everything that would move them in Odoo is refused, or left out where
Odoo does it by itself in the middle of something that has to pass."""

from odoo import api, models

from .sm_owned_mixin import add_condition

# buttons of the order form that would be refused
LIFE_BUTTONS = {
    "action_cancel",
    "action_confirm",
    "action_draft",
    "action_lock",
    "action_quotation_send",
    "action_quotation_sent",
    "action_unlock",
    "action_update_prices",
    "action_update_taxes",
}
INVOICE_BUTTONS = {"create_invoice", "create_invoice_percentage"}  # ids: their action is numbered


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # an order that left the export stays what it was; it is not Odoo's to invoice
    _sm_binding_states = ("linked", "missing", "archived", "closed")

    def _sm_is_masters(self):
        """Return whether an order is guarded: the state of its life is the master's."""
        return self._sm_is_guarded() and "state" in self._sm_owned()

    def _compute_team_id(self):
        """Override of `sale`: another salesperson does not move an order to another shop."""
        masters = self.filtered(lambda order: order.id and "team_id" in order._sm_owned())
        return super(SaleOrder, self - masters)._compute_team_id()

    def _has_to_be_signed(self):
        """Override of `sale`: an order of the master is not accepted in Odoo's portal."""
        return not self._sm_is_masters() and super()._has_to_be_signed()

    def _has_to_be_paid(self):
        """Override of `sale`: an order of the master is not accepted in Odoo's portal."""
        return not self._sm_is_masters() and super()._has_to_be_paid()

    def _is_confirmation_amount_reached(self):
        """Override of `sale`: a payment is booked, and does not confirm an order of the master."""
        return not self._sm_is_masters() and super()._is_confirmation_amount_reached()

    def _create_invoices(self, grouped=False, final=False, date=None):
        """Override of `sale`: the master invoices its orders.

        What a payment would invoice by itself is left out, because the payment has to be booked.
        """
        masters = self.filtered(lambda order: order._sm_is_masters())
        if not masters:
            return super()._create_invoices(grouped=grouped, final=final, date=date)
        if self.env.context.get("raise_if_nothing_to_invoice", True):
            raise masters._sm_refusal({order: () for order in masters})
        others = self - masters
        if not others:
            return self.env["account.move"]
        return super(SaleOrder, others)._create_invoices(grouped=grouped, final=final, date=date)

    def _generate_downpayment_invoices(self):
        """Override of `sale`: see :meth:`_create_invoices`."""
        others = self.filtered(lambda order: not order._sm_is_masters())
        return super(SaleOrder, others)._generate_downpayment_invoices()

    def message_post(self, **kwargs):
        """Override of `sale`: an order of the master may be mailed, which does not change it."""
        order = self
        if self.env.context.get("mark_so_as_sent") and self._sm_is_masters():
            order = self.with_context(mark_so_as_sent=False)
        return super(SaleOrder, order).message_post(**kwargs)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override to hide the buttons that would be refused."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for button in arch.iter("button"):
                if button.get("name") in LIFE_BUTTONS or button.get("id") in INVOICE_BUTTONS:
                    add_condition(button, "invisible", "'state' in (sm_owned_fields or [])")
        return arch, view


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    def _sm_links(self):
        """Override: a line is its order's."""
        return self.order_id._sm_links() if self.order_id else self.env["sm.link"]

    def _sm_bound(self):
        """Override: see :meth:`_sm_links`."""
        orders = self.order_id._sm_bound()
        return self.filtered(lambda line: line.order_id in orders)

    def _sm_check_target(self, order_ids):
        """Refuse a line more in an order of the master.

        :param set order_ids: the orders that would get one
        :raise UserError: one of them is the master's
        """
        orders = self.env["sale.order"].browse(filter(None, order_ids))
        masters = orders._sm_bound().filtered(lambda order: "order_line" in order._sm_owned())
        if masters:
            raise masters._sm_refusal({order: {"order_line"} for order in masters})

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse a new line in an order of the master."""
        if self._sm_is_guarded():
            default = self.env.context.get("default_order_id")
            self._sm_check_target({vals.get("order_id", default) for vals in vals_list})
        return super().create(vals_list)

    def write(self, vals):
        """Override to refuse that a line of another order is moved into one of the master."""
        order_id = vals.get("order_id")
        if (
            order_id
            and self._sm_is_guarded()
            and any(line.order_id.id != order_id for line in self)
        ):
            self._sm_check_target({order_id})
        return super().write(vals)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _sm_check_order_lines(self, vals):
        """Refuse to invoice a line of an order of the master by naming it.

        :raise UserError: ``vals`` do
        """
        commands = vals.get("sale_line_ids") or ()
        ids = set()
        for command in commands:
            if isinstance(command, int):
                ids.add(command)
            elif command[0] in (1, 4):
                ids.add(command[1])
            elif command[0] == 6:
                ids.update(command[2])
        orders = self.env["sale.order.line"].browse(ids).exists().sudo().order_id
        masters = orders.filtered(lambda order: order._sm_is_masters())
        if masters:
            raise masters._sm_refusal({order: () for order in masters})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("sale_line_ids"):
                self._sm_check_order_lines(vals)
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("sale_line_ids"):
            self._sm_check_order_lines(vals)
        return super().write(vals)
