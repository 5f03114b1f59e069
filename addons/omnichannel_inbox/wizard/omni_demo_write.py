import base64
from uuid import uuid4

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.integration_base.tools import email as email_tools

from ..providers.demo import event_of

#: Bytes of all files of a message.
FILE_LIMIT = 10 * 2**20
#: Messages shown of a thread, at most.
SHOWN = 20


class OmniDemoWrite(models.TransientModel):
    """Be the customer: write on a channel of the demo, and see what was answered."""

    _name = "omni.demo.write"
    _description = "Write as a Customer"

    channel_id = fields.Many2one(
        "omni.channel",
        required=True,
        domain=[("provider", "=", "demo"), ("is_enabled", "=", True)],
        ondelete="cascade",
    )
    conversation_id = fields.Many2one(
        "omni.conversation",
        "Thread",
        domain="[('channel_id', '=', channel_id)]",
        help="To write on in. Empty: a new request.",
        ondelete="cascade",
    )
    thread = fields.Html("So Far", compute="_compute_thread", sanitize=False)
    name = fields.Char("Customer's Name")
    email = fields.Char(
        "His Address",
        help="That of a contact of yours, and he is recognised; or any other.",
    )
    subject = fields.Char()
    text = fields.Text("Message")
    attachment_ids = fields.Many2many("ir.attachment", string="Files")

    @api.depends("conversation_id")
    def _compute_thread(self):
        for wizard in self:
            wizard.thread = wizard._render_thread()

    def _render_thread(self):
        """What the customer sees.

        :rtype: Markup
        """
        if not self.conversation_id:
            return False
        messages = self.env["omni.message"].search(
            [
                ("conversation_id", "=", self.conversation_id.id),
                ("state", "in", ("received", "sent", "delivered", "read")),
            ],
            limit=SHOWN,
        )
        return Markup("<hr/>").join(
            Markup("<p><strong>%s</strong></p>%s<p>%s</p>")
            % (
                self.env._("You")
                if message.direction == "in"
                else message.user_id.name or message.company_id.name,
                message.body,
                ", ".join(f"📎 {name}" for name in message.attachment_ids.mapped("name")),
            )
            for message in messages.sorted(lambda message: (message.sent, message.id))
        )

    @api.onchange("conversation_id")
    def _onchange_conversation_id(self):
        identity = self.conversation_id.identity_id
        if identity:
            self.name = identity.name
            self.email = identity.email or identity.external_id
            self.subject = self.conversation_id.subject

    def action_write(self):
        """Button: the message comes in, as if the customer had sent it."""
        self.ensure_one()
        # sudo: raw events are shown to administrators alone; this one is the user's own
        channel_sudo = self.channel_id.sudo()
        self.channel_id.check_access("read")
        if channel_sudo.provider != "demo" or not channel_sudo.is_enabled:
            raise UserError(self.env._("Only on a channel of the demo that is in service."))
        address = email_tools.normalize(self.email or "")
        if not address:
            raise UserError(self.env._("“%(text)s” is no e-mail address.", text=self.email or ""))
        if not (self.text or "").strip():
            raise UserError(self.env._("There is nothing in this message yet."))
        if sum(self.attachment_ids.mapped("file_size")) > FILE_LIMIT:
            raise UserError(self.env._("The files are too large together: at most 10 MB."))
        external_id = f"demo-{uuid4()}"
        event = event_of(
            {
                "id": external_id,
                "conversation": self.conversation_id.external_id or f"thread-{external_id}",
                "author": {"id": address, "name": self.name or "", "email": address},
                "subject": self.subject or "",
                "text": self.text,
                "attachments": [
                    {
                        "name": file.name,
                        "content_type": file.mimetype,
                        "content": base64.b64encode(file.raw or b"").decode(),
                    }
                    for file in self.attachment_ids
                ],
            }
        )
        channel_sudo.env["omni.event"]._store(channel_sudo, [event])
        channel_sudo._wake(f"in_{channel_sudo._queue_kind()}")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Written. It is in the inbox in a moment."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
