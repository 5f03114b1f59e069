from dataclasses import replace

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.integration_base.exceptions import AuthError
from odoo.addons.integration_base.tools.email import normalize

from .omni_outlook_token import SharedTokens

#: Days before its end at which a secret or certificate is reported.
EXPIRY_DAYS = 14
#: Folders that are read unless somebody chooses otherwise: key and role.
FOLDERS = (("inbox", "inbox"), ("sentitems", "sent"))
MOST_MONTHS = 60


class OmniChannel(models.Model):
    """A mailbox at Microsoft 365: which one, whose, and by which access.

    What Outlook tells by itself is in ``omni_channel_outlook_watch``.
    """

    _inherit = "omni.channel"

    outlook_account_id = fields.Many2one(
        "omni.outlook.account",
        "Application",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
    )
    outlook_method = fields.Selection(related="outlook_account_id.auth_method")
    outlook_mailbox = fields.Char("Mailbox", copy=False, tracking=True, help="Its address.")
    outlook_owner_id = fields.Many2one(
        "res.users",
        "Personal Mailbox Of",
        compute="_compute_outlook_owner_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("share", "=", False)],
        tracking=True,
        help="A personal mailbox is read only after its owner has agreed.",
    )
    outlook_consent = fields.Datetime("Owner Agreed On", readonly=True, copy=False, tracking=True)
    outlook_history_months = fields.Integer(
        "Months of History",
        help="How much older mail is brought in at the first connection. It is kept with the "
        "customers as history and opens no ticket.",
    )
    outlook_send_limit = fields.Integer(
        "Largest Mail (MB)",
        default=35,
        help="What the mailbox may send, attachments included: 35 unless the administrator of "
        "Exchange has changed it (Set-Mailbox -MaxSendSize), 150 at most.",
    )
    outlook_is_signed_in = fields.Boolean(
        compute="_compute_outlook_is_signed_in", compute_sudo=True
    )
    outlook_is_mine = fields.Boolean(compute="_compute_outlook_is_mine")

    _outlook_mailbox_uniq = models.UniqueIndex(
        "(outlook_mailbox) WHERE outlook_mailbox IS NOT NULL AND active",
        "There is already a channel for this mailbox.",
    )
    _outlook_send_limit_sane = models.Constraint(
        "CHECK (outlook_send_limit BETWEEN 1 AND 150)",
        "A mailbox sends mails of up to 150 MB at most.",
    )
    _outlook_history_sane = models.Constraint(
        f"CHECK (outlook_history_months BETWEEN 0 AND {MOST_MONTHS})",
        "History goes back five years at most.",
    )

    # === COMPUTE METHODS === #

    @api.depends("outlook_mailbox")
    def _compute_outlook_owner_id(self):
        for channel in self:
            owner = channel._outlook_find_owner()
            if owner or not channel.outlook_owner_id:
                channel.outlook_owner_id = owner

    def _outlook_find_owner(self):
        """Whose the mailbox is, when its address is that of a colleague.

        :rtype: res.users
        """
        self.ensure_one()
        if not self.outlook_mailbox:
            return self.env["res.users"]
        # sudo: it does not depend on whom the administrator of the inbox may see
        users_sudo = self.env["res.users"].sudo()
        return users_sudo.search(
            Domain("share", "=", False)
            & (
                Domain("login", "=ilike", self._outlook_like())
                | Domain("email", "=ilike", self._outlook_like())
            ),
            limit=1,
        )

    def _outlook_like(self):
        """The address as a pattern that means nothing but itself."""
        escaped = self.outlook_mailbox.replace("\\", "\\\\")
        return escaped.replace("%", r"\%").replace("_", r"\_")

    @api.depends("outlook_account_id")
    def _compute_outlook_is_signed_in(self):
        signed = self.env["omni.outlook.token"].search(
            [("channel_id", "in", self.ids), ("refresh", "!=", False)]
        )
        for channel in self:
            channel.outlook_is_signed_in = any(
                token.channel_id == channel and token.account_id == channel.outlook_account_id
                for token in signed
            )

    @api.depends("outlook_owner_id")
    @api.depends_context("uid")
    def _compute_outlook_is_mine(self):
        for channel in self:
            channel.outlook_is_mine = channel.outlook_owner_id == self.env.user

    # === CONSTRAINTS === #

    @api.constrains("provider", "outlook_account_id", "outlook_mailbox")
    def _check_outlook(self):
        for channel in self.filtered(lambda channel: channel.provider == "outlook"):
            if not channel.outlook_account_id or not channel.outlook_mailbox:
                raise ValidationError(
                    self.env._("A mailbox of Outlook needs its address and an application.")
                )
            if normalize(channel.outlook_mailbox) != channel.outlook_mailbox:
                raise ValidationError(
                    self.env._(
                        "“%(mailbox)s” is no address of a mailbox.",
                        mailbox=channel.outlook_mailbox,
                    )
                )

    @api.constrains("outlook_owner_id", "outlook_mailbox")
    def _check_outlook_owner(self):
        for channel in self:
            owner = channel._outlook_find_owner()
            if owner and channel.outlook_owner_id != owner:
                raise ValidationError(
                    self.env._(
                        "%(mailbox)s is the mailbox of %(owner)s.",
                        mailbox=channel.outlook_mailbox,
                        owner=owner.name,
                    )
                )

    @api.constrains("is_enabled", "outlook_owner_id", "outlook_consent")
    def _check_outlook_consent(self):
        for channel in self:
            if channel.is_enabled and channel.outlook_owner_id and not channel.outlook_consent:
                raise ValidationError(
                    self.env._(
                        "%(mailbox)s is a personal mailbox: only %(owner)s can let the inbox read "
                        "it.",
                        mailbox=channel.outlook_mailbox,
                        owner=channel.outlook_owner_id.name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: nobody agrees for somebody else, and a mailbox has its folders."""
        vals_list = [self._outlook_tidy(vals) for vals in vals_list]
        channels = super().create(vals_list)
        for channel, vals in zip(channels, vals_list, strict=True):
            if vals.get("outlook_consent"):
                channel._check_outlook_agreement()
            if channel.provider == "outlook" and not channel.folder_ids:
                channel._outlook_create_folders(FOLDERS)
        channels._outlook_note_expiry()
        channels.filtered(
            lambda channel: channel.outlook_owner_id and not channel.outlook_consent
        )._outlook_ask_owner()
        return channels

    def write(self, vals):
        """Override: nobody agrees for somebody else; an agreement is for one mailbox only."""
        vals = self._outlook_tidy(vals)
        if vals.get("outlook_consent"):
            for channel in self:
                channel._check_outlook_agreement()
        elif not {"outlook_mailbox", "outlook_owner_id"}.isdisjoint(vals):
            for channel in self.filtered("outlook_consent"):
                is_same = (
                    vals.get("outlook_mailbox", channel.outlook_mailbox) == channel.outlook_mailbox
                    and vals.get("outlook_owner_id", channel.outlook_owner_id.id)
                    == channel.outlook_owner_id.id
                )
                if not is_same:
                    super(OmniChannel, channel).write(
                        {"outlook_consent": False, "is_enabled": False}
                    )
        if "outlook_mailbox" in vals or "outlook_account_id" in vals:
            self._outlook_forget(vals)
        res = super().write(vals)
        if "outlook_account_id" in vals:
            self._outlook_note_expiry()
        if not {"outlook_history_months", "start_date"}.isdisjoint(vals):
            for channel in self.filtered(lambda channel: channel.provider == "outlook"):
                # sudo: the cursor tells whether anything was read yet
                channel.folder_ids.filtered(
                    lambda folder: not folder.sudo().cursor
                ).since = channel._outlook_since()
        return res

    @api.model
    def _outlook_tidy(self, vals):
        """Addresses are compared in lower case."""
        if isinstance(vals.get("outlook_mailbox"), str):
            mailbox = vals["outlook_mailbox"].strip()
            vals = {**vals, "outlook_mailbox": normalize(mailbox) or mailbox.lower()}
        return vals

    def _outlook_forget(self, vals):
        """Another mailbox has other folders, other links, and another who signed in."""
        for channel in self:
            mailbox = vals.get("outlook_mailbox", channel.outlook_mailbox)
            account_id = vals.get("outlook_account_id", channel.outlook_account_id.id)
            if (mailbox, account_id) == (channel.outlook_mailbox, channel.outlook_account_id.id):
                continue
            # sudo: what is forgotten is for nobody's eyes
            folders_sudo = channel.sudo().folder_ids
            folders_sudo.write(
                {"outlook_subscription": False, "outlook_subscription_expiry": False}
            )
            if mailbox != channel.outlook_mailbox:
                folders_sudo.cursor = False
                tokens_sudo = self.env["omni.outlook.token"].sudo()
                tokens_sudo.search([("channel_id", "=", channel.id)]).unlink()

    # === FOLDERS === #

    def _outlook_create_folders(self, folders, names=None):
        """Have folders read.

        :param folders: pairs of key and role
        :param dict names: by key, as Outlook shows them
        """
        self.ensure_one()
        labels = {"inbox": self.env._("Inbox"), "sentitems": self.env._("Sent Items")}
        labels |= names or {}
        return self.env["omni.folder"].create(
            [
                {
                    "channel_id": self.id,
                    "key": key,
                    "role": role,
                    "name": labels.get(key, key),
                    "since": self._outlook_since(),
                }
                for key, role in folders
            ]
        )

    def _outlook_since(self):
        """From when on mail is read the first time.

        :rtype: datetime.datetime
        """
        self.ensure_one()
        start = self.start_date or fields.Datetime.now()
        return start - relativedelta(months=self.outlook_history_months)

    # === PROVIDER === #

    def _outlook_addresses(self):
        """The address of the mailbox, called by `_addresses`.

        :rtype: list[str]
        """
        return self.filtered("outlook_mailbox").mapped("outlook_mailbox")

    def _outlook_settings(self):
        """Settings of `OutlookProvider`, called by `_provider_settings`.

        :rtype: dict
        :raise AuthError: the mailbox may not be read
        """
        self.ensure_one()
        if not self.outlook_account_id or not self.outlook_mailbox:
            raise AuthError(self.env._("Mailbox and application are not set up."))
        credentials = self.outlook_account_id._credentials()
        channel_id = self.id if credentials.is_delegated else 0
        return {
            "mailbox": self.outlook_mailbox,
            "credentials": credentials,
            "tokens": SharedTokens(
                self.env.registry, self.outlook_account_id.id, channel_id, credentials
            ),
            "folders": tuple(self.folder_ids.filtered("is_active").mapped("key")),
        }

    def _capabilities(self):
        """Override: how large a mail may be is a matter of the mailbox."""
        can = super()._capabilities()
        if self.provider != "outlook":
            return can
        # as text for the way, files grow by a third
        limit = self.outlook_send_limit * 2**20 * 3 // 4
        return replace(can, total_limit=limit, attachment_limit=min(can.attachment_limit, limit))

    def _outlook_webhook_settings(self):
        """Settings by which notifications are verified: the secret is enough.

        :rtype: dict
        """
        return {"mailbox": self.outlook_mailbox}

    # === HEALTH === #

    def _outlook_note_expiry(self):
        """What ends first: the secret, or being told of what is new."""
        for channel in self.filtered(lambda channel: channel.provider == "outlook"):
            ends = [channel.outlook_account_id.expiry]
            if channel.is_enabled:
                ends += channel.folder_ids.filtered("is_active").mapped(
                    "outlook_subscription_expiry"
                )
            expiry = min(filter(None, ends), default=False)
            if channel.expiry != expiry:
                channel.expiry = expiry

    def _watchdog_findings(self):
        """Override: a new secret takes days to be had in some organisations."""
        findings = super()._watchdog_findings()
        ends = self.outlook_account_id.expiry
        if self.provider == "outlook" and ends:
            if ends < fields.Datetime.now() + relativedelta(days=EXPIRY_DAYS):
                findings.append(
                    self.env._(
                        "The secret or certificate of “%(account)s” ends on %(date)s: have a new "
                        "one made at Microsoft, and enter it here.",
                        account=self.outlook_account_id.name,
                        date=format_datetime(self.env, ends, dt_format="short"),
                    )
                )
        return findings

    def _test_connection(self):
        """Override: what is missing is said in words."""
        if self.provider != "outlook":
            return super()._test_connection()
        return self.env["omni.outlook.setup"]._setup_test(self._provider())

    # === WHOSE IT IS === #

    def _check_outlook_agreement(self):
        """Only the owner himself agrees, neither an administrator nor the system for him.

        :raise AccessError: it is somebody else
        """
        self.ensure_one()
        if not self.outlook_owner_id or self.outlook_owner_id != self.env.user:
            raise AccessError(
                self.env._("Only the owner of a personal mailbox can let the inbox read it.")
            )

    def _outlook_ask_owner(self):
        """Ask the owners, with the way to the page where they decide."""
        for channel in self:
            owner = channel.outlook_owner_id
            summary = self.env._("May the inbox read your mailbox?")
            note = Markup('<p>%s</p><p><a href="%s">%s</a></p>') % (
                self.env._(
                    "An administrator would like the inbox to read %(mailbox)s. Nothing is read "
                    "unless you agree.",
                    mailbox=channel.outlook_mailbox,
                ),
                f"{channel.get_base_url()}/omni/outlook/mailbox/{channel.id}",
                self.env._("Decide"),
            )
            if channel.with_user(owner).has_access("read"):
                channel.activity_schedule(
                    "mail.mail_activity_data_todo", summary=summary, note=note, user_id=owner.id
                )
            else:
                channel.message_notify(partner_ids=owner.partner_id.ids, subject=summary, body=note)

    def action_outlook_setup(self):
        """Button: check the connection, and choose the folders."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_outlook_setup_action"
        )
        action["context"] = {
            "default_channel_id": self.id,
            "default_account_id": self.outlook_account_id.id,
            "default_auth_method": self.outlook_method,
            "default_mailbox": self.outlook_mailbox,
            "default_name": self.name,
            "default_company_id": self.company_id.id,
            "default_team_id": self.team_id.id,
            "default_history_months": self.outlook_history_months,
            "default_step": "mailbox",
        }
        return action

    def action_outlook_decide(self):
        """Button: the page on which the owner of a personal mailbox decides."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/omni/outlook/mailbox/{self.id}",
            "target": "self",
        }

    def _outlook_agree(self):
        """The owner lets the inbox read his mailbox."""
        self.ensure_one()
        self._check_outlook_agreement()
        # sudo: an owner need not be an administrator of the inbox; env.user stays himself
        self.sudo().outlook_consent = fields.Datetime.now()
        self._outlook_close_question()

    def _outlook_withdraw(self):
        """The owner takes his agreement back: nothing is read from now on."""
        self.ensure_one()
        self._check_outlook_agreement()
        # sudo: as above
        self.sudo().write({"outlook_consent": False, "is_enabled": False})
        tokens_sudo = self.env["omni.outlook.token"].sudo()
        tokens_sudo.search([("channel_id", "=", self.id)]).unlink()
        self._outlook_close_question()

    def _outlook_close_question(self):
        self.sudo().activity_ids.filtered(
            lambda activity: activity.user_id == self.env.user
        ).action_feedback()

    # === SIGNING IN === #

    def action_outlook_sign_in(self):
        """Button: sign in at Microsoft for this mailbox."""
        self.ensure_one()
        self._check_outlook_sign_in()
        return {
            "type": "ir.actions.act_url",
            "url": f"/omni/outlook/sign_in/{self.id}",
            "target": "self",
        }

    def _check_outlook_sign_in(self):
        """Who may sign in: the owner of a personal mailbox, an administrator for all others.

        :raise AccessError: it is somebody else
        :raise UserError: nobody has to
        """
        self.ensure_one()
        if self.outlook_owner_id:
            self._check_outlook_agreement()
        else:
            self.check_access("write")
        if self.outlook_method != "delegated":
            raise UserError(self.env._("For this application nobody has to sign in."))

    def _outlook_signed_in(self, token):
        """Keep what came of a sign-in.

        :param token: `Token`
        """
        self.ensure_one()
        # sudo: nobody may touch tokens
        tokens_sudo = self.env["omni.outlook.token"].sudo()
        tokens_sudo.search([("channel_id", "=", self.id)]).unlink()
        tokens_sudo.create(
            {
                "account_id": self.outlook_account_id.id,
                "channel_id": self.id,
                "refresh": token.refresh,
            }
        )
        if self.outlook_owner_id == self.env.user:
            self._outlook_agree()
        # sudo: the owner of a mailbox signs in; he need not be allowed to set up the channel
        channel_sudo = self.sudo()
        channel_sudo.write({"next_sync": False, "next_send": False})
        channel_sudo.folder_ids._mark_dirty()
