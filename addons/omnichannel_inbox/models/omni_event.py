import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..providers.base import Event
from ..tidy import storable

#: Longest key by which a repetition is recognised, in characters.
KEY_LENGTH = 255


class OmniEvent(models.Model):
    """Something the other side told, as it came, and what became of it.

    It is stored before anything is done with it, once: the same key of the same channel is the same
    event. Nothing that came in is lost when its processing fails: it is tried again, then waits as
    a dead letter with its cause until somebody has it replayed.
    """

    _name = "omni.event"
    _description = "Incoming Event"
    _inherit = ["omni.queue.mixin"]
    _order = "id desc"
    _rec_name = "dedupe_key"
    # an insertion is what a webhook costs; `received` tells all there is to tell
    _log_access = False

    channel_id = fields.Many2one("omni.channel", required=True, readonly=True, ondelete="cascade")
    folder_id = fields.Many2one("omni.folder", readonly=True, ondelete="set null")
    dedupe_key = fields.Char("Key", required=True, readonly=True)
    kind = fields.Selection(
        [
            ("message", "Message"),
            ("status", "Status of a message sent"),
            ("hint", "Something changed"),
            ("lifecycle", "About the connection"),
        ],
        readonly=True,
    )
    conversation_key = fields.Char("Conversation", readonly=True)
    payload = fields.Text(readonly=True, help="As it came.")
    occurred = fields.Datetime(readonly=True, help="By the clock of the other side.")
    received = fields.Datetime(readonly=True)
    processed = fields.Datetime(readonly=True)
    external_id = fields.Char(
        "Message", readonly=True, help="What the other side calls the message this was about."
    )
    state = fields.Selection(
        [
            ("new", "Waiting"),
            ("done", "Processed"),
            ("ignored", "Nothing to do"),
            ("retry", "To try again"),
            ("dead", "Given up"),
        ],
        required=True,
        readonly=True,
        default="new",
    )
    is_started = fields.Boolean(
        readonly=True, help="A worker has begun with it; it stays when the worker is killed."
    )
    cause = fields.Char(readonly=True, help="The reason without its numbers, to group by.")
    rule_id = fields.Many2one(
        "omni.rule",
        "Left Alone By",
        readonly=True,
        ondelete="set null",
        help="The rule of the inbox because of which nothing was made of it.",
    )
    error = fields.Text("Technical Details", readonly=True)

    _dedupe_uniq = models.UniqueIndex(
        "(channel_id, dedupe_key)", "This event has been received already."
    )
    _todo_idx = models.Index("(channel_id, id) WHERE state IN ('new', 'retry')")
    _held_idx = models.Index("(channel_id, conversation_key) WHERE state = 'retry'")
    _old_idx = models.Index("(received) WHERE state IN ('done', 'ignored')")
    _dead_idx = models.Index("(channel_id) WHERE state = 'dead'")
    _external_idx = models.Index("(channel_id, external_id) WHERE external_id IS NOT NULL")
    _proof_idx = models.Index("(channel_id, received) WHERE kind = 'message'")
    _folder_idx = models.Index("(folder_id) WHERE folder_id IS NOT NULL")
    _rule_idx = models.Index("(rule_id) WHERE rule_id IS NOT NULL")

    # === STORING === #

    @api.model
    def _store(self, channel, events):
        """Store what came in; what is known already is left alone.

        One statement, and cheap. It does not wake the scheduler: see `omni.channel._wake`.

        :param channel: `omni.channel`
        :param events: iterable of `Event`
        :return: how many are new
        :rtype: int
        """
        return self._store_of(channel.id, events)

    @api.model
    def _store_of(self, channel_id, events):
        """The same for who has no record of the channel, and needs none.

        :param int channel_id: id of the channel
        """
        rows = self._rows(channel_id, events)
        if not rows:
            return 0
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO omni_event (
                    channel_id, folder_id, dedupe_key, kind, conversation_key, payload, occurred,
                    received, state, try_count, is_started
                ) VALUES %s
                ON CONFLICT (channel_id, dedupe_key) DO NOTHING
                """,
                SQL(", ").join(rows),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _rows(self, channel_id, events):
        now = fields.Datetime.now()
        return [
            SQL(
                "(%s, %s, %s, %s, %s, %s, %s, %s, 'new', 0, false)",
                channel_id,
                self._folder_sql(channel_id, event.folder),
                _short_key(event.dedupe_key),
                event.kind,
                storable(event.conversation) or None,
                # as text: PostgreSQL's own JSON refuses the character zero
                json.dumps(event.payload, separators=(",", ":")),
                event.occurred,
                now,
            )
            for event in events
        ]

    @api.model
    def _folder_sql(self, channel_id, key):
        if not key:
            return SQL("NULL::int4")
        return SQL(
            "(SELECT id FROM omni_folder WHERE channel_id = %s AND key = %s)",
            channel_id,
            storable(key),
        )

    def _event(self):
        """The stored event as its provider gave it.

        :rtype: Event
        """
        self.ensure_one()
        return Event(
            kind=self.kind,
            dedupe_key=self.dedupe_key,
            payload=json.loads(self.payload or "null"),
            occurred=self.occurred or None,
            conversation=self.conversation_key or "",
            folder=self.folder_id.key or "",
        )

    def _note_left_alone(self, items, rules):
        """Nothing was made of it: why, if a rule of the inbox is the reason.

        :param list items: what it said
        :param dict rules: ids of `omni.rule` by the external id of a message left alone
        """
        self.ensure_one()
        names = [getattr(item, "external_id", "") for item in items]
        left = [name for name in names if name in rules]
        if left:
            rule_id = next((rules[name] for name in left if rules[name]), False)
            self.write({"cause": "rule" if rule_id else "colleagues", "rule_id": rule_id})

    # === BUTTONS === #

    def action_replay(self):
        """Button: process again. What was made of them already is recognised, and made no more."""
        self.check_access("read")
        if not self.env.user.has_group("crm_ticket.group_ticket_admin"):
            raise AccessError(self.env._("Only administrators of the inbox can do this."))
        # sudo: nobody writes events by hand; of what was erased nothing can be made any more
        events_sudo = self.sudo().filtered(lambda event: event.cause != "erased")
        events_sudo.write(
            {
                "state": "new",
                "try_count": 0,
                "next_try": False,
                "is_started": False,
                "failure_type": False,
                "failure_reason": False,
                "cause": False,
                "rule_id": False,
                "error": False,
            }
        )
        for kind in {channel._queue_kind() for channel in events_sudo.channel_id}:
            self.env["omni.channel"]._wake(f"in_{kind}")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "%(count)s events are processed again.", count=len(events_sudo)
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }


def _short_key(key):
    """A key that fits; what is cut is told apart by its hash."""
    key = storable(key)
    if len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: KEY_LENGTH - 65]}#{digest}"
