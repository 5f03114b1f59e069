"""What becomes of what is new: ticket, history or nothing; conversations and cases are opened."""

import re
from collections import defaultdict
from datetime import timedelta

from odoo import fields
from odoo.fields import Command, Domain

from ..identity import rules
from ..identity.addresses import email_of
from ..mailbody import is_bulk, preview
from .one_customer import OneCustomerMixin

#: One identity opens at most so many tickets within this time; the rest joins the last of them.
FLOOD_COUNT = 20
FLOOD_SPAN = timedelta(hours=1)
#: Who is meant by a rule on machines.
MACHINE_KINDS = ("automatic", "bulk")
SUBJECT_LIMIT = 250
#: Recipients kept for "answer all", and in the log of a message.
RECIPIENT_LIMIT = 200
PARTICIPANT_LIMIT = 100

_REPLY_PREFIX = re.compile(
    r"^(?:\s*(?:re|r|aw|sv|antw|fw|fwd|tr|wg|doorst)\s*(?:\[\d+\])?\s*:\s*)+", re.I
)


class OpeningMixin(OneCustomerMixin):
    """The part of `batch.IngestBatch` that opens conversations and cases."""

    # === RULES === #

    def _sort_out(self):
        """Let the rules decide on what belongs to no case yet."""
        self.rules = self.env["omni.rule"]._for_channel(self.channel)
        for thread in self.threads:
            if thread.case:
                continue
            for item in thread.items:
                if thread.opens_case:
                    break
                self._decide(item, thread)
            if not thread.conversation and all(item.is_ignored for item in thread.items):
                thread.items = []
        self.threads = [thread for thread in self.threads if thread.items]
        self._stem_flood()

    def _decide(self, item, thread):
        inbound = item.inbound
        rule = rules.decide(self.rules, self._facts(item))
        result = rule.result if rule else "ticket"
        if item.is_ours and not rule and item.is_internal:
            result = "ignore"
        if result == "ignore":
            # what is part of a thread we keep is kept with it
            item.is_ignored = not thread.conversation and not any(
                not other.is_ignored for other in thread.items[: thread.items.index(item)]
            )
            item.ignored_by = rule.id if rule and item.is_ignored else 0
            return
        if item.is_ours or inbound.is_history or inbound.is_bounce:
            return
        if item.is_automatic and not (rule and (rule.senders or rule.kind in MACHINE_KINDS)):
            # no machine opens a ticket, unless a rule says so of machines, or of this one
            return
        if result == "ticket":
            thread.opens_case = True
            thread.rule = self.env["omni.rule"].browse(rule.id) if rule else None

    def _facts(self, item):
        person, inbound = item.person, item.inbound
        sender = email_of(item.author)
        if item.is_ours:
            sender = person.email if person else sender
        partner = self._likely_partner(person)
        kinds = set()
        is_colleague = not item.is_ours and not item.is_forged and self.is_colleague(sender)
        if item.is_internal or is_colleague:
            kinds.add("colleague")
        bulk = is_bulk(inbound.headers)
        if bulk:
            kinds.add("bulk")
        elif item.is_automatic:
            kinds.add("automatic")
        is_supplier = (
            bool(partner)
            and "supplier_rank" in partner._fields
            and (partner.supplier_rank or partner.commercial_partner_id.supplier_rank)
        )
        if is_supplier:
            kinds.add("supplier")
        kinds.add("customer" if partner and not is_supplier else "unknown")
        return rules.Facts(
            sender=sender or (item.author.external_id or "").lower(),
            sender_kinds=frozenset(kinds),
            recipients=tuple(
                filter(None, (email_of(one) for one in (*inbound.recipients, *inbound.cc)))
            ),
            subject=inbound.subject,
            folder=inbound.folder,
            list_id=rules.list_id(inbound.headers),
            tags=frozenset(
                (partner.category_id | partner.commercial_partner_id.category_id).ids
                if partner
                else ()
            ),
        )

    def _likely_partner(self, person):
        """The contact a rule asks about: linked, or the only one with the address. What a rule does
        discloses nothing, so the sender need not be checked."""
        if not person:
            return self.env["res.partner"]
        if person.is_linked:
            return person.partner
        exact = person.exact
        return exact if exact is not None and len(exact) == 1 else self.env["res.partner"]

    def _stem_flood(self):
        """Whoever opens ticket after ticket is a machine that nobody has recognised: nothing is
        lost, but it all goes to one ticket."""
        opening = [thread for thread in self.threads if thread.opens_case]
        counted = defaultdict(list)
        for thread in opening:
            person = next((item.person for item in thread.items if item.is_customer), None)
            if person:
                counted[person].append(thread)
        known = [person.identity.id for person in counted if person.identity]
        before, last = {}, {}
        if known:
            since = fields.Datetime.now() - FLOOD_SPAN
            groups = self.env["omni.conversation"]._read_group(
                Domain("identity_id", "in", known)
                & Domain("case_id", "!=", False)
                & Domain("create_date", ">=", since),
                ["identity_id"],
                ["__count", "id:max"],
            )
            for identity, count, newest in groups:
                before[identity.id] = count
                last[identity.id] = newest
        for person, threads in counted.items():
            identity = person.identity.id if person.identity else False
            room = max(0, FLOOD_COUNT - before.get(identity, 0))
            if len(threads) <= room:
                continue
            home = None
            if not room and last.get(identity):
                home = self.env["omni.conversation"].browse(last[identity])._case().exists()
            for thread in threads[room:]:
                thread.match_evidence.append({"code": "flood"})
                thread.opens_case = False
                if home:
                    thread.case = home
                elif room:
                    thread.joins = threads[room - 1]

    # === CONVERSATIONS AND CASES === #

    def _open(self):
        """Open the conversations and the cases that are needed, each table once."""
        people = {}
        for thread in self.threads:
            for item in thread.items:
                if item.person and not item.is_ignored:
                    people[item.person] = True
        self._store_identities(list(people))
        for thread in self.threads:
            self._place(thread)
        self._join_customers()
        new = [thread for thread in self.threads if not thread.conversation]
        values = {thread: self._conversation_values(thread) for thread in new}
        self._open_cases(values)
        for thread in new:
            if thread.joins:
                thread.case = thread.joins.case
            if thread.case:
                values[thread].update(case_model=thread.case._name, case_id=thread.case.id)
        for thread, _before, _orders in self.joined:
            if thread.conversation:
                # it was his history until now
                thread.case = thread.case or thread.joins.case
                thread.conversation._set_case(thread.case)
        created = self.env["omni.conversation"].create(list(values.values()))
        for thread, conversation in zip(new, created, strict=True):
            thread.conversation = conversation
        for thread in self.threads:
            if thread not in values:
                self._update_conversation(thread)

    def _place(self, thread):
        """Whose a thread is: of the first of the outside in it; and under which customer."""
        if thread.conversation:
            thread.person = next(
                (
                    item.person
                    for item in thread.items
                    if item.person and item.person.identity == thread.conversation.identity_id
                ),
                None,
            )
        else:
            thread.person = next((item.person for item in thread.items if item.person), None)
        if thread.partner or not thread.person:
            return
        for item in thread.items:
            person = item.person
            if person is not thread.person:
                continue
            if item.is_ours and person.is_linked:
                thread.partner = person.partner
            elif item.is_ours and person.exact is not None and len(person.exact) == 1:
                # it went to his address, whoever answers to it
                thread.partner = person.exact
            elif not item.is_ours and person.is_linked and item.is_authenticated is not False:
                thread.partner = person.partner
            if thread.partner:
                return

    def _conversation_values(self, thread):
        first = thread.items[0].inbound
        values = {
            "channel_id": self.channel.id,
            "external_id": thread.external_id or first.conversation or False,
            "identity_id": thread.person.identity.id if thread.person else False,
            "partner_id": thread.partner.id if thread.partner else False,
            "subject": first.subject[:SUBJECT_LIMIT] or False,
            "is_history": all(item.inbound.is_history for item in thread.items),
            "match_evidence": thread.match_evidence or False,
        }
        values.update(self._people_values(thread))
        return values

    def _people_values(self, thread):
        """Who takes part, and who an answer to all would go to."""
        participants = sorted(thread.participants)[:PARTICIPANT_LIMIT]
        values = {"participants": participants or False}
        # what a machine answers says nothing of who takes part
        last = next((item for item in reversed(thread.items) if item.is_customer), None)
        if not last:
            return values
        values["recipients"] = self._other_recipients(last, thread.person)
        if last.person is thread.person and last.is_authenticated is not False:
            # whoever else writes in the thread, or in his name, does not say where his answers go
            answer_to = [person_of(one) for one in last.inbound.reply_to if email_of(one)]
            values["reply_to"] = [
                one for one in answer_to if one["email"] != last.author_email
            ] or False
        return values

    def _other_recipients(self, item, person):
        """Who takes part but ourselves and whom the conversation is with.

        :param person: `Person` it is with
        """
        left_out = {*self.own_addresses, person.email if person else ""}
        people = {}
        for key, addresses in (("to", item.inbound.recipients), ("cc", item.inbound.cc)):
            people[key] = [
                person_of(one)
                for one in addresses[:RECIPIENT_LIMIT]
                if email_of(one) not in left_out
            ]
        if item.author_email and item.author_email not in left_out:
            people["to"].insert(0, person_of(item.author))
        return people

    def _update_conversation(self, thread):
        conversation = thread.conversation
        values = self._people_values(thread)
        participants = set(conversation.participants or ()) | thread.participants
        values["participants"] = sorted(participants)[:PARTICIPANT_LIMIT] or False
        if thread.partner and not conversation.partner_id:
            values["partner_id"] = thread.partner.id
        if thread.external_id and not conversation.external_id:
            values["external_id"] = thread.external_id
        if conversation.is_history and not all(item.inbound.is_history for item in thread.items):
            values["is_history"] = False
        changed = {
            name: value
            for name, value in values.items()
            if (conversation[name].id if name == "partner_id" else conversation[name] or False)
            != (value or False)
        }
        if changed:
            conversation.write(changed)

    def _open_cases(self, values):
        """Open a case for every thread that needs one, all at once.

        :param dict values: of the conversations to be, by thread
        """
        opening = [thread for thread in self.threads if thread.opens_case and not thread.case]
        if not opening:
            return
        cases = self.env[self.channel._case_model()]
        vals_list = []
        for thread in opening:
            item = next(item for item in thread.items if item.is_customer or not item.is_ours)
            conversation = thread.conversation or self.env["omni.conversation"].new(values[thread])
            vals = cases._case_prepare(conversation, item.inbound)
            if thread.rule:
                vals.update(thread.rule._case_values(self.company))
            vals["name"] = vals.get("name") or self._case_name(item)
            orders = self._own_orders(thread)
            if orders and "order_ids" in cases._fields:
                vals["order_ids"] = [Command.set(orders.ids)]
            vals_list.append(vals)
        for thread, case in zip(opening, cases.create(vals_list), strict=True):
            thread.case = case
            if thread.conversation:
                thread.conversation._set_case(case)

    def _case_name(self, item):
        subject = _REPLY_PREFIX.sub("", item.inbound.subject).strip()
        return subject[:SUBJECT_LIMIT] or preview(item.body.text, 60) or self.env._("(no subject)")

    def _own_orders(self, thread):
        """Orders named in a thread that are those of its customer or his company; what is somebody
        else's is only evidence."""
        orders = self.env["sale.order"]
        if not thread.partner:
            return orders
        family = thread.partner.commercial_partner_id
        for item in thread.items:
            for order in self.orders_of(item) if item.index in self.numbers else ():
                if order.partner_id.commercial_partner_id == family:
                    orders |= order
        return orders

    def _add_orders(self):
        """Orders named in later messages are added to the case."""
        for thread in self.threads:
            case = thread.case
            if not case or thread.opens_case or "order_ids" not in case._fields:
                continue
            orders = self._own_orders(thread) - case.order_ids
            if orders:
                case.write({"order_ids": [Command.link(order.id) for order in orders]})


def person_of(address):
    """Somebody as conversations keep him.

    :rtype: dict
    """
    return {"email": email_of(address) or address.external_id, "name": address.name or ""}
