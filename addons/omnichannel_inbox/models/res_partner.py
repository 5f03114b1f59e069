from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

#: Conversations shown on the card at most.
CARD_LIMIT = 5


class ResPartner(models.Model):
    """A contact as somebody who writes."""

    _inherit = "res.partner"

    omni_identity_ids = fields.One2many(
        "omni.identity", "partner_id", "Identities", groups="crm_ticket.group_ticket_user"
    )
    omni_conversation_count = fields.Integer(
        "Number of Conversations",
        compute="_compute_omni_conversation_count",
        groups="crm_ticket.group_ticket_user",
    )

    @api.depends_context("uid")
    def _compute_omni_conversation_count(self):
        """One query for all people, one for each company."""
        self.omni_conversation_count = 0
        conversations = self.env["omni.conversation"]
        companies = self.filtered("is_company")
        people = self - companies
        groups = conversations._read_group(
            [("partner_id", "in", people.ids)], ["partner_id"], ["__count"]
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in people:
            partner.omni_conversation_count = counts.get(partner._origin.id, 0)
        for company in companies._origin:
            company.omni_conversation_count = conversations.search_count(
                company._omni_conversation_domain()
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: whoever wrote from this address before may have been him."""
        identity_id = self.env.context.get("omni_identity_id")
        # it is about him, not about contacts made along with him
        self = self.with_context(omni_identity_id=False)
        partners = super().create(vals_list)
        if identity_id and len(partners) == 1:
            # made for somebody who wrote, by who may see that he did
            self.env["omni.identity"].browse(identity_id).action_confirm(partners.id)
        if any(vals.get("email") for vals in vals_list):
            partners._omni_address_changed()
        return partners

    def write(self, vals):
        """Override: see :meth:`create`."""
        res = super().write(vals)
        if vals.get("email"):
            self._omni_address_changed()
        return res

    def unlink(self):
        """Override: who wrote is unknown again when the contact is gone."""
        # sudo: whoever may delete the contact may leave its identities behind
        identities_sudo = self.env["omni.identity"].sudo().search([("partner_id", "in", self.ids)])
        res = super().unlink()
        identities_sudo.exists().write({"partner_id": False, "level": "none", "evidence": False})
        return res

    def _omni_address_changed(self):
        """Look again at those of whom it is not known who they are. One query, whoever comes."""
        keys = {partner.email_key for partner in self} | {partner.email_alt_key for partner in self}
        keys.discard(False)
        if not keys:
            return
        # sudo: what is known of a customer does not depend on who writes his address down
        identities_sudo = self.env["omni.identity"].sudo()
        identities_sudo.search(
            Domain("email_key", "in", list(keys)) & Domain("partner_id", "=", False)
        )._reconsider()

    # === CONVERSATIONS === #

    def _omni_conversation_domain(self):
        """Conversations with the contact, or with anybody of the company.

        :rtype: Domain
        """
        self.ensure_one()
        if self.is_company:
            return Domain("partner_id", "child_of", self.id)
        return Domain("partner_id", "=", self.id)

    def action_omni_conversations(self):
        """Open the conversations with the contact, history included.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_conversation_action"
        )
        action["domain"] = list(self._omni_conversation_domain())
        action["context"] = {}
        return action

    # === CUSTOMER CARD === #

    def _customer_card_sections(self):
        """Override of `integration_base` to add what was written last."""
        sections = super()._customer_card_sections()
        if self.env["omni.conversation"].has_access("read"):
            sections.append(self._customer_card_conversations())
        return sections

    def _customer_card_conversations(self):
        conversations = self.env["omni.conversation"].search(
            self._omni_conversation_domain(), limit=CARD_LIMIT
        )
        return {
            "key": "conversations",
            "title": self.env._("Conversations"),
            "icon": "fa-comments-o",
            "sequence": 24,
            "kind": "records",
            "records": [self._customer_card_conversation(each) for each in conversations],
            "empty": self.env._("Nothing written yet."),
        }

    def _customer_card_conversation(self, conversation):
        is_waiting = conversation.last_direction == "in"
        # sudo: the name of the channel of a conversation that the user sees
        parts = [conversation.channel_id.sudo().name]
        if conversation.last_message_date:
            date = conversation.last_message_date
            parts.append(format_datetime(self.env, date, dt_format="short"))
        if conversation.partner_id != self:
            parts.append(conversation.partner_id.name)
        return {
            "title": conversation.subject or conversation.preview or conversation.display_name,
            "subtitle": " · ".join(filter(None, parts)),
            "badge": self.env._("Received") if is_waiting else self.env._("Sent"),
            "badge_level": "info" if is_waiting else "success",
            "res_model": conversation._name,
            "res_id": conversation.id,
        }
