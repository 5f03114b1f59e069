from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.integration_base.log import get_logger

from ..threecx.template import TEMPLATE_VERSION, TemplateSettings, render
from .ir_http_threecx import KEY_SCOPE

_logger = get_logger(__name__)

#: A telephone system is marked as heard at most this often, in seconds.
STAMP_EVERY = 60


class ThreecxPbx(models.Model):
    """The key of a telephone system, and the CRM template in which it is used."""

    _inherit = "threecx.pbx"

    key_count = fields.Integer("Valid Keys", compute="_compute_keys")
    key_date = fields.Datetime("Latest Key", compute="_compute_keys")
    template_version = fields.Integer(
        "Current Version of the Template", compute="_compute_template_version"
    )
    template_version_used = fields.Integer(
        "Version the Telephone System Uses", readonly=True, copy=False
    )
    template_is_old = fields.Boolean(compute="_compute_template_version")

    # === COMPUTE METHODS === #

    @api.depends("user_id")
    def _compute_keys(self):
        for pbx in self:
            keys_sudo = pbx._keys_sudo()
            pbx.key_count = len(keys_sudo)
            pbx.key_date = max(keys_sudo.mapped("create_date"), default=False)

    @api.depends("template_version_used")
    def _compute_template_version(self):
        for pbx in self:
            used = pbx.template_version_used
            pbx.template_version = TEMPLATE_VERSION
            pbx.template_is_old = bool(used) and used < TEMPLATE_VERSION

    # === KEYS === #

    def action_generate_key(self):
        """Button: a further key, shown this once. Older ones stay valid until they are revoked, so
        that calls go on being announced while the new one is typed in the telephone system."""
        self.ensure_one()
        self._check_may_configure()
        # sudo: the owner of the key may nothing, not even make it
        keys_sudo = self.env["res.users.apikeys"].with_user(self.sudo().user_id).sudo()
        key = keys_sudo._generate(KEY_SCOPE, f"3CX: {self.name}", None)
        self.invalidate_recordset(["key_count", "key_date"])
        return {
            "type": "ir.actions.act_window",
            "res_model": "threecx.key.show",
            "name": self.env._("Key of %(pbx)s", pbx=self.name),
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_key": key},
        }

    def action_revoke_old_keys(self):
        """Button: only the latest key stays valid."""
        self._check_may_configure()
        for pbx in self:
            keys_sudo = pbx._keys_sudo()
            pbx._revoke(keys_sudo - keys_sudo[:1])

    def action_revoke_keys(self):
        """Button: this telephone system may not speak to Odoo any more."""
        self._check_may_configure()
        for pbx in self:
            pbx._revoke(pbx._keys_sudo())

    def _keys_sudo(self):
        """Its keys, the latest first."""
        # sudo: keys are seen by their owner, who never logs in
        keys_sudo = self.env["res.users.apikeys"].sudo()
        user_sudo = self.sudo().user_id
        if not user_sudo:
            return keys_sudo
        domain = [("user_id", "=", user_sudo.id), ("scope", "=", KEY_SCOPE)]
        return keys_sudo.search(domain, order="id DESC")

    def _revoke(self, keys_sudo):
        if keys_sudo:
            _logger.info("%s of %s revoked by user %s", keys_sudo, self, self.env.uid)
            keys_sudo._remove()
        self.invalidate_recordset(["key_count", "key_date"])

    def _check_may_configure(self):
        self.check_access("write")
        if not self.env.user.has_group("threecx_bridge.group_threecx_admin"):
            raise AccessError(self.env._("Only administrators of the telephone handle its keys."))

    # === TEMPLATE === #

    def action_download_template(self):
        """Button: the file to upload in the console of 3CX."""
        self.ensure_one()
        self._check_may_configure()
        return {
            "type": "ir.actions.act_url",
            "url": f"/threecx/template/{self.id}",
            "target": "download",
        }

    def _render_template(self):
        """The CRM template of this telephone system, without its key.

        :rtype: bytes
        """
        self.ensure_one()
        return render(
            TemplateSettings(
                base_url=self.get_base_url(),
                database=self.env.cr.dbname,
                calls=self.journal_calls,
                chats=self.journal_chats,
                recordings=self.keep_recordings,
                titles={
                    "BaseUrl": self.env._("Address of Odoo:"),
                    "Database": self.env._("Database of Odoo:"),
                    "ApiKey": self.env._("Key made in Odoo:"),
                    "CreateContactEnabled": self.env._("Create contacts in Odoo from 3CX"),
                    "ReportCallEnabled": self.env._("Report calls to Odoo"),
                    "RecordingsEnabled": self.env._(
                        "With recordings, transcripts and summaries (3CX V20)"
                    ),
                    "ReportChatEnabled": self.env._("Report chats to Odoo"),
                },
            )
        )

    # === WHAT WAS HEARD === #

    def _stamp(self, name, version=None):
        """Remember that the telephone system spoke to us.

        Written at most once a minute: many look-ups at once shall not wait for each other.

        :param str name: field of the moment
        :param int version: version of the template that was used, when it said so
        """
        self.ensure_one()
        now = fields.Datetime.now()
        values = {}
        if not self[name] or (now - self[name]).total_seconds() >= STAMP_EVERY:
            values[name] = now
        if version and version != self.template_version_used:
            values["template_version_used"] = version
        if values and self.try_lock_for_update():
            self.write(values)
