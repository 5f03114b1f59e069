from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form

from odoo.addons.integration_base.exceptions import RetryableError

from ..providers.base import Ignored, Listed, SyncPage
from .common import FakeProvider, OmniFakeCase, fake_event, fake_inbound

#: Noon in Brussels is 11 o'clock.
NOW = "2026-01-07 11:00:00"
DAY = fields.Date.to_date("2026-01-05")


@freeze_time(NOW)
class TestProof(OmniFakeCase):
    """What the other side has, message by message, against what came in and became of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.is_enabled = False
        cls.fake.company_id.resource_calendar_id.tz = "Europe/Brussels"
        cls.folder = cls.env["omni.folder"].create(
            {"channel_id": cls.fake.id, "key": "inbox", "name": "Inbox"}
        )

    def setUp(self):
        super().setUp()
        self.theirs = []
        self.patch(FakeProvider, "census", lambda _self, _folder, _since: iter(self.theirs))

    def _list(self, *names, sent=datetime(2026, 1, 5, 9)):
        self.theirs += [Listed(str(name), sent) for name in names]

    def _prove(self, first=DAY, last=DAY, channel=None):
        self.env.flush_all()
        with self._test_mode():
            return (channel or self.fake)._prove(first, last)

    def _come_in(self, *numbers, **payload):
        events = self._store(
            *(fake_event(number, **payload) for number in numbers), channel=self.fake
        )
        events.folder_id = self.folder
        self._run_in()
        return events

    def _fates(self, proof):
        return {gap.key: gap.fate for gap in proof.gap_ids}

    # === NUMBERS === #

    def test_nothing_is_missing(self):
        self._come_in(1, 2, 3)
        self._list(1, 2, 3)
        proof = self._prove()
        self.assertEqual(
            (proof.provider_count, proof.stored_count, proof.processed_count), (3, 3, 3)
        )
        self.assertEqual((proof.ticketed_count, proof.customer_count), (3, 3))
        self.assertEqual((proof.answered_count, proof.missing_count), (0, 0))
        self.assertEqual((proof.state, proof.text), ("ok", "All here"))
        self.assertFalse(proof.gap_ids)
        self.assertFalse(proof.can_fetch)

    def test_answered(self):
        self._come_in(1)
        self._list(1)
        message = self.env["omni.message"].search(
            [("channel_id", "=", self.fake.id), ("external_id", "=", "1")]
        )
        self.assertEqual(self._prove().answered_count, 0)
        message.conversation_id.ticket_id.last_answer_date = datetime(2026, 1, 6)
        self.assertEqual(self._prove().answered_count, 1)

    def test_what_waits_and_what_was_given_up(self):
        self._come_in(1)
        [waiting, dead] = self._store(fake_event(2), fake_event(3), channel=self.fake)
        dead.write({"state": "dead", "failure_reason": "Broken."})
        self._list(1, 2, 3)
        proof = self._prove()
        self.assertEqual((proof.provider_count, proof.stored_count), (3, 3))
        self.assertEqual((proof.processed_count, proof.missing_count), (1, 0))
        self.assertEqual((proof.waiting_count, proof.dead_count), (1, 1))
        self.assertEqual(self._fates(proof), {"2": "waiting", "3": "dead"})
        self.assertEqual(proof.state, "missing")
        by_key = {gap.key: gap for gap in proof.gap_ids}
        self.assertEqual(by_key["2"].event_id, waiting)
        self.assertIn("Broken.", by_key["3"].explanation)
        # replayed from here
        by_key["3"].with_user(self.user_admin).action_replay()
        self._run_in()
        proof = self._prove()
        self.assertEqual((proof.state, proof.stored_count), ("ok", 3))
        self.assertFalse(proof.gap_ids)

    def test_names_in_the_letter(self):
        """What is told under a key of another kind is looked for in what came in."""
        [event] = self._store(fake_event("page-7", has="m_77"), channel=self.fake)
        event.state = "dead"
        self._list("m_77", "m_78")
        proof = self._prove()
        self.assertEqual(self._fates(proof), {"m_77": "dead", "m_78": "missing"})
        self.assertEqual(proof.stored_count, 1)

    def test_told_twice_counts_once(self):
        [event] = self._come_in(1)
        again = event.copy({"dedupe_key": "again", "folder_id": self.folder.id})
        again.write({"external_id": event.external_id, "state": "ignored"})
        self._list(1, 1)
        proof = self._prove()
        self.assertEqual((proof.provider_count, proof.stored_count), (1, 1))

    def test_other_names(self):
        """A long message of ours is several on the other side."""
        self._come_in(1)
        message = self.env["omni.message"].search([("channel_id", "=", self.fake.id)])
        self.env["omni.message.alias"].create(
            {"message_id": message.id, "channel_id": self.fake.id, "external_id": "1b"}
        )
        self._list("1", "1b")
        proof = self._prove()
        self.assertEqual((proof.provider_count, proof.stored_count), (2, 2))
        self.assertEqual(proof.missing_count, 0)

    def test_days_are_those_of_the_company(self):
        """Half past eleven in the evening of UTC is the next day in Brussels."""
        events = self._store(fake_event(1), channel=self.fake)
        events.occurred = datetime(2026, 1, 5, 23, 30)
        self._run_in()
        self._list(1, sent=datetime(2026, 1, 5, 23, 30))
        first, second = self._prove(DAY, DAY + timedelta(days=1)).sorted("day")
        self.assertEqual((first.provider_count, second.provider_count), (0, 1))
        self.assertEqual((first.stored_count, second.stored_count), (0, 1))
        self.assertEqual((first.state, second.state), ("ok", "ok"))

    def test_days_without_working_hours_are_those_of_the_country(self):
        company = self.fake.company_id
        company.resource_calendar_id.tz = "UTC"
        company.country_id = self.env.ref("base.fi")
        self.assertEqual(self.fake._proof_zone(), "Europe/Helsinki")
        company.country_id = False
        self.assertEqual(self.fake._proof_zone(), "UTC")

    def test_clocks_differ(self):
        """They say that it came on the next day; it is one message all the same."""
        self._come_in(1)
        self._list(1, sent=datetime(2026, 1, 5, 23, 30))
        first, second = self._prove(DAY, DAY + timedelta(days=1)).sorted("day")
        self.assertEqual((first.stored_count, second.stored_count), (0, 1))
        self.assertEqual(first.missing_count + second.missing_count, 0)

    def test_moved_there(self):
        self._come_in(1, 2)
        self._list(1)
        proof = self._prove()
        self.assertEqual((proof.provider_count, proof.stored_count), (1, 2))
        self.assertEqual((proof.moved_count, proof.state), (1, "ok"))

    # === EXPLANATIONS === #

    def test_left_alone_by_a_rule(self):
        rule = self.env["omni.rule"].create(
            {"name": "Not Jan", "sender_patterns": "jan@tafel.be", "result": "ignore"}
        )
        [event] = self._come_in(1)
        self.assertEqual((event.state, event.cause, event.rule_id), ("ignored", "rule", rule))
        self._list(1)
        proof = self._prove()
        self.assertEqual((proof.state, proof.ignored_count, proof.processed_count), ("ok", 1, 1))
        self.assertEqual(self._fates(proof), {"1": "rule"})
        self.assertIn("Not Jan", proof.gap_ids.explanation)
        # the rule was wrong: it is a message after all
        rule.unlink()
        self.assertIn("has been deleted since", proof.gap_ids.explanation)
        event.action_replay()
        self._run_in()
        self.assertFalse(event.rule_id)
        proof = self._prove()
        self.assertFalse(proof.gap_ids)
        self.assertEqual((proof.ignored_count, proof.ticketed_count), (0, 1))

    def test_comes_by_another_channel(self):
        with patch.object(FakeProvider, "parse", lambda *_args: [Ignored("elsewhere")]):
            self._come_in(1)
        self._list(1)
        proof = self._prove()
        self.assertEqual(self._fates(proof), {"1": "elsewhere"})
        self.assertEqual((proof.state, proof.ignored_count), ("ok", 1))

    def test_copy_in_another_channel(self):
        other = self._new_channel("fake", name="Other")

        def parse(provider, event):
            number = event.payload["id"]
            name = f"{provider.settings['channel_id']}-{number}"
            return [fake_inbound(name, message_id=f"<{number}@x.be>", sent=event.occurred)]

        with patch.object(FakeProvider, "parse", parse):
            self._store(fake_event(1), channel=other)
            self._run_in()
            self._come_in(1)
        key = f"{self.fake.id}-1"
        self._list(key)
        proof = self._prove()
        self.assertEqual(self._fates(proof), {key: "copy"})
        self.assertEqual(proof.state, "ok")

    def test_on_its_way(self):
        """What was written a minute ago may not be here yet; a day later it should be."""
        self._list("new", sent=datetime(2026, 1, 7, 10, 59))
        today = fields.Date.to_date("2026-01-07")
        proof = self._prove(today, today)
        self.assertEqual((proof.state, self._fates(proof)), ("waiting", {"new": "arriving"}))
        with freeze_time("2026-01-07 13:00:00"):
            proof = self._prove(today, today)
            self.assertEqual((proof.state, self._fates(proof)), ("missing", {"new": "missing"}))

    def test_older_than_the_channel(self):
        self.folder.since = datetime(2026, 1, 5, 8)
        self._list("old", sent=datetime(2026, 1, 5, 7))
        proof = self._prove()
        self.assertEqual((proof.provider_count, proof.missing_count), (0, 0))

    # === FETCHING === #

    def test_fetched_with_one_click(self):
        self._come_in(1)
        self._list(1, 2)
        self.folder.write({"cursor": "c", "is_dirty": False})
        proof = self._prove()
        self.assertEqual((proof.state, proof.text), ("missing", "1 missing"))
        self.assertTrue(proof.can_fetch)
        gap = proof.gap_ids
        self.assertTrue(gap.can_fetch)
        proof.with_user(self.user_admin).action_fetch()
        self.assertFalse(gap.can_fetch)
        self.assertIn("being fetched", gap.explanation)
        self.assertEqual(self.folder.reread_from, datetime(2026, 1, 5, 8))
        self.assertTrue(self.folder.is_dirty)
        FakeProvider.pages = [SyncPage((fake_event(1), fake_event(2)), "d")]
        self._run_sync()
        asked = [call[1] for call in FakeProvider.calls if call[0] == "sync"]
        self.assertEqual(
            asked,
            [
                ("inbox", "c", self.fake.start_date),
                ("inbox", "", datetime(2026, 1, 5, 8)),
            ],
        )
        self.assertEqual(self.folder.cursor, "d")
        self.assertFalse(self.folder.reread_from)
        self._run_in()
        self.assertTrue(self.fake._watchdog_activities(), "somebody was told at once")
        screen = self.env["omni.proof"].with_user(self.user_leader).get_screen(7)
        self.assertFalse(self.fake._watchdog_activities(), "and need do nothing any more")
        self.assertEqual(gap.fate, "fetched")
        self.assertEqual(screen["totals"]["missing"], 0)
        self.assertEqual((proof.state, proof.stored_count), ("ok", 2))
        proof = self._prove()
        self.assertEqual((proof.stored_count, self._fates(proof)), (2, {"2": "fetched"}))
        self.assertEqual(
            len(self.env["omni.message"].search([("channel_id", "=", self.fake.id)])), 2
        )

    def test_beginning_anew(self):
        """Who reads everything again has nothing to make up for."""
        self._list(1)
        self._prove().with_user(self.user_admin).action_fetch()
        self.assertTrue(self.folder.reread_from)
        self.folder.with_user(self.user_admin).action_read_again()
        self.assertFalse(self.folder.reread_from)

    def test_given_up_there(self):
        self._list(1)
        self.assertEqual(self._prove().missing_count, 1)
        self.theirs.clear()
        proof = self._prove()
        self.assertEqual((proof.missing_count, self._fates(proof)), (0, {"1": "gone"}))
        self.assertEqual(proof.state, "ok")

    def test_reading_again_is_interrupted(self):
        """What fails while it is read once more goes on where it stopped."""
        self._list(1)
        self._prove().with_user(self.user_admin).action_fetch()

        def pages(_self, _folder, cursor, since):
            FakeProvider.calls.append(("sync", cursor))
            if since == self.fake.start_date:
                yield SyncPage((), "now")
            elif not cursor:
                yield SyncPage((), "half", is_last=False)
                raise RetryableError("not now", retry_after=0)
            else:
                yield SyncPage((fake_event(1),), "whole")

        with patch.object(FakeProvider, "sync", pages):
            self._run_sync()
            self.assertEqual(self.folder.reread_cursor, "half")
            self.fake.next_sync = False
            self._run_sync()
        self.assertFalse(self.folder.reread_from)
        self.assertEqual(FakeProvider.calls[-1], ("sync", "half"))
        self._run_in()
        self.assertEqual(self._prove().state, "ok")

    # === WHO CANNOT TELL === #

    def test_the_other_side_cannot_be_asked(self):
        self.patch(FakeProvider, "census", lambda *_args: None)
        self._come_in(1, 2)
        proof = self._prove()
        self.assertFalse(proof.is_compared)
        self.assertEqual((proof.stored_count, proof.processed_count), (2, 2))
        self.assertEqual((proof.state, proof.text), ("unasked", "All processed"))
        screen = self.env["omni.proof"].get_screen(7)
        [channel] = [one for one in screen["channels"] if one["id"] == self.fake.id]
        self.assertFalse(channel["can_tell"])
        self.assertIs(channel["cells"]["2026-01-05"]["there"], False)

    def test_one_folder_cannot_be_asked(self):
        """What the others name is looked for; that all is there cannot be said."""
        closed = self.folder.copy({"key": "closed"})
        self._list(1)
        theirs = self.theirs
        self.patch(
            FakeProvider,
            "census",
            lambda _self, folder, _since: None if folder == closed.key else iter(theirs),
        )
        self._come_in(2)
        proof = self._prove()
        self.assertFalse(proof.is_compared)
        self.assertEqual((proof.provider_count, proof.moved_count), (0, 0))
        self.assertEqual((proof.state, proof.missing_count), ("missing", 1))
        self._come_in(1)
        self.assertEqual(self._prove().state, "unasked")

    def test_channel_of_the_demo(self):
        self.channel.is_enabled = True
        self._deliver(sent=datetime(2026, 1, 5, 9))
        proof = self._prove(channel=self.channel)
        self.assertEqual((proof.state, proof.stored_count, proof.ticketed_count), ("unasked", 1, 1))

    def test_the_other_side_does_not_answer(self):
        """What is known to be missing does not come back because nobody could be asked."""
        self._list(1)
        self._prove()

        def census(*_args):
            raise RetryableError("not now")

        with patch.object(FakeProvider, "census", census):
            proof = self._prove()
        self.assertEqual((proof.error, proof.missing_count), ("not now", 1))
        self.assertEqual(self._fates(proof), {"1": "missing"})
        other = self._prove(DAY - timedelta(days=1), DAY - timedelta(days=1))
        self.assertEqual(other.state, "ok")
        with patch.object(FakeProvider, "census", census):
            other = self._prove(DAY - timedelta(days=1), DAY - timedelta(days=1))
        self.assertEqual((other.state, other.text), ("error", "Could not be counted"))

    def test_strange_names(self):
        """Names of the other side are data, whatever they look like."""
        names = ["'; DROP TABLE omni_event; --", "%s", "a%(x)s", "🛋", ""]
        self._list(*names, "x" * 3000, "zero\0", "half \ud83d")
        proof = self._prove()
        self.assertLessEqual(set(names), set(self._fates(proof)))
        self.assertEqual(proof.missing_count, 8)
        self.assertEqual(self._prove().missing_count, 8)
        # they are recognised when they come in
        self._come_in("x" * 3000, "zero\0")
        self.assertEqual(self._prove().missing_count, 6)

    # === EVERY MORNING === #

    def _run_nightly(self):
        with self._cron_env() as env:
            env["omni.proof"]._cron_prove()

    def test_counted_in_the_morning_once(self):
        self._list(1)
        proofs = self.env["omni.proof"]
        with freeze_time("2026-01-07 02:30:00"):
            self._run_nightly()
            self.assertFalse(proofs.search([("channel_id", "=", self.fake.id)]), "half past three")
        with freeze_time("2026-01-07 03:30:00"):
            self._run_nightly()
        found = proofs.search([("channel_id", "=", self.fake.id)])
        self.assertEqual(len(found), 7)
        self.assertEqual(sum(found.mapped("missing_count")), 1)
        self.assertEqual(self.fake.proof_date, fields.Date.to_date("2026-01-07"))
        # the responsible person is told, once, until it is over
        activity = self.fake._watchdog_activities()
        self.assertEqual(activity.user_id, self.user_admin)
        self.assertIn("01/05/2026", activity.note)
        with patch.object(type(self.fake), "_prove") as prove:
            self._run_nightly()
            prove.assert_not_called()
        self._come_in(1)
        with freeze_time("2026-01-08 03:30:00"):
            self._run_nightly()
        self.assertFalse(self.fake._watchdog_activities())

    def test_old_days_are_forgotten(self):
        old = self.env["omni.proof"].create({"channel_id": self.fake.id, "day": "2024-01-01"})
        self._run_nightly()
        self.assertFalse(old.exists())

    # === WHO === #

    def test_who_sees_it(self):
        self._list(1)
        proof = self._prove()
        self.assertEqual(proof.with_user(self.user_leader).gap_ids.fate, "missing")
        self.assertTrue(self.env["omni.proof"].with_user(self.user_leader).get_screen()["days"])
        for user in (self.user_rep, self.user_employee, self.user_portal):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env["omni.proof"].with_user(user).get_screen()
            with self.subTest(user.login), self.assertRaises(AccessError):
                proof.with_user(user).read(["day"])
            with self.subTest(user.login), self.assertRaises(AccessError):
                proof.gap_ids.with_user(user).read(["key"])
        for user in (self.user_rep, self.user_leader):
            for call in (
                lambda user: self.env["omni.proof"].with_user(user).count(self.fake.id),
                lambda user: self.env["omni.proof"].with_user(user).fetch_missing(),
                lambda user: proof.with_user(user).action_fetch(),
                lambda user: proof.with_user(user).action_count(),
                lambda user: proof.gap_ids.with_user(user).action_fetch(),
            ):
                with self.assertRaises(AccessError):
                    call(user)
        for user in (self.user_leader, self.user_admin):
            with self.assertRaises(AccessError):
                proof.with_user(user).write({"missing_count": 0})
            with self.assertRaises(AccessError):
                proof.gap_ids.with_user(user).write({"fate": "fetched"})

    def test_other_companies(self):
        self._list(1)
        proof = self._prove()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.fake.write({"team_id": False, "company_id": company.id})
        with self.assertRaises(AccessError):
            proof.with_user(self.user_admin).read(["day"])
        with self.assertRaises(AccessError):
            proof.gap_ids.with_user(self.user_admin).read(["key"])
        with self.assertRaises(AccessError):
            self.env["omni.proof"].with_user(self.user_admin).count(self.fake.id)

    def test_count_by_hand(self):
        self._list(1)
        self.env.flush_all()
        proofs = self.env["omni.proof"].with_user(self.user_admin)
        with self._test_mode():
            self.assertTrue(proofs.count(self.fake.id, 3))
        self.env.invalidate_all()
        found = proofs.search([("channel_id", "=", self.fake.id)])
        self.assertEqual(found.mapped("missing_count"), [0, 0, 1])
        with self._test_mode():
            found[0].action_count()

    def test_views(self):
        proofs = self.env["omni.proof"].with_user(self.user_leader)
        proofs.get_views([(False, kind) for kind in ("list", "form", "search")])
        self._list(1)
        with Form(self._prove().with_user(self.user_leader)) as form:
            self.assertEqual(form.state, "missing")
        action = self._prove().action_messages()
        self.env["omni.message"].search(action["domain"])
        self.fake.action_proof()
