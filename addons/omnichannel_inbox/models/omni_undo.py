import secrets
from datetime import timedelta

from odoo import api, fields, models

#: How long something can be taken back.
MINUTES = 10


class OmniUndo(models.Model):
    """Something that can be taken back: by whom, until when, and what was before."""

    _name = "omni.undo"
    _description = "Undo"
    _rec_name = "text"

    token = fields.Char(required=True, default=lambda self: secrets.token_urlsafe(16))
    user_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
    )
    kind = fields.Char(required=True)
    text = fields.Char(required=True, help="What was done, for a person.")
    before = fields.Json(help="What was before, as the kind needs it.")
    expires = fields.Datetime(
        required=True,
        index=True,
        default=lambda self: fields.Datetime.now() + timedelta(minutes=MINUTES),
    )

    _token_uniq = models.UniqueIndex("(token)")

    @api.model
    def _remember(self, kind, text, before):
        """:return: token by which the current user can take it back"""
        # sudo: nobody writes down by himself what was before
        undo_sudo = self.sudo().create(
            {"kind": kind, "text": text, "before": before, "user_id": self.env.uid}
        )
        return undo_sudo.token

    @api.model
    def _take(self, token):
        """The entry of a token of the current user, still valid; it cannot be used twice.

        :rtype: recordset of `omni.undo`, at most one
        """
        # sudo: see _remember
        return (
            self.sudo()
            .search(
                [
                    ("token", "=", str(token or "")),
                    ("user_id", "=", self.env.uid),
                    ("expires", ">", fields.Datetime.now()),
                ],
                limit=1,
            )
            .try_lock_for_update()
        )

    @api.model
    def _of_message(self, message):
        """What the current user can take back by not sending a message.

        :param message: `omni.message`
        :rtype: recordset of `omni.undo`, at most one
        """
        # sudo: see _remember
        entries = self.sudo().search([("user_id", "=", self.env.uid), ("kind", "=", "send")])
        return entries.filtered(lambda undo: undo.before.get("message") == message.id)[:1]

    @api.autovacuum
    def _gc(self):
        self.search([("expires", "<", fields.Datetime.now())], limit=10_000).unlink()
