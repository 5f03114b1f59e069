from dataclasses import replace

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_base.exceptions import RetryableError

from ..listener import transactions
from ..listener.presence import PresenceBoard
from .common_call import CallCase

ACCESS = {
    "url": "https://pbx.example",
    "client_id": "900",
    "client_secret": "secret",
    "listener_enabled": True,
}


@tagged("post_install", "-at_install")
class TestListener(CallCase):
    """What the listener reads and writes; how it follows is tested with a real process."""

    def setUp(self):
        super().setUp()
        self.board = PresenceBoard()
        self.cron = self.env.ref("threecx_bridge.ir_cron_backfill")

    def take(self, report):
        """As the worker does with a report."""
        self.board.take(report)
        transactions.record(self.env, self.pbx.id, report, self.board)

    def triggers(self):
        """How often the call log is to be read."""
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])

    def test_only_what_is_complete_and_wanted_is_followed(self):
        self.assertNotIn(self.pbx.id, transactions.targets(self.env))
        self.pbx.write(ACCESS)
        target = transactions.targets(self.env)[self.pbx.id]
        self.assertEqual(target.name, "PBX")
        self.assertNotIn("secret", repr(target))
        for values in (
            {"listener_enabled": False},
            {"client_id": False},
            {"url": False},
            {"active": False},
        ):
            with self.subTest(values), self.env.cr.savepoint() as savepoint:
                self.pbx.write(values)
                self.assertNotIn(self.pbx.id, transactions.targets(self.env))
                savepoint.rollback()
                self.pbx.invalidate_recordset()

    def test_changed_settings_are_another_target(self):
        self.pbx.write(ACCESS)
        before = transactions.targets(self.env)[self.pbx.id]
        self.assertEqual(transactions.targets(self.env)[self.pbx.id], before)
        for values in (
            {"client_secret": "other"},
            {"url": "https://other.example", "client_secret": "x"},
        ):
            self.pbx.write(values)
            self.assertNotEqual(transactions.targets(self.env)[self.pbx.id], before)

    def test_presence_follows_the_shares(self):
        extension = self.extensions[0]
        ringing = self.report("listener", "7/101/1/1", 0)
        self.take(ringing)
        self.assertEqual((extension.state, extension.since), ("ringing", self.at(0)))
        ongoing = replace(ringing, state="ongoing", answered=self.at(5))
        self.take(ongoing)
        self.assertEqual((extension.state, extension.since), ("talking", self.at(5)))
        self.take(replace(ongoing, state="ended", ended=self.at(65), outcome="answered"))
        self.assertEqual((extension.state, extension.since), ("idle", False))
        self.assertEqual(self.extensions[1].state, "idle")

    def test_connected(self):
        """Who is on the phone is known again, and nobody else is."""
        self.extensions.write({"state": "talking", "since": self.at(0), "registered": True})
        self.board.take(self.report("listener", "7/102/1/1", 0, extension="102"))
        before = self.triggers()
        transactions.connected(self.env, self.pbx.id, self.board, {"101": True, "102": False})
        self.assertEqual(self.extensions.mapped("state"), ["idle", "ringing", "idle"])
        self.assertEqual(self.extensions.mapped("registered"), [True, False, False])
        self.assertEqual(self.pbx.health, "ok")
        self.assertEqual(self.pbx.last_event, fields.Datetime.now())
        # what happened meanwhile is read: now, and when what is going on will have ended
        self.assertEqual(self.triggers(), before + 2)

    def test_failing(self):
        self.extensions.write({"state": "talking", "since": self.at(0)})
        transactions.failing(self.env, self.pbx.id, RetryableError("No answer."))
        self.assertEqual((self.pbx.health, self.pbx.health_message), ("error", "No answer."))
        self.assertEqual(set(self.extensions.mapped("state")), {"idle"})

    def test_incomplete(self):
        before = self.triggers()
        transactions.incomplete(self.env, self.pbx.id)
        self.assertEqual(self.pbx.health, "warning")
        self.assertGreater(self.triggers(), before)

    def test_call_log_is_not_read_all_the_time(self):
        """A line that breaks again and again."""
        before = self.triggers()
        for _cut in range(50):
            transactions.connected(self.env, self.pbx.id, self.board, {})
        self.assertEqual(self.triggers(), before + 2 * transactions.ENOUGH_LOOKS)

    def test_restored_shares(self):
        """Open ones, those that ended nobody knows how, and the others of the same calls."""
        open_share = self.report("listener", "7/101/1/1", 0, call_ref="7", queue="800", name="Eva")
        ended = self.report("listener", "8/101/2/1", 30, end=40, call_ref="8")
        taken = self.report(
            "listener", "8/102/3/1", 30, take=40, end=50,
            call_ref="8", extension="102", outcome="answered",
        )  # fmt: skip
        known = self.report(
            "listener", "9/103/4/1", 60, end=70,
            call_ref="9", extension="103", outcome="missed", number="+3242223344",
        )  # fmt: skip
        journal = self.report("journal", "j", 100, take=105, number="+3242223355")
        for report in (open_share, ended, taken, known, journal):
            self.take(report)
        restored = transactions.open_shares(self.env, self.pbx.id)
        self.assertEqual([share.key for share in restored], [open_share.key, ended.key, taken.key])
        for share, report in zip(restored, (open_share, ended, taken), strict=True):
            for name in ("direction", "number", "extension", "state", "outcome", "started"):
                self.assertEqual(getattr(share, name), getattr(report, name), name)

    def test_shares_of_long_ago_are_not_asked_after(self):
        report = self.report("listener", "7/101/1/1", -90_000, call_ref="7")
        self.take(report)
        self.assertEqual(transactions.open_shares(self.env, self.pbx.id), [])
