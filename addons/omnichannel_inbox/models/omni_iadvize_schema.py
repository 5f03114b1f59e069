import json

from odoo import fields, models
from odoo.tools import SQL


class OmniIadvizeSchema(models.Model):
    """What the schema of iAdvize has, as far as it concerns a channel.

    It is written apart from the work for which it was read, so it has a table of its own: whoever
    is at work on the channel meanwhile is not in the way.
    """

    _name = "omni.iadvize.schema"
    _description = "Schema of iAdvize"
    _log_access = False

    channel_id = fields.Many2one("omni.channel", required=True, ondelete="cascade")
    content = fields.Json()
    read_on = fields.Datetime()

    _channel_uniq = models.UniqueIndex("(channel_id)")

    def _keep(self, channel_id, content):
        """Keep a schema in the place of an older one; nothing happens to a channel that others
        cannot see yet.

        :param int channel_id: id of the channel
        :param dict content: as `Schema.dump` gives it
        """
        self.env.cr.execute(
            SQL(
                "INSERT INTO omni_iadvize_schema (channel_id, content, read_on)"
                " SELECT id, %s, %s FROM omni_channel WHERE id = %s"
                " ON CONFLICT (channel_id)"
                " DO UPDATE SET content = EXCLUDED.content, read_on = EXCLUDED.read_on",
                json.dumps(content),
                fields.Datetime.now(),
                channel_id,
            )
        )

    def _of(self, channel):
        """The schema of a channel; an empty one: it was not read yet.

        :param channel: `omni.channel`
        """
        # one that is being typed has none
        return self.search([("channel_id", "in", channel.ids)])
