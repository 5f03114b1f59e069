from odoo import api, fields, models


class ThreecxExtension(models.Model):
    """An extension of a telephone system, who has it, and whether it is in use."""

    _name = "threecx.extension"
    _description = "3CX Extension"
    _order = "pbx_id, number, id"
    _rec_names_search = ["number", "name", "user_id.name"]

    pbx_id = fields.Many2one("threecx.pbx", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="pbx_id.company_id", store=True, index=True)
    number = fields.Char("Extension", required=True)
    name = fields.Char(help="As the telephone system shows it.")
    email = fields.Char()
    user_id = fields.Many2one(
        "res.users",
        index="btree_not_null",
        ondelete="set null",
        domain=[("share", "=", False)],
        help="Who calls and is called on this extension.",
    )
    mapped_by = fields.Selection(
        [
            ("email", "Same e-mail address"),
            ("extension", "Extension on the user"),
            ("manual", "By hand"),
        ],
        "Found By",
        readonly=True,
        help="What was decided by hand is never changed by the nightly comparison.",
    )
    devices = fields.Json(
        readonly=True, help="Telephones registered on this extension, as 3CX lists them."
    )
    preferred_device = fields.Char(
        readonly=True, help="Telephone with which this extension calls, when it has several."
    )

    # === PRESENCE (ONLY WHEN CALLS ARE FOLLOWED LIVE) === #

    state = fields.Selection(
        [("idle", "Free"), ("ringing", "Ringing"), ("talking", "On the phone")],
        default="idle",
        required=True,
        readonly=True,
    )
    since = fields.Datetime(readonly=True)
    registered = fields.Boolean(
        "Telephone Connected", readonly=True, help="At least one telephone is signed in."
    )

    _number_uniq = models.UniqueIndex("(pbx_id, number)", "This extension exists already.")

    @api.depends("number", "name", "user_id.name")
    def _compute_display_name(self):
        for extension in self:
            # sudo: the name of a colleague
            name = extension.sudo().user_id.name or extension.name
            extension.display_name = " ".join(filter(None, (extension.number, name)))
