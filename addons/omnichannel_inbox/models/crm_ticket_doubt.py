from markupsafe import Markup

from odoo import SUPERUSER_ID, models
from odoo.fields import Domain


class CrmTicket(models.Model):
    """It is no longer certain whose ticket it is."""

    _inherit = "crm.ticket"

    def _case_settled(self):
        """Override: those that are done."""
        return super()._case_settled() | self.filtered(lambda ticket: ticket.state == "done")

    def _case_customer_doubted(self, old, identity, reason):
        """Override: what a person has set stays, and a note says what has changed."""
        kept = self.filtered(
            lambda ticket: ticket.partner_id and ticket._omni_keeps_customer(old, identity)
        )
        orders = {ticket: ticket.order_ids for ticket in self}
        res = super(CrmTicket, self - kept)._case_customer_doubted(old, identity, reason)
        for ticket in self:
            lines = [reason]
            if ticket in kept:
                lines.append(
                    self.env._(
                        "The ticket stays with %(customer)s: a colleague has chosen this customer,"
                        " or another conversation of the ticket is his.",
                        customer=ticket.partner_id.display_name,
                    )
                )
            else:
                lines.append(self.env._("Until then the ticket has no customer."))
            if taken := orders[ticket] - ticket.order_ids:
                names = ", ".join(taken.mapped("name"))
                lines.append(self.env._("Taken off the ticket: %(orders)s", orders=names))
            ticket._message_log(body=Markup("<br/>").join(lines))
        return res

    def _omni_keeps_customer(self, old, identity):
        """Whether something else than who an identity is says whose the ticket is: it has another
        customer, a person has chosen him, or he writes in another conversation.

        :param old: `res.partner` that the identity was
        :param identity: `omni.identity`
        :rtype: bool
        """
        self.ensure_one()
        if self.partner_id != old or any(
            one.identity_id != identity
            and one.partner_id == old
            and one.identity_id.partner_id == old
            for one in self.conversation_ids
        ):
            return True
        return bool(
            self.env["mail.tracking.value"].search_count(
                Domain("mail_message_id.model", "=", self._name)
                & Domain("mail_message_id.res_id", "=", self.id)
                & Domain("field_id.name", "=", "partner_id")
                & Domain("new_value_integer", "=", old.id)
                & Domain("create_uid", "!=", SUPERUSER_ID),
                limit=1,
            )
        )
