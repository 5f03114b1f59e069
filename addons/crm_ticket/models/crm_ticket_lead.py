from odoo import fields, models


class CrmTicket(models.Model):
    """A request that turns out to be a wish to buy."""

    _inherit = "crm.ticket"

    def action_create_lead(self):
        """Make a lead of the request; the ticket stays.

        :return: action that opens the lead, for those who may see it
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: whoever answers a customer may pass on that he wants to buy
        lead_sudo = self.env["crm.lead"].sudo().create(self._prepare_lead_vals())
        self._message_log(
            body=self.env._("A lead was made of this request: %(lead)s", lead=lead_sudo.name)
        )
        lead = lead_sudo.sudo(False)
        if lead.has_access("read"):
            return {
                "type": "ir.actions.act_window",
                "res_model": lead._name,
                "res_id": lead.id,
                "views": [(False, "form")],
            }
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("The sales team has a new lead: %s", lead_sudo.name),
            },
        }

    def _prepare_lead_vals(self):
        """Return the values of the lead.

        :rtype: dict
        """
        self.ensure_one()
        is_seller = self.env.user.has_group("sales_team.group_sale_salesman")
        # sudo: names of orders
        orders = ", ".join(self.sudo().order_ids.mapped("name"))
        about = self.env._("Request %(ticket)s", ticket=self.number)
        if orders:
            about = self.env._(
                "Request %(ticket)s about %(orders)s", ticket=self.number, orders=orders
            )
        return {
            "name": self.name,
            "ticket_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "contact_name": self.partner_name,
            "email_from": self.email_from,
            "phone": self.phone,
            "tag_ids": [fields.Command.set(self.tag_ids.ids)],
            "user_id": self.env.uid if is_seller else False,
            "description": about,
        }

    def action_leads(self):
        """Open the leads made of the ticket.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_all_leads")
        action["domain"] = [("ticket_id", "=", self.id)]
        action["context"] = {}
        if len(self.lead_ids) == 1:
            action.update(res_id=self.lead_ids.id, views=[(False, "form")])
        return action
