from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

#: Tickets shown on the customer card at most.
TICKET_LIMIT = 5
LEVELS = {"late": "danger", "soon": "warning"}


class ResPartner(models.Model):
    _inherit = "res.partner"

    ticket_count = fields.Integer(
        "Number of Tickets",
        compute="_compute_ticket_count",
        groups="crm_ticket.group_ticket_user",
    )

    @api.depends_context("uid")
    def _compute_ticket_count(self):
        """One query for all people, one for each company."""
        self.ticket_count = 0
        tickets = self.env["crm.ticket"]
        companies = self.filtered("is_company")
        people = self - companies
        groups = tickets._read_group(
            [("partner_id", "in", people.ids)], ["partner_id"], ["__count"]
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in people:
            partner.ticket_count = counts.get(partner._origin.id, 0)
        for company in companies._origin:
            company.ticket_count = tickets.search_count(company._ticket_domain())

    def _ticket_domain(self):
        """Tickets of the contact, or of anybody of the company.

        :rtype: Domain
        """
        self.ensure_one()
        if self.is_company:
            return Domain("partner_id", "child_of", self.id)
        return Domain("partner_id", "=", self.id)

    def action_tickets(self):
        """Open the tickets of the contact.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_ticket.crm_ticket_action")
        action["domain"] = list(self._ticket_domain())
        action["context"] = {"default_partner_id": self.id}
        return action

    # === CUSTOMER CARD === #

    def _customer_card_sections(self):
        """Override of `integration_base` to add the tickets."""
        sections = super()._customer_card_sections()
        if self.env["crm.ticket"].has_access("read"):
            sections.append(self._customer_card_tickets())
        return sections

    def _customer_card_tickets(self):
        tickets = self.env["crm.ticket"]
        mine = self._ticket_domain() & Domain("is_spam", "=", False)
        opened = tickets.search(mine & tickets._domain_open(), limit=TICKET_LIMIT)
        if len(opened) < TICKET_LIMIT:
            closed = tickets.search(
                mine & Domain("state", "=", "done"),
                order="closed_date DESC, id DESC",
                limit=TICKET_LIMIT - len(opened),
            )
        else:
            closed = tickets
        return {
            "key": "tickets",
            "title": self.env._("Tickets"),
            "icon": "fa-ticket",
            "sequence": 22,
            "kind": "records",
            "facts": [],
            "records": [self._customer_card_ticket(ticket) for ticket in opened + closed],
            "empty": self.env._("No request yet."),
        }

    def _customer_card_ticket(self, ticket):
        date = ticket.last_customer_date or ticket.create_date
        parts = [format_datetime(self.env, date, dt_format="short")]
        if ticket.partner_id != self:
            parts.append(ticket.partner_id.name)
        # sudo: names of colleagues
        parts.append(ticket.sudo().user_id.name)
        level = "success" if ticket.state == "done" else LEVELS.get(ticket.sla_state, "info")
        return {
            "title": ticket.display_name,
            "subtitle": " · ".join(filter(None, parts)),
            "badge": ticket.stage_id.name,
            "badge_level": level,
            "res_model": ticket._name,
            "res_id": ticket.id,
        }
