from datetime import timedelta
from itertools import islice

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import get_logger

_logger = get_logger(__name__)

#: Days looked back unless told otherwise.
DAYS = 7
#: Messages of one folder that are compared, at most.
MOST = 20_000
#: Missing messages that are named, at most.
NAMED = 20


class OmniChannelAudit(models.TransientModel):
    """Nothing lost? What the other side has, against what came in, and what became of it."""

    _name = "omni.channel.audit"
    _description = "Nothing Lost?"

    channel_ids = fields.Many2many(
        "omni.channel", string="Channels", help="Empty: all that are in service."
    )
    since = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.now() - timedelta(days=DAYS)
    )
    line_ids = fields.One2many("omni.channel.audit.line", "audit_id", readonly=True)
    verdict = fields.Selection(
        [
            ("ok", "Nothing is missing"),
            ("waiting", "Something still waits"),
            ("missing", "Something is missing"),
        ],
        compute="_compute_verdict",
    )

    missing_count = fields.Integer(compute="_compute_verdict")

    def _compute_display_name(self):
        for audit in self:
            audit.display_name = self.env._("Nothing lost?")

    @api.depends("line_ids")
    def _compute_verdict(self):
        for audit in self:
            lines = audit.line_ids
            audit.missing_count = sum(lines.mapped("missing_count"))
            if not lines:
                audit.verdict = False
            elif any(line.missing_count or line.dead_count or line.error for line in lines):
                audit.verdict = "missing"
            elif any(line.waiting_count for line in lines):
                audit.verdict = "waiting"
            else:
                audit.verdict = "ok"

    @api.constrains("since")
    def _check_since(self):
        for audit in self:
            if audit.since > fields.Datetime.now():
                raise ValidationError(self.env._("That is in the future."))

    def action_count(self):
        """Button: ask the other side, and count."""
        self.ensure_one()
        if not self.env.user.has_group("crm_ticket.group_ticket_admin"):
            raise AccessError(self.env._("Only administrators of the inbox can do this."))
        channels = self.channel_ids or self.env["omni.channel"].search([("is_enabled", "=", True)])
        commands = [Command.clear()]
        for channel in channels:
            folders = channel.folder_ids.filtered("is_active") or [self.env["omni.folder"]]
            commands += [Command.create(self._count(channel, folder)) for folder in folders]
        self.line_ids = commands
        return self._reopen()

    def _count(self, channel, folder):
        """Values of a line."""
        values = {"channel_id": channel.id, "folder_id": folder.id}
        counts = self._states(channel, folder)
        values |= {
            "stored_count": sum(counts.values()),
            "processed_count": counts.get("done", 0),
            "ignored_count": counts.get("ignored", 0),
            "waiting_count": counts.get("new", 0) + counts.get("retry", 0),
            "dead_count": counts.get("dead", 0),
        }
        try:
            # what is older than the start of the channel was never to come in
            since = max(self.since, folder.since or self.since)
            theirs = channel._provider().census(folder.key, since) if folder else None
            ids = None if theirs is None else list(islice(theirs, MOST))
        except IntegrationError as error:
            _logger.info("%s: its messages could not be counted: %s", channel, error)
            return values | {"error": str(error)}
        if ids is not None:
            missing = self._missing(channel, ids)
            values |= {
                "provider_count": len(ids),
                "is_compared": True,
                "missing_count": len(missing),
                "missing": "\n".join(missing[:NAMED]),
            }
        return values

    def _states(self, channel, folder):
        """What became of the messages that came in. One that was told several times counts once,
        by the best that became of it.

        :return: number of messages by state of their events
        :rtype: dict[str, int]
        """
        self.env["omni.event"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT state, COUNT(*)
                      FROM (SELECT DISTINCT ON (COALESCE(external_id, id::text)) state
                              FROM omni_event
                             WHERE channel_id = %(channel)s
                               AND kind = 'message'
                               AND received >= %(since)s
                               AND (folder_id = %(folder)s OR %(folder)s IS NULL)
                          ORDER BY COALESCE(external_id, id::text),
                                   array_position(
                                       ARRAY['done', 'ignored', 'new', 'retry'], state::text
                                   ), id) message
                  GROUP BY state
                    """,
                    channel=channel.id,
                    since=self.since,
                    folder=folder.id or None,
                )
            )
        )

    def _missing(self, channel, ids):
        """Those of the ids that never came in here, in whatever state.

        :param list[str] ids: what the other side calls its messages
        :rtype: list[str]
        """
        self.env["omni.event"].flush_model()
        self.env["omni.message"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT theirs.id FROM unnest(%(ids)s::text[]) AS theirs (id)
                 WHERE NOT EXISTS (
                           SELECT FROM omni_message
                            WHERE channel_id = %(channel)s AND external_id = theirs.id
                       )
                   AND NOT EXISTS (
                           SELECT FROM omni_event
                            WHERE channel_id = %(channel)s AND external_id = theirs.id
                       )
                """,
                ids=ids,
                channel=channel.id,
            )
        )
        # what waits or was given up is not known by that name yet
        waiting = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT theirs.id
                  FROM unnest(%(ids)s::text[]) AS theirs (id)
                  JOIN omni_event e ON e.channel_id = %(channel)s
                   AND e.state IN ('new', 'retry', 'dead')
                   AND position(theirs.id IN e.payload) > 0
                """,
                ids=[external_id for (external_id,) in rows],
                channel=channel.id,
            )
        )
        known = {external_id for (external_id,) in waiting}
        return [external_id for (external_id,) in rows if external_id not in known]

    def action_fetch(self):
        """Button: read the folders in which something is missing once more, from back then."""
        self.ensure_one()
        self.line_ids.filtered("missing_count").folder_id.action_read_again()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("What is missing is fetched. Count again in a few minutes."),
            },
        }

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Nothing Lost?"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }
