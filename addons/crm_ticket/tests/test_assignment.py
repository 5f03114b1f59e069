from datetime import datetime, timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.tests import RecordCapturer

from .common import TicketCase


class TestAssignment(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.ticket_assignment = "round_robin"

    def membership(self, user):
        return self.team.crm_team_member_ids.filtered(lambda member: member.user_id == user)

    def owners(self, count, *moment):
        with self.at(*(moment or (2026, 3, 25, 9))):
            return [self.ticket().user_id for _number in range(count)]

    # === IN TURNS === #

    def test_one_after_another(self):
        owners = self.owners(4)
        self.assertEqual(set(owners), {self.rep, self.colleague})
        self.assertEqual(owners[:2], owners[2:])

    def test_batch(self):
        with self.at(2026, 3, 25, 9):
            tickets = self.tickets.create(
                [{"name": str(number), "team_id": self.team.id} for number in range(5)]
            )
        self.assertEqual(
            sorted(len(group) for group in tickets.grouped("user_id").values()), [2, 3]
        )

    def test_who_waited_longest(self):
        with self.at(2026, 3, 24, 9):
            self.ticket(user_id=self.colleague.id)
        with self.at(2026, 3, 24, 10):
            self.ticket(user_id=self.rep.id)
        self.assertEqual(self.owners(1), [self.colleague])

    def test_whoever_takes_it(self):
        self.team.ticket_assignment = "manual"
        self.assertFalse(self.ticket().user_id)

    def test_somebody_has_it_already(self):
        with self.at(2026, 3, 25, 9):
            self.assertEqual(self.ticket(user_id=self.stranger.id).user_id, self.stranger)

    # === WHO IS THERE === #

    def test_away(self):
        self.membership(self.rep).is_away = True
        self.assertEqual(set(self.owners(3)), {self.colleague})

    def test_archived_membership_and_user_without_rights(self):
        self.membership(self.rep).active = False
        self.team.member_ids += self.user_employee
        self.assertEqual(set(self.owners(3)), {self.colleague})

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.colleague.write({"company_ids": [(4, company.id)], "company_id": company.id})
        self.colleague.company_ids = company
        self.assertEqual(set(self.owners(3)), {self.rep})

    def test_nobody_works_at_night(self):
        with self.at(2026, 3, 25, 22):
            ticket = self.ticket()
            self.assertFalse(ticket.user_id)
            self.run_cron("assign")
            self.assertFalse(ticket.user_id)
        with self.at(2026, 3, 26, 8):
            self.run_cron("assign")
            self.assertTrue(ticket.user_id)

    def test_own_hours_and_leave(self):
        resource = self.env["resource.resource"].create(
            {
                "name": "Vincent",
                "user_id": self.rep.id,
                "calendar_id": self.calendar.id,
                "company_id": self.env.company.id,
                "tz": "Europe/Brussels",
            }
        )
        self.assertIn(self.rep, self.owners(2))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": resource.id,
                "calendar_id": self.calendar.id,
                "date_from": datetime(2026, 3, 25, 6),
                "date_to": datetime(2026, 3, 25, 20),
            }
        )
        self.assertEqual(set(self.owners(3)), {self.colleague})
        self.assertIn(self.rep, self.owners(2, 2026, 3, 26, 9), "he is back")

    # === WHO HAS ROOM === #

    def test_capacity_of_the_team_and_of_the_member(self):
        self.team.ticket_capacity = 2
        self.membership(self.rep).ticket_capacity = 1
        owners = self.owners(5)
        self.assertEqual(owners.count(self.rep), 1)
        self.assertEqual(owners.count(self.colleague), 2)
        self.assertEqual(owners[3:], [self.env["res.users"]] * 2)

    def test_room_again(self):
        self.team.ticket_capacity = 1
        with self.at(2026, 3, 25, 9) as now:
            first, _second, third = (self.ticket() for _number in range(3))
            self.assertFalse(third.user_id)
            for done in (
                lambda: first.action_wait(),
                lambda: (first.action_reopen(), first._snooze(now + timedelta(days=2))),
                lambda: first.action_close(),
            ):
                done()
                with self.subTest(state=first.state):
                    self.run_cron("assign")
                    self.assertTrue(third.user_id)
                third.user_id = False

    def test_back_from_being_away_calls_the_cron(self):
        cron = self.env.ref("crm_ticket.ir_cron_assign")
        member = self.membership(self.rep)
        with RecordCapturer(self.env["ir.cron.trigger"]) as captured:
            member.with_user(self.leader).is_away = True
            self.assertFalse(captured.records)
            member.with_user(self.leader).is_away = False
        self.assertEqual(captured.records.cron_id, cron)

    # === BY HAND === #

    def test_claim_and_hand_on(self):
        self.team.ticket_assignment = "manual"
        ticket = self.ticket()
        ticket.with_user(self.rep).action_claim()
        self.assertEqual(ticket.user_id, self.rep)
        self.assertTrue(ticket.assigned_date)
        ticket.with_user(self.rep)._assign(self.colleague)
        self.assertEqual(ticket.user_id, self.colleague)
        ticket.with_user(self.rep)._assign(self.env["res.users"])
        self.assertFalse(ticket.user_id)
        self.assertFalse(ticket.assigned_date)
        ticket.with_user(self.rep)._assign(self.stranger, self.other_team)
        self.assertEqual((ticket.user_id, ticket.team_id), (self.stranger, self.other_team))

    def test_not_to_somebody_who_answers_no_tickets(self):
        with self.assertRaises(UserError):
            self.ticket()._assign(self.user_employee)

    def test_negative_numbers(self):
        with self.assertRaises(ValidationError):
            self.team.ticket_capacity = -1
        with self.assertRaises(ValidationError):
            self.membership(self.rep).ticket_capacity = -1
