from odoo import api, fields, models


class OmniConversation(models.Model):
    _inherit = "omni.conversation"

    # what the record rules go by; a generic reference cannot be followed in a domain
    ticket_id = fields.Many2one(
        "crm.ticket",
        compute="_compute_ticket_id",
        store=True,
        compute_sudo=True,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.depends("case_model", "case_id")
    def _compute_ticket_id(self):
        for conversation in self:
            is_ticket = conversation.case_model == "crm.ticket"
            conversation.ticket_id = conversation.case_id if is_ticket else False
