from odoo import fields, models
from odoo.exceptions import UserError


class ThreecxCallLink(models.TransientModel):
    """Whom a call of an unknown number was from."""

    _name = "threecx.call.link"
    _description = "Who Called"

    call_id = fields.Many2one("threecx.call", required=True, ondelete="cascade")
    number = fields.Char(related="call_id.number_display", related_sudo=False)
    kind = fields.Selection(
        [("existing", "Somebody known"), ("lead", "A lead"), ("new", "A new contact")],
        "Who Was It",
        required=True,
        default="existing",
    )
    partner_id = fields.Many2one("res.partner", "Contact")
    lead_id = fields.Many2one("crm.lead")
    name = fields.Char()

    def action_link(self):
        """Link the call, and all others of the number that are linked with nobody."""
        self.ensure_one()
        if self.kind == "new":
            partner = self.env["res.partner"].browse(self.call_id.create_contact(self.name))
            return partner._get_records_action()
        record = self.lead_id if self.kind == "lead" else self.partner_id
        if not record:
            raise UserError(self.env._("Say who it was."))
        self.call_id.link_record(record._name, record.id)
        return {"type": "ir.actions.act_window_close"}
