from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import IntegrationError

from ..providers import PROVIDERS
from ..providers.base import Provider


class OmniConversation(models.Model):
    """One thread of one channel: what somebody outside and we have written to each other there.

    Its messages are plain `mail.message` without notifications: nothing of a conversation ever
    leaves by Odoo's own mail servers, and nobody follows it. What a conversation is about is its
    *case* (a ticket); a case has any number of conversations, and moving one from a case to another
    moves nothing else. A conversation without case is the customer's history.
    """

    _name = "omni.conversation"
    _description = "Conversation"
    _inherit = ["mail.thread"]
    _order = "last_message_date desc, id desc"
    _rec_name = "subject"
    # messages of a conversation are written by whoever may see it
    _mail_post_access = "read"

    channel_id = fields.Many2one(
        "omni.channel", required=True, index=True, ondelete="restrict", readonly=True
    )
    company_id = fields.Many2one(
        "res.company", related="channel_id.company_id", store=True, index="btree_not_null"
    )
    other_channel_ids = fields.Many2many(
        "omni.channel",
        "omni_conversation_other_channel_rel",
        string="Also Received In",
        readonly=True,
        help="Other channels of ours that received the same messages. Answers leave from the"
        " channel of the conversation.",
    )
    external_id = fields.Char(
        "Thread of the Channel", readonly=True, help="What the channel calls this thread."
    )
    identity_id = fields.Many2one(
        "omni.identity", "Written By", index="btree_not_null", ondelete="restrict", readonly=True
    )
    # a plain foreign key: Odoo's merge of contacts, which is SQL, takes it along
    partner_id = fields.Many2one(
        "res.partner", "Customer", index="btree_not_null", ondelete="set null", readonly=True
    )
    subject = fields.Char(readonly=True)
    case_model = fields.Char(readonly=True)
    case_id = fields.Many2oneReference(model_field="case_model", readonly=True)
    omni_message_ids = fields.One2many(
        "omni.message", "conversation_id", "Channel Messages", readonly=True
    )
    omni_message_count = fields.Integer("Message Count", compute="_compute_omni_message_count")
    first_message_date = fields.Datetime(readonly=True)
    last_message_date = fields.Datetime(readonly=True)
    last_customer_date = fields.Datetime("Last Message of the Customer", readonly=True)
    last_direction = fields.Selection(
        [("in", "Received"), ("out", "Sent")], "Last Message Was", readonly=True
    )
    preview = fields.Char(readonly=True, help="Beginning of the last message.")
    is_history = fields.Boolean(
        "History", readonly=True, help="From before the channel was connected: opened no ticket."
    )
    recipients = fields.Json(
        readonly=True,
        help="Who else the last message of the customer went to, without ourselves:"
        ' {"to": [{"email", "name"}], "cc": […]}.',
    )
    reply_to = fields.Json(
        readonly=True, help="Where the customer wants his answers, if not where he writes from."
    )
    participants = fields.Json(
        readonly=True, help="Addresses that have written here or were written to."
    )
    match_evidence = fields.Json(
        readonly=True, help="Why the conversation is where it is, as codes."
    )
    reply_until = fields.Datetime(
        "May Be Answered Until",
        readonly=True,
        help="Until then the channel allows an answer. Empty: always.",
    )
    human_until = fields.Datetime(
        "By a Person Until",
        readonly=True,
        help="Until then the channel allows an answer that a person has written.",
    )
    is_elsewhere = fields.Boolean(
        "Answered in the Other System",
        readonly=True,
        help="It is answered at the desk of the other system. Here it is followed.",
    )
    is_open_there = fields.Boolean(
        "Goes On in the Other System",
        readonly=True,
        help="Somebody takes care of it there: nobody has to answer here.",
    )
    desk_url = fields.Char("In the Other System", compute="_compute_desk_url")
    controlled_by = fields.Char(
        "Thread With", readonly=True, help="Another application has the thread. Empty: we do."
    )
    answered_by_id = fields.Many2one(
        "omni.message",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="A message on another conversation that answers this one too.",
    )
    satisfaction = fields.Float(
        readonly=True, help="How satisfied the customer was, from 1 to 5; 0: he has not said."
    )
    rating_id = fields.Many2one(
        "rating.rating", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    tags = fields.Json("Words of the Other System", readonly=True)
    moment_ids = fields.One2many("omni.moment", "conversation_id", "Moments", readonly=True)

    _external_idx = models.Index("(channel_id, external_id) WHERE external_id IS NOT NULL")
    _case_idx = models.Index("(case_id, case_model) WHERE case_id IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("omni_message_ids")
    def _compute_omni_message_count(self):
        groups = self.env["omni.message"]._read_group(
            [("conversation_id", "in", self.ids)], ["conversation_id"], ["__count"]
        )
        counts = {conversation.id: count for conversation, count in groups}
        for conversation in self:
            conversation.omni_message_count = counts.get(conversation.id, 0)

    @api.depends("subject", "identity_id", "channel_id")
    def _compute_display_name(self):
        for conversation in self:
            who = conversation.identity_id.display_name or conversation.channel_id.name
            conversation.display_name = conversation.subject or who or self.env._("Conversation")

    @api.depends("external_id", "channel_id")
    def _compute_desk_url(self):
        for channel, conversations in self.grouped("channel_id").items():
            is_linked = PROVIDERS.get(channel.provider, Provider).link is not Provider.link
            try:
                provider = channel._provider() if is_linked else None
            except IntegrationError:
                # a channel that is not set up (any more) leads nowhere
                provider = None
            for conversation in conversations:
                key = conversation.external_id
                conversation.desk_url = provider.link(key) if provider and key else False

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: a generic reference does not tell its cases that they have changed."""
        if vals.keys().isdisjoint({"case_id", "case_model"}):
            return super().write(vals)
        before = self._cases()
        res = super().write(vals)
        for model, ids in self._cases().items():
            before.setdefault(model, set()).update(ids)
        for model, ids in before.items():
            self.env[model].browse(ids).exists()._case_conversations_changed()
        return res

    def _cases(self):
        """Ids of what the conversations are about, by model.

        :rtype: dict[str, set[int]]
        """
        cases = {}
        for conversation in self:
            if conversation.case_model and conversation.case_id:
                cases.setdefault(conversation.case_model, set()).add(conversation.case_id)
        return cases

    # === CASE === #

    def _case(self):
        """Return what the conversation is about, an empty record of the model of cases if nothing.

        :rtype: a record of a model with `omni.case.mixin`
        """
        self.ensure_one()
        model = self.case_model or self.channel_id._case_model()
        return self.env[model].browse(self.case_id or ())

    @api.model
    def _case_domain(self, cases):
        """Return the conversations of cases, as a domain.

        :param cases: records of one model with `omni.case.mixin`
        :rtype: Domain
        """
        return Domain("case_model", "=", cases._name) & Domain("case_id", "in", cases.ids)

    def _set_case(self, case):
        """Let conversations be about another case. Nothing else moves, so it can be taken back.

        :param case: a record with `omni.case.mixin`; an empty one leaves them without
        """
        self.write(
            {"case_model": case._name, "case_id": case.id, "is_history": False}
            if case
            else {"case_model": False, "case_id": False}
        )

    def action_open_case(self):
        """Open the ticket of the conversation.

        :rtype: dict | None
        """
        self.ensure_one()
        case = self._case()
        if not case:
            return None
        return {
            "type": "ir.actions.act_window",
            "res_model": case._name,
            "res_id": case.id,
            "views": [(False, "form")],
        }

    # === NEVER BY MAIL === #

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Override of `mail`: nobody is notified. What leaves, leaves on the channel."""
        return []

    def _message_auto_subscribe(self, updated_values, followers_existing_policy="skip"):
        """Override of `mail`: nobody follows a conversation."""
        return None

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Override of `mail`: nobody follows a conversation."""
        return True
