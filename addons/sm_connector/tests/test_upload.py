import base64
import os
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form
from odoo.tools import config, mute_logger

from .common import SmCase, as_csv


class UploadCase(SmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data_dir = str(cls.folder / "data")
        cls.startClassPatcher(patch.dict(config.options, {"data_dir": data_dir}))
        cls.operator = cls._new_user("sm_upload_operator", "sm_connector.group_sm_operator")

    def upload(self, text, name="CLIENTS_mine.csv", entity="contact", **values):
        content = text if isinstance(text, bytes) else text.encode()
        return (
            self.env["sm.upload"]
            .with_user(self.operator)
            .create(
                {
                    "backend_id": self.backend.id,
                    "entity": entity,
                    "file": base64.b64encode(content),
                    "file_name": name,
                }
                | values
            )
        )

    def take_over(self, *rows, entity="contact", **values):
        """Upload rows and let the run take place; return its line."""
        wizard = self.upload(as_csv(entity, rows), entity=entity, **values)
        wizard.action_check()
        wizard.action_start()
        run = self.run_night()
        self.assertIn(run.trigger, ("upload", "backfill"))
        [line] = run.line_ids
        return line


class TestUpload(UploadCase):
    def test_preview(self):
        wizard = self.upload(as_csv("contact", [{"Code": "1", "Nom": "<b>Dupont</b>"}]))
        wizard.action_check()
        self.assertEqual(wizard.state, "check")
        self.assertIn("&lt;b&gt;Dupont", wizard.table)
        self.assertFalse(wizard.defects)
        self.assertFalse(self.env["sm.run"].search([("backend_id", "=", self.backend.id)]))
        wizard.action_back()
        self.assertFalse(wizard.file or wizard.rows_id)

    def test_changes(self):
        """What the file does not hold stays."""
        self.sync(contact=[{"Code": "1", "Nom": "Dupont"}, {"Code": "2", "Nom": "Martin"}])
        feed = self.feeds["contact"]
        before = (feed.last_rows, feed.last_sha256, feed.last_path)
        line = self.take_over({"Code": "2", "Nom": "Martin & fils"}, {"Code": "3", "Nom": "Noël"})
        self.assertEqual((line.state, line.created, line.updated), ("done", 1, 1), line.message)
        self.assertFalse(line.missing)
        self.assertEqual(self.partner("2").name, "Martin & fils")
        self.assertEqual(self.link("contact", "1").state, "linked")
        self.assertEqual((feed.last_rows, feed.last_sha256, feed.last_path), before)

    def test_complete(self):
        """As the export of a night; the night by hand reads it again, not an older file."""
        feed = self.feeds["contact"]
        feed.min_percent = 0
        self.sync(contact=[{"Code": "1", "Nom": "Dupont"}, {"Code": "2", "Nom": "Martin"}])
        line = self.take_over({"Code": "2", "Nom": "Martin 2"}, scope="full")
        self.assertEqual((line.state, line.updated, line.missing), ("done", 1, 1), line.message)
        self.assertEqual(self.link("contact", "1").state, "missing")
        self.assertIn(feed._get_spool_folder().resolve(), Path(feed.last_path).parents)
        self.env["sm.run"]._queue(self.backend, "manual")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.unchanged), ("done", 1), line.message)
        self.assertEqual(self.partner("2").name, "Martin 2")

    def test_history(self):
        """What Odoo knows is left alone."""
        self.sync(contact=[{"Code": "1", "Nom": "Dupont"}])
        line = self.take_over(
            {"Code": "1", "Nom": "Dupont in 2019"}, {"Code": "0", "Nom": "Ancien"}, scope="history"
        )
        self.assertEqual((line.run_id.trigger, line.created), ("backfill", 1), line.message)
        self.assertEqual(self.partner("1").name, "Dupont")
        self.assertEqual(self.partner("0").name, "Ancien")

    def test_refused(self):
        for name, words in (
            ("clients.pdf", "not a file of the expected kind"),
            ("clients", "not a file of the expected kind"),
            (False, "Choose a file"),
        ):
            with self.assertRaisesRegex(UserError, words):
                self.upload("x", name=name).action_check()
        self.feeds["contact"].format = "xlsx"
        with self.assertRaisesRegex(UserError, "Excel"):
            self.upload("x", name="clients.csv").action_check()
        self.feeds["contact"].format = "auto"
        with self.assertRaisesRegex(UserError, "cannot be used"):
            self.upload(b"\x00\x01", name="clients.xlsx").action_check()
        with self.assertRaisesRegex(UserError, "Choose a file"):
            self.upload("").action_start()
        with (
            patch("odoo.addons.sm_connector.wizard.sm_upload.MAX_BYTES", 10),
            self.assertRaisesRegex(UserError, "can be uploaded"),
        ):
            self.upload("x" * 100).action_check()

    def test_not_while_another_runs(self):
        self.env["sm.run"]._queue(self.backend, "manual")
        wizard = self.upload(as_csv("contact", [{"Code": "1", "Nom": "Dupont"}]))
        with self.assertRaisesRegex(UserError, "waiting or running"):
            wizard.action_start()

    def test_who(self):
        text = as_csv("contact", [{"Code": "1", "Nom": "Dupont"}])
        wizard = self.upload(text)
        wizard.action_check()
        user = self._new_user("sm_upload_user", "sm_connector.group_sm_user")
        with self.assertRaises(AccessError):
            self.env["sm.upload"].with_user(user).create(
                {"backend_id": self.backend.id, "entity": "contact"}
            )
        other = self._new_user("sm_upload_other", "sm_connector.group_sm_operator")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            wizard.with_user(other).action_start()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.backend.company_id = company
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            wizard.action_start()

    def test_file_is_private(self):
        wizard = self.upload(as_csv("contact", [{"Code": "1", "Nom": "Dupont"}]))
        wizard.action_start()
        attachment = self.env["sm.run.line"].search([("upload_id", "!=", False)]).upload_id
        self.assertFalse(attachment.index_content)
        user = self._new_user("sm_upload_user", "sm_connector.group_sm_user")
        with self.assertRaises(AccessError):
            attachment.with_user(user).read(["raw"])

    def test_form(self):
        action = self.backend.with_user(self.operator).action_upload()
        form = Form(
            self.env["sm.upload"].with_user(self.operator).with_context(**action["context"])
        )
        form.entity = "contact"
        form.file = base64.b64encode(as_csv("contact", [{"Code": "1"}]).encode())
        wizard = form.save()
        wizard.file_name = "x.csv"  # the client's widget fills it in
        wizard.action_check()


class TestRetention(UploadCase):
    def put_away(self, days):
        self.drop_rows("contact", {"Code": "1", "Nom": "Dupont"})
        transport = self.feeds["contact"]._get_transport()
        [delivery] = transport.waiting()
        stamp = datetime.now() - timedelta(days=days)
        return transport.archive(delivery, "done", stamp, transport.checksum(delivery))

    def test_files(self):
        old, good, new = self.put_away(91), self.put_away(200), self.put_away(89)
        self.feeds["contact"].last_path = str(good)
        strange = old.parent / "notes.txt"
        strange.write_text("x")
        self.backend.archive_days = 0
        self.env["sm.backend"]._gc_files()
        self.assertTrue(old.exists())
        self.backend.archive_days = 90
        self.env["sm.backend"]._gc_files()
        self.assertFalse(old.exists())
        self.assertTrue(good.exists() and new.exists() and strange.exists())

    def test_uploads(self):
        line = self.take_over({"Code": "1", "Nom": "Dupont"})
        attachment = line.upload_id
        path = next(self.feeds["contact"]._get_spool_folder().rglob("*CLIENTS_mine.csv"))
        line.run_id.state = "held"
        self.env["sm.backend"]._gc_files()
        self.assertTrue(attachment.exists())
        line.run_id.state = "done"
        self.env["sm.backend"]._gc_files()
        self.assertFalse(attachment.exists())
        self.assertFalse(line.upload_id)
        self.assertTrue(path.exists())
        path.rename(path.with_name("20200101T000000_abcdef01_CLIENTS.csv"))
        self.env["sm.backend"]._gc_files()
        self.assertFalse(list(self.feeds["contact"]._get_spool_folder().rglob("*.csv")))

    def test_folders_of_feeds_that_are_gone(self):
        folder = self.feeds["contact"]._get_spool_folder()
        gone = folder.with_name("feed_999999999")
        for left in (gone, folder / "spool", folder / ".glance-x"):
            left.mkdir(parents=True)
        self.env["sm.backend"]._gc_files()
        self.assertFalse(gone.exists())
        self.assertTrue((folder / "spool").exists())
        os.utime(folder / "spool", (0, 0))
        os.utime(folder / ".glance-x", (0, 0))
        self.env["sm.backend"]._gc_files()
        self.assertEqual(os.listdir(folder), [])
