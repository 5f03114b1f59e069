from collections import defaultdict

from odoo import api, models

_MARK = "page:"


class OmniEvent(models.Model):
    """What an app is told of several pages, each event where it belongs."""

    _inherit = "omni.event"

    @api.model
    def _store_of(self, channel_id, events):
        """Override: the webhook of an app of Messenger is told of all its pages."""
        events = list(events)
        if not any(event.folder.startswith(_MARK) for event in events):
            return super()._store_of(channel_id, events)
        by_channel = defaultdict(list)
        for event in events:
            owner = channel_id
            if event.folder.startswith(_MARK):
                page = event.folder.removeprefix(_MARK)
                owner = self.env["omni.channel"]._messenger_owner(channel_id, page)
            by_channel[owner].append(event)
        return sum(super(OmniEvent, self)._store_of(*pair) for pair in by_channel.items())
