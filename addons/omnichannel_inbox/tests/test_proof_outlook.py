from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from .common_outlook import OutlookCase


class TestProofOutlook(OutlookCase):
    """The whole way with a mailbox: counted there, compared here, and what is missing fetched."""

    def _prove(self, **later):
        """Count today, or a little later: what has just been written may still be on its way."""
        first = self.box._proof_today()
        self.env.flush_all()
        with self._test_mode(), freeze_time(fields.Datetime.now() + timedelta(**later), tick=True):
            return self.box._prove(first, self.box._proof_today())

    def _lose(self, key):
        """As if it had never come in."""
        message = self.messages().filtered(lambda one: one.external_id == key)
        self.env["omni.event"].search([("external_id", "=", key)]).unlink()
        message.mail_message_id.unlink()

    def test_lost_found_and_fetched(self):
        keys = [self.write_mail(subject=f"Mail {number}") for number in range(3)]
        self.fetch_mail()
        self._answer(self.messages()[0])
        self._run_out()
        self.ask("POST", "/sim/settle", {})
        self.fetch_mail()
        proofs = self._prove()
        self.assertEqual(set(proofs.mapped("state")), {"ok"})
        # three of the customer, and our answer in the folder of what was sent
        self.assertEqual(sum(proofs.mapped("provider_count")), 4)
        self.assertEqual(sum(proofs.mapped("stored_count")), 4)
        self.assertEqual(sum(proofs.mapped("own_count")), 1)
        self.assertEqual(sum(proofs.mapped("moved_count")), 0)
        self._lose(keys[1])
        proofs = self._prove(minutes=30)
        self.assertEqual(proofs.gap_ids.mapped("key"), [keys[1]])
        self.assertEqual(proofs.gap_ids.fate, "missing")
        self.assertTrue(proofs.gap_ids.folder_id)
        cursor = proofs.gap_ids.folder_id.cursor
        proofs.with_user(self.user_admin).action_fetch()
        self.fetch_mail()
        self.assertTrue(cursor and proofs.gap_ids.folder_id.cursor)
        self.assertEqual(len(self.messages()), 4, "nothing appears twice")
        proofs = self._prove(minutes=30)
        self.assertEqual(set(proofs.mapped("state")), {"ok"})
        self.assertEqual(proofs.gap_ids.fate, "fetched")
        self.assertEqual(sum(proofs.mapped("stored_count")), 4)

    def test_deleted_in_the_mailbox_before_it_came_in(self):
        key = self.write_mail()
        self.fetch_mail()
        self._lose(key)
        self.assertEqual(self._prove(minutes=30).gap_ids.fate, "missing")
        self.ask("POST", f"/sim/mailboxes/{self.box.outlook_mailbox}/messages/{key}/delete")
        proofs = self._prove(minutes=30)
        self.assertEqual(proofs.gap_ids.fate, "gone")
        self.assertEqual(set(proofs.mapped("state")), {"ok"})

    def test_mailbox_cannot_be_asked(self):
        self.write_mail()
        self.fetch_mail()
        self.fault({"status": 503, "path": "messages", "times": 20})
        proofs = self._prove()
        self.assertEqual(set(proofs.mapped("state")), {"error"})
        self.assertTrue(all(proofs.mapped("error")))
