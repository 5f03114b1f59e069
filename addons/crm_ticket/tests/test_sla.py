from datetime import datetime

from odoo.exceptions import ValidationError

from .common import TicketCase


class TestSla(TicketCase):
    """Times are UTC; the office is in Brussels, one hour ahead until 29 March 2026, then two."""

    def status(self, ticket, kind):
        return ticket.sla_status_ids.filtered(lambda status: status.kind == kind)

    def deadline(self, *moment, hours=4):
        """Deadline of a first answer to a message of this moment."""
        sla = self.sla(hours=hours)
        with self.at(*moment) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        sla.active = False
        return ticket.sla_deadline

    # === WORKING HOURS === #

    def test_same_day(self):
        self.assertEqual(self.deadline(2026, 3, 25, 8, hours=2), datetime(2026, 3, 25, 10))

    def test_across_the_lunch(self):
        self.assertEqual(self.deadline(2026, 3, 25, 10, hours=2), datetime(2026, 3, 25, 13))

    def test_across_the_night(self):
        self.assertEqual(self.deadline(2026, 3, 25, 15), datetime(2026, 3, 26, 11))

    def test_across_the_weekend_on_which_clocks_go_forward(self):
        # Friday 16:00 in Brussels: one hour is left, the other three end on Monday at noon
        self.assertEqual(self.deadline(2026, 3, 27, 15), datetime(2026, 3, 30, 10))

    def test_across_the_weekend_on_which_clocks_go_back(self):
        self.assertEqual(self.deadline(2026, 10, 23, 14), datetime(2026, 10, 26, 11))

    def test_written_on_a_sunday(self):
        self.assertEqual(self.deadline(2026, 3, 22, 3), datetime(2026, 3, 23, 13))

    def test_public_holiday_of_ours_and_of_others(self):
        other = self.env["res.company"].create({"name": "Other"})
        holidays = self.env["resource.calendar.leaves"]
        day = {
            "date_from": datetime(2026, 3, 26, 0),
            "date_to": datetime(2026, 3, 26, 23),
            "time_type": "leave",
        }
        theirs = holidays.with_company(other).create({**day, "name": "Theirs"})
        self.assertEqual((theirs.company_id, theirs.calendar_id.id), (other, False))
        self.assertEqual(self.deadline(2026, 3, 25, 15), datetime(2026, 3, 26, 11))
        holidays.create({**day, "name": "Ours", "calendar_id": self.calendar.id})
        self.assertEqual(self.deadline(2026, 3, 25, 15), datetime(2026, 3, 27, 11))

    def test_no_calendar_is_day_and_night(self):
        self.team.ticket_calendar_id = False
        self.env.company.resource_calendar_id = False
        self.assertEqual(self.deadline(2026, 3, 27, 15), datetime(2026, 3, 27, 19))

    def test_calendar_of_the_policy_wins(self):
        nights = self.calendar.copy({"name": "Nights"})
        nights.attendance_ids.unlink()
        nights.attendance_ids = [
            (0, 0, {"name": "n", "dayofweek": "2", "hour_from": 20, "hour_to": 23})
        ]
        self.sla(hours=1, calendar_id=nights.id)
        with self.at(2026, 3, 25, 9) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 25, 20))

    # === KINDS === #

    def test_first_answer_next_answer_resolution(self):
        self.sla("first_answer", 2)
        self.sla("next_answer", 4)
        self.sla("resolution", 20)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            self.assertEqual(ticket.sla_kind, "resolution")
            ticket._customer_wrote(now)
            self.assertEqual(ticket.sla_kind, "first_answer")
            self.assertFalse(self.status(ticket, "next_answer"))
        with self.at(2026, 3, 25, 9) as now:
            ticket._answered(now, self.rep)
            self.assertEqual(self.status(ticket, "first_answer").state, "reached")
            self.assertEqual(self.status(ticket, "first_answer").ended, now)
            self.assertEqual(ticket.sla_kind, "resolution")
        with self.at(2026, 3, 25, 10) as now:
            ticket._customer_wrote(now)
            self.assertEqual(self.status(ticket, "next_answer").state, "running")
        with self.at(2026, 3, 26, 15) as now:
            ticket._answered(now, self.rep)
            self.assertEqual(self.status(ticket, "next_answer").state, "failed")
            ticket.action_close()
            self.assertEqual(self.status(ticket, "resolution").state, "reached")
            self.assertFalse(ticket.sla_state)
        with self.at(2026, 3, 27, 9) as now:
            ticket._customer_wrote(now)
            self.assertEqual(
                self.status(ticket, "resolution").mapped("state"), ["reached", "running"]
            )
            self.assertEqual(
                self.status(ticket, "next_answer").mapped("state"), ["failed", "running"]
            )

    def test_the_first_of_two_messages_counts(self):
        self.sla(hours=2)
        ticket = self.ticket()
        with self.at(2026, 3, 25, 8) as now:
            ticket._customer_wrote(now)
        with self.at(2026, 3, 25, 9) as now:
            ticket._customer_wrote(now)
        self.assertEqual(len(ticket.sla_status_ids), 1)
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 25, 10))

    def test_answered_in_time_though_told_late(self):
        """What counts is when the answer was given, not when we heard of it."""
        self.sla(hours=2)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        with self.at(2026, 3, 25, 12):
            self.run_cron("sla")
            self.assertEqual(ticket.sla_state, "late")
            ticket._answered(datetime(2026, 3, 25, 9), self.rep)
        self.assertEqual(ticket.sla_status_ids.state, "reached")

    # === WHICH POLICY === #

    def test_the_first_that_applies(self):
        delivery = self.env.ref("crm_ticket.crm_ticket_category_delivery")
        self.sla(hours=8, sequence=90)
        self.sla(hours=4, sequence=20, team_ids=self.team.ids)
        self.sla(hours=1, sequence=10, team_ids=self.team.ids, category_ids=delivery.ids)
        self.sla(hours=0.5, sequence=5, priority="3")
        cases = [
            ({"team_id": self.other_team.id}, 8),
            ({}, 4),
            ({"category_id": delivery.id}, 1),
            ({"category_id": delivery.id, "priority": "2"}, 1),
            ({"category_id": delivery.id, "priority": "3"}, 0.5),
        ]
        for values, hours in cases:
            with self.subTest(values), self.at(2026, 3, 25, 8) as now:
                ticket = self.ticket(**values)
                ticket._customer_wrote(now)
                self.assertEqual(ticket.sla_status_ids.sla_id.hours, hours)

    def test_policy_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.sla(company_id=other.id)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        self.assertFalse(ticket.sla_status_ids)

    def test_handing_on_gives_no_new_time(self):
        self.sla(hours=8, sequence=20)
        self.sla(hours=2, sequence=10, team_ids=self.other_team.ids)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        with self.at(2026, 3, 25, 9):
            ticket.team_id = self.other_team
        self.assertEqual(ticket.sla_status_ids.mapped("state"), ["cancelled", "running"])
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 25, 10))

    def test_becoming_urgent_brings_a_promise(self):
        self.sla(hours=1, priority="3")
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
            self.assertFalse(ticket.sla_state)
            ticket.priority = "3"
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 25, 9))

    def test_hours_that_make_no_sense(self):
        for values in ({"hours": 0}, {"hours": -1}, {"hours": 2, "soon_hours": 3}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.sla(**values)

    # === CLOCKS THAT STAND STILL === #

    def test_waiting_for_the_customer(self):
        self.sla("resolution", 4)
        with self.at(2026, 3, 25, 8):
            ticket = self.ticket()
        with self.at(2026, 3, 25, 9):  # one hour is used
            ticket.action_wait()
            self.assertEqual(ticket.sla_state, "paused")
            self.assertFalse(ticket.sla_deadline)
        with self.at(2026, 3, 27, 15):  # Friday 16:00: three are left
            ticket.action_reopen()
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 30, 9))

    def test_put_aside_and_spam(self):
        self.sla("resolution", 4)
        for stop, go in (
            (lambda ticket: ticket._snooze(datetime(2026, 4, 1)), lambda t: t.action_wake()),
            (lambda ticket: ticket.action_spam(), lambda ticket: ticket.action_not_spam()),
            (lambda ticket: ticket.action_archive(), lambda ticket: ticket.action_unarchive()),
        ):
            with self.at(2026, 3, 25, 8):
                ticket = self.ticket()
            with self.at(2026, 3, 25, 10):
                stop(ticket)
                self.assertEqual(ticket.sla_state, "paused")
            with self.at(2026, 3, 25, 15):
                self.run_cron("sla")
                self.assertEqual(ticket.sla_state, "paused")
            with self.at(2026, 3, 26, 8):
                go(ticket)
            self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 26, 10))

    def test_late_stays_late(self):
        self.sla("resolution", 1)
        with self.at(2026, 3, 25, 8):
            ticket = self.ticket()
        with self.at(2026, 3, 25, 12):
            ticket.action_wait()
            self.assertEqual(ticket.sla_state, "late")
        with self.at(2026, 3, 26, 12):
            ticket.action_close()
        self.assertEqual(ticket.sla_status_ids.state, "failed")

    # === TIME GOES BY === #

    def test_soon_then_late_then_told_once(self):
        self.sla(hours=4, soon_hours=1)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket(user_id=self.rep.id)
            ticket._customer_wrote(now)
            self.assertEqual(ticket.sla_state, "ok")
        with self.at(2026, 3, 25, 10):
            self.run_cron("sla")
            self.assertEqual(ticket.sla_state, "ok")
        with self.at(2026, 3, 25, 12):
            self.run_cron("sla")
            self.assertEqual(ticket.sla_state, "soon")
            self.assertFalse(ticket.activity_ids)
            self.assertIn("sla_soon", [part["code"] for part in ticket.priority_reasons])
        with self.at(2026, 3, 25, 13):
            self.run_cron("sla")
            self.run_cron("sla")
            self.assertEqual(ticket.sla_state, "late")
            self.assertEqual(ticket.activity_ids.user_id, self.leader)
            self.assertEqual(len(ticket.activity_ids), 1)
            self.assertIn("First answer", ticket.activity_ids.summary)
            self.assertIn("sla_late", [part["code"] for part in ticket.priority_reasons])
            self.assertTrue(ticket.sla_countdown)

    def test_nobody_is_told_when_the_policy_says_so(self):
        self.sla(hours=1, escalate=False)
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket()
            ticket._customer_wrote(now)
        with self.at(2026, 3, 25, 13):
            self.run_cron("sla")
            self.assertEqual(ticket.sla_state, "late")
            self.assertFalse(ticket.activity_ids)

    def test_told_to_who_has_it_when_there_is_no_leader(self):
        self.sla(hours=1)
        self.team.user_id = self.user_employee  # answers no tickets
        with self.at(2026, 3, 25, 8) as now:
            mine, nobodys = self.ticket(user_id=self.rep.id), self.ticket()
            (mine + nobodys).mapped(lambda ticket: ticket._customer_wrote(now))
        with self.at(2026, 3, 25, 13):
            self.run_cron("sla")
        self.assertEqual(mine.activity_ids.user_id, self.rep)
        self.assertFalse(nobodys.activity_ids)

    def test_reps_cannot_rewrite_history(self):
        self.sla()
        with self.at(2026, 3, 25, 8) as now:
            ticket = self.ticket().with_user(self.rep)
            ticket._customer_wrote(now)
        self.assertTrue(ticket.sla_status_ids)
        self.assertFalse(ticket.sla_status_ids.has_access("write"))

    # === FIGURES === #

    def test_hours_to_the_first_answer_and_to_the_end(self):
        ticket = self.ticket()
        self.assertFalse(ticket.first_answer_hours)
        ticket._customer_wrote(datetime(2026, 3, 27, 15))  # Friday 16:00
        ticket._answered(datetime(2026, 3, 30, 8), self.rep)  # Monday 10:00
        with self.at(2026, 3, 30, 10):
            ticket.action_close()
        self.assertEqual((ticket.first_answer_hours, ticket.closing_hours), (2, 4))
        both = ticket + self.ticket()
        [(hours, average)] = self.tickets._read_group(
            [("id", "in", both.ids)], [], ["closing_hours:avg", "first_answer_hours:avg"]
        )
        self.assertEqual((hours, average), (4, 2), "one that nobody answered yet is not averaged")
        with self.at(2026, 3, 30, 12):
            ticket.action_reopen()
            self.assertFalse(ticket.closing_hours)
