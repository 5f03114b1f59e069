from datetime import datetime, timedelta
from unittest.mock import patch

from .common import TicketCase


class TestPriority(TicketCase):
    def codes(self, ticket):
        return [part["code"] for part in ticket.priority_reasons or []]

    def test_given_by_people(self):
        ticket = self.ticket()
        scores = []
        for priority in "0123":
            ticket.priority = priority
            scores.append(ticket.priority_score)
        self.assertEqual(scores[0], 0)
        self.assertEqual(scores, sorted(set(scores)))
        self.assertEqual(ticket._priority_reason_texts(), ["Priority: Urgent"])

    def test_waiting_in_working_time(self):
        with self.at(2026, 3, 27, 15) as now:  # Friday 16:00
            ticket = self.ticket()
            ticket._customer_wrote(now)
            self.assertEqual(ticket.priority_score, 0)
        with self.at(2026, 3, 29, 12):  # Sunday: one working hour
            self.run_cron("priority")
            self.assertEqual(ticket.waiting_hours, 1)
            self.assertEqual(ticket.priority_score, 4)
        with self.at(2026, 3, 30, 8):  # Monday 10:00: two
            self.run_cron("priority")
            self.assertEqual(ticket.priority_score, 8)
            self.assertEqual(ticket._priority_reason_texts(), ["Waiting for 02:00 working hours"])
        with self.at(2026, 4, 27, 8):
            self.run_cron("priority")
            self.assertEqual(ticket.priority_score, 40, "waiting alone does not beat all")

    def test_no_more_waiting(self):
        with self.at(2026, 3, 25, 9) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now - timedelta(hours=1))
            self.assertTrue(ticket.priority_score)
            ticket._answered(now, self.rep)
            self.assertEqual((ticket.priority_score, self.codes(ticket)), (0, []))

    def test_not_our_turn(self):
        ticket = self.ticket(priority="3")
        for stop, go in (
            (ticket.action_wait, ticket.action_reopen),
            (lambda: ticket._snooze(datetime(2100, 1, 1)), ticket.action_wake),
            (ticket.action_spam, ticket.action_not_spam),
        ):
            stop()
            self.assertEqual(ticket.priority_score, 0)
            go()
            self.assertEqual(ticket.priority_score, 60)

    def test_open_and_late_orders(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        ticket = self.ticket(order_ids=order.ids)
        self.assertFalse(self.codes(ticket), "a quotation is no order")
        order.write({"state": "sale"})
        self.run_cron("priority")
        self.assertEqual(self.codes(ticket), ["order"])
        order.commitment_date = datetime.now() - timedelta(days=2)
        self.run_cron("priority")
        self.assertEqual(self.codes(ticket), ["late_order"])
        self.assertIn(order.name, ticket._priority_reason_texts()[0])
        order.commitment_date = datetime.now() - timedelta(days=200)
        self.run_cron("priority")
        self.assertFalse(self.codes(ticket), "nobody waits for it any more")

    def test_weightiest_reason_first(self):
        with self.at(2026, 3, 25, 9) as now:
            ticket = self.ticket(priority="1")
            ticket._customer_wrote(now - timedelta(days=20))
        self.assertEqual(self.codes(ticket), ["waiting", "manual"])
        self.assertEqual(ticket.priority_score, 55)
        self.assertEqual(len(ticket.priority_reason_text.split(" · ")), 2)

    def test_parts_of_other_addons(self):
        origin = type(self.tickets)._priority_parts

        def parts(ticket):
            return [*origin(ticket), ("full_moon", 100, {})]

        with patch.object(type(self.tickets), "_priority_parts", parts):
            ticket = self.ticket()
            self.assertEqual(ticket.priority_score, 100)
        self.assertEqual(ticket._priority_reason_texts(), [], "its addon is gone: no words for it")

    def test_time_alone_is_no_change(self):
        """No new date of the last change, and no row written when nothing is new."""
        with self.at(2026, 3, 25, 9) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        written = ticket.write_date
        with self.at(2026, 3, 25, 10):
            self.assertEqual(ticket._refresh_priority(), ticket)
            self.assertFalse(ticket._refresh_priority())
        self.assertEqual(ticket.write_date, written)

    def test_language_of_who_looks(self):
        ticket = self.ticket(priority="3")
        self.env["res.lang"]._activate_lang("fr_FR")
        self.assertTrue(ticket.with_context(lang="fr_FR")._priority_reason_texts())

    def test_urgent_first(self):
        calm, urgent = self.ticket(), self.ticket(priority="3")
        self.env.flush_all()
        self.assertEqual(
            self.tickets.search([("id", "in", (calm + urgent).ids)]).ids, [urgent.id, calm.id]
        )
