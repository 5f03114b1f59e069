"""Who writes: authors, identities, and the evidence on who they are."""

from collections import defaultdict
from dataclasses import replace
from functools import cached_property

from odoo import fields
from odoo.fields import Domain

from odoo.addons.integration_base.models.res_partner import SCORE_REFERENCE
from odoo.addons.integration_base.tools import email as email_tools

from ..identity import claims as claim_tools
from ..identity import evidence, order_numbers
from ..identity.addresses import email_of, identity_key
from .items import Person

#: Numbers of a message looked up as customer numbers and the like, when nobody has his address.
REFERENCES_PER_MESSAGE = 2
REFERENCES_PER_BATCH = 20
#: Candidates kept per kind of evidence.
CANDIDATE_LIMIT = 10


class PeopleMixin:
    """The part of `batch.IngestBatch` that knows people."""

    # === OURSELVES === #

    @cached_property
    def own_addresses(self):
        """Addresses of our own channels."""
        return self.env["omni.channel"]._own_addresses()

    @cached_property
    def own_domains(self):
        return self.env["omni.channel"]._own_domains()

    @cached_property
    def users_by_email(self):
        """Colleagues by the addresses they write from."""
        users = self.env["res.users"].search([("share", "=", False)])
        return {
            address: user
            for user in users
            for address in (email_tools.normalize(user.login), email_tools.normalize(user.email))
            if address
        }

    def is_colleague(self, address):
        """Whether an address is that of one of us.

        :param str address: normalised
        """
        return (
            address in self.own_addresses
            or address in self.users_by_email
            or email_tools.domain(address) in self.own_domains
        )

    def _find_authors(self):
        """Who really wrote each message, and whether it is one of us."""
        for item in self.items:
            inbound = item.inbound
            item.author = inbound.author
            item.author_email = email_of(inbound.author)
            item.is_ours = inbound.is_ours
            item.is_authenticated = inbound.is_authenticated
            item.is_automatic = inbound.is_automatic or inbound.is_bounce
            is_colleague = bool(item.author_email) and self.is_colleague(item.author_email)
            # our own mail server says what came back: it is nobody of us
            if is_colleague and not item.is_ours and not inbound.is_bounce:
                self._look_behind_form(item)
                # whoever writes in our name from elsewhere has answered no customer
                item.is_forged = inbound.is_authenticated is False
                item.is_ours = item.author is inbound.author and not item.is_forged
            if item.is_ours:
                item.user = self.users_by_email.get(item.author_email)
                others = [email_of(one) for one in (*inbound.recipients, *inbound.cc)]
                # the echo of a chat names nobody
                is_named = bool(others) or not inbound.is_ours
                item.is_internal = is_named and all(map(self.is_colleague, others))

    def _look_behind_form(self, item):
        """The form of our own web site writes from our address, and names the visitor to be
        answered to. He has typed his address: nobody vouches for it."""
        answer_to = [one for one in item.inbound.reply_to if email_of(one)]
        if len(answer_to) == 1 and not self.is_colleague(email_of(answer_to[0])):
            item.author = answer_to[0]
            item.author_email = email_of(item.author)
            item.is_authenticated = None
            item.is_automatic = item.inbound.is_bounce

    # === IDENTITIES === #

    def _identify(self):
        """Say who wrote each message, or whom we wrote to, as surely as the evidence allows."""
        todo = [item for item in self.items if not item.is_done]
        self.people: dict[str, Person] = {}
        for item in todo:
            item.person = self._person(self._outsider(item))
        self._load_identities()
        unlinked = [person for person in self.people.values() if not person.is_linked]
        self._load_partners(unlinked)
        self._load_orders(todo)
        self._load_claims(todo)
        self._budget = REFERENCES_PER_BATCH
        for item in todo:
            self._weigh(item)

    def _outsider(self, item):
        """The one outside a message is from or to."""
        if not item.is_ours:
            return item.author
        for address in (*item.inbound.recipients, *item.inbound.cc):
            email = email_of(address)
            if not email or not self.is_colleague(email):
                return address
        return None

    def _person(self, address):
        if address is None:
            return None
        key = identity_key(address)
        if not key:
            return None
        if key not in self.people:
            self.people[key] = Person(key=key, address=address, email=email_of(address))
        person = self.people[key]
        if address.name and not person.address.name:
            person.address = replace(person.address, name=address.name)
        return person

    def _load_identities(self):
        identities = self.env["omni.identity"].search(
            Domain("channel_id", "=", self.channel.id)
            & Domain("external_id", "in", list(self.people))
        )
        rejected, disputed = identities._rejected_partners(), identities._disputed_partners()
        for identity in identities:
            person = self.people[identity.external_id]
            person.identity = identity
            person.partner = identity.partner_id
            person.level = identity.level
            person.evidence = tuple(identity.evidence or ())
            person.rejected = rejected.get(identity.id, frozenset())
            person.disputed = disputed.get(identity.id, frozenset())
            person.is_authenticated = identity.is_authenticated
            person.email = person.email or identity.email or ""
            person.claims = identity.claims or []

    def _load_partners(self, people):
        """Contacts with the addresses of people, and companies with their domains."""
        self.by_domain = defaultdict(list)
        found = self.env["res.partner"]._omni_by_email(
            [person.email for person in people if person.email], self.company
        )
        for person in people:
            matches = found.get(person.email)
            if matches:
                person.exact, person.mailbox, person.archived = matches
        hosts = {
            email_tools.domain(person.email)
            for person in people
            if person.email and not person.exact and not email_tools.is_freemail(person.email)
        }
        self.by_domain = self.env["res.partner"]._omni_by_domain(hosts, self.company)

    def _load_orders(self, items):
        """Orders whose numbers stand in what is written."""
        self.numbers: dict[int, list[str]] = {}
        for item in items:
            if not item.is_ours:
                self.numbers[item.index] = order_numbers.candidates(
                    item.inbound.subject,
                    item.body.text,
                    order_numbers.visible_text(item.body.quote),
                )
        self.orders = self.env["sale.order"]._omni_by_number(
            {number for numbers in self.numbers.values() for number in numbers}, self.company
        )

    def _load_claims(self, items):
        """What is said of people, by the channel and, in a chat, by themselves.

        What stands in a mail is not what its sender says of himself: there are signatures in it,
        and forwarded mails of others.
        """
        country = self.company.country_id.code
        is_chat = self.channel._queue_kind() == "chat"
        for item in items:
            person = item.person
            if not person:
                continue
            claims = list(item.inbound.claims)
            if is_chat and item.is_customer:
                claims += [
                    claim
                    for claim in claim_tools.from_text(item.body.text, country)
                    # most numbers are nobody's order
                    if claim["kind"] != "order" or claim["value"].upper() in self.orders
                ]
            if claims:
                person.claims = claim_tools.merged(person.claims, claims, country)
        signals = self.env["omni.identity"]._claim_signals(
            {person.key: self._claims_of_weight(person) for person in self.people.values()},
            self.company,
        )
        for key, signal in signals.items():
            self.people[key].signals = signal

    @staticmethod
    def _claims_of_weight(person):
        """What of that is looked up: of whoever is linked what proves something, and of whoever is
        proved only when there is something new, or when it may name several."""
        if not person.is_linked:
            return person.claims
        verified = claim_tools.verified(person.claims)
        if person.level == "proved" and len(verified) == 1:
            return verified if verified != claim_tools.verified(person.identity.claims) else []
        return verified

    def orders_of(self, item):
        """Orders named in a message.

        :rtype: `sale.order`
        """
        orders = self.env["sale.order"]
        for number in self.numbers.get(item.index, ()):
            orders |= self.orders.get(number.upper(), orders.browse())
        return orders

    # === EVIDENCE === #

    def _weigh(self, item):
        """Judge what a message says about who wrote it."""
        person = item.person
        if not person:
            return
        if not item.is_ours:
            person.is_human = person.is_human or not item.is_automatic
            person.is_authenticated = person.is_authenticated or bool(item.is_authenticated)
        # we know whom we write to; that he is who has the address proves nothing about mails
        is_authenticated = None if item.is_ours else item.is_authenticated
        if person.is_linked:
            verified = person.signals.get("verified", ())
            signals = self.env["omni.identity"]._proof_signals(
                person.partner, verified, person.rejected
            )
            person.doubts = evidence.contradicted(person.partner.id, signals)
            if person.doubts and not evidence.is_confirmed(person.evidence):
                self._doubt(person)
                return
            if person.level == "proved":
                return
            signals = replace(
                signals, is_authenticated=is_authenticated, replied_to=self._replied_to(item)
            )
        else:
            signals = self._signals(person, item, is_authenticated)
        verdict = evidence.judge(signals)
        if verdict.partner and (not person.is_linked or verdict.partner == person.partner.id):
            today = fields.Date.to_string(fields.Date.today())
            person.partner = self.env["res.partner"].browse(verdict.partner)
            person.level = verdict.level
            codes = {piece["code"] for piece in verdict.evidence}
            person.evidence = (
                *({**piece, "date": today} for piece in verdict.evidence),
                *(piece for piece in person.evidence if piece["code"] not in codes),
            )
            person.suggestions = ()
        elif not person.is_linked and verdict.suggestions:
            person.level = evidence.higher(person.level, "weak")
            known = {suggestion.partner: suggestion for suggestion in person.suggestions}
            known.update({suggestion.partner: suggestion for suggestion in verdict.suggestions})
            person.suggestions = tuple(known.values())

    def _doubt(self, person):
        """Who he is was found by evidence, and as good evidence names somebody else now: a person
        decides. What is written down of it: `omni.identity._doubt`."""
        person.disputed |= set(person.partner.ids)
        person.partner, person.level, person.evidence = person.partner.browse(), "weak", ()

    def _signals(self, person, item, is_authenticated):
        exact = person.exact if person.exact is not None else self.env["res.partner"]
        orders = self.orders_of(item)
        said = person.signals
        against = person.disputed.union(other for _code, other in said.get("verified", ()))
        known = {order.name for order in said.get("orders", ())}
        return evidence.Signals(
            is_authenticated=is_authenticated,
            replied_to=self._replied_to(item),
            exact=tuple(exact.ids),
            mailbox=tuple(person.mailbox.ids) if person.mailbox else (),
            archived=tuple(person.archived.ids) if person.archived else (),
            domain=()
            if exact
            else tuple(self.by_domain.get(email_tools.domain(person.email) or "", ())),
            orders=(
                *said.get("orders", ()),
                *(
                    evidence.OrderNamed(
                        order.name, order.partner_id.id, order.partner_id.commercial_partner_id.id
                    )
                    for order in orders
                    if order.partner_id and order.name not in known
                ),
            ),
            references=self._references(item) if not exact and not item.is_ours else (),
            commercial=self.env["omni.identity"]._families({*exact.ids, *against}),
            rejected=person.rejected,
            disputed=person.disputed,
            verified=said.get("verified", ()),
            claimed=said.get("claimed", ()),
        )

    def _replied_to(self, item):
        """The customer we wrote to, when he answers from the very address it went to."""
        answered = item.answered
        if item.is_ours or item.is_automatic or not answered or answered.direction != "out":
            return None
        # a forwarded mail is answered by whoever got it, and one with copies by whoever is in copy:
        # that proves nothing about them
        conversation = answered.conversation_id
        if not item.person or item.person.identity != conversation.identity_id:
            return None
        people = answered.recipients or {}
        written_to = {
            email_tools.normalize(one.get("email"))
            for one in (*people.get("to", ()), *people.get("cc", ()))
        }
        partner = conversation.partner_id
        return partner.id if item.author_email in written_to and partner.active else None

    def _references(self, item):
        """Contacts whose customer number, VAT number or dossier is named."""
        found = []
        named = [number for number in self.numbers.get(item.index, ())]
        named = [number for number in named if number.upper() not in self.orders]
        for number in named[:REFERENCES_PER_MESSAGE]:
            if self._budget <= 0:
                break
            self._budget -= 1
            for candidate in self.env["res.partner"]._find_by_reference(number, limit=3):
                partner = candidate.partner
                if (
                    candidate.score >= SCORE_REFERENCE
                    and partner.active
                    and partner.company_id in (self.company, partner.company_id.browse())
                ):
                    found.append((number, partner.id))
        return tuple(found)

    # === KEEPING === #

    def _store_identities(self, people):
        """Write down who the people are, those who are new and what is new of the others.

        :param people: list of `Person`
        """
        self.newly_linked = self.env["omni.identity"]
        new = [person for person in people if not person.identity]
        seen = {
            person: max(
                (item.inbound.sent for item in self.items if item.person is person),
                default=fields.Datetime.now(),
            )
            for person in people
        }
        created = self.env["omni.identity"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": person.key,
                    "email": person.email or False,
                    "email_key": email_tools.match_key(person.email) if person.email else False,
                    "last_seen": seen[person],
                    "is_machine": not person.is_human,
                    **self._identity_values(person),
                }
                for person in new
            ]
        )
        for person, identity in zip(new, created, strict=True):
            person.identity = identity
        for person in people:
            if person not in new:
                self._update_identity(person, seen[person])
        for person in people:
            if person.suggestions:
                person.identity._suggest(person.suggestions)
            if person.doubts and person.is_linked:
                person.identity._contradict(person.doubts)

    def _identity_values(self, person):
        return {
            "name": person.address.name or False,
            "phone": person.address.phone or False,
            "partner_id": person.partner.id if person.partner else False,
            "level": person.level,
            "evidence": list(person.evidence),
            "is_authenticated": person.is_authenticated,
            "claims": person.claims or False,
        }

    def _update_identity(self, person, seen):
        identity = person.identity
        values = self._identity_values(person)
        if not person.address.name:
            del values["name"]
        if not person.address.phone:
            del values["phone"]
        if person.is_human and identity.is_machine:
            values["is_machine"] = False
        if not identity.last_seen or seen > identity.last_seen:
            values["last_seen"] = seen
        if person.doubts and not person.is_linked and identity.partner_id:
            self._store_doubt(person)
        is_new_link = person.is_linked and identity.partner_id != person.partner
        if is_new_link:
            identity._link(person.partner, person.level, list(person.evidence))
            self.newly_linked |= identity
        changed = {
            name: value
            for name, value in values.items()
            if (identity[name].id if name == "partner_id" else identity[name] or False)
            != (value or False)
        }
        if changed:
            identity.write(changed)

    def _store_doubt(self, person):
        """It is no longer certain who somebody is, nor whose the threads are that he writes in."""
        mine = [
            thread
            for thread in self.threads
            if thread.conversation and any(item.person is person for item in thread.items)
        ]
        conversations = self.env["omni.conversation"].union(
            *(thread.conversation for thread in mine)
        )
        person.identity._doubt(person.doubts, conversations)
        for thread in mine:
            thread.partner = thread.conversation.partner_id
