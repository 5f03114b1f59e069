from odoo import fields, models


class OmniFolder(models.Model):
    """A part of a channel that is read on its own: the inbox of a mailbox, its sent items.

    ``cursor`` says where reading stopped, in the words of the provider. It is kept in the same
    transaction as the events that were read up to there, so neither can be ahead of the other.
    """

    _name = "omni.folder"
    _description = "Folder of a Channel"
    _order = "channel_id, role, name, id"

    channel_id = fields.Many2one(
        "omni.channel", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    key = fields.Char(required=True, readonly=True, help="What the other side calls it.")
    name = fields.Char(required=True)
    role = fields.Selection(
        [("inbox", "Received"), ("sent", "Sent"), ("other", "Other")],
        required=True,
        default="other",
        help="From a folder of sent mails, answers that colleagues write elsewhere are shown.",
    )
    is_active = fields.Boolean("Read", default=True)
    since = fields.Datetime(
        help="How far back it is read the first time. Empty: from the start of the channel.",
    )
    cursor = fields.Text(readonly=True, copy=False, groups="base.group_system")
    reread_from = fields.Datetime(
        "Read Again From",
        readonly=True,
        copy=False,
        help="Something is missing: what came since is read once more, beside what is new.",
    )
    reread_cursor = fields.Text(readonly=True, copy=False, groups="base.group_system")
    is_dirty = fields.Boolean(
        "Something New", readonly=True, copy=False, help="The other side said that it changed."
    )
    last_sync = fields.Datetime("Last Read", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    failures = fields.Integer(readonly=True, copy=False)
    next_sync = fields.Datetime("Looks Again At", readonly=True, copy=False)

    _channel_key_uniq = models.UniqueIndex(
        "(channel_id, key)", "This folder is already one of the channel."
    )

    def write(self, vals):
        """Override: who begins anew, as in another mailbox, has nothing to make up for."""
        if "cursor" in vals and not vals["cursor"]:
            vals = {"reread_from": False, "reread_cursor": False, **vals}
        return super().write(vals)

    def _mark_dirty(self):
        """Read these folders first, and soon."""
        if self:
            self.filtered(lambda folder: not folder.is_dirty).is_dirty = True
            self.env["omni.channel"]._wake("sync")

    def _read_from(self, moment):
        """Read once more what came since a moment; where reading of what is new stands stays as it
        is, and what is known is recognised.

        :param datetime.datetime moment: naive UTC
        """
        for folder in self:
            moments = filter(None, (folder.reread_from, moment))
            folder.write({"reread_from": min(moments), "reread_cursor": False})
        self._mark_dirty()

    def action_read_again(self):
        """Button: read everything from the start again. What is known is recognised."""
        self.check_access("write")
        # sudo: the cursor may hold what only the system may see
        self.sudo().cursor = False
        self._mark_dirty()
