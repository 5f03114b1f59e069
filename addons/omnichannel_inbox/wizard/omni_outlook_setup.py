from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.tools.email import normalize

from ..models.omni_channel_outlook import MOST_MONTHS
from ..models.omni_outlook_token import SharedTokens
from ..providers.outlook import OutlookProvider
from ..providers.outlook.folders import list_folders
from ..providers.outlook.powershell import rbac_script

CALLBACK = "/omni/outlook/signed_in"


class OmniOutlookSetup(models.TransientModel):
    """Connecting a mailbox of Microsoft 365, step by step, with checks that say what is missing."""

    _name = "omni.outlook.setup"
    _inherit = "omni.setup.mixin"
    _description = "Connect a Mailbox of Outlook"

    step = fields.Selection(
        [("access", "Access"), ("mailbox", "Mailbox"), ("check", "Check")],
        required=True,
        default="access",
    )

    # === ACCESS === #

    account_id = fields.Many2one(
        "omni.outlook.account",
        "Known Application",
        default=lambda self: self.env["omni.outlook.account"].search([], limit=1),
        help="Empty: enter a new one.",
    )
    auth_method = fields.Selection(
        lambda self: (
            self.env["omni.outlook.account"]._fields["auth_method"]._description_selection(self.env)
        ),
        "Access By",
        default="secret",
    )
    tenant = fields.Char("Organisation (tenant)")
    client_id = fields.Char("Application (client) ID")
    client_secret = fields.Char("Secret", groups="base.group_system")
    secret_expiry = fields.Date("Secret Ends On")
    certificate = fields.Text("Certificate (PEM)", groups="base.group_system")
    private_key = fields.Text("Private Key (PEM)", groups="base.group_system")
    thumbprint = fields.Char(related="account_id.thumbprint")
    redirect_uri = fields.Char("Redirect Address", compute="_compute_redirect_uri")

    # === MAILBOX === #

    channel_id = fields.Many2one(string="Mailbox to Set Up")
    mailbox = fields.Char(help="The address of the mailbox, a shared one as a rule.")
    owner_id = fields.Many2one("res.users", compute="_compute_owner_id")
    history_months = fields.Integer(
        "Months of History",
        default=3,
        help="Older mail that is brought in now: kept with the customers, without tickets.",
    )
    object_id = fields.Char(
        "Object ID of the Enterprise Application",
        help="In the portal under “Enterprise applications”: not the one of the registration.",
    )
    script = fields.Text("Commands", compute="_compute_script")

    # === CHECK === #

    check_ids = fields.One2many("omni.outlook.setup.check", "setup_id", "Checks", readonly=True)
    folder_ids = fields.One2many("omni.outlook.setup.folder", "setup_id", "Folders")

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_redirect_uri(self):
        for setup in self:
            setup.redirect_uri = f"{setup.get_base_url()}{CALLBACK}"

    @api.depends("mailbox")
    def _compute_owner_id(self):
        for setup in self:
            mailbox = normalize(setup.mailbox or "")
            channel = self.env["omni.channel"].new({"outlook_mailbox": mailbox})
            setup.owner_id = channel._outlook_find_owner()

    @api.depends("account_id", "client_id", "mailbox", "object_id")
    def _compute_script(self):
        for setup in self:
            mailbox = normalize(setup.mailbox or "")
            known = setup.account_id.channel_ids.mapped("outlook_mailbox")
            mailboxes = dict.fromkeys(filter(None, [mailbox, *known]))
            setup.script = rbac_script(
                setup.account_id.client_id or setup.client_id or "",
                tuple(mailboxes),
                object_id=setup.object_id or "",
                is_first=set(known) <= {mailbox},
            )

    # === STEPS === #

    @api.onchange("account_id")
    def _onchange_account_id(self):
        if self.account_id:
            self.auth_method = self.account_id.auth_method

    def _setup_title(self):
        """Override."""
        return self.env._("Connect a mailbox")

    def _setup_leave(self):
        """Override."""
        if self.step == "access":
            self._apply_access()
        elif self.step == "mailbox":
            self._check_mailbox()
            self._run_checks()

    def action_make_certificate(self):
        """Button: a certificate of our own, whose key never leaves Odoo."""
        self.ensure_one()
        self.auth_method = "certificate"
        account = self.account_id or self._create_account()
        self.account_id = account
        return account.action_make_certificate()

    def action_download_certificate(self):
        """Button: the certificate once more."""
        return self.account_id.action_download_certificate()

    # === ACCESS === #

    def _apply_access(self):
        if not self.account_id:
            self.account_id = self._create_account()
        elif self.is_system and (values := self._account_secrets()):
            self.account_id.write(values)
        if self.account_id.auth_method == "certificate" and not self.account_id.thumbprint:
            raise UserError(
                self.env._("Have a certificate made, or enter one together with its private key.")
            )
        # what has been kept with the application is not kept here as well
        self.write(dict.fromkeys(self._account_secrets(), False))

    def _create_account(self):
        """:rtype: omni.outlook.account"""
        if not self.is_system:
            raise UserError(
                self.env._("A new application is entered by an administrator of Odoo's settings.")
            )
        if not (self.tenant and self.client_id):
            raise UserError(self.env._("Enter the organisation and the id of the application."))
        if self.auth_method == "secret" and not self.client_secret:
            raise UserError(self.env._("Enter the secret of the application."))
        return self.env["omni.outlook.account"].create(
            {
                "name": self.tenant.strip(),
                "tenant": self.tenant,
                "client_id": self.client_id,
                "auth_method": self.auth_method,
                "secret_expiry": self.secret_expiry,
                **self._account_secrets(),
            }
        )

    def _account_secrets(self):
        """What was entered that nobody but the system may read."""
        if not self.is_system:
            return {}
        names = ("client_secret", "certificate", "private_key")
        return {name: self[name] for name in names if self[name]}

    # === MAILBOX === #

    def _check_mailbox(self):
        if not normalize(self.mailbox or ""):
            raise UserError(self.env._("Enter the address of the mailbox."))
        if not 0 <= self.history_months <= MOST_MONTHS:
            raise UserError(self.env._("History goes back five years at most."))

    def action_sign_in(self):
        """Button: the mailbox is made, and somebody signs in for it."""
        self.ensure_one()
        self._check_mailbox()
        channel = self._ensure_channel()
        if channel.outlook_owner_id and not channel.outlook_is_mine:
            return self._open_channel()
        return channel.action_outlook_sign_in()

    def _ensure_channel(self):
        """:rtype: omni.channel"""
        if not self.channel_id:
            mailbox = normalize(self.mailbox)
            self.channel_id = self._create_channel(
                "outlook",
                mailbox,
                {
                    "outlook_account_id": self.account_id.id,
                    "outlook_mailbox": mailbox,
                    "outlook_history_months": self.history_months,
                },
            )
        return self.channel_id

    # === CHECK === #

    def _setup_provider(self):
        """Override: of a mailbox that need not be a channel yet."""
        if self.channel_id:
            return super()._setup_provider()
        credentials = self.account_id._credentials()
        return OutlookProvider(
            {
                "mailbox": normalize(self.mailbox or ""),
                "credentials": credentials,
                "tokens": SharedTokens(self.env.registry, self.account_id.id, 0, credentials),
                "folders": ("inbox", "sentitems"),
            }
        )

    def _setup_health(self):
        """Override: where all is well, there are folders to choose from."""
        provider = self._setup_provider()
        checks = provider.health()
        if all(check.is_ok for check in checks):
            self._load_folders(provider)
        return checks

    def _setup_lines(self):
        """Override: whose the mailbox is, and whether its webhook can be reached."""
        lines = [self._owner_line()] if self.owner_id else []
        return [*lines, *super()._setup_lines(), self._webhook_line()]

    def _setup_check_names(self):
        """Override."""
        return {
            "login": self.env._("Microsoft knows the application"),
            "mailbox": self.env._("The mailbox can be read"),
            "folders": self.env._("All folders are there"),
            "write": self.env._("Drafts can be written"),
            "send": self.env._("Mail can be sent"),
            "scope": self.env._("The application sees no more than it must"),
        }

    def _setup_check_state(self, check):
        """Override: what cannot be told before the first mail, and rights that go too far."""
        if check.is_ok and check.detail and check.name in ("send", "scope"):
            return "warning"
        return super()._setup_check_state(check)

    def _owner_line(self):
        return {
            "name": self.env._("It is a personal mailbox"),
            "state": "warning",
            "advice": self.env._(
                "%(owner)s is asked whether the inbox may read it. Nothing is read before.",
                owner=self.owner_id.name,
            ),
        }

    def _webhook_line(self):
        channel = self.channel_id or self.env["omni.channel"].new(
            {
                "provider": "outlook",
                "outlook_account_id": self.account_id.id,
                "secret": "new",
                "sync_minutes": 5,
            }
        )
        # sudo: whether we can be reached follows from settings that only the system reads
        return self._reach_line(
            self.env._("Outlook can tell at once what is new"),
            channel.sudo()._outlook_unreachable(),
        )

    @api.model
    def _advice_login(self, detail):
        words = {
            "AADSTS7000215": self.env._(
                "The secret is wrong. Copy its value, not its id; Microsoft shows the value only "
                "once, when the secret is made."
            ),
            "AADSTS7000222": self.env._(
                "The secret has ended. Have a new one made under “Certificates & secrets”."
            ),
            "AADSTS700016": self.env._(
                "This organisation does not know the application. Compare the id of the "
                "application and of the organisation under “Overview”."
            ),
            "AADSTS90002": self.env._(
                "There is no such organisation. Enter its id, as shown under “Overview”."
            ),
            "AADSTS700027": self.env._(
                "The certificate is not the one of the application, or has ended. Download it "
                "here, and upload it under “Certificates & secrets”, “Certificates”."
            ),
            "AADSTS700024": self.env._("The clock of this server is wrong. Have it set."),
            "AADSTS65001": self.env._(
                "Nobody has agreed to what the application may do: “API permissions”, “Grant "
                "admin consent”."
            ),
            "AADSTS700082": self.env._("The sign-in has ended. Sign in again."),
            "AADSTS70000": self.env._("The sign-in has ended. Sign in again."),
            "AADSTS50173": self.env._("The password was changed. Sign in again."),
            "AADSTS53003": self.env._(
                "A rule for conditional access keeps the application out. Ask the administrator "
                "of Microsoft 365 to exempt it."
            ),
        }
        return words.get(detail) or self.env._(
            "Microsoft does not let the application in: %(reason)s", reason=detail
        )

    @api.model
    def _advice_mailbox(self, detail):
        words = {
            "denied": self.env._(
                "The application may not read this mailbox. Have the commands of the step before "
                "run by the administrator of Exchange; after that it takes up to two hours."
            ),
            "unknown": self.env._(
                "There is no such mailbox in this organisation. Enter its main address."
            ),
            "unlicensed": self.env._(
                "This address has no mailbox at Microsoft 365: it has no licence, or its mailbox "
                "lies on a server of your own."
            ),
        }
        return words.get(detail) or self.env._(
            "Outlook does not open the mailbox: %(reason)s", reason=detail
        )

    @api.model
    def _advice_folders(self, detail):
        return self.env._("These folders are gone from the mailbox: %(folders)s", folders=detail)

    @api.model
    def _advice_write(self, detail):
        if detail == "denied":
            return self.env._(
                "The application may read, but not write. It needs the role “Application "
                "Mail.ReadWrite”, and not “Mail.Read”."
            )
        return self.env._("A draft could not be written: %(reason)s", reason=detail)

    @api.model
    def _advice_send(self, _detail):
        return self.env._(
            "Microsoft does not tell before the first mail. It needs the role “Application "
            "Mail.Send”."
        )

    @api.model
    def _advice_scope(self, detail):
        return self.env._(
            "In the portal the application was allowed %(roles)s: with that it reads every "
            "mailbox of the organisation. Take it back under “API permissions”, and have the "
            "commands of the step before run instead.",
            roles=detail,
        )

    def _load_folders(self, provider):
        """The folders to choose from; what was chosen stays chosen."""
        chosen = set(self.folder_ids.filtered("is_chosen").mapped("key"))
        chosen |= set(self.channel_id.folder_ids.filtered("is_active").mapped("key"))
        try:
            folders = list_folders(provider.graph)
        except IntegrationError:
            return  # inbox and sent items are known without
        self.folder_ids.unlink()
        self.folder_ids = [
            fields.Command.create(
                {
                    "key": folder.key,
                    "name": folder.name,
                    "role": folder.role,
                    "message_count": folder.count,
                    "is_chosen": folder.key in chosen if chosen else folder.role != "other",
                }
            )
            for folder in folders
        ]

    # === CONNECT === #

    def action_connect(self):
        """Button: put the mailbox into service, or ask its owner."""
        self.ensure_one()
        self._check_is_ready()
        channel = self._ensure_channel()
        self._apply_folders(channel)
        if not channel.outlook_owner_id or channel.outlook_consent:
            channel.action_enable()
        return self._open_channel()

    def _apply_folders(self, channel):
        chosen = self.folder_ids.filtered("is_chosen")
        if not chosen:
            return
        known = {folder.key: folder for folder in channel.folder_ids}
        missing = chosen.filtered(lambda line: line.key not in known)
        channel._outlook_create_folders(
            [(line.key, line.role) for line in missing],
            {line.key: line.name for line in missing},
        )
        keys = set(chosen.mapped("key"))
        for key, folder in known.items():
            folder.is_active = key in keys
        channel._outlook_wake_watch()


class OmniOutlookSetupCheck(models.TransientModel):
    """A finding."""

    _name = "omni.outlook.setup.check"
    _inherit = "omni.setup.check.mixin"
    _description = "Check of a Mailbox of Outlook"

    setup_id = fields.Many2one("omni.outlook.setup", required=True, ondelete="cascade")


class OmniOutlookSetupFolder(models.TransientModel):
    """A folder to choose."""

    _name = "omni.outlook.setup.folder"
    _description = "Folder of a Mailbox of Outlook"
    _order = "id"

    setup_id = fields.Many2one("omni.outlook.setup", required=True, ondelete="cascade")
    key = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    role = fields.Selection(
        [("inbox", "Received"), ("sent", "Sent"), ("other", "Other")], required=True, readonly=True
    )
    message_count = fields.Integer("Messages", readonly=True)
    is_chosen = fields.Boolean("Read")
