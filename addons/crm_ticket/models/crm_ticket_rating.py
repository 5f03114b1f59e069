from odoo import models
from odoo.exceptions import UserError


class CrmTicket(models.Model):
    """Satisfaction: asked by a person, answered by the customer in two clicks."""

    _inherit = "crm.ticket"

    def _rating_get_parent_field_name(self):
        """Override of `rating`: the ratings of a team are those of its tickets."""
        return "team_id"

    def _rating_apply_get_default_subtype_id(self):
        """Override of `rating`: what the customer thinks of us is told to colleagues only."""
        return self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")

    def _rating_url(self):
        """Address of the page on which the customer says how it was; he needs no account.

        :rtype: str
        """
        self.ensure_one()
        token = self._rating_get_access_token()
        return f"{self.get_base_url()}/rate/{token}/5"

    def action_ask_rating(self):
        """Button: a mail to the customer, asking how it was; to be read and sent by a person.

        :raise UserError: when nobody can be asked
        """
        self.ensure_one()
        if not self.partner_id.email:
            raise UserError(
                self.env._(
                    "Nobody can be asked: choose a customer who has an e-mail address first."
                )
            )
        template = self.env.ref("crm_ticket.mail_template_rating")
        lang = self.partner_id.lang
        values = template.with_context(lang=lang)._generate_template(
            self.ids, ("subject", "body_html")
        )[self.id]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask how it was"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                # on the contact: a ticket's own chatter never leaves the house
                "default_model": "res.partner",
                "default_res_ids": self.partner_id.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": self.partner_id.ids,
                "default_subject": values["subject"],
                "default_body": values["body_html"],
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    def action_ratings(self):
        """Open what the customer said of us.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Satisfaction"),
            "res_model": "rating.rating",
            "domain": [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("consumed", "=", True),
            ],
            "views": [(False, "kanban"), (False, "list")],
        }
