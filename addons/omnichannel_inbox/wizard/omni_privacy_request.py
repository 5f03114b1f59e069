import base64
import io
import json
import zipfile

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..ingest.content import clean_name


class OmniPrivacyRequest(models.TransientModel):
    """Somebody wants to know what we keep of him, or that we do not keep it any more."""

    _name = "omni.privacy.request"
    _description = "Privacy Request"

    identity_ids = fields.Many2many(
        "omni.identity",
        string="Who",
        required=True,
        help="All the names by which this person is known on our channels.",
    )
    reference = fields.Char(
        help="Under which the request is filed elsewhere. Write no names here: it is kept."
    )
    with_notes = fields.Boolean(
        "Also what colleagues noted",
        default=True,
        help="In tickets that are about nobody else.",
    )
    is_checked = fields.Boolean("I have checked that this is the person, and that all of it may go")
    conversation_count = fields.Integer("Conversations", compute="_compute_counts")
    message_count = fields.Integer("Messages", compute="_compute_counts")
    file_count = fields.Integer("Files", compute="_compute_counts")
    event_count = fields.Integer("Raw Events", compute="_compute_counts")
    ticket_count = fields.Integer("Tickets", compute="_compute_counts")
    channels = fields.Char(compute="_compute_counts")
    export_file = fields.Binary("File", readonly=True, attachment=True)
    export_name = fields.Char(readonly=True)

    @api.model
    def default_get(self, fields_list):
        """Override: opened from contacts, all their identities are meant."""
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "res.partner" and "identity_ids" in fields_list:
            partners = self.env["res.partner"].browse(self.env.context.get("active_ids", []))
            identities = self.env["omni.identity"].search(
                [("partner_id", "in", (partners | partners.child_ids).ids)]
            )
            if not identities:
                raise UserError(self.env._("This contact has never written on any channel."))
            values["identity_ids"] = [fields.Command.set(identities.ids)]
        return values

    def _compute_display_name(self):
        for request in self:
            request.display_name = self.env._("Privacy request")

    @api.depends("identity_ids")
    def _compute_counts(self):
        for request in self:
            identities = request.identity_ids._origin
            if identities:
                identities._privacy_check()
            counts = identities._privacy_scope().counts()
            counts.pop("identity_count")
            request.update(counts)

    # === BUTTONS === #

    def action_export(self):
        """Button: everything this person has written and got, in one file."""
        self.ensure_one()
        self.identity_ids._privacy_check()
        scope = self.identity_ids._privacy_scope()
        self.write(
            {
                "export_file": base64.b64encode(self._archive(scope)),
                "export_name": f"export-{fields.Date.today()}.zip",
            }
        )
        self._log("export", scope.counts())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Privacy Request"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_erase(self):
        """Button: erase it, for good."""
        self.ensure_one()
        if not self.is_checked:
            raise UserError(self.env._("Check first that this is the person, and say so."))
        counts = self.identity_ids._privacy_erase(self.with_notes)
        self._log("erase", counts)
        self.export_file = False
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(messages)s messages, %(files)s files and %(events)s raw events are erased.",
                    messages=counts["message_count"],
                    files=counts["file_count"],
                    events=counts["event_count"],
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _log(self, kind, counts):
        # sudo: the log is written by nobody by hand
        self.env["omni.privacy.log"].sudo().create(
            {"kind": kind, "reference": self.reference, "user_id": self.env.uid, **counts}
        )

    # === EXPORT === #

    def _archive(self, scope):
        """A ZIP file: ``data.json``, and the files of the messages.

        :rtype: bytes
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            names = {}
            for attachment in scope.files:
                name = f"files/{attachment.id}-{clean_name(attachment.name).replace('/', '_')}"
                names[attachment.id] = name
                archive.writestr(name, attachment.raw or b"")
            data = self._export(scope, names)
            archive.writestr("data.json", json.dumps(data, indent=2, ensure_ascii=False))
        return buffer.getvalue()

    def _export(self, scope, names):
        """
        :param dict names: where each attachment lies in the archive, by its id
        :rtype: dict
        """
        by_conversation = scope.messages.sorted("sent").grouped("conversation_id")
        return {
            "made": _text(fields.Datetime.now()),
            "identities": [
                {
                    "channel": identity.channel_id.name,
                    "identifier": identity.external_id,
                    "name": identity.name or "",
                    "email": identity.email or "",
                    "phone": identity.phone or "",
                    "said": identity.claims or [],
                    "last_seen": _text(identity.last_seen),
                }
                for identity in scope.identities
            ],
            "conversations": [
                {
                    "channel": conversation.channel_id.name,
                    "subject": conversation.subject or "",
                    "ticket": conversation.ticket_id.number or "",
                    "satisfaction": conversation.satisfaction or None,
                    # sudo: what he has said himself
                    "comment": conversation.sudo().rating_id.feedback or "",
                    "messages": [self._export_message(one, names) for one in messages],
                }
                for conversation, messages in by_conversation.items()
            ],
        }

    def _export_message(self, message, names):
        return {
            "date": _text(message.sent),
            "direction": message.direction,
            "from": message.author_identity_id.display_name or message.channel_id.name,
            "to": message.recipients or {},
            "subject": message.subject or "",
            "text": message.text_body or "",
            "html": str(message.body or ""),
            "earlier_texts": message.edit_ids.mapped("text"),
            "reactions": message.reaction_ids.mapped("emoji"),
            "files": [names[attachment.id] for attachment in message.attachment_ids],
        }


def _text(moment):
    return f"{moment.isoformat()}Z" if moment else ""
