from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SmCase, as_csv

MAIL = "famille@example.com"


@tagged("post_install", "-at_install")
class TestWatchdog(SmCase):
    """What is wrong is told once, to the one who is responsible, and is over by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_context(tracking_disable=False).env
        cls.responsible = cls._new_user(
            "watch_responsible", "sm_connector.group_sm_operator", email="boss@example.com"
        )
        cls.backend.responsible_id = cls.responsible
        cls.crons = {
            name: cls.env.ref(name)
            for name in ("sm_connector.ir_cron_night", "integration_base.ir_cron_watchdog")
        }
        for cron in cls.crons.values():
            cron.nextcall = fields.Datetime.now() + timedelta(hours=1)
        cls.backend.last_success = fields.Datetime.now()

    def kinds(self):
        self.backend.invalidate_recordset()
        return [problem.kind for problem in self.backend._watch_problems()]

    def watch(self):
        """Let the watchdog's job look after the connections."""
        self.env.invalidate_all()
        self.env["integration.connection.mixin"]._cron_watchdog()

    def mails(self):
        return self.env["mail.mail"].search([("email_to", "like", "boss@example.com")])

    def activities(self):
        return self.backend.activity_ids

    def run_of(self, quarantined, trigger="cron", state="done"):
        """A night that has been, with so many rows in quarantine."""
        run = self.env["sm.run"].create(
            {
                "backend_id": self.backend.id,
                "trigger": trigger,
                "state": state,
                "date_start": fields.Datetime.now(),
                "date_end": fields.Datetime.now(),
                "line_ids": [fields.Command.create({"feed_id": self.feeds["contact"].id})],
            }
        )
        run.line_ids.write({"state": "done", "quarantined": quarantined})
        return run

    # === WHAT IS NOTICED === #

    def test_all_is_well(self):
        self.assertEqual(self.kinds(), [])
        self.watch()
        self.assertFalse(self.activities())
        self.assertFalse(self.mails())

    def test_silence(self):
        self.backend.last_success = fields.Datetime.now() - timedelta(hours=27)
        self.assertEqual(self.kinds(), ["silent"])

    def test_a_job_that_is_off(self):
        for name, kind in (
            ("sm_connector.ir_cron_night", "night_off"),
            ("integration_base.ir_cron_watchdog", "watchdog_off"),
        ):
            self.crons[name].active = False
            self.assertEqual(self.kinds(), [kind])
            self.crons[name].active = True
            nextcall = self.crons[name].nextcall
            self.crons[name].nextcall = fields.Datetime.now() - timedelta(hours=4)
            self.assertEqual(self.kinds(), [kind], "nobody works on the jobs")
            self.crons[name].nextcall = nextcall

    def test_a_silent_feed(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}], article=[{"Code article": "A"}])
        self.feeds["article"].last_delivery = fields.Datetime.now() - timedelta(hours=30)
        self.assertEqual(self.kinds(), [f"feed_{self.feeds['article'].id}"])

    def test_a_feed_that_never_delivered(self):
        """It is silent since it was set up; one that may be missing is not missed."""
        article = self.feeds["article"]
        self._set_create_date(article, "2026-01-01")
        self._set_create_date(self.feeds["dossier"], "2026-01-01")
        self.assertEqual(self.kinds(), [f"feed_{article.id}"])
        self.assertIn("since", self.backend._watchdog_findings()[0])
        article.is_optional = True
        self.assertEqual(self.kinds(), [])

    def _set_create_date(self, feed, date):
        feed.flush_recordset()
        self.env.cr.execute("UPDATE sm_feed SET create_date = %s WHERE id = %s", [date, feed.id])
        feed.invalidate_recordset()

    def test_a_silent_feed_of_changes(self):
        delta = self.new_delta_feed()
        self.assertEqual(self.kinds(), [], "changes may be rare at first")
        delta.last_delivery = fields.Datetime.now() - timedelta(hours=30)
        self.assertEqual(self.kinds(), [f"feed_{delta.id}"])

    def new_delta_feed(self):
        cron = self.env.ref("sm_connector.ir_cron_delta")
        cron.nextcall = fields.Datetime.now() + timedelta(hours=1)
        return self.env["sm.feed"].create(
            {
                "backend_id": self.backend.id,
                "entity": "article",
                "mode": "delta",
                "pattern": "STOCK_*.csv",
                "since_column": "Modifié le",
            }
        )

    def test_the_job_of_the_day_is_off(self):
        """Nobody misses it where nothing comes in the day."""
        cron = self.env.ref("sm_connector.ir_cron_delta")
        cron.active = False
        self.assertEqual(self.kinds(), [])
        delta = self.new_delta_feed()
        self.assertEqual(self.kinds(), ["delta_off"])
        self.backend.action_switch_on()
        self.assertTrue(cron.active)
        self.assertEqual(self.kinds(), [])
        cron.nextcall = fields.Datetime.now() - timedelta(hours=4)
        self.assertEqual(self.kinds(), ["delta_off"], "nobody works on the jobs")
        delta.active = False
        self.assertEqual(self.kinds(), [])

    def test_an_upload_is_no_delivery(self):
        """A file uploaded by hand does not hide that the feed is silent."""
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        feed = self.feeds["contact"]
        silent_since = fields.Datetime.now() - timedelta(hours=30)
        feed.last_delivery = silent_since
        text = as_csv("contact", [{"Code": "1", "Nom": "B"}])
        attachment = self.env["ir.attachment"].create({"name": "c.csv", "raw": text.encode()})
        uploads = {feed: {"upload_id": attachment.id, "scope": "full"}}
        self.env["sm.run"]._queue(self.backend, "upload", uploads=uploads)
        line = self.run_night().line_ids
        self.assertEqual((line.state, line.updated), ("done", 1), line.message)
        self.assertEqual(feed.last_delivery, silent_since)
        self.assertIn(f"feed_{feed.id}", self.kinds())

    def test_a_silent_feed_without_files(self):
        feed = self.feeds["article"]
        feed.write({"transport": "http", "url": "https://erp.example.com/", "pattern": False})
        feed.last_delivery = fields.Datetime.now() - timedelta(hours=30)
        [problem] = self.backend._watch_problems()
        self.assertIn(f"{feed.display_name} has given nothing new since", problem.text)

    def test_quarantine_grows_by_leaps(self):
        self.run_of(10)
        self.run_of(14)
        self.assertEqual(self.kinds(), [])
        self.run_of(30)
        self.assertEqual(self.kinds(), ["growing"])
        self.backend.growth_percent = 0
        self.assertEqual(self.kinds(), [])

    def test_quarantine_grows_every_night(self):
        for count in (100, 101, 102):
            self.run_of(count)
        self.assertEqual(self.kinds(), [])
        self.run_of(110, trigger="manual")
        self.assertEqual(self.kinds(), [], "a run by hand is no night")
        self.run_of(103)
        self.assertEqual(self.kinds(), ["growing"])
        self.run_of(103)
        self.assertEqual(self.kinds(), [])

    def test_a_run_that_was_stopped(self):
        run = self.run_of(0, state="held")
        run.line_ids.state = "held"
        self.assertEqual(self.kinds(), [f"held_{run.id}"])

    def test_a_failed_night_is_shown_but_not_told(self):
        """The silence that follows is told."""
        self.run_of(0, state="failed")
        self.assertEqual(self.kinds(), ["failed"])
        self.assertFalse(self.backend._watchdog_findings())

    def test_questions_without_an_answer(self):
        for name in ("Dupont Marie", "Dupont Jean"):
            self._new_partner(name, email=MAIL)
        self.sync(contact=[{"Code": "1", "Nom": "Dupont", "E-mail": MAIL}])
        self.assertEqual(self.kinds(), ["matches"])
        self.assertFalse(self.backend._watchdog_findings(), "a question may wait for a day")
        question = self.env["sm.match"].search([("backend_id", "=", self.backend.id)])
        question.first_asked = fields.Datetime.now() - timedelta(hours=25)
        self.assertTrue(self.backend._watchdog_findings())
        question.state = "later"
        self.assertEqual(self.kinds(), [])

    # === HOW IT IS TOLD === #

    def test_told_once_and_over_by_itself(self):
        cron = self.crons["sm_connector.ir_cron_night"]
        cron.active = False
        for _hour in range(3):
            self.watch()
        [mail] = self.mails()
        self.assertIn("switched off", mail.body_html)
        self.assertIn(f"/odoo/silicon-masters/{self.backend.id}", mail.body_html)
        self.assertIn(self.backend.name, mail.subject)
        self.assertEqual(mail.state, "outgoing")
        [activity] = self.activities()
        self.assertEqual(activity.user_id, self.responsible)
        # another problem is told by itself, the first one not again
        self.backend.last_success = fields.Datetime.now() - timedelta(hours=27)
        self.watch()
        second = self.mails() - mail
        self.assertEqual(len(second), 1)
        self.assertIn("No success since", second.body_html)
        self.assertNotIn("switched off", second.body_html)
        self.assertEqual(len(self.activities()), 1)
        self.assertIn("No success since", self.activities().note)
        # well again
        cron.active = True
        self.backend.last_success = fields.Datetime.now()
        self.watch()
        self.assertFalse(self.activities())
        # and a problem that comes back is told again
        cron.active = False
        self.watch()
        self.assertEqual(len(self.mails()), 3)

    def test_told_in_his_language(self):
        if not self.env["res.lang"]._activate_lang("fr_BE"):
            self.skipTest("no French here")
        self.responsible.lang = "fr_BE"
        self.crons["sm_connector.ir_cron_night"].active = False
        self.watch()
        self.assertEqual(len(self.mails()), 1)

    def test_a_run_that_ends_well_closes_it(self):
        self.backend.last_success = fields.Datetime.now() - timedelta(hours=27)
        self.watch()
        self.assertTrue(self.activities())
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        self.env.invalidate_all()
        self.assertFalse(self.activities())
        self.assertFalse(self.backend.watch_told)

    # === THE CORNER OF THE SCREEN === #

    def test_systray(self):
        sees = self.env["sm.backend"].with_user(self.responsible)
        self.assertEqual(sees.get_watch(), [])
        self.crons["sm_connector.ir_cron_night"].active = False
        [problem] = sees.get_watch()
        self.assertEqual((problem["kind"], problem["level"]), ("night_off", "danger"))
        action = sees.browse(problem["backend_id"]).action_open_watch(problem["kind"])
        self.assertEqual((action["res_model"], action["res_id"]), ("sm.backend", self.backend.id))

    def test_nobody_else_is_told(self):
        for groups in ("sm_connector.group_sm_user", "base.group_user"):
            user = self._new_user(f"watch_nobody_{groups[:4]}", groups)
            with self.assertRaises(AccessError):
                self.env["sm.backend"].with_user(user).get_watch()

    def test_it_notices_that_its_own_job_is_off(self):
        """Then the web client of an operator does what the job would have done."""
        self.crons["integration_base.ir_cron_watchdog"].active = False
        self.crons["sm_connector.ir_cron_night"].active = False
        self.env["sm.backend"].with_user(self.responsible).get_watch()
        self.env.invalidate_all()
        self.assertTrue(self.activities())
        self.assertEqual(len(self.mails()), 1)
        self.env["sm.backend"].with_user(self.responsible).get_watch()
        self.assertEqual(len(self.mails()), 1)

    def test_every_problem_leads_somewhere(self):
        self.run_of(0, state="failed")
        sees = self.backend.with_user(self.responsible)
        for kind in ("silent", "night_off", "matches", "growing", "failed", "held_1", "feed_1"):
            action = sees.action_open_watch(kind)
            self.assertIn(action["res_model"], self.env)

    def test_switch_on(self):
        for cron in self.crons.values():
            cron.active = False
        with self.assertRaises(AccessError):
            self.backend.with_user(self.responsible).action_switch_on()
        admin = self._new_user("watch_admin", "sm_connector.group_sm_admin")
        self.backend.with_user(admin).action_switch_on()
        self.assertTrue(all(cron.active for cron in self.crons.values()))

    def test_asking_is_cheap(self):
        sees = self.env["sm.backend"].with_user(self.responsible)
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        sees.get_watch()
        self.env.invalidate_all()
        with self.assertQueryCount(30):
            sees.get_watch()
