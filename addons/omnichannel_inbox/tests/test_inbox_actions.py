from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxActions(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket = cls._ticket()
        cls.second = cls._ticket("Second")
        cls.both = cls.ticket | cls.second

    def test_claim_and_undo(self):
        answer = self.inbox.claim(self.both.ids)
        self.assertEqual(self.both.user_id, self.anna)
        self.assertEqual(set(answer["ids"]), set(self.both.ids))
        self.assertIn("2 tickets", answer["message"])
        self.inbox.undo(answer["undo"])
        self.assertFalse(self.both.user_id)

    def test_nothing_done_nothing_to_undo(self):
        self.inbox.claim(self.ticket.ids)
        self.assertFalse(self.inbox.claim(self.ticket.ids)["undo"])

    def test_undo_once_and_only_by_oneself(self):
        token = self.inbox.claim(self.ticket.ids)["undo"]
        with self.assertRaises(UserError):
            self._as(self.bert).undo(token)
        self.inbox.undo(token)
        with self.assertRaises(UserError):
            self.inbox.undo(token)

    def test_undo_in_time(self):
        token = self.inbox.claim(self.ticket.ids)["undo"]
        undo = self.env["omni.undo"].search([("token", "=", token)])
        undo.expires = fields.Datetime.now() - timedelta(seconds=1)
        with self.assertRaises(UserError):
            self.inbox.undo(token)
        self.env["omni.undo"]._gc()
        self.assertFalse(undo.exists())

    def test_undo_leaves_what_was_changed_since(self):
        token = self.inbox.claim(self.both.ids)["undo"]
        self.ticket._assign(self.bert)
        self.inbox.undo(token)
        self.assertEqual(self.ticket.user_id, self.bert)
        self.assertFalse(self.second.user_id)
        token = self.inbox.claim(self.second.ids)["undo"]
        self.second._assign(self.bert)
        with self.assertRaises(UserError):
            self.inbox.undo(token)
        self.assertEqual(self.second.user_id, self.bert)

    def test_assign(self):
        answer = self.inbox.assign(self.ticket.ids, self.bert.id)
        self.assertEqual(self.ticket.user_id, self.bert)
        self.assertIn("Bert Answer", answer["message"])
        self.inbox.assign(self.ticket.ids)
        self.assertFalse(self.ticket.user_id)
        with self.assertRaises(UserError):
            self.inbox.assign(self.ticket.ids, self.ines.id)
        with self.assertRaises(UserError):
            self.inbox.assign(self.ticket.ids, self.paul.id)

    def test_assign_to_another_team(self):
        answer = self.inbox.assign(self.ticket.ids, False, self.other_team.id)
        self.assertEqual(self.ticket.team_id, self.other_team)
        self.assertIn("Omni Workshop", answer["message"])
        # it is no longer hers to see, and so not hers to take back
        with self.assertRaises(AccessError):
            self.inbox.undo(answer["undo"])

    def test_states(self):
        for method, undone in (("wait", "open"), ("close", "open")):
            answer = getattr(self.inbox, method)(self.both.ids)
            self.assertEqual(
                set(self.both.mapped("state")), {"waiting" if method == "wait" else "done"}
            )
            self.inbox.undo(answer["undo"])
            self.assertEqual(set(self.both.mapped("state")), {undone})
        self.inbox.close(self.ticket.ids)
        answer = self.inbox.reopen(self.ticket.ids)
        self.assertEqual(self.ticket.state, "open")
        self.inbox.undo(answer["undo"])
        self.assertEqual(self.ticket.state, "done")

    def test_spam(self):
        answer = self.inbox.spam(self.ticket.ids)
        self.assertTrue(self.ticket.is_spam)
        self.inbox.undo(answer["undo"])
        self.assertFalse(self.ticket.is_spam)
        self.inbox.spam(self.ticket.ids)
        self.inbox.not_spam(self.ticket.ids)
        self.assertFalse(self.ticket.is_spam)

    def test_snooze(self):
        until = fields.Datetime.now().replace(microsecond=0) + timedelta(days=1)
        answer = self.inbox.snooze(self.ticket.ids, until.isoformat() + "Z")
        self.assertEqual(self.ticket.snoozed_until, until)
        self.inbox.undo(answer["undo"])
        self.assertFalse(self.ticket.snoozed_until)
        # with another clock
        self.inbox.snooze(self.ticket.ids, until.isoformat() + "+02:00")
        self.assertEqual(self.ticket.snoozed_until, until - timedelta(hours=2))
        self.inbox.wake(self.ticket.ids)
        self.assertFalse(self.ticket.snoozed_until)
        for nonsense in ("", "tomorrow", "2020-01-01T00:00:00Z"):
            with self.assertRaises(UserError):
                self.inbox.snooze(self.ticket.ids, nonsense)

    def test_merge_and_undo(self):
        self._mail(self.second, "Of the second", minutes=5)
        answer = self.inbox.merge(self.ticket.id, self.second.ids)
        self.assertFalse(self.second.active)
        texts = [m["text"] for m in self.inbox.get_thread(self.ticket.id)["messages"]]
        self.assertIn("Of the second", texts)
        item = self.inbox.get_items(self.ticket.ids)["items"][0]
        self.assertEqual(item["preview"], "Of the second")
        thread = self.inbox.get_thread(self.ticket.id)
        self.assertEqual(thread["undo"]["token"], answer["undo"])
        self.inbox.undo(answer["undo"])
        self.assertTrue(self.second.active)
        texts = [m["text"] for m in self.inbox.get_thread(self.ticket.id)["messages"]]
        self.assertNotIn("Of the second", texts)
        self.assertFalse(self.inbox.get_thread(self.ticket.id)["undo"])

    def test_split_and_undo(self):
        with self.assertRaises(UserError):
            self.inbox.split(self.ticket.id, self._conversation_of(self.ticket).ids)
        other = self._conversation(self.ticket, channel=self._new_channel(name="Second mailbox"))
        self._mail(self.ticket, "Something else", minutes=5, conversation=other)
        answer = self.inbox.split(self.ticket.id, other.ids)
        new = self.env["crm.ticket"].browse(answer["ids"][1])
        self.assertEqual(other._case(), new)
        self.assertEqual(new.partner_id, self.customer)
        self.assertEqual(new.team_id, self.ticket.team_id)
        self.assertEqual(new.waiting_since, other.last_customer_date)
        texts = [m["text"] for m in self.inbox.get_thread(new.id)["messages"] if m["kind"] == "in"]
        self.assertEqual(texts, ["Something else"])
        self.inbox.undo(answer["undo"])
        self.assertEqual(other._case(), self.ticket)
        self.assertFalse(new.active)

    def test_split_takes_only_what_is_there(self):
        elsewhere = self._conversation_of(self.second)
        with self.assertRaises(UserError):
            self.inbox.split(self.ticket.id, elsewhere.ids)
        self.assertEqual(elsewhere._case(), self.second)

    def test_set_values(self):
        category = self.env["crm.ticket.category"].create({"name": "Care", "code": "care"})
        tag = self.env["crm.tag"].create({"name": "Wood"})
        answer = self.inbox.set_values(
            self.ticket.id, {"category_id": category.id, "tag_ids": [tag.id], "priority": "2"}
        )
        self.assertEqual(self.ticket.category_id, category)
        self.assertEqual(self.ticket.tag_ids, tag)
        self.assertEqual(answer["item"]["category"]["name"], "Care")
        self.inbox.set_values(self.ticket.id, {"tag_ids": [], "name": "  "})
        self.assertFalse(self.ticket.tag_ids)
        self.assertEqual(self.ticket.name, "Where is my sofa?")
        with self.assertRaises(UserError):
            self.inbox.set_values(self.ticket.id, {"is_spam": True})

    def test_notice_of_a_transaction_is_one(self):
        self.cr.precommit.run()
        bus = self.env["bus.bus"].sudo()
        before = bus.search([], order="id DESC", limit=1).id
        self.inbox.claim(self.ticket.ids)
        self.inbox.wait(self.both.ids)
        self.cr.precommit.run()
        notices = bus.search(
            [("id", ">", before), ("message", "like", "omnichannel_inbox/changed")]
        )
        states = notices.filtered(lambda notice: '"state"' in notice.message)
        self.assertEqual(len(states), 1)
        self.assertIn("res.groups", states.channel)
        self.assertNotIn("sofa", states.message)

    def test_too_many_at_once(self):
        with self.assertRaises(UserError):
            self.inbox.close(list(range(1, 1000)))
