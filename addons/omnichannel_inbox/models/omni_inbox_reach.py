from odoo import api, fields, models

from odoo.addons.integration_base.tools import email as email_tools


class OmniInbox(models.AbstractModel):
    """Where a customer can be answered: until when on a channel, why no longer, and on which other
    one instead."""

    _inherit = "omni.inbox"

    # === HOW LONG === #

    @api.model
    def _window(self, conversation):
        """The time to answer in a conversation.

        :return: moments (naive UTC; False: no such limit) until which an answer is allowed, and
            one that a person has written
        :rtype: tuple
        """
        can = conversation.channel_id._capabilities()
        since = conversation.last_customer_date or fields.Datetime.now()
        until = conversation.reply_until or (can.reply_window and since + can.reply_window)
        if not until:
            return False, False
        human = conversation.human_until or (can.human_window and since + can.human_window)
        return until, human if human and human > until else False

    @api.model
    def _last_moment(self, conversation):
        """See :meth:`_window`: until when somebody of us may answer at all.

        :return: naive UTC; False: there is no such limit
        """
        until, human = self._window(conversation)
        return human or until

    @api.model
    def _window_data(self, conversation):
        """See :meth:`_window`, as the screen has it.

        :return: ``{"until", "human_until", "kind", "text"}``; ``kind``: ``open``, ``human``,
            ``closed``, False: no limit
        :rtype: dict
        """
        until, human = self._window(conversation)
        now = fields.Datetime.now()
        if not until:
            kind, text = False, ""
        elif now < until:
            kind, text = "open", ""
        elif human and now < human:
            kind = "human"
            text = self.env._("Only what a person has written may still be sent.")
        else:
            kind = "closed"
            text = self.env._("The channel allows answers for some time after a message only.")
        return {
            "until": self._iso(until),
            "human_until": self._iso(human),
            "kind": kind,
            "text": text,
        }

    # === WHY NOT === #

    @api.model
    def _is_neutralized(self):
        """:return: whether this is a copy of the database from which nothing may leave"""
        # sudo: everybody is told
        parameters = self.env["ir.config_parameter"].sudo()
        return bool(parameters.get_param("database.is_neutralized"))

    @api.model
    def _why_not(self, channel, conversation=None):
        """Why nothing can be sent on a channel, or in a conversation of it.

        :param channel: `omni.channel`, sudo
        :param conversation: `omni.conversation`, sudo; None: a new one
        :return: for a person; empty: it can
        :rtype: str
        """
        name, can = channel.name, channel._capabilities()
        if self._is_neutralized():
            return self.env._("This is a copy of the database: nothing leaves from it.")
        if can.is_desk:
            return self.env._("This chat is answered in %(name)s.", name=self._desk_name(channel))
        if not can.can_send:
            return self.env._("Nothing can be sent on %(name)s.", name=name)
        if not channel.active or not channel.is_enabled:
            return self.env._(
                "%(name)s is not in service. Ask an administrator of the inbox.", name=name
            )
        if not conversation:
            return ""
        if conversation.controlled_by:
            return self.env._(
                "%(app)s has this conversation at the moment: it is answered there.",
                app=conversation.controlled_by,
            )
        if self._window_data(conversation)["kind"] == "closed":
            return self.env._(
                "The time to answer on %(name)s is over. Answer on another channel.", name=name
            )
        return ""

    @api.model
    def _desk_name(self, channel):
        """:return: what people call the other system in which a channel is answered"""
        return dict(channel._fields["provider"]._description_selection(self.env)).get(
            channel.provider, channel.name
        )

    # === WHERE INSTEAD === #

    @api.model
    def _channels_to_start(self):
        """Channels on which the user may write first.

        :rtype: recordset of `omni.channel`
        """
        channels = self.env["omni.channel"].search([("is_enabled", "=", True)])
        return channels.filtered(
            lambda channel: channel._capabilities().can_start and channel._capabilities().can_send
        )

    @api.model
    def _known_customer(self, case):
        """Who a ticket is with, if that is certain: by a conversation of which it is known.

        :rtype: recordset of `res.partner`, sudo, at most one
        """
        for conversation in self._conversations(case):
            if conversation.partner_id and conversation.identity_id._is_linked():
                return conversation.partner_id
        # sudo: of one kind with whoever is found
        return self.env["res.partner"].sudo()

    @api.model
    def _start_subject(self, case):
        """:return: subject of a mail that goes on with what was asked elsewhere"""
        return f"{case.name or ''} [{case.number}]".strip()

    @api.model
    def _begun(self, case, channel):
        """The conversations of a ticket that we have begun on a channel.

        :rtype: recordset of `omni.conversation`, sudo
        """
        return self._conversations(case).filtered(lambda one: one.channel_id == channel)

    @api.model
    def _add_next(self, case, conversations, datas):
        """Add to the conversations of a ticket on which nothing can be sent any more where it can
        be instead: in another one of them, else by a mail to the address of the customer, if it is
        certain who he is.

        :param conversations: `omni.conversation`, sudo
        :param list[dict] datas: theirs, in the same order; ``next_channel`` is added
        """
        free = next((one for one in datas if not one["blocked"]), None)
        start = None
        for conversation, data in zip(conversations, datas, strict=True):
            data["next_channel"] = False
            if not data["blocked"] or self._is_neutralized():
                continue
            if free:
                data["next_channel"] = {
                    "conversation_id": free["id"],
                    "channel_id": free["channel"]["id"],
                    "name": free["channel"]["name"],
                    "provider": free["channel"]["provider"],
                    "icon": free["channel"]["icon"],
                    "address": free["identity"] and free["identity"]["address"],
                }
                continue
            if start is None:
                start = self._start_data(case, conversation)
            data["next_channel"] = start

    @api.model
    def _start_data(self, case, conversation):
        """A channel on which the customer of a conversation can be written to first.

        :return: as ``next_channel``, and all that the composer has to know of a conversation
        :rtype: dict | bool
        """
        partner = self._known_customer(case)
        addresses = email_tools.split_addresses(partner.email or None)
        # sudo: what a channel can do, and whose it is, concerns whoever may write on it
        channels = self._channels_to_start().filtered(
            lambda one: one.company_id == case.company_id and one.sudo()._capabilities().has_subject
        )
        own = channels.filtered(lambda one: one.sudo().team_id == case.team_id)
        channel = (own or channels)[:1]
        if not addresses or not channel:
            return False
        return {
            **self._channel_data(channel),
            "conversation_id": False,
            "channel_id": channel.id,
            "address": addresses[0],
            "to": [{"email": addresses[0], "name": partner.name or ""}],
            "subject": self._start_subject(case),
            "capabilities": self._capabilities_data(channel.sudo()),
            "signature": self._signature(channel),
        }
