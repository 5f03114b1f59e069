from odoo import api, models

from odoo.addons.integration_base.tools import email as email_tools


class OmniConversation(models.Model):
    _inherit = "omni.conversation"

    @api.model
    def _start(self, channel, person, subject, partner=None):
        """Begin a conversation: we write first.

        :param channel: `omni.channel` of mail
        :param dict person: ``{"email", "name"}``, the address normalised
        :param str subject:
        :param partner: `res.partner` it is, when somebody has chosen him
        :rtype: omni.conversation
        """
        identities = self.env["omni.identity"]
        identity = identities.search(
            [("channel_id", "=", channel.id), ("external_id", "=", person["email"])]
        )
        if not identity:
            identity = identities.create(
                {
                    "channel_id": channel.id,
                    "external_id": person["email"],
                    "email": person["email"],
                    "email_key": email_tools.match_key(person["email"]),
                    "name": person["name"] or False,
                }
            )
        if partner and not identity._is_linked():
            # chosen by a person, and written to at his own address
            if person["email"] in email_tools.split_addresses(partner.email or None):
                identity._confirm(partner)
        elif not identity.partner_id:
            identity._reconsider()
        return self.create(
            {
                "channel_id": channel.id,
                "identity_id": identity.id,
                "partner_id": identity.partner_id.id,
                "subject": subject,
                "participants": [person["email"]],
            }
        )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a ticket knows its channels."""
        conversations = super().create(vals_list)
        conversations._inbox_tickets()._inbox_refresh_channels()
        return conversations

    def write(self, vals):
        """Override: a ticket shows what it has been given, and no longer what was taken away."""
        is_moved = not vals.keys().isdisjoint({"case_id", "case_model"})
        if not is_moved and "channel_id" not in vals:
            return super().write(vals)
        tickets = self._inbox_tickets()
        res = super().write(vals)
        # of those that are gone there is no row to refresh
        tickets |= self._inbox_tickets()
        tickets._inbox_refresh_channels()
        if is_moved:
            tickets._inbox_refresh()
        return res

    def unlink(self):
        """Override: see :meth:`write`."""
        tickets = self._inbox_tickets()
        res = super().unlink()
        tickets.exists()._inbox_refresh_channels()
        tickets.exists()._inbox_refresh()
        return res

    # === INBOX === #

    def _inbox_tickets(self):
        """The tickets of the conversations; other models of cases have no line in this inbox.

        :rtype: recordset of `crm.ticket`
        """
        ids = {conv.case_id for conv in self if conv.case_model == "crm.ticket" and conv.case_id}
        # sudo: what a line shows follows its messages, whoever they come through
        return self.env["crm.ticket"].sudo().browse(ids)

    def _inbox_refresh(self):
        """See :meth:`crm.ticket._inbox_refresh`."""
        self._inbox_tickets()._inbox_refresh()
