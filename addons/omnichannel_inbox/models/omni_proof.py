from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.integration_base.transaction import attempt, scheduled

#: Days that are counted every night, and shown unless told otherwise.
DAYS = 7
#: The longest span that can be counted at once, in days.
MOST_DAYS = 31
#: Local hour from which on the days before are counted.
NIGHT_HOUR = 4
#: Days for which the outcome is kept.
KEPT_DAYS = 400
STATES = [
    ("ok", "All here"),
    ("unasked", "All processed"),
    ("waiting", "Something waits"),
    ("missing", "Something is missing"),
    ("error", "Could not be counted"),
]


class OmniProof(models.Model):
    """One day of one channel: what the other side has, against what came in and what became of it.

    A few numbers per channel and day, counted every night and whenever somebody asks. What cannot
    be told from them is kept message by message in `omni.proof.gap`.
    """

    _name = "omni.proof"
    _description = "Proof That Nothing Is Lost"
    _order = "day desc, channel_id"

    channel_id = fields.Many2one("omni.channel", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(
        "res.company", related="channel_id.company_id", store=True, index="btree_not_null"
    )
    day = fields.Date(required=True, readonly=True, help="By the clock of the company.")
    counted = fields.Datetime("Counted On", readonly=True)
    is_compared = fields.Boolean(
        "Compared", readonly=True, help="The other side was asked what it has, and told it."
    )
    error = fields.Char(readonly=True, help="Why the other side could not be asked.")
    provider_count = fields.Integer("There", readonly=True, help="What the other side has.")
    stored_count = fields.Integer("Came In", readonly=True)
    processed_count = fields.Integer(
        "Processed", readonly=True, help="Made a message of, or left alone for a reason."
    )
    ticketed_count = fields.Integer("With Ticket", readonly=True)
    customer_count = fields.Integer(
        "To Answer", readonly=True, help="Written by customers themselves, in a ticket."
    )
    answered_count = fields.Integer(
        "Answered", readonly=True, help="Answered since, on whichever channel, or settled."
    )
    history_count = fields.Integer(
        "History", readonly=True, help="From before the channel was connected."
    )
    own_count = fields.Integer("Written by Us", readonly=True)
    ignored_count = fields.Integer(
        "Left Alone", readonly=True, help="By a rule, or because it is known from elsewhere."
    )
    waiting_count = fields.Integer("Waiting", readonly=True)
    dead_count = fields.Integer("Given Up", readonly=True)
    missing_count = fields.Integer("Missing", readonly=True, help="There, and never came in here.")
    moved_count = fields.Integer(
        "No Longer There",
        readonly=True,
        help="Came in, and has been moved or deleted on the other side since.",
    )
    state = fields.Selection(STATES, compute="_compute_state", store=True)
    gap_ids = fields.One2many("omni.proof.gap", "proof_id", "What Became of the Others")
    text = fields.Char("In Words", compute="_compute_text")
    can_fetch = fields.Boolean(compute="_compute_can_fetch")

    _channel_day_uniq = models.UniqueIndex(
        "(channel_id, day)", "This day of the channel has been counted already."
    )

    # === COMPUTE METHODS === #

    @api.depends("error", "is_compared", "missing_count", "dead_count", "waiting_count")
    def _compute_state(self):
        for proof in self:
            if proof.missing_count or proof.dead_count:
                proof.state = "missing"
            elif proof.error:
                proof.state = "error"
            elif proof.waiting_count:
                proof.state = "waiting"
            else:
                proof.state = "ok" if proof.is_compared else "unasked"

    @api.depends("state", "missing_count", "dead_count", "waiting_count")
    @api.depends_context("lang")
    def _compute_text(self):
        names = dict(self._fields["state"]._description_selection(self.env))
        for proof in self:
            parts = []
            if proof.missing_count:
                parts.append(self.env._("%(count)s missing", count=proof.missing_count))
            if proof.dead_count:
                parts.append(self.env._("%(count)s given up", count=proof.dead_count))
            if proof.waiting_count:
                parts.append(self.env._("%(count)s waiting", count=proof.waiting_count))
            if proof.state == "error" or not parts:
                parts.insert(0, names.get(proof.state, ""))
            proof.text = " · ".join(parts)

    @api.depends("channel_id.provider", "missing_count")
    def _compute_can_fetch(self):
        for proof in self:
            proof.can_fetch = bool(proof.missing_count and proof.channel_id.has_sync)

    @api.depends("channel_id", "day")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for proof in self:
            day = format_date(self.env, proof.day)
            proof.display_name = f"{proof.channel_id.display_name} – {day}"

    # === TIME === #

    @api.model
    def _span(self, channel, first, last):
        """The moments between which days of a channel lie.

        :param channel: `omni.channel`
        :param datetime.date first: first day
        :param datetime.date last: last day, included
        :return: start and end, naive UTC
        :rtype: tuple[datetime.datetime, datetime.datetime]
        """
        zone = pytz.timezone(channel._proof_zone())

        def start(day):
            local = zone.localize(datetime.combine(day, time.min))
            return local.astimezone(pytz.utc).replace(tzinfo=None)

        return start(first), start(last + timedelta(days=1))

    # === COUNTING === #

    @api.model
    def _check_admin(self):
        if not self.env.user.has_group("crm_ticket.group_ticket_admin"):
            raise AccessError(self.env._("Only administrators of the inbox can do this."))

    @api.model
    def count(self, channel_id, days=DAYS):
        """RPC: ask the other side of a channel, and count its last days.

        :param int channel_id: id of an `omni.channel`
        :param int days: how many, today included
        :return: whether the other side could be counted, or cannot be asked at all
        :rtype: bool
        """
        self._check_admin()
        channel = self.env["omni.channel"].browse(int(channel_id))
        channel.check_access("read")
        today = channel._proof_today()
        days = min(max(int(days), 1), MOST_DAYS)
        # sudo: the outcome is written by nobody by hand
        proofs_sudo = channel.sudo()._prove(today - timedelta(days=days - 1), today)
        return not any(proofs_sudo.mapped("error"))

    def action_count(self):
        """Button: count this day again."""
        self.ensure_one()
        self._check_admin()
        self.check_access("read")
        # sudo: see `count`
        self.channel_id.sudo()._prove(self.day, self.day)

    @api.model
    @scheduled
    def _cron_prove(self):
        """Count the last days of every channel once in the morning of its company, and forget what
        is too old."""
        cron = self.env["ir.cron"]
        channels = self.env["omni.channel"].search(Domain("is_enabled", "=", True))
        due = channels.filtered(lambda channel: channel._proof_is_due())
        cron._commit_progress(remaining=len(due))
        for channel in due:
            attempt(self.env, channel, channel._prove_lately)
            if not cron._commit_progress(1):
                return
        self.env["omni.proof.gap"]._look_again()
        limit = fields.Date.today() - timedelta(days=KEPT_DAYS)
        self.search([("day", "<", limit)], limit=10_000).unlink()

    # === BUTTONS === #

    def action_fetch(self):
        """Button: read the days in which something is missing once more."""
        self._check_admin()
        self.check_access("read")
        missing = self.gap_ids.filtered(lambda gap: gap.fate == "missing")
        return missing._fetch()

    def action_messages(self):
        """Button: the messages of the day."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_message_action_outbox"
        )
        since, until = self._span(self.channel_id, self.day, self.day)
        action.pop("path", None)
        return action | {
            "name": self.display_name,
            "domain": [
                ("channel_id", "=", self.channel_id.id),
                ("sent", ">=", since),
                ("sent", "<", until),
            ],
            "context": {},
        }
