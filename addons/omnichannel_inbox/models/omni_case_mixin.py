from odoo import api, fields, models


class OmniCaseMixin(models.AbstractModel):
    """What a model needs to stand behind the inbox: conversations are attached to its records.

    `crm.ticket` is the one of this addon; a bridge adds another by inheriting this and returning
    its name from `omni.channel._case_model`. To override:

    * :meth:`_case_prepare`: the values of a new record;
    * :meth:`_case_customer_wrote` and :meth:`_case_answered`: what happens to a record when
      something is written.
    """

    _name = "omni.case.mixin"
    _description = "Case with Conversations"

    conversation_ids = fields.One2many(
        "omni.conversation", "case_id", "Conversations", readonly=True, copy=False
    )
    conversation_count = fields.Integer(
        "Number of Conversations", compute="_compute_conversation_count"
    )
    channel_ids = fields.Many2many(
        "omni.channel",
        string="Channels",
        compute="_compute_channel_ids",
        search="_search_channel_ids",
    )

    @api.depends("conversation_ids")
    def _compute_conversation_count(self):
        groups = self.env["omni.conversation"]._read_group(
            self.env["omni.conversation"]._case_domain(self), ["case_id"], ["__count"]
        )
        counts = dict(groups)
        for case in self:
            case.conversation_count = counts.get(case.id, 0)

    @api.depends("conversation_ids.channel_id")
    def _compute_channel_ids(self):
        for case in self:
            case.channel_ids = case.conversation_ids.channel_id

    @api.model
    def _search_channel_ids(self, operator, value):
        if operator not in ("in", "not in", "any"):
            return NotImplemented
        return [("conversation_ids.channel_id", operator, value)]

    def action_conversations(self):
        """Open the conversations.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_conversation_action"
        )
        action["domain"] = list(self.env["omni.conversation"]._case_domain(self))
        action["context"] = {}
        return action

    # === HOOKS === #

    @api.model
    def _case_prepare(self, conversation, inbound):
        """Return the values of the case that a message, or somebody, opens.

        :param conversation: `omni.conversation`, of its channel and, when known, its customer
        :param inbound: `providers.base.Inbound`; None: somebody opens it for a conversation
        :rtype: dict
        """
        return {}

    def _case_customer_wrote(self, message):
        """The customer has written.

        :param message: `omni.message`
        :return: the case the conversation belongs to now: this one, or one that goes on from it
        """
        self.ensure_one()
        return self

    def _case_answered(self, message):
        """One of us has answered.

        :param message: `omni.message`
        """

    def _case_answered_elsewhere(self):
        """Somebody takes care of a conversation in another system."""

    def _case_partner_changed(self, old, partner, identity):
        """It has become known, or turned out to be different, who the customer is.

        :param old: `res.partner` before, may be empty
        :param partner: `res.partner` now, may be empty
        :param identity: `omni.identity` of whom it has become known
        """

    def _case_customer_doubted(self, old, identity, reason):
        """Evidence had said who the customer is, and now speaks for somebody else, too: until a
        person has decided he is nobody.

        :param old: `res.partner` he was
        :param identity: `omni.identity`
        :param str reason: what has changed, in words
        """
        self._case_partner_changed(old, old.browse(), identity)

    def _case_settled(self):
        """Return those of the cases that are over: who wrote in them does not become doubtful by
        what becomes known later.

        :rtype: recordset
        """
        return self.browse()

    def _case_conversations_changed(self):
        """Conversations were attached to cases, or taken from them."""
        self.invalidate_recordset(
            ["conversation_ids", "conversation_count", "channel_ids"], flush=False
        )

    def _case_changed(self, kind="message"):
        """Something was written: tell whoever looks.

        :param str kind: see `omni.inbox._changed`
        """
