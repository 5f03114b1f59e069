import re
from datetime import datetime, time
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_base.exceptions import AuthError
from odoo.addons.integration_base.http_client import is_loopback

from ..providers.outlook.certificate import Certificate, CertificateError, make_certificate
from ..providers.outlook.tokens import GRAPH_URL, LOGIN_URL, TENANT, Credentials

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: What a token is had by: another value makes another token.
_CREDENTIAL_FIELDS = frozenset(
    {
        "auth_method",
        "certificate",
        "client_id",
        "client_secret",
        "outlook_graph_url",
        "outlook_login_url",
        "private_key",
        "tenant",
    }
)
#: Where a secret goes: it does not go along when one of them changes.
_ADDRESSES = ("outlook_graph_url", "outlook_login_url")


class OmniOutlookAccount(models.Model):
    """An application registered with Microsoft, by which mailboxes of one organisation are read.

    Several mailboxes share it. It is theirs to know what it may do; see the wizard
    ``omni.outlook.setup``.
    """

    _name = "omni.outlook.account"
    _description = "Application at Microsoft"
    _order = "name, id"

    name = fields.Char(required=True, default="Microsoft 365")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    tenant = fields.Char(
        "Organisation (tenant)",
        required=True,
        help="Its id, or one of its domains: as shown under “Overview” of the application.",
    )
    client_id = fields.Char(
        "Application (client) ID", required=True, help="As shown under “Overview”."
    )
    auth_method = fields.Selection(
        [
            ("secret", "Application with a secret"),
            ("certificate", "Application with a certificate"),
            ("delegated", "Somebody signs in for each mailbox"),
        ],
        "Access By",
        required=True,
        default="secret",
        help="With a secret or certificate Odoo reads the mailboxes that the administrator of "
        "Microsoft 365 allows. When somebody signs in, Odoo reads what he may read, until he "
        "changes his password or leaves.",
    )
    client_secret = fields.Char(
        "Secret", groups="base.group_system", copy=False, help="Its value, not its id."
    )
    secret_expiry = fields.Date("Secret Ends On", help="Shown beside the secret at Microsoft.")
    certificate = fields.Text("Certificate (PEM)", groups="base.group_system", copy=False)
    private_key = fields.Text("Private Key (PEM)", groups="base.group_system", copy=False)
    thumbprint = fields.Char(
        compute="_compute_thumbprint", compute_sudo=True, help="As Microsoft shows it."
    )
    expiry = fields.Datetime(
        "Secret or Certificate Ends",
        compute="_compute_expiry",
        compute_sudo=True,
        store=True,
    )
    outlook_graph_url = fields.Char(
        "Address of Graph", groups="base.group_system", required=True, default=GRAPH_URL
    )
    outlook_login_url = fields.Char(
        "Address of the Sign-In", groups="base.group_system", required=True, default=LOGIN_URL
    )
    channel_ids = fields.One2many("omni.channel", "outlook_account_id", "Mailboxes")

    # === COMPUTE METHODS === #

    @api.depends("auth_method", "certificate")
    def _compute_thumbprint(self):
        for account in self:
            account.thumbprint = account._of_certificate("thumbprint")

    @api.depends("auth_method", "certificate", "secret_expiry")
    def _compute_expiry(self):
        for account in self:
            if account.auth_method == "certificate":
                account.expiry = account._of_certificate("expiry")
            else:
                end = account.secret_expiry
                account.expiry = end and datetime.combine(end, time.min)

    def _of_certificate(self, name):
        """What a certificate says of itself; False: there is none that could be read, which is said
        when it is saved."""
        if self.auth_method != "certificate" or not self.certificate:
            return False
        try:
            return getattr(Certificate(self.certificate, ""), name)
        except CertificateError:
            return False

    # === CONSTRAINTS === #

    @api.constrains("tenant", "client_id")
    def _check_ids(self):
        for account in self:
            if not TENANT.fullmatch(account.tenant or ""):
                raise ValidationError(
                    self.env._(
                        "“%(tenant)s” is no organisation: give its id, or a domain like "
                        "example.onmicrosoft.com",
                        tenant=account.tenant,
                    )
                )
            if not _CLIENT_ID.fullmatch(account.client_id or ""):
                raise ValidationError(
                    self.env._(
                        "“%(client)s” is no id of an application. It looks like "
                        "1b730954-1684-4ae5-b0dd-3a8ef4fd2d5b",
                        client=account.client_id,
                    )
                )

    @api.constrains(*_ADDRESSES)
    def _check_addresses(self):
        for account in self:
            for name in _ADDRESSES:
                try:
                    parts = urlsplit(account[name] or "")
                    host = parts.hostname or ""
                    is_clean = (parts.port or True) and not (
                        parts.username or parts.query or parts.fragment or parts.path.strip("/")
                    )
                except ValueError:
                    host = is_clean = ""
                is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
                if not (host and is_clean and is_safe):
                    raise ValidationError(
                        self.env._(
                            "“%(url)s” is no address of Microsoft: it begins with https, and "
                            "nothing follows the name of the server.",
                            url=account[name],
                        )
                    )

    @api.constrains("certificate", "private_key", "auth_method")
    def _check_certificate(self):
        for account in self.filtered(lambda account: account.certificate and account.private_key):
            try:
                account._certificate().check()
            except CertificateError as error:
                raise ValidationError(
                    self.env._(
                        "The certificate cannot be used: %(reason)s Give certificate and private "
                        "key (RSA, without password) in PEM form.",
                        reason=error,
                    )
                ) from error

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: the row in which its token is kept."""
        accounts = super().create([_tidy(vals) for vals in vals_list])
        # sudo: nobody may touch tokens
        tokens_sudo = self.env["omni.outlook.token"].sudo()
        tokens_sudo.create([{"account_id": account.id} for account in accounts])
        return accounts

    def write(self, vals):
        """Override: a secret never goes to another address than the one it was given for, and a
        changed access is tried at once."""
        vals = _tidy(vals)
        for account in self:
            moved = any(name in vals and vals[name] != account[name] for name in _ADDRESSES)
            if moved and "client_secret" not in vals:
                account.client_secret = False
        res = super().write(vals)
        if not _CREDENTIAL_FIELDS.isdisjoint(vals):
            # sudo: whoever renews a secret need not be in the teams of the mailboxes
            channels_sudo = self.sudo().channel_ids
            channels_sudo.write({"next_sync": False, "next_send": False})
            channels_sudo.folder_ids._mark_dirty()
        if not {"auth_method", "secret_expiry", "certificate"}.isdisjoint(vals):
            self.sudo().channel_ids._outlook_note_expiry()
        return res

    # === CREDENTIALS === #

    def _certificate(self):
        """Certificate and key.

        :rtype: Certificate
        """
        self.ensure_one()
        return Certificate(self.certificate or "", self.private_key or "")

    def _credentials(self):
        """Who we are to Microsoft. Never give it to a client.

        :rtype: Credentials
        """
        self.ensure_one()
        # sudo: the provider needs the secret, whoever causes the work
        account_sudo = self.sudo()
        has_certificate = self.auth_method == "certificate"
        if has_certificate and not (account_sudo.certificate and account_sudo.private_key):
            raise AuthError(
                self.env._("The certificate of “%(account)s” is missing.", account=self.name)
            )
        return Credentials(
            tenant=self.tenant,
            client_id=self.client_id,
            secret="" if has_certificate else account_sudo.client_secret or "",
            certificate=account_sudo._certificate() if has_certificate else None,
            is_delegated=self.auth_method == "delegated",
            login_url=account_sudo.outlook_login_url or LOGIN_URL,
            graph_url=account_sudo.outlook_graph_url or GRAPH_URL,
        )

    # === BUTTONS === #

    def action_make_certificate(self):
        """Button: make a certificate whose key never leaves Odoo."""
        self.ensure_one()
        made = make_certificate(f"Odoo {self.env.cr.dbname}")
        self.write(
            {
                "auth_method": "certificate",
                "certificate": made.certificate,
                "private_key": made.private_key,
            }
        )
        return self.action_download_certificate()

    def action_download_certificate(self):
        """Button: the certificate, to be uploaded at Microsoft."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/omni/outlook/certificate/{self.id}",
            "target": "download",
        }


def _tidy(vals):
    """What people paste: spaces around ids, and a slash after addresses."""
    tidied = {
        name: vals[name].strip()
        for name in ("tenant", "client_id", "client_secret")
        if isinstance(vals.get(name), str)
    }
    tidied |= {
        name: vals[name].strip().rstrip("/")
        for name in _ADDRESSES
        if isinstance(vals.get(name), str)
    }
    return {**vals, **tidied}
