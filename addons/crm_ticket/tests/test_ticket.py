from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form

from .common import NOW, TicketCase


class TestTicket(TicketCase):
    def stage(self, name):
        return self.env.ref(f"crm_ticket.crm_ticket_stage_{name}")

    # === CREATION === #

    def test_numbers_are_unique_and_kept(self):
        first, second = self.ticket(), self.ticket()
        self.assertTrue(first.number)
        self.assertNotEqual(first.number, second.number)
        self.assertEqual(first.display_name, f"{first.number} Where is my sofa?")
        self.assertNotEqual(first.copy().number, first.number)

    def test_found_by_number_and_by_subject(self):
        ticket = self.ticket(name="A very special sofa")
        for text in (ticket.number, "special sofa"):
            with self.subTest(text):
                self.assertIn(ticket.id, [row[0] for row in self.tickets.name_search(text)])

    def test_the_contact_fills_what_nobody_said(self):
        self.customer.phone = "+3242223344"
        ticket = self.ticket(email_from="other@customer.example")
        self.assertEqual(ticket.email_from, "other@customer.example")
        self.assertEqual(ticket.phone, "+3242223344")
        self.assertEqual(ticket.partner_name, "Jan Peeters")

    def test_company_of_the_team(self):
        company = self.env["res.company"].create({"name": "Other"})
        team = self.env["crm.team"].create(
            {"name": "T", "use_tickets": True, "company_id": company.id}
        )
        ticket = self.tickets.create({"name": "x", "team_id": team.id})
        self.assertEqual(ticket.company_id, company)

    def test_form_of_a_rep(self):
        with Form(self.tickets.with_user(self.rep)) as form:
            form.name = "By hand"
            form.partner_id = self.customer
            self.assertEqual(form.team_id, self.team, "his own")
        self.assertEqual(form.record.stage_id, self.stage("new"))
        self.assertEqual(form.record.email_from, "jan@customer.example")

    def test_properties_of_the_team(self):
        self.team.ticket_properties_definition = [
            {"name": "warehouse", "string": "Warehouse", "type": "char"}
        ]
        ticket = self.ticket(ticket_properties={"warehouse": "Liège"})
        self.assertEqual(ticket.ticket_properties["warehouse"], "Liège")

    # === STAGES === #

    def test_state_is_that_of_the_stage(self):
        ticket = self.ticket()
        for name, state in (("waiting", "waiting"), ("solved", "done"), ("progress", "open")):
            ticket.stage_id = self.stage(name)
            self.assertEqual(ticket.state, state)

    def test_stage_that_the_new_team_does_not_have(self):
        own = self.env["crm.ticket.stage"].create(
            {"name": "At the carrier", "state": "waiting", "team_ids": self.team.ids}
        )
        ticket = self.ticket(stage_id=own.id)
        ticket.team_id = self.other_team
        self.assertEqual(ticket.stage_id, self.stage("waiting"))

    def test_every_team_has_one_stage_of_each_meaning(self):
        last = self.stage("waiting")
        for change in ({"state": "open"}, {"active": False}, {"team_ids": self.team.ids}):
            with self.subTest(change), self.assertRaises(ValidationError):
                last.write(change)
        with self.assertRaises(ValidationError):
            last.unlink()
        last.copy({"name": "Another"})
        last.active = False

    def test_kanban_has_all_columns_but_those_of_other_teams(self):
        own = self.env["crm.ticket.stage"].create(
            {"name": "At the carrier", "team_ids": self.team.ids}
        )
        domain = [("id", "=", self.ticket().id)]
        columns = self.tickets._read_group_stage_ids(self.stage("new"), domain)
        self.assertIn(self.stage("solved"), columns)
        self.assertNotIn(own, columns)
        mine = self.tickets.with_context(default_team_id=self.team.id)
        self.assertIn(own, mine._read_group_stage_ids(self.stage("new"), domain))

    def test_dragged_to_done(self):
        ticket = self.ticket()
        ticket._customer_wrote(NOW)
        with self.at(2026, 3, 25, 10) as now:
            ticket.stage_id = self.stage("solved")
        self.assertEqual(ticket.closed_date, now)
        self.assertFalse(ticket.waiting_since)

    # === THE CUSTOMER WRITES === #

    def test_customer_writes(self):
        ticket = self.ticket()
        self.assertEqual(ticket._customer_wrote(NOW), ticket)
        ticket._customer_wrote(NOW + timedelta(hours=1))
        self.assertEqual(ticket.waiting_since, NOW, "the oldest one that is not answered")
        self.assertEqual(ticket.last_customer_date, NOW + timedelta(hours=1))

    def test_late_message_from_before_our_answer_is_answered(self):
        ticket = self.ticket()
        ticket._customer_wrote(NOW)
        ticket._answered(NOW + timedelta(hours=2), self.rep)
        ticket._customer_wrote(NOW + timedelta(hours=1))
        self.assertFalse(ticket.waiting_since)

    def test_message_after_an_answer_that_comes_in_late(self):
        ticket = self.ticket()
        ticket._customer_wrote(NOW)
        ticket._customer_wrote(NOW + timedelta(hours=3))
        ticket._answered(NOW + timedelta(hours=1), self.rep)
        self.assertEqual(ticket.waiting_since, NOW + timedelta(hours=3))
        self.assertEqual(ticket.first_answer_date, NOW + timedelta(hours=1))

    def test_waiting_for_the_customer_until_he_writes(self):
        ticket = self.ticket()
        ticket._answered(NOW, self.rep)
        ticket.action_wait()
        self.assertEqual(ticket.state, "waiting")
        ticket._customer_wrote(NOW + timedelta(hours=1))
        self.assertEqual(ticket.stage_id, self.stage("progress"))

    def test_reopens_within_the_days_of_the_team(self):
        self.team.ticket_reopen_days = 10
        ticket = self.ticket()
        with self.at(2026, 3, 1, 9) as closed:
            ticket.action_close()
        again = ticket._customer_wrote(closed + timedelta(days=10))
        self.assertEqual(again, ticket)
        self.assertEqual(ticket.state, "open")
        self.assertFalse(ticket.closed_date)

    def test_follow_up_after_the_days_of_the_team(self):
        self.team.ticket_reopen_days = 10
        tag = self.env["crm.tag"].create({"name": "VIP"})
        ticket = self.ticket(user_id=self.rep.id, tag_ids=tag.ids)
        with self.at(2026, 3, 1, 9) as closed:
            ticket.action_close()
        when = closed + timedelta(days=10, minutes=1)
        follow_up = ticket._customer_wrote(when)
        self.assertNotEqual(follow_up, ticket)
        self.assertEqual(follow_up.parent_id, ticket)
        self.assertEqual(ticket.state, "done")
        self.assertEqual(follow_up.waiting_since, when)
        self.assertEqual(
            (follow_up.team_id, follow_up.user_id, follow_up.tag_ids, follow_up.partner_id),
            (self.team, self.rep, tag, self.customer),
        )
        self.assertEqual(
            ticket._customer_wrote(when + timedelta(hours=1)), follow_up, "one follow-up, not two"
        )

    def test_follow_up_of_somebody_who_left(self):
        ticket = self.ticket(user_id=self.colleague.id)
        ticket.action_close()
        self.colleague.active = False
        self.assertFalse(ticket._follow_up().user_id)

    def test_automatic_reply_changes_nothing(self):
        ticket = self.ticket()
        ticket.action_close()
        self.assertEqual(ticket._customer_wrote(fields.Datetime.now(), automatic=True), ticket)
        self.assertEqual(ticket.state, "done")
        self.assertFalse(ticket.last_customer_date)
        self.assertFalse(ticket.waiting_since)

    # === WE ANSWER === #

    def test_answer(self):
        ticket = self.ticket()
        ticket._customer_wrote(NOW)
        ticket._answered(NOW + timedelta(hours=1), self.rep)
        self.assertFalse(ticket.waiting_since)
        self.assertEqual(ticket.first_answer_date, NOW + timedelta(hours=1))
        self.assertEqual(ticket.user_id, self.rep, "whoever answers has taken it")
        self.assertEqual(ticket.stage_id, self.stage("progress"))
        ticket._answered(NOW + timedelta(hours=2), self.colleague)
        self.assertEqual(ticket.first_answer_date, NOW + timedelta(hours=1))
        self.assertEqual(ticket.last_answer_date, NOW + timedelta(hours=2))
        self.assertEqual(ticket.user_id, self.rep)

    # === PUT ASIDE, SPAM === #

    def test_put_aside_and_brought_back_by_time(self):
        ticket, other = self.ticket(), self.ticket()
        with self.at(2026, 3, 25, 9):
            ticket.with_user(self.rep)._snooze(datetime(2026, 3, 26, 7))
            other._snooze(datetime(2026, 3, 27, 7))
            self.assertEqual(ticket.snoozed_by_id, self.rep)
        with self.at(2026, 3, 26, 7):
            self.run_cron("wake")
        self.assertFalse(ticket.snoozed_until)
        self.assertFalse(ticket.snoozed_by_id)
        self.assertTrue(other.snoozed_until)

    def test_put_aside_until_the_customer_writes(self):
        ticket = self.ticket()
        ticket._snooze(fields.Datetime.now() + timedelta(days=3))
        ticket._customer_wrote(fields.Datetime.now())
        self.assertFalse(ticket.snoozed_until)

    def test_cannot_be_put_aside(self):
        ticket = self.ticket()
        with self.assertRaises(UserError):
            ticket._snooze(fields.Datetime.now() - timedelta(minutes=1))
        ticket.action_close()
        with self.assertRaises(UserError):
            ticket._snooze(fields.Datetime.now() + timedelta(days=1))

    def test_spam_and_back(self):
        ticket = self.ticket(priority="3")
        ticket._customer_wrote(NOW)
        ticket.action_spam()
        self.assertNotIn(ticket, self.tickets.search(self.tickets._domain_open()))
        self.assertEqual(ticket.priority_score, 0)
        self.assertEqual(ticket._customer_wrote(NOW + timedelta(hours=1)), ticket)
        self.assertTrue(ticket.is_spam, "writing more does not make it a request")
        ticket.action_not_spam()
        self.assertEqual((ticket.state, ticket.waiting_since), ("open", NOW))
        self.assertIn(ticket, self.tickets.search(self.tickets._domain_open()))

    # === CUSTOMER, ORDERS, LEADS === #

    def test_a_ticket_cannot_follow_up_on_itself(self):
        ticket = self.ticket()
        with self.assertRaises(ValidationError):
            ticket.parent_id = ticket

    def test_customer_card_and_smart_buttons(self):
        company = self._new_partner("Big Ltd", is_company=True)
        self.customer.parent_id = company
        late, spam = self.ticket(name="Late sofa"), self.ticket(name="Win a sofa")
        spam.action_spam()
        done = self.ticket(name="Old sofa", user_id=self.rep.id)
        done.action_close()
        for partner in (self.customer, company):
            card = partner.with_user(self.rep).get_customer_card()
            [section] = [part for part in card["sections"] if part["key"] == "tickets"]
            self.assertEqual(
                [row["title"] for row in section["records"]],
                [late.display_name, done.display_name],
            )
            self.assertEqual(partner.with_user(self.rep).ticket_count, 3)
        card = self.customer.with_user(self.user_employee).get_customer_card()
        self.assertNotIn("tickets", [part["key"] for part in card["sections"]])
        action = company.with_user(self.rep).action_tickets()
        self.assertEqual(self.tickets.search(action["domain"]), late + spam + done)

    def test_orders(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        ticket = self.ticket(order_ids=order.ids)
        self.assertEqual(order.with_user(self.rep).ticket_count, 1)
        self.assertEqual(ticket.with_user(self.rep).action_orders()["res_id"], order.id)
        action = order.with_user(self.rep).action_tickets()
        self.assertEqual(self.tickets.search(action["domain"]), ticket)

    def test_lead_made_by_somebody_who_sells_nothing(self):
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        tag = self.env["crm.tag"].create({"name": "Kitchen"})
        ticket = self.ticket(order_ids=order.ids, tag_ids=tag.ids, user_id=self.rep.id)
        action = ticket.with_user(self.rep).action_create_lead()
        self.assertEqual(action["tag"], "display_notification")
        lead = ticket.lead_ids
        self.assertEqual(
            (lead.name, lead.partner_id, lead.tag_ids, lead.email_from, lead.user_id.id),
            (ticket.name, self.customer, tag, "jan@customer.example", False),
        )
        self.assertIn(order.name, lead.description)
        self.assertIn(ticket.number, lead.description)
        self.assertFalse(order.opportunity_id, "an old order is no sale of the new lead")
        self.assertEqual(ticket.lead_count, 1)

    def test_lead_made_by_a_seller(self):
        self.rep.group_ids += self.env.ref("sales_team.group_sale_salesman")
        ticket = self.ticket()
        action = ticket.with_user(self.rep).action_create_lead()
        self.assertEqual(action["res_id"], ticket.lead_ids.id)
        self.assertEqual(ticket.lead_ids.user_id, self.rep)
        self.assertEqual(ticket.with_user(self.rep).action_leads()["res_id"], ticket.lead_ids.id)

    # === WIZARDS === #

    def test_wizard_puts_aside_until_tomorrow_morning(self):
        ticket = self.ticket()
        with self.at(2026, 3, 28, 22, 30):
            wizard = (
                self.env["crm.ticket.snooze"]
                .with_user(self.rep)
                .with_context(active_ids=ticket.ids)
                .create({})
            )
            # half past eleven in the evening; the clocks go forward in the night
            self.assertEqual(wizard.until, datetime(2026, 3, 29, 6))
            wizard.action_snooze()
        self.assertEqual(ticket.snoozed_until, datetime(2026, 3, 29, 6))

    def test_team_in_figures(self):
        self.ticket(user_id=self.rep.id)
        self.ticket().action_close()
        self.ticket()
        team = self.team.with_user(self.rep)
        self.assertEqual((team.ticket_open_count, team.ticket_unassigned_count), (2, 1))
        self.assertEqual(team.action_tickets()["context"]["default_team_id"], self.team.id)
