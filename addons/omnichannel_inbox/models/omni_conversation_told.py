from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain

from odoo.addons.integration_base.exceptions import RetryableError
from odoo.addons.integration_base.tools import email as email_tools

from ..identity.addresses import email_of, identity_key
from ..providers.base import Claim, Moment

#: Moments that say whether somebody takes care of a conversation in the other system.
TAKEN_CARE_OF = {
    "opened": True,
    "transferred": True,
    "taken": True,
    "closed": False,
    "passed": False,
}
DAY = timedelta(days=1)
#: Words of the other system kept with a conversation.
TAG_LIMIT = 50
#: Characters of what is told of a moment.
PARAM_LENGTH = 300


class OmniConversation(models.Model):
    """What a channel tells of a conversation besides its messages."""

    _inherit = "omni.conversation"

    # === WHICH ONE === #

    @api.model
    def _told_of(self, channel, key, author=None):
        """The conversation that something is told of: the newest of this thread.

        :param channel: `omni.channel`
        :param str key: what the channel calls it
        :param author: `providers.base.Address` of whom it is with, to begin it when there is none
        :raise RetryableError: it has not come yet
        """
        found = self.search(
            Domain("channel_id", "=", channel.id) & Domain("external_id", "=", key),
            order="last_message_date desc, id desc",
            limit=1,
        )
        if found:
            return found
        if not author:
            raise RetryableError("The conversation that this is about has not come yet.")
        identity = self._identity_told_of(channel, author)
        return self.create(
            {
                "channel_id": channel.id,
                "external_id": key,
                "identity_id": identity.id,
                "partner_id": identity.partner_id.id if identity._is_linked() else False,
            }
        )

    @api.model
    def _identity_told_of(self, channel, address):
        """The identity of somebody, made when there is none, with what is known of him now.

        :param address: `providers.base.Address`
        :rtype: omni.identity
        """
        identities = self.env["omni.identity"]
        key, email = identity_key(address), email_of(address)
        identity = identities.search([("channel_id", "=", channel.id), ("external_id", "=", key)])
        values = {"name": address.name, "phone": address.phone, "email": email}
        values = {name: value.replace("\0", "") for name, value in values.items() if value}
        if not identity:
            if email:
                values["email_key"] = email_tools.match_key(email)
            return identities.create({"channel_id": channel.id, "external_id": key, **values})
        missing = {name: value for name, value in values.items() if not identity[name]}
        if "email" in missing:
            missing["email_key"] = email_tools.match_key(email)
        if missing:
            identity.write(missing)
        return identity

    # === MOMENTS === #

    @api.model
    def _apply_moment(self, channel, moment):
        """Something has happened to a conversation.

        :param channel: `omni.channel`
        :param moment: `providers.base.Moment`
        :rtype: omni.moment
        """
        conversation = self._told_of(channel, moment.conversation, moment.author)
        moments = self.env["omni.moment"]
        known = moments.search(
            [
                ("conversation_id.channel_id", "=", channel.id),
                ("conversation_id.external_id", "=", moment.conversation),
                ("dedupe_key", "=", moment.dedupe_key),
            ],
            limit=1,
        )
        if known:
            return known
        identity = conversation.identity_id
        if moment.author:
            identity = self._identity_told_of(channel, moment.author)
        created = moments.create(
            {
                "conversation_id": conversation.id,
                "code": moment.code,
                "dedupe_key": moment.dedupe_key,
                "occurred": moment.occurred,
                "params": {
                    name: str(value).replace("\0", "")[:PARAM_LENGTH]
                    for name, value in moment.params.items()
                }
                or False,
                "identity_id": identity.id,
            }
        )
        if moment.reply_window:
            conversation._note_window(moment.occurred, moment.reply_window)
        if moment.code in TAKEN_CARE_OF and conversation._is_newest_turn(created):
            conversation._note_turn(created)
        if moment.claims and identity:
            identity._note_claims(moment.claims)
        conversation._tell_case()
        return created

    def _is_newest_turn(self, moment):
        """Whether nothing is known since of who takes care of the conversation."""
        self.ensure_one()
        return not self.env["omni.moment"].search_count(
            [
                ("conversation_id", "=", self.id),
                ("code", "in", list(TAKEN_CARE_OF)),
                ("occurred", ">", moment.occurred),
            ],
            limit=1,
        )

    def _note_turn(self, moment):
        """Somebody takes care of the conversation in the other system, or does so no longer.

        :param moment: `omni.moment`
        """
        self.ensure_one()
        is_theirs = TAKEN_CARE_OF[moment.code]
        values = {"is_open_there": is_theirs}
        if is_theirs:
            values["is_elsewhere"] = True
        if moment.code == "taken":
            application = (moment.params or {}).get("application")
            values["controlled_by"] = application or self.env._("Another application")
        elif moment.code == "passed":
            values |= {"controlled_by": False, "is_elsewhere": False}
        was_theirs = self.is_open_there
        self.write(values)
        if was_theirs and not is_theirs:
            self._ours_again()

    def _note_elsewhere(self, is_theirs, when):
        """A message shows whether somebody takes care of the conversation in the other system.

        :param bool is_theirs: somebody does
        :param datetime when: it was written; naive, UTC
        """
        self.ensure_one()
        if is_theirs == self.is_open_there or (not is_theirs and not self.is_elsewhere):
            return
        later = Domain("occurred", ">", when) & Domain("code", "in", list(TAKEN_CARE_OF))
        if self.env["omni.moment"].search_count(
            Domain("conversation_id", "=", self.id) & later, limit=1
        ):
            return
        if is_theirs:
            self.write({"is_open_there": True, "is_elsewhere": True})
        else:
            self.write({"is_open_there": False, "controlled_by": False})

    def _ours_again(self):
        """Nobody takes care of it in the other system any more: who has not been answered there
        waits here."""
        self.ensure_one()
        case = self._case().exists()
        if not case or self.is_history:
            return
        messages = self.env["omni.message"].search(
            [("conversation_id", "=", self.id), ("is_automatic", "=", False)], limit=1
        )
        if messages.direction == "in":
            case._case_customer_wrote(messages)
            case._case_changed("message")

    def _tell_case(self):
        """Whoever looks at the case sees what has changed."""
        for conversation in self:
            if case := conversation._case().exists():
                case._case_changed("message")

    # === TIME TO ANSWER === #

    def _note_window(self, when, window=None):
        """The customer has written, or done something that lets us write to him.

        :param datetime when: naive, UTC
        :param timedelta window: how long he may be answered, if not as on the channel
        """
        self.ensure_one()
        can = self.channel_id._capabilities()
        values = {}
        for name, length in (
            ("reply_until", window or can.reply_window),
            ("human_until", can.human_window),
        ):
            if length and (not self[name] or self[name] < when + length):
                values[name] = when + length
        if values:
            self.write(values)

    def _reply_window(self):
        """Since when, and how long, the channel allows an answer.

        :return: when the customer wrote last, or did something that counts as much; and how long
            after it he may be answered, None: the channel says
        :rtype: tuple[datetime | None, timedelta | None]
        """
        self.ensure_one()
        last, until = self.last_customer_date, self.reply_until
        if not until:
            return last or None, None
        if not last:
            # he has pressed a button, and written nothing
            window = self.channel_id._capabilities().reply_window or DAY
            return until - window, window
        return last, until - last

    def _note_told(self, inbounds):
        """Keep what new messages say of their conversation beyond their text.

        :param inbounds: `providers.base.Inbound` of this conversation, new here, in their order
        """
        self.ensure_one()
        for inbound in inbounds:
            if not inbound.is_ours and not inbound.is_automatic and not inbound.is_history:
                self._note_window(inbound.sent, inbound.reply_window)
        tags = list(self.tags or ())
        new = [tag for one in inbounds for tag in one.tags if tag not in tags]
        if new:
            self.tags = [*tags, *dict.fromkeys(new)][:TAG_LIMIT]
        newest = inbounds[-1]
        if not self.last_message_date or newest.sent >= self.last_message_date:
            self._note_elsewhere(newest.is_answered_elsewhere, newest.sent)

    # === PEOPLE === #

    @api.model
    def _apply_profile(self, channel, profile):
        """What the channel knows of somebody; what we know already stays.

        :param channel: `omni.channel`
        :param profile: `providers.base.Profile`
        :rtype: omni.identity
        """
        identity = self._identity_told_of(channel, profile.address)
        if profile.claims:
            identity._note_claims(profile.claims)
        identity.conversation_ids._tell_case()
        return identity

    @api.model
    def _apply_rating(self, channel, rating):
        """How satisfied somebody was: once for a conversation, as he said last.

        :param channel: `omni.channel`
        :param rating: `providers.base.Rating`
        :rtype: omni.conversation
        """
        conversation = self._told_of(channel, rating.conversation)
        value = min(max(rating.value, 0.0), 5.0)
        if value:
            conversation.satisfaction = value
        ticket = conversation._inbox_tickets().exists()
        if ticket:
            conversation._rate(ticket, value, rating.comment.replace("\0", ""))
        conversation._tell_case()
        return conversation

    def _rate(self, ticket, value, comment):
        """Let a ticket know.

        :param ticket: `crm.ticket`
        """
        self.ensure_one()
        values = {}
        if value:
            # those of Odoo begin at one
            values["rating"] = max(value, 1.0)
        if comment:
            values["feedback"] = comment
        if not values:
            return
        # sudo: what customers say is written by nobody of us
        known_sudo = self.rating_id.sudo().exists()
        if known_sudo:
            known_sudo.write(values)
            return
        partner = self.partner_id
        self.rating_id = (
            self.env["rating.rating"]
            .sudo()
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id(ticket._name),
                    "res_id": ticket.id,
                    "parent_res_model_id": self.env["ir.model"]._get_id("crm.team"),
                    "parent_res_id": ticket.team_id.id,
                    "partner_id": partner.id,
                    "rated_partner_id": ticket.user_id.partner_id.id,
                    "consumed": bool(value),
                    **values,
                }
            )
        )

    @api.model
    def _apply_purchase(self, channel, purchase):
        """A conversation has led to an order, says the other system: a line in its thread, and a
        hint on who somebody is.

        :param channel: `omni.channel`
        :param purchase: `providers.base.Purchase`
        :rtype: omni.moment
        """
        conversation = self._told_of(channel, purchase.conversation)
        number = purchase.order.strip()
        moment = self._apply_moment(
            channel,
            Moment(
                conversation=purchase.conversation,
                code="purchase",
                dedupe_key=f"purchase:{number}",
                occurred=purchase.occurred or fields.Datetime.now(),
                params={"order": number},
            ),
        )
        if conversation.identity_id:
            conversation.identity_id._note_claims((Claim("purchase", number),))
        conversation._link_order(number)
        return moment

    def _link_order(self, number):
        """Add an order of the customer, or of his company, to the ticket; one of somebody else
        never.

        :param str number: of the order
        """
        self.ensure_one()
        family = self.partner_id.commercial_partner_id
        ticket = self._inbox_tickets().exists()
        if not family or not ticket:
            return
        # sudo: the order is his, whoever may see it
        orders_sudo = self.env["sale.order"].sudo()._omni_by_number([number], self.company_id)
        for order in orders_sudo.get(number.upper(), self.env["sale.order"]):
            if order.partner_id.commercial_partner_id == family and order not in ticket.order_ids:
                ticket.write({"order_ids": [Command.link(order.id)]})
