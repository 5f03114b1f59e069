from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxList(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.ticket"].search([]).unlink()
        cls.mine = cls._ticket("Mine", user_id=cls.anna.id)
        cls.free = cls._ticket("Free")
        cls.berts = cls._ticket("Bert's", user_id=cls.bert.id)
        cls.waiting = cls._ticket("Waiting", user_id=cls.anna.id)
        cls.waiting.action_wait()
        cls.done = cls._ticket("Done")
        cls.done.action_close()
        cls.spam = cls._ticket("Spam")
        cls.spam.action_spam()
        cls.aside = cls._ticket("Aside", user_id=cls.anna.id)
        cls.aside._snooze(fields.Datetime.now() + timedelta(days=1))
        cls.others = cls._ticket("Other team", team_id=cls.other_team.id)

    def test_folders(self):
        self.assertEqual(self._folder("mine"), self.mine.ids)
        self.assertEqual(self._folder("unassigned"), self.free.ids)
        self.assertCountEqual(self._folder("team"), (self.mine | self.free | self.berts).ids)
        self.assertEqual(self._folder("waiting"), self.waiting.ids)
        self.assertEqual(self._folder("snoozed"), self.aside.ids)
        self.assertEqual(self._folder("done"), self.done.ids)
        self.assertEqual(self._folder("spam"), self.spam.ids)
        everything = self.mine | self.free | self.berts | self.waiting | self.done | self.aside
        self.assertCountEqual(self._folder("all"), everything.ids)

    def test_folders_of_leader(self):
        self.assertIn(self.others.id, self._folder("all", self.lena))
        self.assertIn(self.others.id, self._folder("team", self.lena))
        self.assertEqual(self._folder("mine", self.lena), [])

    def test_counts_are_those_of_the_folders(self):
        for user in (self.anna, self.bert, self.omar, self.lena):
            for key, folder in self._counts(user).items():
                if folder["count"] is None:
                    self.assertIn(key, ("scheduled", "done", "spam", "all"))
                else:
                    self.assertEqual(
                        folder["count"], len(self._folder(key, user)), (user.name, key)
                    )

    def test_unread(self):
        self.assertEqual(self._counts()["mine"]["unread"], 1)
        item = self.inbox.get_items(self.mine.ids)["items"][0]
        self.assertTrue(item["unread"])
        self.inbox.mark_read(self.mine.ids)
        self.assertEqual(self._counts()["mine"]["unread"], 0)
        self.assertFalse(self.inbox.get_items(self.mine.ids)["items"][0]["unread"])
        # each for himself
        self.assertEqual(self._counts(self.bert)["team"]["unread"], 3)
        # an automatic message is nothing to read, a late one is
        self._mail(self.mine, "Out of office", minutes=5, is_automatic=True)
        self.assertEqual(self._counts()["mine"]["unread"], 0)
        self._mail(self.mine, "Came late", minutes=-60)
        self.assertEqual(self._counts()["mine"]["unread"], 1)
        self.inbox.mark_read(self.mine.ids)
        self.inbox.mark_unread(self.mine.ids)
        self.assertEqual(self._counts()["mine"]["unread"], 1)

    def test_channels(self):
        other = self.channel.copy({"name": "Second", "team_id": self.team.id})
        self._conversation(self.mine, channel=other)
        counts = {row["name"]: row["count"] for row in self.inbox.get_counts()["channels"]}
        self.assertEqual(counts["Test demo"], 3)
        self.assertEqual(counts["Second"], 1)
        found = self.inbox.get_inbox("team", channel_id=other.id)
        self.assertEqual([item["id"] for item in found["items"]], self.mine.ids)
        self.assertEqual(found["total"], 1)
        self.assertEqual(
            [channel["name"] for channel in found["items"][0]["channels"]],
            ["Test demo", "Second"],
        )

    def test_channel_out_of_service(self):
        """It is shown as long as something waits there."""
        other = self.channel.copy({"name": "Second", "team_id": self.team.id})
        other.is_enabled = False

        def names():
            return [row["name"] for row in self.inbox.get_counts()["channels"]]

        self.assertNotIn("Second", names())
        self._conversation(self.mine, channel=other)
        self.assertIn("Second", names())

    def test_item(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "name": "S04711",
                "commitment_date": "2026-12-01 10:00:00",
            }
        )
        tag = self.env["crm.tag"].create({"name": "VIP", "color": 3})
        self.mine.write({"order_ids": [Command.link(order.id)], "tag_ids": [Command.link(tag.id)]})
        self._mail(self.mine, "Second\n\n  mail  " + "x" * 300, minutes=10)
        item = self.inbox.get_items(self.mine.ids)["items"][0]
        self.assertEqual(item["subject"], "Mine")
        self.assertEqual(item["partner"]["name"], "Marie Dupont")
        self.assertEqual(item["author"], "Marie Dupont")
        self.assertTrue(item["preview"].startswith("Second mail xx"))
        self.assertEqual(len(item["preview"]), 120)
        self.assertEqual(item["date"], "2025-03-03T08:10:00Z")
        self.assertEqual(item["user"], {"id": self.anna.id, "name": "Anna Answer"})
        self.assertEqual(item["orders"][0]["name"], "S04711")
        self.assertEqual(item["orders"][0]["expected"], "2026-12-01T10:00:00Z")
        self.assertEqual(item["tags"], [{"id": tag.id, "name": "VIP", "color": 3}])
        self.assertEqual(item["channels"][0]["provider"], "demo")
        self.assertEqual(item["failed"], 0)
        self.assertFalse(item["has_draft"])

    def test_last_message_is_the_newest_by_the_clock_of_the_channel(self):
        self._mail(self.mine, "We answered", minutes=30, user=self.bert)
        self._mail(self.mine, "Came in late", minutes=20)
        item = self.inbox.get_items(self.mine.ids)["items"][0]
        self.assertEqual(item["preview"], "We answered")
        self.assertEqual(item["author"], "Bert Answer")
        self.assertEqual(item["direction"], "out")

    def test_moved_conversation(self):
        conversation = self._conversation_of(self.berts)
        self._mail(self.berts, "The newest of all", minutes=50)
        conversation._set_case(self.mine)
        item = self.inbox.get_items(self.mine.ids)["items"][0]
        self.assertEqual(item["preview"], "The newest of all")
        self.assertFalse(self.inbox.get_items(self.berts.ids)["items"][0]["preview"])

    def test_what_left_a_folder_is_not_answered(self):
        ids = (self.mine | self.free).ids
        answer = self.inbox.get_items(ids, folder="mine")
        self.assertEqual([item["id"] for item in answer["items"]], self.mine.ids)
        self.assertEqual(answer["total"], 1)

    def test_order(self):
        self.free.inbox_date = "2025-03-04 08:00:00"
        self.mine.inbox_date = "2025-03-02 08:00:00"
        dates = {
            order: [item["id"] for item in self.inbox.get_inbox("team", order=order)["items"]]
            for order in ("newest", "oldest")
        }
        self.assertEqual(dates["newest"][0], self.free.id)
        self.assertEqual(dates["oldest"][0], self.mine.id)
        self.mine.priority = "3"
        answer = self.inbox.get_inbox("team", order="priority")
        scores = [item["score"] for item in answer["items"]]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_pages(self):
        first = self.inbox.get_inbox("team", limit=2, order="oldest")
        self.assertEqual((len(first["items"]), first["total"]), (2, 3))
        second = self.inbox.get_inbox("team", limit=2, offset=2, order="oldest")
        self.assertEqual((len(second["items"]), second["total"]), (1, 3))
        beyond = self.inbox.get_inbox("team", limit=2, offset=4, order="oldest")
        self.assertEqual((len(beyond["items"]), beyond["total"]), (0, 3))

    def test_query_count_does_not_depend_on_the_number_of_tickets(self):
        for _warm in range(2):
            self.inbox.get_inbox("team")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(60):
            before = self.cr.sql_log_count
            self.inbox.get_inbox("team")
            few = self.cr.sql_log_count - before
        for number in range(30):
            self._ticket(f"More {number}", user_id=(self.anna, self.bert)[number % 2].id)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        self.assertEqual(len(self.inbox.get_inbox("team")["items"]), 33)
        many = self.cr.sql_log_count - before
        self.assertLessEqual(many, few)
