from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError

from .common import NOW, TicketCase


class TestMerge(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slas.create(
            [
                {"name": kind, "kind": kind, "hours": hours}
                for kind, hours in (("first_answer", 4), ("next_answer", 6), ("resolution", 40))
            ]
        )
        cls.order = cls.env["sale.order"].create({"partner_id": cls.customer.id})
        cls.shared = cls.env["sale.order"].create({"partner_id": cls.customer.id})
        cls.tags = cls.env["crm.tag"].create([{"name": "One"}, {"name": "Two"}])

    def pair(self):
        """A ticket that waits for the customer, and a new one of his."""
        with self.at(2026, 3, 24, 8) as now:
            target = self.ticket(
                name="Where is my sofa?",
                user_id=self.rep.id,
                order_ids=self.shared.ids,
                tag_ids=self.tags[0].ids,
            )
            target._customer_wrote(now)
            target._answered(now + timedelta(minutes=30), self.rep)
            target.action_wait()
        with self.at(2026, 3, 25, 8) as now:
            source = self.ticket(
                name="Sofa",
                priority="2",
                user_id=self.colleague.id,
                order_ids=(self.order + self.shared).ids,
                tag_ids=self.tags.ids,
            )
            source._customer_wrote(now)
            self.env["crm.lead"].create({"name": "More sofas", "ticket_id": source.id})
            source.activity_schedule("mail.mail_activity_data_todo", user_id=self.rep.id)
        return source, target

    def picture(self, *tickets):
        """Everything about tickets that a merge could touch."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [
            (
                ticket.read(
                    self.tickets._merge_fields() + ["sla_state", "sla_deadline", "sla_kind"]
                ),
                ticket.order_ids.ids,
                ticket.tag_ids.ids,
                ticket.lead_ids.ids,
                ticket.activity_ids.ids,
                ticket.child_ids.ids,
                ticket.sla_status_ids.read(
                    [
                        "kind",
                        "state",
                        "started",
                        "deadline",
                        "soon_date",
                        "ended",
                        "remaining_hours",
                    ]
                ),
                ticket.priority_score,
            )
            for ticket in tickets
        ]

    def test_merge(self):
        source, target = self.pair()
        lead, activity = source.lead_ids, source.activity_ids
        with self.at(2026, 3, 25, 9):
            log = source.with_user(self.rep)._merge_into(target.with_user(self.rep))
        self.assertFalse(source.active)
        self.assertEqual(source.merged_into_id, target)
        self.assertEqual((log.user_id, target.merge_count), (self.rep, 1))
        self.assertEqual(target.state, "open", "what is open is not closed by a merge")
        self.assertEqual(target.user_id, self.rep)
        self.assertEqual(target.priority, "2")
        self.assertEqual(target.waiting_since, datetime(2026, 3, 25, 8))
        self.assertEqual(target.order_ids, self.order + self.shared)
        self.assertEqual(target.tag_ids, self.tags)
        self.assertEqual((lead.ticket_id, target.activity_ids), (target, activity))
        self.assertEqual(target.sla_kind, "first_answer")
        self.assertEqual(target.sla_deadline, datetime(2026, 3, 25, 13))
        self.assertEqual(source._customer_wrote(NOW), target, "he writes to the one that lives on")

    def test_undo_restores_exactly(self):
        source, target = self.pair()
        follow_up = self.ticket(parent_id=source.id)
        with self.at(2026, 3, 25, 9):
            (source + target)._refresh_priority()  # an hour has gone by
            before = self.picture(source, target)
            log = source._merge_into(target)
            self.assertEqual(follow_up.parent_id, target)
            self.assertNotEqual(self.picture(source, target), before)
            log.with_user(self.rep).action_undo()
            for now, then in zip(self.picture(source, target), before, strict=True):
                for part, was in zip(now, then, strict=True):
                    self.assertEqual(part, was)
        self.assertTrue(log.is_undone)
        self.assertEqual(target.merge_count, 0)

    def test_undo_later_restores_what_nobody_changed(self):
        source, target = self.pair()
        with self.at(2026, 3, 25, 9) as now:
            log = source._merge_into(target)
        with self.at(2026, 3, 25, 10) as now:
            target._answered(now, self.rep)
            target.priority = "3"
            target.user_id = self.stranger
            log.action_undo()
        self.assertEqual((target.priority, target.user_id), ("3", self.stranger))
        self.assertEqual(target.last_answer_date, now)
        self.assertEqual((source.priority, source.user_id), ("2", self.colleague))
        answer = source.sla_status_ids.filtered(lambda status: status.kind == "first_answer")
        self.assertEqual(answer.state, "reached", "the customer was answered")
        self.assertEqual(source.order_ids, self.order + self.shared)
        self.assertEqual(target.order_ids, self.shared)

    def closed_long_ago(self):
        ticket = self.ticket()
        with self.at(2026, 1, 5, 9):
            ticket.action_close()
        return ticket

    def test_original_into_its_follow_up(self):
        original = self.closed_long_ago()
        follow_up = original._customer_wrote(NOW)
        log = original._merge_into(follow_up)
        self.assertEqual(original._customer_wrote(NOW), follow_up)
        log.action_undo()
        self.assertEqual(follow_up.parent_id, original)

    def test_follow_up_that_was_merged_into_another_ticket(self):
        original, other = self.closed_long_ago(), self.ticket()
        original._customer_wrote(NOW)._merge_into(other)
        self.assertEqual(original._customer_wrote(NOW), other)

    def test_follow_up_that_was_merged_back_and_closed_again(self):
        original = self.closed_long_ago()
        original._customer_wrote(NOW)._merge_into(original)
        with self.at(2026, 1, 6, 9):
            original.action_close()
        again = original._customer_wrote(NOW)
        self.assertNotEqual(again, original)
        self.assertEqual(again.parent_id, original)
        self.assertEqual(original._customer_wrote(NOW), again)

    def test_undo_in_order(self):
        first, second, third = self.ticket(), self.ticket(), self.ticket()
        log_a = first._merge_into(second)
        log_b = second._merge_into(third)
        self.assertEqual(first._final(), third)
        with self.assertRaises(UserError):
            log_a.action_undo()
        log_b.action_undo()
        self.assertEqual(first._final(), second)
        log_a.action_undo()
        self.assertEqual(first._final(), first)
        with self.assertRaises(UserError):
            log_a.action_undo()

    def test_several_at_once(self):
        target, sources = self.ticket(), self.ticket() + self.ticket()
        logs = sources._merge_into(target)
        self.assertEqual(logs.source_id, sources)
        self.assertEqual(target.merge_count, 2)

    def test_closed_target_is_open_again(self):
        target, source = self.ticket(), self.ticket()
        target.action_close()
        closed = target.closed_date
        log = source._merge_into(target)
        self.assertEqual(target.state, "open")
        log.action_undo()
        self.assertEqual((target.state, target.closed_date), ("done", closed))

    def test_cannot_be_merged(self):
        company = self.env["res.company"].create({"name": "Other"})
        other = self.tickets.create({"name": "x", "company_id": company.id})
        gone, archived = self.ticket(), self.ticket()
        gone._merge_into(self.ticket())
        archived.action_archive()
        ticket = self.ticket()
        for target in (ticket, other, gone, archived):
            with self.subTest(target.name), self.assertRaises(UserError):
                ticket._merge_into(target)
        with self.assertRaises(UserError):
            gone._merge_into(ticket)

    def test_only_what_one_may_change(self):
        mine = self.ticket(user_id=self.rep.id)
        theirs = self.ticket(team_id=self.other_team.id)
        with self.assertRaises(AccessError):
            theirs.with_user(self.rep)._merge_into(mine.with_user(self.rep))
        log = theirs._merge_into(mine)
        with self.assertRaises(AccessError):
            log.with_user(self.rep).action_undo()
        log.with_user(self.leader).action_undo()

    def test_holder_of_others_cannot_be_deleted(self):
        target, source = self.ticket(), self.ticket()
        log = source._merge_into(target)
        with self.assertRaises(UserError):
            target.unlink()
        log.action_undo()
        target.unlink()

    def test_wizard(self):
        first, second, third = self.ticket(), self.ticket(), self.ticket()
        wizards = self.env["crm.ticket.merge.wizard"].with_user(self.rep)
        wizard = wizards.with_context(active_ids=(second + third).ids).create({})
        self.assertEqual(wizard.target_id, second)
        action = wizard.action_merge()
        self.assertEqual(action["res_id"], second.id)
        alone = wizards.with_context(active_ids=second.ids).create({})
        self.assertEqual(alone.target_id, first, "another one of the customer")
        alone.target_id = second
        with self.assertRaises(UserError):
            alone.action_merge()
