"""One customer on several channels at once: what he begins on one of them is about the ticket that
he has opened on another."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ..identity import joining


@dataclass(slots=True)
class _Home:
    """A ticket that something may join, or a thread that is about to open one."""

    side: joining.Side
    began: datetime
    touched: datetime
    case: Any = None
    thread: Any = None


class OneCustomerMixin:
    """The part of `batch.IngestBatch` that joins what one customer writes on several channels.

    For a whole batch it costs half a dozen queries, and none when nothing in it opens a ticket of
    somebody who is known.
    """

    def _join_customers(self):
        """Let threads of known customers go to the ticket they have open already."""
        self.joined = []
        joins = self.env["omni.join"]
        window = joins._window(self.company)
        opening = [thread for thread in self.threads if window and self._may_join(thread)]
        if not opening:
            return
        partners = self.env["res.partner"].union(*(thread.partner for thread in opening))
        joins._take_turn(partners)
        began = {
            thread: max(item.inbound.sent for item in thread.items if item.is_customer)
            for thread in opening
        }
        homes = self._homes(partners, min(began.values()) - window)
        refused = joins._refused_pairs(
            self.env["omni.identity"].union(*(thread.person.identity for thread in opening))
        )
        for thread in opening:
            side = self._side(thread)
            near = [
                home
                for home in homes
                if home.touched >= began[thread] - window
                and home.began <= began[thread] + window
                and not joining.hindrance(side, home.side, refused)
            ]
            if not near:
                homes.append(_Home(side, began[thread], began[thread], thread=thread))
                continue
            home = max(near, key=lambda one: one.touched)
            self._go_to(thread, home)
            home.touched = max(home.touched, began[thread])
            home.side = replace(
                home.side,
                has_mail=home.side.has_mail or side.has_mail,
                is_proved=home.side.is_proved or side.is_proved,
                identities=home.side.identities | side.identities,
            )

    @staticmethod
    def _may_join(thread):
        person = thread.person
        return bool(
            thread.opens_case
            and not thread.case
            and thread.partner
            and person
            and person.is_linked
            and person.partner == thread.partner
            and any(item.is_customer for item in thread.items)
        )

    def _homes(self, partners, since):
        """Tickets of customers, as far as anything may be joined to them.

        :param partners: `res.partner`
        :param datetime since: naive, UTC
        :rtype: list[_Home]
        """
        joins = self.env["omni.join"]
        tickets = joins._open_tickets(partners.commercial_partner_id, self.company, since)
        sides = joins._sides(tickets) if tickets else {}
        return [
            _Home(
                sides[ticket.id],
                ticket.first_customer_date or ticket.create_date,
                max(
                    filter(
                        None,
                        (ticket.last_customer_date, ticket.last_answer_date, ticket.create_date),
                    )
                ),
                case=ticket,
            )
            for ticket in tickets
        ]

    def _side(self, thread):
        rule = thread.rule._case_values(self.company) if thread.rule else {}
        return joining.Side(
            customer=thread.partner.id,
            family=thread.partner.commercial_partner_id.id,
            team=rule.get("team_id", self.channel.team_id.id) or 0,
            user=rule.get("user_id") or 0,
            has_mail=self.channel._queue_kind() == "mail",
            is_proved=thread.person.level == "proved",
            identities=frozenset(thread.person.identity.ids),
        )

    def _go_to(self, thread, home):
        """Let a thread be about what another one is about.

        :param _Home home: of that one
        """
        customer = home.case.partner_id if home.case else home.thread.partner
        family = thread.partner.commercial_partner_id if customer != thread.partner else None
        identity = thread.person.identity
        thread.join_reasons = self.env["omni.join"]._reasons(identity, thread.partner, family)
        thread.match_evidence.append({"code": "same_customer"})
        thread.opens_case = False
        thread.joins, thread.case = home.thread, home.case
        before = home.case._merge_values() if home.case else None
        self.joined.append((thread, before, home.case.order_ids if home.case else None))

    def _note_joins(self):
        """Keep what was joined, and how the tickets were before and are now; then join what has
        become certain of those whose tickets were there already."""
        joins = self.env["omni.join"]
        joins.create(
            [
                joins._came_values(
                    thread.conversation, thread.case, thread.join_reasons, before, orders
                )
                for thread, before, orders in self.joined
            ]
        )
        self.newly_linked._join_cases()
