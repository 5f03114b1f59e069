from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

FATES = [
    ("missing", "Missing"),
    ("dead", "Given up"),
    ("waiting", "Waiting"),
    ("arriving", "On its way"),
    ("fetched", "Fetched"),
    ("gone", "Given up there"),
    ("rule", "Left alone by a rule"),
    ("colleagues", "Among colleagues"),
    ("copy", "In another channel"),
    ("elsewhere", "Comes by another channel"),
    ("own", "Our own message"),
    ("nothing", "Nothing to do"),
]
#: What the fates say in a sentence.
EXPLANATIONS = {
    "missing": _lt("The other side has it, and it never came in here."),
    "asked": _lt("It is being fetched."),
    "arriving": _lt("It is so new that it may still be on its way."),
    "waiting": _lt("It came in and waits for its turn."),
    "retry": _lt("It came in and is tried again by itself: %(reason)s"),
    "dead": _lt("It could not be processed: %(reason)s"),
    "fetched": _lt("It was missing, was fetched, and is here now."),
    "gone": _lt("It was deleted or moved on the other side before it came in here."),
    "rule": _lt("The rule “%(rule)s” leaves it alone."),
    "former_rule": _lt("A rule left it alone that has been deleted since."),
    "colleagues": _lt("One of us has written it to one of us."),
    "copy": _lt("The same message came in by another of our channels."),
    "elsewhere": _lt("Its conversation comes in by another of our channels."),
    "own": _lt("We have sent it ourselves."),
    "nothing": _lt("There was nothing to keep of it."),
}
#: Read again from so long before the first message that is missing.
MARGIN = timedelta(hours=1)


class OmniProofGap(models.Model):
    """A message of the other side that is no plain message here, and what is known of it."""

    _name = "omni.proof.gap"
    _description = "Message to Be Explained"
    _order = "rank, moment desc, id desc"
    _rec_name = "key"

    proof_id = fields.Many2one(
        "omni.proof", required=True, readonly=True, index=True, ondelete="cascade"
    )
    channel_id = fields.Many2one("omni.channel", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    key = fields.Char(
        "Identifier", required=True, readonly=True, help="What the other side calls it."
    )
    moment = fields.Datetime("Written On", required=True, readonly=True)
    folder_id = fields.Many2one("omni.folder", readonly=True, ondelete="set null")
    is_listed = fields.Boolean("Named by the Other Side", readonly=True)
    fate = fields.Selection(FATES, "What Became of It", required=True, readonly=True)
    rank = fields.Integer(compute="_compute_rank", store=True, help="What needs somebody first.")
    event_id = fields.Many2one(
        "omni.event", readonly=True, ondelete="set null", index="btree_not_null"
    )
    rule_id = fields.Many2one(
        "omni.rule", readonly=True, ondelete="set null", index="btree_not_null"
    )
    asked = fields.Datetime("Fetched Since", readonly=True)
    can_fetch = fields.Boolean(compute="_compute_can_fetch")
    explanation = fields.Char(compute="_compute_explanation")

    _channel_key_uniq = models.UniqueIndex("(channel_id, key)", "This message is listed already.")
    _missing_idx = models.Index("(channel_id) WHERE fate = 'missing'")

    @api.depends("fate")
    def _compute_rank(self):
        ranks = {code: rank for rank, (code, _name) in enumerate(FATES)}
        for gap in self:
            gap.rank = ranks.get(gap.fate, len(ranks))

    @api.depends("fate", "asked", "channel_id.provider")
    def _compute_can_fetch(self):
        for gap in self:
            gap.can_fetch = gap.fate == "missing" and not gap.asked and gap.channel_id.has_sync

    @api.depends("fate", "asked", "event_id.failure_reason", "event_id.state", "rule_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for gap in self:
            code = gap.fate
            if code == "missing" and gap.asked:
                code = "asked"
            # sudo: leaders read why, without what came in; names of rules are no secret
            event_sudo = gap.sudo().event_id
            rule_sudo = gap.sudo().rule_id
            if code == "waiting" and event_sudo.state == "retry":
                code = "retry"
            if code == "rule" and not rule_sudo:
                code = "former_rule"
            text = self.env._(EXPLANATIONS[code])  # pylint: disable=translation-not-lazy
            gap.explanation = text % {
                "reason": event_sudo.failure_reason or self.env._("no reason is known."),
                "rule": rule_sudo.name,
            }

    # === BUTTONS === #

    def action_fetch(self):
        """Button: read the folder of this message once more."""
        self.env["omni.proof"]._check_admin()
        self.check_access("read")
        return self._fetch()

    def action_open_event(self):
        """Button: what came in."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "omni.event",
            "res_id": self.event_id.id,
            "views": [(False, "form")],
        }

    def action_replay(self):
        """Button: process again what was given up."""
        self.check_access("read")
        events = self.event_id.filtered(lambda event: event.state in ("dead", "retry"))
        return events.action_replay()

    # === FETCHING === #

    def _fetch(self):
        """Have the folders read again from where the first of these messages lies. What is known
        is recognised, so nothing appears twice.

        :return: a notification
        """
        # sudo: whoever may fetch need not be able to write what was counted
        gaps_sudo = self.sudo().filtered(
            lambda gap: gap.fate == "missing" and gap.channel_id.has_sync
        )
        for folder, gaps in gaps_sudo.grouped(lambda gap: gap.folder_id).items():
            folders = folder or gaps.channel_id.folder_ids.filtered("is_active")
            folders._read_from(min(gaps.mapped("moment")) - MARGIN)
        gaps_sudo.asked = fields.Datetime.now()
        if gaps_sudo:
            message = self.env._("What is missing is being fetched. It is shown here when it came.")
        else:
            message = self.env._("There is nothing that could be fetched.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _keep(self, values):
        """Write what differs: day after day, hardly anything does.

        :param dict values: as they are in the database
        """
        self.ensure_one()
        now = self.read(list(values), load=None)[0]
        changed = {name: value for name, value in values.items() if now[name] != (value or False)}
        if changed:
            self.write(changed)

    @api.model
    def _look_again(self, channels=None):
        """What was missing, has it come? Cheap, and without asking the other side.

        :param channels: `omni.channel`; by default all
        :return: those that came
        :rtype: omni.proof.gap
        """
        domain = [("fate", "=", "missing")]
        if channels is not None:
            domain.append(("channel_id", "in", channels.ids))
        missing = self.search(domain)
        if not missing:
            return missing
        self.env["omni.message"].flush_model()
        self.env["omni.message.alias"].flush_model()
        self.env["omni.event"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT g.id FROM omni_proof_gap g
                 WHERE g.id = ANY(%(ids)s)
                   AND (EXISTS (SELECT FROM omni_message m
                                 WHERE m.channel_id = g.channel_id AND m.external_id = g.key)
                     OR EXISTS (SELECT FROM omni_message_alias a
                                 WHERE a.channel_id = g.channel_id AND a.external_id = g.key)
                     OR EXISTS (SELECT FROM omni_event e
                                 WHERE e.channel_id = g.channel_id AND e.external_id = g.key))
                """,
                ids=missing.ids,
            )
        )
        came = self.browse(gap_id for (gap_id,) in rows)
        if not came:
            return came
        came.fate = "fetched"
        for proof, gaps in came.grouped("proof_id").items():
            count = len(gaps)
            proof.write(
                {
                    "missing_count": max(proof.missing_count - count, 0),
                    "stored_count": proof.stored_count + count,
                    "processed_count": proof.processed_count + count,
                }
            )
        for channel in came.channel_id.filtered("is_enabled"):
            channel._watchdog_review()
        return came
