import ipaddress
import uuid
from urllib.parse import urlsplit

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from odoo.addons.integration_base.http_client import is_loopback

#: What the 3CX client puts in the place of its names.
POP_QUERY = "number=%CallerNumber%&name=%CallerDisplayName%"
EDITIONS = [
    ("free", "Free"),
    ("smb", "Basic or SMB"),
    ("pro", "PRO"),
    ("enterprise", "Enterprise or AI"),
]


class ThreecxPbx(models.Model):
    """One 3CX telephone system, and how Odoo and it speak to each other.

    What is known of it is spread over several files: addresses and options here, what it can do in
    ``threecx_pbx_tier``, the conversation with it in ``threecx_pbx_api``, its extensions in
    ``threecx_pbx_extensions``, and what is done by night in ``threecx_pbx_cron``.
    """

    _name = "threecx.pbx"
    _description = "3CX Telephone System"
    _inherit = ["integration.connection.mixin"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, default="3CX")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    url = fields.Char(
        "Address",
        help="Where the web client of 3CX is opened, e.g. https://shop.my3cx.eu or "
        "https://pbx.example.com:5001. Empty: calls go through the telephone app of the computer.",
    )
    ca_bundle = fields.Char(
        "Certificates to Trust",
        groups="base.group_system",
        help="File of the server with the certificates to trust, for a telephone system with a "
        "certificate of its own making. Certificates are always checked.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Technical User",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Owner of the key with which the telephone system speaks to Odoo. It can do nothing "
        "else.",
    )
    extension_ids = fields.One2many("threecx.extension", "pbx_id", "Extensions")

    # === API OF THE TELEPHONE SYSTEM === #

    client_id = fields.Char(
        "Client ID",
        groups="base.group_system",
        copy=False,
        help="As given in the console of 3CX, Integrations, API. Use a client of its own for Odoo: "
        "3CX keeps only one token alive per client.",
    )
    client_secret = fields.Char("API Key", groups="base.group_system", copy=False)
    listener_enabled = fields.Boolean(
        "Follow Calls Live",
        help="The listener (a program beside Odoo) shows who is on the phone, and incoming calls "
        "on every screen. Needs 3CX Enterprise.",
    )

    # === DIALLING === #

    dial_mode = fields.Selection(
        [("webclient", "3CX web client"), ("tel", "Telephone app of the computer (tel:)")],
        "Call With",
        required=True,
        default="webclient",
        help="What a click opens as long as 3CX cannot be asked to call by itself, or when that "
        "fails.",
    )
    country_id = fields.Many2one(
        "res.country",
        default=lambda self: self.env.company.country_id,
        help="Country of the numbers written without a country code.",
    )
    dial_style = fields.Selection(
        [
            ("e164", "International with plus (+32 4 222 33 44)"),
            ("00", "International with 00 (0032 4 222 33 44)"),
            ("national", "National at home (04 222 33 44), 00 abroad"),
        ],
        "Numbers Are Dialled",
        required=True,
        default="e164",
    )
    outside_prefix = fields.Char(
        "Prefix for the Outside Line",
        help="Digits dialled before every outside number, when the telephone system wants some. "
        "Internal numbers never get it.",
    )
    internal_max_digits = fields.Integer(
        "Longest Internal Number",
        default=5,
        help="Numbers of at most this many digits are extensions or service codes: dialled as they "
        "are.",
    )

    pop_url = fields.Char(
        "Page to Open on Ringing",
        compute="_compute_pop_url",
        help="Each colleague enters it in the settings of his 3CX client. Where exactly differs "
        "between versions of 3CX; it was never tried with a telephone system in service.",
    )

    # === WHAT IS KEPT === #

    journal_calls = fields.Boolean("Keep Calls", default=True)
    journal_chats = fields.Boolean("Keep Chats", default=True)
    journal_internal = fields.Boolean(
        "Keep Internal Calls",
        help="Calls between colleagues. They are only seen when calls are followed live.",
    )
    keep_recordings = fields.Boolean(
        "Keep Recordings and Transcripts",
        help="The link to the recording and the text of it. The law asks that callers are told.",
    )
    retention_months = fields.Integer(
        "Kept For (months)",
        default=24,
        help="Older calls are deleted, with all that was said in them. 0: never.",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Team for Missed Calls",
        check_company=True,
        help="Its leader is asked to call back who belongs to nobody.",
    )
    fallback_user_id = fields.Many2one(
        "res.users",
        "Person for Missed Calls",
        domain=[("share", "=", False)],
        help="Asked to call back when neither contact nor team names anybody.",
    )

    # === WHO MAY SPEAK TO ODOO === #

    allowed_ips = fields.Char(
        "Allowed Addresses",
        help="IP addresses or networks from which this telephone system may ask and report, "
        "separated by commas. Empty: from anywhere, with the key.",
    )

    # === WHAT WAS SEEN === #

    edition = fields.Selection(EDITIONS, readonly=True, copy=False)
    version = fields.Char(readonly=True, copy=False)
    sim_calls = fields.Integer("Simultaneous Calls", readonly=True, copy=False)
    last_lookup = fields.Datetime(readonly=True, copy=False)
    last_journal = fields.Datetime("Last Call Report", readonly=True, copy=False)
    last_pop = fields.Datetime("Last Page Opened by 3CX", readonly=True, copy=False)
    last_event = fields.Datetime(
        "Listener Last Heard",
        readonly=True,
        copy=False,
        help="When the listener last said that it is connected.",
    )
    last_log = fields.Datetime("Call Log Read Until", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex(
        "(name, company_id)", "There is already a telephone system of this name."
    )
    _retention_months_positive = models.Constraint(
        "CHECK (retention_months >= 0)", "Calls cannot be kept for a negative time."
    )
    _internal_max_digits_sane = models.Constraint(
        "CHECK (internal_max_digits BETWEEN 0 AND 6)",
        "Internal numbers have at most six digits.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_pop_url(self):
        for pbx in self:
            pbx.pop_url = f"{pbx.get_base_url()}/threecx/pop?{POP_QUERY}"

    # === CONSTRAINTS === #

    @api.constrains("url")
    def _check_url(self):
        for pbx in self.filtered("url"):
            try:
                parts = urlsplit(pbx.url)
                is_valid = (
                    parts.hostname
                    and (parts.port or True)
                    and not (parts.username or parts.password or parts.query or parts.fragment)
                )
            except ValueError:
                is_valid = False
            if not is_valid or parts.scheme not in ("https", "http"):
                raise ValidationError(
                    self.env._(
                        "“%(url)s” is no address of a telephone system. It looks like "
                        "https://shop.my3cx.eu",
                        url=pbx.url,
                    )
                )
            is_here = is_loopback(parts.hostname)
            if is_here and not self.env.user._is_system():
                # what listens only on this machine does so for a reason
                raise ValidationError(
                    self.env._(
                        "Only an administrator of Odoo's settings may give an address of this "
                        "server itself."
                    )
                )
            if parts.scheme == "http" and not is_here:
                raise ValidationError(
                    self.env._(
                        "The address must begin with https: the API key of 3CX travels over it."
                    )
                )

    @api.constrains("outside_prefix")
    def _check_outside_prefix(self):
        for pbx in self.filtered("outside_prefix"):
            if not (pbx.outside_prefix.isascii() and pbx.outside_prefix.isdigit()):
                raise ValidationError(
                    self.env._("The prefix for the outside line consists of digits.")
                )

    @api.constrains("allowed_ips")
    def _check_allowed_ips(self):
        for pbx in self:
            try:
                pbx._allowed_networks()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "The allowed addresses cannot be read: %(reason)s. Write them like "
                        "203.0.113.7, 198.51.100.0/24",
                        reason=error,
                    )
                ) from error

    def _allowed_networks(self):
        """From where this telephone system may speak to Odoo; empty: from anywhere.

        :rtype: list[ipaddress.IPv4Network | ipaddress.IPv6Network]
        """
        self.ensure_one()
        texts = (text.strip() for text in (self.allowed_ips or "").split(","))
        return [ipaddress.ip_network(text, strict=False) for text in texts if text]

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """Override: a name of its own."""
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for vals in vals_list:
                vals["name"] = self.env._("%(name)s (copy)", name=vals["name"])
        return vals_list

    @api.model_create_multi
    def create(self, vals_list):
        """Override to give each telephone system its technical user and the row of its token."""
        pbxs = super().create([self._tidy(vals) for vals in vals_list])
        for pbx in pbxs:
            pbx._create_technical_user()
        # sudo: nobody may touch tokens
        self.env["threecx.token"].sudo().create([{"pbx_id": pbx.id} for pbx in pbxs])
        return pbxs

    def write(self, vals):
        """Override: the technical user lives as long as its telephone system, and a key is never
        sent to another address than the one it was given for."""
        if "user_id" in vals and not self.env.su:
            # he is archived, and changes company, together with his telephone system
            raise AccessError(self.env._("A telephone system makes its technical user itself."))
        vals = self._tidy(vals)
        if "url" in vals and "client_secret" not in vals:
            moved = self.filtered(lambda pbx: _origin(pbx.url) != _origin(vals["url"]))
            # sudo: whoever may change the address may not read the key
            moved.sudo().filtered("client_secret").client_secret = False
        res = super().write(vals)
        if "active" in vals:
            self.sudo().user_id.active = vals["active"]
            self._hide_technical_contacts()
        if "company_id" in vals:
            company_id = vals["company_id"]
            self.sudo().user_id.write(
                {"company_id": company_id, "company_ids": [Command.set([company_id])]}
            )
        return res

    def unlink(self):
        """Override to put the technical users out of service, and to ask nobody to call back whose
        call is forgotten."""
        users_sudo = self.sudo().user_id
        calls_sudo = self.env["threecx.call"].sudo()
        # the calls themselves go in the database, too many to go one by one
        calls_sudo = calls_sudo.search([("pbx_id", "in", self.ids), ("activity_id", "!=", False)])
        calls_sudo.activity_id.unlink()
        res = super().unlink()
        users_sudo.active = False
        return res

    @api.model
    def _tidy(self, vals):
        """What people paste: spaces, and the address of a page instead of that of the system."""
        if vals.get("url"):
            url = vals["url"].strip()
            url = url if "://" in url else f"https://{url}"
            vals = vals | {"url": url.split("/webclient")[0].rstrip("/#")}
        return vals

    def _create_technical_user(self):
        """A user without groups and password: nothing but the owner of the scoped key."""
        self.ensure_one()
        # sudo: an administrator of the telephone does not manage users
        users_sudo = self.env["res.users"].sudo().with_context(no_reset_password=True)
        self.sudo().user_id = users_sudo.create(
            {
                "name": self.env._("3CX (%(name)s)", name=self.name),
                # ids begin anew when the addon was away, and users stay
                "login": f"threecx-{uuid.uuid4().hex}",
                "group_ids": [Command.clear()],
                "company_id": self.company_id.id,
                "company_ids": [Command.set(self.company_id.ids)],
            }
        )
        self._hide_technical_contacts()

    def _hide_technical_contacts(self):
        """Keep the contacts of the technical users out of everybody's list of contacts: nobody
        writes to them or calls them. By SQL, as core archives only contacts of archived users."""
        partners_sudo = self.sudo().user_id.partner_id
        partners_sudo.flush_recordset(["active"])
        self.env.cr.execute(
            SQL("UPDATE res_partner SET active = false WHERE id IN %s", partners_sudo._ids or (0,))
        )
        partners_sudo.invalidate_recordset(["active"])


def _origin(url):
    """Scheme, host and port: where a secret goes."""
    parts = urlsplit(url or "")
    return parts.scheme, parts.netloc.lower()
