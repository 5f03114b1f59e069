from odoo import api, fields, models

FINISHED_STATES = ("closed", "refused")


class SmDossier(models.Model):
    """A return or after-sales dossier of the master: mirrored, kept up in Silicon Master only."""

    _name = "sm.dossier"
    _description = "Silicon Master Dossier"
    _inherit = ["sm.linked.mixin"]
    _order = "is_open desc, date_opened desc, id desc"

    name = fields.Char("Number", required=True, readonly=True, index="trigram")
    active = fields.Boolean(
        default=True, readonly=True, help="A dossier that the master no longer has is archived."
    )
    backend_id = fields.Many2one(
        "sm.backend", "Silicon Master", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="backend_id.company_id", store=True, index=True)
    sm_link_ids = fields.One2many(
        "sm.link", "dossier_id", "Silicon Master Links", groups="sm_connector.group_sm_user"
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", required=True, readonly=True, ondelete="restrict", index=True
    )
    order_id = fields.Many2one(
        "sale.order", readonly=True, ondelete="set null", index="btree_not_null"
    )
    order_ref = fields.Char(
        "Order Number", readonly=True, help="As Silicon Master gives it, in Odoo or not."
    )
    product_id = fields.Many2one(
        "product.product", "Article", readonly=True, ondelete="set null", index="btree_not_null"
    )
    product_ref = fields.Char(
        "Article Code", readonly=True, help="As Silicon Master gives it, in Odoo or not."
    )
    kind_id = fields.Many2one("sm.code", "Kind Code", readonly=True, ondelete="set null")
    kind = fields.Selection(related="kind_id.dossier_kind", store=True)
    state_id = fields.Many2one("sm.code", "State Code", readonly=True, ondelete="set null")
    state = fields.Selection(related="state_id.dossier_state", store=True)
    is_open = fields.Boolean(compute="_compute_is_open", store=True)
    owner = fields.Char("In Charge", readonly=True, help="The person's name in Silicon Master.")
    date_opened = fields.Date("Opened On", readonly=True)
    date_planned = fields.Date("Planned On", readonly=True)
    date_closed = fields.Date("Closed On", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    remarks = fields.Text(readonly=True)

    @api.depends("state")
    def _compute_is_open(self):
        """A state that nobody has explained counts as open: rather looked at than overlooked."""
        for dossier in self:
            dossier.is_open = dossier.state not in FINISHED_STATES

    def action_open_order(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.order_id.id,
            "view_mode": "form",
        }
