from odoo import api, fields, models
from odoo.fields import Domain

PRESENCE_BUS = "threecx_bridge/presence"
STATES = [("idle", "Free"), ("ringing", "Ringing"), ("talking", "On the phone")]


class ThreecxExtension(models.Model):
    """An extension of a telephone system, who has it, and whether it is in use."""

    _name = "threecx.extension"
    _description = "3CX Extension"
    _order = "pbx_id, number, id"
    _rec_names_search = ["number", "name", "user_id.name"]

    pbx_id = fields.Many2one("threecx.pbx", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="pbx_id.company_id", store=True, index=True)
    number = fields.Char("Extension", required=True)
    active = fields.Boolean(default=True)
    name = fields.Char(help="As the telephone system shows it.")
    email = fields.Char("E-mail")
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
    is_followed = fields.Boolean(
        "Rings on Click",
        default=True,
        readonly=True,
        help="3CX lets Odoo make this extension call and follow its calls: it is listed at the API "
        "client made for Odoo.",
    )
    preferred_device = fields.Char(
        readonly=True, help="Telephone with which this extension calls, when it has several."
    )

    # === PRESENCE (ONLY WHEN CALLS ARE FOLLOWED LIVE) === #

    state = fields.Selection(STATES, default="idle", required=True, readonly=True)
    since = fields.Datetime(readonly=True)
    current_call_id = fields.Many2one(
        "threecx.call", "Talks With", compute="_compute_current_call_id"
    )
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

    @api.depends("state", "since")
    @api.depends_context("uid")
    def _compute_current_call_id(self):
        """The call that the extension is in, when the user may see it."""
        self.current_call_id = False
        busy = self.filtered(lambda extension: extension.state != "idle")
        if not busy:
            return
        # sudo: which share belongs to which call is no secret, the call may be one
        legs_sudo = self.env["threecx.call.leg"].sudo()
        domain = Domain("extension_id", "in", busy.ids)
        domain &= Domain("state", "in", ("ringing", "ongoing"))
        shares = dict(legs_sudo._read_group(domain, ["extension_id"], ["call_id:max"]))
        calls = self.env["threecx.call"].browse(filter(None, shares.values()))
        visible = calls._filtered_access("read")
        for extension in busy:
            call = self.env["threecx.call"].browse(shares.get(extension, False))
            extension.current_call_id = call & visible

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: whom a person gives an extension to keeps it."""
        return super().create([_by_hand(vals) for vals in vals_list])

    def write(self, vals):
        """Override: as `create`; a telephone is chosen by who has the extension, and what it does
        is told to him."""
        vals = _by_hand(vals)
        if "user_id" in vals:
            vals.setdefault("preferred_device", False)
        res = super().write(vals)
        if "state" in vals:
            self._tell_presence()
        return res

    def _tell_presence(self):
        """Tell the screens of who has the extension, on whatever computer, what it does."""
        for extension in self:
            extension.user_id._bus_send(
                PRESENCE_BUS, {"extension": extension.number, "state": extension.state}
            )

    # === WHOSE IS IT === #

    def _assign(self, user, mapped_by):
        """Give the extension to somebody.

        :param user: `res.users`, may be empty
        :param str mapped_by: how he was found; empty for nobody
        """
        self.write({"user_id": user.id, "mapped_by": mapped_by or False})


def _by_hand(vals):
    """A user given without saying how he was found was given by hand."""
    if "user_id" in vals and "mapped_by" not in vals:
        return vals | {"mapped_by": "manual"}
    return vals
