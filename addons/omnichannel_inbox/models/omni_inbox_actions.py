from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..mailbody import preview
from .omni_inbox import CASE_MODEL

#: What a ticket's place in the work consists of, kept to be put back.
STATE_FIELDS = ("user_id", "team_id", "stage_id", "is_spam", "snoozed_until", "snoozed_by_id")
#: Values a person may set from the screen.
VALUES = ("category_id", "tag_ids", "priority", "order_ids", "name", "partner_id")
#: Tickets handled in one go.
BULK_LIMIT = 500
#: Characters of what was written that become the name of a ticket.
NAME_LENGTH = 60


class OmniInbox(models.AbstractModel):
    """What is done to tickets, one or many at once; almost all of it can be taken back.

    Every action answers ``{"message", "undo", "ids"}``: what was done, for a person; a token for
    `undo`, or False; the tickets it concerned.
    """

    _inherit = "omni.inbox"

    # === RPC: WHOSE THREAD === #

    @api.model
    def take_over(self, case_id, conversation_id):
        """Take a conversation over from the application that has it: it is answered here.

        :return: see the class
        :raise UserError: the other side does not allow it
        """
        case = self._case(case_id, "write")
        conversation = self._conversation(case, conversation_id)
        conversation.action_take_over()
        self._changed(case, "state")
        channel = conversation.channel_id.name
        text = self.env._("%(channel)s: it is answered here now.", channel=channel)
        return {"message": text, "undo": False, "ids": case.ids}

    # === RPC: WHOSE TURN === #

    @api.model
    def claim(self, ids):
        """Take tickets."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_claim,
            lambda: self.env._("%(tickets)s: you have it now.", tickets=self._named(cases)),
        )

    @api.model
    def assign(self, ids, user_id=False, team_id=False):
        """Hand tickets to a colleague, to a team, or, with neither, back.

        :param int | bool user_id: False with a team: to nobody of it yet
        """
        cases = self._to_change(ids)
        user = self.env["res.users"].browse(int(user_id or 0) or ()).exists()
        team = self.env["crm.team"].browse(int(team_id or 0) or ()).exists()
        (user or team).check_access("read")
        if user and (user.share or not user.active):
            raise UserError(self.env._("%(user)s does not answer customers.", user=user.name))
        if not user and not team:
            text = self.env._("%(tickets)s: nobody has it now.", tickets=self._named(cases))
        else:
            who = user.name if user else team.name
            text = self.env._(
                "%(tickets)s: %(who)s has it now.", tickets=self._named(cases), who=who
            )
        return self._act(cases, lambda: cases._assign(user, team or None), lambda: text)

    @api.model
    def snooze(self, ids, until):
        """Put tickets aside.

        :param str until: ISO 8601
        """
        cases = self._to_change(ids)
        try:
            moment = self._moment(until)
        except ValueError:
            moment = False
        if not moment:
            raise UserError(self.env._("Until when? Choose a day and a time."))
        return self._act(
            cases,
            lambda: cases._snooze(moment),
            lambda: self.env._("%(tickets)s: put aside.", tickets=self._named(cases)),
        )

    @api.model
    def wake(self, ids):
        """Bring tickets back that were put aside."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_wake,
            lambda: self.env._("%(tickets)s: back again.", tickets=self._named(cases)),
        )

    @api.model
    def wait(self, ids):
        """It is the customer's turn."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_wait,
            lambda: self.env._("%(tickets)s: waits for the customer.", tickets=self._named(cases)),
        )

    @api.model
    def close(self, ids):
        """The requests are settled."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_close,
            lambda: self.env._("%(tickets)s: closed.", tickets=self._named(cases)),
        )

    @api.model
    def reopen(self, ids):
        """It is our turn again."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_reopen,
            lambda: self.env._("%(tickets)s: open again.", tickets=self._named(cases)),
        )

    @api.model
    def spam(self, ids):
        """These are no requests."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_spam,
            lambda: self.env._("%(tickets)s: spam.", tickets=self._named(cases)),
        )

    @api.model
    def not_spam(self, ids):
        """They are requests after all."""
        cases = self._to_change(ids)
        return self._act(
            cases,
            cases.action_not_spam,
            lambda: self.env._("%(tickets)s: no spam.", tickets=self._named(cases)),
        )

    # === RPC: READ === #

    @api.model
    def mark_read(self, ids):
        """The user has read tickets."""
        return self._mark(ids, True)

    @api.model
    def mark_unread(self, ids):
        """The user wants to see tickets as unread."""
        return self._mark(ids, False)

    @api.model
    def _mark(self, ids, is_read):
        cases = self._cases(ids)
        self.env["omni.read"]._set(cases, is_read)
        text = (
            self.env._("%(tickets)s: read.", tickets=self._named(cases))
            if is_read
            else self.env._("%(tickets)s: unread.", tickets=self._named(cases))
        )
        return {"message": text, "undo": False, "ids": cases.ids}

    # === RPC: WHAT IT IS === #

    @api.model
    def set_values(self, case_id, vals):
        """Set category, tags, priority, orders, subject or customer of a ticket.

        :param dict vals: of `VALUES`; ids of records, lists of ids for tags and orders
        :return: also the new ``item``
        """
        case = self._case(case_id, "write")
        unknown = set(vals) - set(VALUES)
        if unknown:
            raise UserError(
                self.env._("This cannot be set here: %(names)s.", names=", ".join(sorted(unknown)))
            )
        values = {}
        for name, value in vals.items():
            field = case._fields[name]
            if field.type == "many2many":
                linked = self.env[field.comodel_name].browse(int(id_) for id_ in value or ())
                linked.check_access("read")
                values[name] = [Command.set(linked.ids)]
            elif field.type == "many2one":
                linked = self.env[field.comodel_name].browse(int(value or 0) or ())
                linked.check_access("read")
                values[name] = linked.id
            elif name == "name":
                if (value or "").strip():
                    values[name] = value.strip()
            else:
                values[name] = value
        if values:
            case.write(values)
            self._changed(case, "state")
        return {
            "message": self.env._("Saved."),
            "undo": False,
            "ids": case.ids,
            "item": self._items(case)[0],
        }

    # === RPC: TOGETHER AND APART === #

    @api.model
    def merge(self, target_id, ids):
        """Put tickets together into one; their conversations stand in its thread.

        :param int target_id: the ticket that remains
        """
        target = self._case(target_id, "write")
        sources = self._to_change([id_ for id_ in ids if int(id_) != target.id])
        if not sources:
            raise UserError(self.env._("Choose the tickets to put into this one."))
        logs = [source._merge_into(target).id for source in sources]
        text = self.env._(
            "%(tickets)s: put into %(target)s.",
            tickets=self._named(sources),
            target=target.number,
        )
        token = self.env["omni.undo"]._remember(
            "merge", text, {"logs": logs, "target": target.id, "ids": sources.ids}
        )
        self._changed(sources | target, "state")
        return {"message": text, "undo": token, "ids": [target.id, *sources.ids]}

    @api.model
    def split(self, case_id, conversation_ids):
        """Take conversations out of a ticket, into one of their own."""
        case = self._case(case_id, "write")
        there = self._conversations(case)
        wanted = {int(id_) for id_ in conversation_ids}
        chosen = there.filtered(lambda conversation: conversation.id in wanted)
        if not chosen or chosen == there:
            raise UserError(self.env._("One conversation at least has to stay. Choose the others."))
        new = self.env[CASE_MODEL].create(self._split_values(case, chosen))
        chosen._set_case(new)
        text = self.env._("%(new)s was taken out of %(old)s.", new=new.number, old=case.number)
        token = self.env["omni.undo"]._remember(
            "split", text, {"case": case.id, "new": new.id, "conversations": chosen.ids}
        )
        self._changed(case | new, "state")
        return {"message": text, "undo": token, "ids": [case.id, new.id]}

    @api.model
    def _split_values(self, case, conversations):
        """:return: values of the ticket that conversations get for themselves"""
        conversation = conversations[0]
        partner = conversation.partner_id
        waiting = [conv.last_customer_date for conv in conversations if conv.last_direction == "in"]
        values = {
            "name": conversation.subject or self._said_first(conversation) or case.name,
            "company_id": case.company_id.id,
            "team_id": case.team_id.id,
            "user_id": case.user_id.id,
            "category_id": case.category_id.id,
            "partner_id": partner.id,
            "partner_name": partner.name or conversation.identity_id.name,
            "email_from": partner.email or conversation.identity_id.email,
            "tag_ids": [Command.set(case.tag_ids.ids)],
            "waiting_since": min(filter(None, waiting), default=False),
            "last_customer_date": max(
                filter(None, conversations.mapped("last_customer_date")), default=False
            ),
        }
        if case.state == "waiting" and not values["waiting_since"]:
            # it has been answered, too
            values["stage_id"] = case.stage_id.id
        return values

    @api.model
    def _said_first(self, conversation):
        """:return: with which words a customer began a conversation: those of chats have no subject
        :rtype: str
        """
        # sudo: that the user may split the ticket is checked
        message_sudo = (
            self.env["omni.message"]
            .sudo()
            .search(
                [("conversation_id", "=", conversation.id), ("direction", "=", "in")],
                order="sent, sequence, id",
                limit=1,
            )
        )
        return preview(message_sudo.text_body or "", NAME_LENGTH)

    # === RPC: UNDO === #

    @api.model
    def undo(self, token):
        """Take back what an action did, as far as nobody has changed it since.

        :param str token: from the answer of the action
        """
        self._check_user()
        undo = self.env["omni.undo"]._take(token)
        if not undo:
            raise UserError(self.env._("It is too late to take this back."))
        cases = getattr(self, f"_undo_{undo.kind}")(undo.before)
        undo.exists().unlink()
        self._changed(cases, "state")
        return {"message": self.env._("Taken back."), "undo": False, "ids": cases.ids}

    @api.model
    def _undo_state(self, before):
        """Put tickets back where they stood.

        :raise UserError: all of them were changed since
        """
        cases, left = self._put_back(before)
        if left and left == cases:
            raise self._changed_since(left)
        return cases

    @api.model
    def _put_back(self, before):
        """Put tickets back where they stood, those that nobody has changed since.

        :param dict before: ``{"before", "after"}``, see :meth:`_state`, by id of the ticket
        :return: the tickets, and those that were left as they are
        """
        cases = self._cases([int(id_) for id_ in before], "write")
        left = cases.browse()
        for case in cases:
            was, now = before[str(case.id)]["before"], before[str(case.id)]["after"]
            if self._state(case) != now:
                left |= case
                continue
            case.write({name: was[name] for name in STATE_FIELDS if was[name] != now[name]})
        return cases, left

    @api.model
    def _changed_since(self, cases):
        """:return: the error of an undo that would undo what somebody did since"""
        return UserError(
            self.env._(
                "%(tickets)s: changed since, nothing taken back.", tickets=self._named(cases)
            )
        )

    @api.model
    def _undo_merge(self, before):
        logs = self.env["crm.ticket.merge"].browse(before["logs"]).exists()
        target = self._cases([before["target"]], "write")
        for log in logs.sorted("id", reverse=True):
            log.action_undo()
        return target | self._cases(before["ids"])

    @api.model
    def _undo_split(self, before):
        case = self._case(before["case"], "write")
        new = self._case(before["new"], "write")
        moved = self._conversations(new)
        if set(moved.ids) != set(before["conversations"]):
            raise self._changed_since(new)
        moved._set_case(case)
        new.action_archive()
        return case | new

    @api.model
    def _undo_send(self, before):
        """Take an answer back that has not left yet."""
        answer = self.message_action(before["message"], "cancel")
        return self._cases(answer["ids"])

    @api.model
    def _last_undo(self, case):
        """The last thing the user did to a ticket, if it can be taken back.

        :return: ``{"token", "message"}``
        :rtype: dict | bool
        """
        # sudo: his own, see the model
        undos_sudo = self.env["omni.undo"].sudo()
        found = undos_sudo.search(
            Domain("user_id", "=", self.env.uid)
            & Domain("expires", ">", fields.Datetime.now())
            & Domain("kind", "in", ("merge", "split")),
            order="id DESC",
        )
        for undo in found:
            before = undo.before
            if case.id in (before.get("target"), before.get("case"), before.get("new")):
                return {"token": undo.token, "message": undo.text}
        return False

    # === HELPERS === #

    @api.model
    def _to_change(self, ids):
        """The tickets of an action, that the user may change.

        :raise UserError: too many at once
        """
        ids = [ids] if isinstance(ids, int) else ids
        if len(ids) > BULK_LIMIT:
            raise UserError(
                self.env._("At most %(limit)s tickets can be changed at once.", limit=BULK_LIMIT)
            )
        return self._cases(ids, "write")

    @api.model
    def _act(self, cases, do, text):
        """Do something to tickets, and keep how they stood.

        :param do: what is done
        :param text: gives what was done, for a person
        """
        if not cases:
            return {"message": self.env._("There is nothing left to do."), "undo": False, "ids": []}
        before = {case.id: self._state(case) for case in cases}
        do()
        after = {case.id: self._state(case) for case in cases}
        changed = [id_ for id_ in before if before[id_] != after[id_]]
        message = text()
        token = False
        if changed:
            states = {id_: {"before": before[id_], "after": after[id_]} for id_ in changed}
            token = self.env["omni.undo"]._remember("state", message, states)
            self._changed(cases.browse(changed), "state")
        return {"message": message, "undo": token, "ids": cases.ids}

    @api.model
    def _state(self, case):
        """How a ticket stands, as plain values.

        :rtype: dict
        """
        values = {}
        for name in STATE_FIELDS:
            value = case[name]
            if case._fields[name].type == "many2one":
                value = value.id
            elif case._fields[name].type == "datetime":
                value = fields.Datetime.to_string(value)
            values[name] = value
        return values

    @api.model
    def _named(self, cases):
        """Tickets in a sentence.

        :rtype: str
        """
        if len(cases) == 1:
            return cases.number or cases.name
        return self.env._("%(count)s tickets", count=len(cases))
