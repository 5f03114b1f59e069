from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .omni_proof import DAYS
from .omni_queue_mixin import WAITS

#: What has waited longer is worth a look, and then a person, in minutes.
LATE_MINUTES, VERY_LATE_MINUTES = 15, 60


class OmniChannel(models.Model):
    """What leaders and administrators see in the corner of every screen: only what is wrong."""

    _inherit = "omni.channel"

    @api.model
    def get_watch(self):
        """RPC: what is wrong with the channels now. Cheap: it is asked every two minutes.

        :return: ``[{"kind", "level", "count", "minutes", "text", "channel_id"}]``, the worst
            first; ``kind`` is ``auth``, ``dead``, ``missing``, ``unsent`` or ``waiting``, ``level``
            ``danger`` or ``warning``
        :rtype: list[dict]
        """
        if not self.env.user.has_group("crm_ticket.group_ticket_leader"):
            return []
        channels = self.search([("company_id", "in", self.env.companies.ids)])
        if not channels:
            return []
        problems = [
            {
                "kind": "auth",
                "level": "danger",
                "count": 1,
                "channel_id": channel.id,
                "text": self.env._(
                    "%(channel)s: access refused. Nothing is fetched or sent.",
                    channel=channel.display_name,
                ),
            }
            for channel in channels
            if channel.is_enabled and channel.auth_failed_since
        ]
        return problems + self._watch_counts(channels)

    @api.model
    def _watch_counts(self, channels):
        """What can be counted of it, in one statement."""
        for name in ("omni.event", "omni.message", "omni.proof"):
            self.env[name].flush_model(["channel_id", "state"])
        self.env["omni.event"].flush_model(["cause"])
        [[dead, unsent, missing, oldest]] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT COUNT(*) FROM omni_event
                         WHERE state = 'dead' AND channel_id = ANY(%(channels)s)),
                       (SELECT COUNT(*) FROM omni_message
                         WHERE state IN ('failed', 'uncertain') AND next_try IS NULL
                           AND direction = 'out' AND channel_id = ANY(%(channels)s)),
                       (SELECT COALESCE(SUM(missing_count), 0) FROM omni_proof
                         WHERE day >= %(since)s AND channel_id = ANY(%(channels)s)),
                       (SELECT MIN(received) FROM omni_event
                         WHERE state IN ('new', 'retry') AND channel_id = ANY(%(channels)s)
                           AND cause IS DISTINCT FROM %(waits)s)
                """,
                waits=WAITS,
                channels=channels.ids,
                since=fields.Date.today() - timedelta(days=DAYS),
            )
        )
        problems = []

        def add(kind, count, text, level="danger", **values):
            problems.append({"kind": kind, "level": level, "count": count, "text": text, **values})

        if missing:
            add(
                "missing",
                missing,
                self.env._("Messages that never came in: %(count)s", count=missing),
            )
        if dead:
            add(
                "dead",
                dead,
                self.env._("Could not be processed: %(count)s", count=dead),
            )
        if unsent:
            add("unsent", unsent, self.env._("Answers that were not sent: %(count)s", count=unsent))
        late = oldest and int((fields.Datetime.now() - oldest).total_seconds() // 60)
        if late and late >= LATE_MINUTES:
            add(
                "waiting",
                0,
                self.env._("Something has been waiting for %(age)s.", age=self._watch_age(late)),
                "danger" if late >= VERY_LATE_MINUTES else "warning",
                minutes=late,
                age=self._watch_age(late),
            )
        return problems

    @api.model
    def _watch_age(self, minutes):
        """A time as short as it can be said.

        :rtype: str
        """
        if minutes < 60:
            return self.env._("%(count)s min", count=minutes)
        if minutes < 48 * 60:
            return self.env._("%(count)s h", count=minutes // 60)
        return self.env._("%(count)s d", count=minutes // (24 * 60))

    @api.model
    def action_open_watch(self, kind, channel_id=False):
        """RPC: what opens when somebody clicks on a problem: where it can be dealt with.

        :param str kind: see :meth:`get_watch`
        :param int channel_id: of ``auth``
        :rtype: dict
        """
        actions = self.env["ir.actions.actions"]
        if kind == "auth" and channel_id:
            channel = self.browse(int(channel_id))
            channel.check_access("read")
            return {
                "type": "ir.actions.act_window",
                "res_model": "omni.channel",
                "res_id": channel.id,
                "views": [(False, "form")],
            }
        if kind == "unsent":
            action = actions._for_xml_id("omnichannel_inbox.omni_message_action_outbox")
            return action | {"context": {"search_default_unsent": 1}}
        # leaders see that something was given up, not what customers had written
        is_admin = self.env.user.has_group("crm_ticket.group_ticket_admin")
        if kind == "dead" and is_admin:
            return actions._for_xml_id("omnichannel_inbox.omni_event_action_dead")
        if kind == "waiting" and is_admin:
            action = actions._for_xml_id("omnichannel_inbox.omni_event_action")
            return action | {"context": {"search_default_new": 1, "search_default_retry": 1}}
        return actions._for_xml_id("omnichannel_inbox.omni_proof_action")
