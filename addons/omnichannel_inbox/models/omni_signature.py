from odoo import api, fields, models


class OmniSignature(models.Model):
    """What stands below the answers of a colleague: on one channel, or on all without one of their
    own. Without any, the signature of the channel stands there, then that of his preferences."""

    _name = "omni.signature"
    _description = "Signature in the Inbox"
    _order = "user_id, channel_id, id"
    _rec_name = "channel_id"

    user_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
    )
    channel_id = fields.Many2one(
        "omni.channel", ondelete="cascade", help="Empty: all channels without one of their own."
    )
    body = fields.Html("Signature", required=True, sanitize_attributes=True, sanitize_form=True)

    _user_channel_uniq = models.UniqueIndex(
        "(user_id, COALESCE(channel_id, 0))",
        "There is a signature for this channel already. Change that one.",
    )

    @api.model
    def _for(self, channel):
        """The signature of the current user on a channel, as HTML.

        :param channel: `omni.channel`
        :rtype: markupsafe.Markup | str
        """
        own = self.search(
            [("user_id", "=", self.env.uid), ("channel_id", "in", (channel.id, False))]
        )
        own = own.filtered(lambda signature: signature.channel_id) or own
        return own[:1].body or channel.signature or self.env.user.signature or ""
