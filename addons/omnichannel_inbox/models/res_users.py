from odoo import api, fields, models

OWN_FIELDS = ["omni_is_away", "omni_then"]


class ResUsers(models.Model):
    _inherit = "res.users"

    omni_is_away = fields.Boolean(
        "No New Tickets",
        compute="_compute_omni_is_away",
        inverse="_inverse_omni_is_away",
        compute_sudo=True,
        help="In teams where tickets are handed out in turns, you are left out.",
    )
    omni_then = fields.Selection(
        [("wait", "Waits for the customer"), ("close", "Is closed"), ("open", "Stays open")],
        "After an Answer, the Ticket",
        default="wait",
        required=True,
        help="What sending does unless you choose otherwise.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + OWN_FIELDS

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + OWN_FIELDS

    # === COMPUTE METHODS === #

    @api.depends("crm_team_member_ids.is_away")
    def _compute_omni_is_away(self):
        for user in self:
            members = user.crm_team_member_ids
            user.omni_is_away = bool(members) and all(member.is_away for member in members)

    def _inverse_omni_is_away(self):
        for user in self:
            # sudo: everybody says himself whether he is there; others are kept off by `write`
            user.sudo().crm_team_member_ids.is_away = user.omni_is_away
