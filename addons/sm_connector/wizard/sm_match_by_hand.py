from odoo import api, fields, models
from odoo.exceptions import UserError


class SmMatchByHand(models.TransientModel):
    """«This is Silicon Master's customer …»: a link made, or taken apart, from a contact."""

    _name = "sm.match.by.hand"
    _description = "Silicon Master Link by Hand"

    backend_id = fields.Many2one(
        "sm.backend",
        "Silicon Master",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env["sm.backend"].search([], limit=1),
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Contact in Odoo",
        required=True,
        ondelete="cascade",
        domain="[('sm_code', '=', False), '|', ('company_id', '=', False),"
        " ('company_id', '=', company_id)]",
    )
    company_id = fields.Many2one(related="backend_id.company_id")
    external_id = fields.Char("Silicon Master Key")
    has_key = fields.Boolean(help="The wizard was opened from a question: its key is given.")
    match_id = fields.Many2one(
        "sm.match", "Waiting in Silicon Master", compute="_compute_match_id", compute_sudo=True
    )
    hint = fields.Char(compute="_compute_hint")
    reason = fields.Text("Why")

    @api.model_create_multi
    def create(self, vals_list):
        """Override to tell nobody whose key it is in a company that is not his."""
        wizards = super().create(vals_list)
        wizards._check_reach()
        return wizards

    def write(self, vals):
        """Override; see :meth:`create`."""
        result = super().write(vals)
        self._check_reach()
        return result

    def onchange(self, values, field_names, fields_spec):
        """Override; see :meth:`create`."""
        self.new(
            {name: values[name] for name in ("backend_id", "partner_id") if name in values}
        )._check_reach()
        return super().onchange(values, field_names, fields_spec)

    def _check_reach(self):
        """Check that the user may read the master and the contact.

        :raise AccessError: he may not
        """
        self.env["sm.backend"].browse(self.backend_id.ids).check_access("read")
        self.env["res.partner"].browse(self.partner_id.ids).check_access("read")

    @api.depends("backend_id", "external_id")
    def _compute_match_id(self):
        for wizard in self:
            wizard.match_id = self.env["sm.match"].search(
                [
                    ("backend_id", "=", wizard.backend_id.id),
                    ("entity", "=", "contact"),
                    ("external_id", "=", wizard._get_key()),
                ]
            )

    @api.depends("match_id", "external_id", "backend_id")
    @api.depends_context("lang")
    def _compute_hint(self):
        """Tell whose key it is before it is linked: a typing error is easily made."""
        for wizard in self:
            key = wizard._get_key()
            link = (
                wizard.env["sm.match"]
                .new({"backend_id": wizard.backend_id.id, "entity": "contact", "external_id": key})
                ._links()[:1]
            )
            if not key:
                wizard.hint = False
            elif link:
                wizard.hint = self.env._(
                    "This key is already %(contact)s in Odoo.",
                    contact=link.partner_id.display_name,
                )
            elif wizard.match_id.name:
                wizard.hint = self.env._("Silicon Master: %(name)s", name=wizard.match_id.name)
            else:
                wizard.hint = self.env._(
                    "Silicon Master has not sent this key yet. It is linked when it comes."
                )

    def _get_key(self):
        return (self.external_id or "").strip()

    def action_link(self):
        """Remember that the contact is this key's."""
        self.ensure_one()
        key = self._get_key()
        if not key:
            raise UserError(self.env._("Enter the code of the customer in Silicon Master."))
        self.env["sm.match"]._check_operator()
        self.backend_id.check_access("read")
        match = self.env["sm.match"]._find_or_new(self.backend_id, "contact", key)
        action = match.with_env(self.env).action_link(self.partner_id.id)
        match.sudo().note = self.reason
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action

    def action_unlink(self):
        """Take the contact and its keys apart; the next run asks who they are."""
        self.ensure_one()
        self.env["sm.match"]._check_operator()
        self.partner_id.check_access("read")
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why, for those who find it later."))
        # sudo: operators may not read the links of masters they do not see
        links = self.partner_id.sudo().sm_link_ids.filtered(
            lambda link: (
                link.state != "retired" and link.backend_id.company_id in self.env.companies
            )
        )
        for link in links:
            match = self.env["sm.match"]._find_or_new(link.backend_id, "contact", link.external_id)
            match.with_env(self.env)._cut(link, self.reason)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "The contact is Odoo's alone now. After the next synchronisation you are asked "
                    "who the customer of Silicon Master is."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
