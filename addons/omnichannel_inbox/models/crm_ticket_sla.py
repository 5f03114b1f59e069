from odoo import fields, models


class CrmTicketSla(models.Model):
    _inherit = "crm.ticket.sla"

    channel_ids = fields.Many2many(
        "omni.channel",
        "crm_ticket_sla_omni_channel_rel",
        "sla_id",
        "channel_id",
        string="Channels",
        check_company=True,
        help="Only tickets that came in here. None: by any channel, or none.",
    )

    def _matches(self, ticket):
        """Override of `crm_ticket`: by channel."""
        if not super()._matches(ticket):
            return False
        # sudo: how the customer wrote counts, whoever looks
        ticket_sudo = ticket.sudo()
        return not self.channel_ids or bool(
            (ticket_sudo.origin_channel_id | ticket_sudo.conversation_ids.channel_id)
            & self.channel_ids
        )
