from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_base.tools import email as email_tools

USER_GROUP = "threecx_bridge.group_threecx_user"
OWN_ANSWERS = ["threecx_status", "threecx_pop_url"]
OWN_FIELDS = ["threecx_extension", "threecx_dial_mode"]


class ResUsers(models.Model):
    _inherit = "res.users"

    threecx_extension = fields.Char(
        "Telephone Extension",
        help="Your number in the telephone system, when it was not found by your e-mail address.",
    )
    threecx_dial_mode = fields.Selection(
        [("webclient", "3CX web client"), ("tel", "Telephone app of my computer (tel:)")],
        "Call With",
        help="What a click on a number opens on your computer. Empty: as the company decided.",
    )
    threecx_extension_ids = fields.One2many("threecx.extension", "user_id", "Extensions")

    threecx_status = fields.Char("Telephone", compute="_compute_threecx_status", compute_sudo=True)
    threecx_pop_url = fields.Char(
        "Page to Open on Ringing",
        compute="_compute_threecx_status",
        compute_sudo=True,
        help="Enter it in the settings of your 3CX client, and Odoo shows who is calling.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + [*OWN_FIELDS, *OWN_ANSWERS]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + OWN_FIELDS

    # === COMPUTE METHODS === #

    @api.depends("threecx_extension", "threecx_dial_mode", "threecx_extension_ids.is_followed")
    @api.depends_context("lang")
    def _compute_threecx_status(self):
        for user in self:
            known = user._origin
            user.threecx_status = user._threecx_status() if known else False
            user.threecx_pop_url = known._threecx_pbx().pop_url if known else False

    def _threecx_status(self):
        """What a click on a number does for the user, and what would make it better, for people.

        :rtype: str
        """
        self.ensure_one()
        user = self._origin
        pbx_sudo, extension_sudo = user._threecx_pbx(), user._threecx_extension()
        if not pbx_sudo:
            return self.env._("No telephone system is set up.")
        mode = user._threecx_mode()
        if mode == "server":
            return self.env._(
                "A click on a number makes extension %(number)s ring.", number=extension_sudo.number
            )
        if mode == "webclient":
            line = self.env._("A click on a number opens the 3CX web client.")
        else:
            line = self.env._("A click on a number opens the telephone app of the computer.")
        if pbx_sudo.tier != "2":
            return line
        if not extension_sudo:
            return " ".join(
                (line, self.env._("With an extension, the own telephone would ring instead."))
            )
        missing = self.env._(
            "Extension %(number)s is not listed in 3CX at the API client made for Odoo.",
            number=extension_sudo.number,
        )
        return " ".join((line, missing))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: the extension entered for a user is his."""
        users = super().create(vals_list)
        users.filtered("threecx_extension")._threecx_claim()
        return users

    def write(self, vals):
        """Override: the extension that a user entered is his, unless it is a colleague's."""
        if vals.get("threecx_extension"):
            vals = vals | {"threecx_extension": vals["threecx_extension"].strip()}
        res = super().write(vals)
        if "threecx_extension" in vals:
            self._threecx_claim()
        return res

    def action_archive(self):
        """Override: with a colleague his activities go, but not who waits to be called back."""
        # sudo: whoever archives colleagues need not telephone
        missed_sudo = self.env["threecx.call"].sudo()
        missed_sudo = missed_sudo.search([("activity_id.user_id", "in", self.ids)])
        res = super().action_archive()
        for call_sudo in missed_sudo.filtered(lambda call: not call.activity_id):
            call_sudo._follow_up()
        return res

    # === TELEPHONE === #

    def _threecx_pbx(self):
        """The telephone system with which the user telephones in the current company.

        :rtype: recordset of `threecx.pbx`, at most one
        """
        self.ensure_one()
        # sudo: whoever may call need not know how
        pbxs_sudo = self.env["threecx.pbx"].sudo()
        company = self.env.company if self == self.env.user else self.company_id
        extension_sudo = self._threecx_extension()
        if extension_sudo:
            return extension_sudo.pbx_id
        return pbxs_sudo.search([("company_id", "=", company.id)], limit=1)

    def _threecx_extension(self):
        """The extension from which the user calls: the one that he entered, else his first.

        :rtype: recordset of `threecx.extension`, at most one
        """
        self.ensure_one()
        company = self.env.company if self == self.env.user else self.company_id
        extensions_sudo = self.env["threecx.extension"].sudo()
        domain = [
            ("user_id", "=", self.id),
            ("pbx_id.active", "=", True),
            ("company_id", "=", company.id),
        ]
        found_sudo = extensions_sudo.search(domain)
        entered = self.sudo().threecx_extension
        return found_sudo.filtered(lambda ext: ext.number == entered)[:1] or found_sudo[:1]

    def _threecx_tier(self):
        """What the telephone system does for this user: 0, 1 or 2.

        :rtype: int
        """
        self.ensure_one()
        pbx_sudo = self._threecx_pbx()
        tier = int(pbx_sudo.tier) if pbx_sudo else 0
        if tier == 2 and not self._threecx_extension().is_followed:
            # 3CX would not know whose telephone, or not let it ring
            return 1 if pbx_sudo.is_template_live else 0
        return tier

    def _threecx_mode(self):
        """How a click of the user calls: ``server``, ``webclient`` or ``tel``.

        :rtype: str
        """
        self.ensure_one()
        return "server" if self._threecx_tier() == 2 else self._threecx_open_mode()

    def _threecx_open_mode(self):
        """What a click opens on the user's computer: ``webclient`` or ``tel``.

        :rtype: str
        """
        self.ensure_one()
        pbx_sudo = self._threecx_pbx()
        wish = self.sudo().threecx_dial_mode or pbx_sudo.dial_mode
        return "webclient" if wish == "webclient" and pbx_sudo.url else "tel"

    def _threecx_session(self):
        """What the web client knows of the user's telephone from the start.

        :rtype: dict
        """
        self.ensure_one()
        pbx_sudo = self._threecx_pbx() if self.has_group(USER_GROUP) else None
        if not pbx_sudo:
            return {"enabled": False}
        extension_sudo = self._threecx_extension()
        return {
            "enabled": True,
            "mode": self._threecx_mode(),
            "tier": self._threecx_tier(),
            "extension": extension_sudo.number,
            "presence": extension_sudo.state or "idle",
            "missed": self.env["threecx.call"]._missed_of(self),
            "country": pbx_sudo._dial_rule().country,
        }

    def _threecx_claim(self):
        """Make the extension that each user carries his own in the telephone system.

        :raise ValidationError: it belongs to somebody else
        """
        for user in self:
            # a customer of the portal may write on himself too
            is_colleague = not user.share and user.has_group(USER_GROUP)
            number = user.sudo().threecx_extension if is_colleague else False
            extensions_sudo = self.env["threecx.extension"].sudo()
            # what he carried before is free again
            extensions_sudo.search(
                [
                    ("user_id", "=", user.id),
                    ("mapped_by", "=", "extension"),
                    ("number", "!=", number or ""),
                ]
            )._assign(self.browse(), False)
            pbx_sudo = extensions_sudo.pbx_id.search(
                [("company_id", "in", user.sudo().company_id.ids)], limit=1
            )
            if number and pbx_sudo:
                user._threecx_claim_one(pbx_sudo, number)

    def _threecx_claim_one(self, pbx_sudo, number):
        self.ensure_one()
        extensions_sudo = pbx_sudo.extension_ids.with_context(active_test=False)
        extension_sudo = extensions_sudo.search(
            [("pbx_id", "=", pbx_sudo.id), ("number", "=", number)]
        )
        if not extension_sudo:
            if not (number.isascii() and number.isdigit()):
                raise ValidationError(
                    self.env._(
                        "“%(number)s” is no extension: it consists of digits.", number=number
                    )
                )
            extensions_sudo.create(
                {
                    "pbx_id": pbx_sudo.id,
                    "number": number,
                    "user_id": self.id,
                    "mapped_by": "extension",
                }
            )
            return
        owner_sudo = extension_sudo.user_id
        if owner_sudo == self:
            return
        # whoever has an extension sees its calls: nobody takes a colleague's
        email = email_tools.normalize(extension_sudo.email)
        is_others = email and email != email_tools.normalize(self.sudo().email)
        may_decide = self.env.su or self.env.user.has_group("threecx_bridge.group_threecx_admin")
        if (owner_sudo or is_others) and not may_decide:
            raise ValidationError(
                self.env._(
                    "Extension %(number)s belongs to %(owner)s. Ask an administrator of the "
                    "telephone if that is no longer so.",
                    number=number,
                    owner=owner_sudo.name or extension_sudo.name or email,
                )
            )
        extension_sudo.write(
            {"user_id": self.id, "mapped_by": "manual" if owner_sudo else "extension"}
        )
