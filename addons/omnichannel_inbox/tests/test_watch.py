from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from .common import OmniFakeCase, fake_event


class TestWatch(OmniFakeCase):
    """What leaders see in the corner: only what is wrong, and where to deal with it."""

    def _watch(self, user=None):
        self.env.flush_all()
        return self.env["omni.channel"].with_user(user or self.user_leader).get_watch()

    def _kinds(self, user=None):
        mine = self._watch(user)
        return {problem["kind"]: problem for problem in mine}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # whatever else is in the database
        others = cls.env["omni.channel"].search([("id", "not in", (cls.fake | cls.channel).ids)])
        others.active = False

    def test_nothing_wrong(self):
        self._deliver()
        self._store(fake_event(1), channel=self.fake)
        self.assertEqual(self._watch(), [])

    def test_dead_letters(self):
        events = self._store(fake_event(1), fake_event(2), channel=self.fake)
        events.state = "dead"
        problem = self._kinds()["dead"]
        self.assertEqual((problem["count"], problem["level"]), (2, "danger"))
        events.action_replay()
        self.assertNotIn("dead", self._kinds())

    def test_age_of_the_oldest(self):
        self._store(fake_event(1), channel=self.fake)
        now = fields.Datetime.now()
        for minutes, level, age in ((20, "warning", "20 min"), (130, "danger", "2 h")):
            with freeze_time(now + timedelta(minutes=minutes)):
                problem = self._kinds()["waiting"]
            self.assertEqual((problem["level"], problem["age"]), (level, age))
        with freeze_time(now + timedelta(days=3)):
            self.assertEqual(self._kinds()["waiting"]["age"], "3 d")

    def test_not_sent(self):
        message = self._answer(self._deliver())
        message._set_sending("w")
        message._set_uncertain("No answer", fields.Datetime.now())
        self.assertNotIn("unsent", self._kinds(), "the other side is asked")
        message.next_try = False
        self.assertEqual(self._kinds()["unsent"]["count"], 1)

    def test_access_refused(self):
        self.fake.auth_failed_since = fields.Datetime.now()
        problem = self._watch()[0]
        self.assertEqual((problem["kind"], problem["channel_id"]), ("auth", self.fake.id))
        self.assertIn(self.fake.name, problem["text"])

    def test_missing(self):
        self.env["omni.proof"].create(
            {"channel_id": self.fake.id, "day": fields.Date.today(), "missing_count": 4}
        )
        self.assertEqual(self._kinds()["missing"]["count"], 4)

    def test_who_is_told(self):
        self._store(fake_event(1), channel=self.fake).state = "dead"
        self.assertTrue(self._watch(self.user_admin))
        for user in (self.user_rep, self.user_employee, self.user_portal):
            self.assertEqual(self._watch(user), [])
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.fake.write({"team_id": False, "company_id": company.id})
        self.assertEqual(self._watch(), [])

    def test_cheap(self):
        self._store(fake_event(1), channel=self.fake).state = "dead"
        self._watch()
        channels = self.env["omni.channel"].with_user(self.user_leader)
        with self.assertQueryCount(4):
            channels.get_watch()

    def test_what_a_click_opens(self):
        for user in (self.user_leader, self.user_admin):
            channels = self.env["omni.channel"].with_user(user)
            for kind in ("auth", "dead", "missing", "unsent", "waiting"):
                action = channels.action_open_watch(kind, self.fake.id)
                if model := action.get("res_model"):
                    self.env[model].with_user(user).check_access("read")
                else:
                    self.assertEqual(action["tag"], "omnichannel_inbox.proof")
