from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmTicket(models.Model):
    """The chatter of a ticket is a talk among colleagues.

    What a customer writes and is answered goes through his channel. Whatever Odoo would send on its
    own, to followers, to people mentioned, on a change of stage, stays inside the house: an answer
    would reach him twice, a note of a colleague at all.
    """

    _inherit = "crm.ticket"

    @api.model
    def _colleagues(self, partner_ids):
        """Those of some partners who work here.

        :param partner_ids: ids
        :rtype: `res.partner`
        """
        # sudo: who has an account is not everybody's to read
        partners = self.env["res.partner"].sudo().browse(partner_ids or ())
        return partners.filtered(
            lambda partner: any(not user.share for user in partner.user_ids)
        ).with_env(self.env)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Override: nobody outside is ever notified of anything on a ticket."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        colleagues = set(self._colleagues([data["id"] for data in recipients if data["id"]]).ids)
        return [data for data in recipients if data["id"] in colleagues]

    def _message_subscribe(self, partner_ids=None, subtype_ids=None, customer_ids=None):
        """Override: customers do not follow tickets."""
        colleagues = self._colleagues(partner_ids).ids
        if not colleagues:
            return True
        return super()._message_subscribe(
            colleagues, subtype_ids=subtype_ids, customer_ids=customer_ids
        )

    def message_post(self, *, partner_ids=None, outgoing_email_to=False, **kwargs):
        """Override: a message names no recipient whom it does not reach."""
        return super().message_post(
            partner_ids=self._colleagues(partner_ids).ids, outgoing_email_to=False, **kwargs
        )

    def _message_create(self, values_list):
        """Override: messages on tickets are for employees only, on the portal too."""
        return super()._message_create([{**values, "is_internal": True} for values in values_list])

    def _get_message_create_valid_field_names(self):
        """Override to let :meth:`_message_create` say who may read."""
        return super()._get_message_create_valid_field_names() | {"is_internal"}

    def _message_get_suggested_recipients_batch(self, *args, **kwargs):
        """Override: nobody outside is proposed."""
        return {ticket.id: [] for ticket in self}

    @api.model
    def _get_thread_with_access(self, thread_id, *, hash=None, pid=None, token=None, **kwargs):
        """Override of `portal`: the link to a request opens its page, not our chatter."""
        return super()._get_thread_with_access(thread_id, **kwargs)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Override: no mail becomes a ticket behind the back of its channel."""
        raise UserError(self.env._("Tickets are not opened by the mail gateway."))

    def message_update(self, msg_dict, update_vals=None):
        """Override: a mail that finds its way here by its references is not lost: colleagues see
        it, and that the customer waits."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or ())
        if not self._colleagues(author.ids):
            # the gateway has it as text
            when = fields.Datetime.to_datetime(msg_dict.get("date")) or fields.Datetime.now()
            for ticket in self:
                ticket._customer_wrote(when)
        return result
