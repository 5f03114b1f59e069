from odoo import Command, models

from ..ingest import IngestBatch
from ..ingest.content import clean_name, file_values


class OmniMessage(models.Model):
    """Files that could not be fetched when their message came in."""

    _inherit = "omni.message"

    def _add_files(self, inbound):
        """Add the files of a message that were missing, now that the other side hands them out.

        :param inbound: `providers.base.Inbound` of this message
        """
        self.ensure_one()
        content = self.mail_message_id
        known = {(file.name, file.file_size) for file in content.attachment_ids}
        missing = [
            attachment
            for attachment in inbound.attachments
            if attachment.content is not None
            and (clean_name(attachment.name), len(attachment.content)) not in known
        ]
        if not missing:
            return
        files = (
            self.env["ir.attachment"]
            .with_context(attachments_mime_plainxml=True, image_no_postprocess=True)
            .create(
                [
                    file_values(attachment) | {"res_id": self.conversation_id.id}
                    for attachment in missing
                ]
            )
        )
        # the text said that they were missing
        batch = IngestBatch(self.channel_id, [inbound])
        content.write(
            {
                "body": batch._body(batch.items[0]),
                "attachment_ids": [Command.link(file.id) for file in files],
            }
        )
