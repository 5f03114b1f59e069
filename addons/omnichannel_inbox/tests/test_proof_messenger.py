from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from .common_messenger import MessengerCase


class TestProofMessenger(MessengerCase):
    """A page is counted by its conversations; nobody need have told us of a message."""

    def _prove(self, **later):
        first = self.page._proof_today()
        self.env.flush_all()
        with self._test_mode(), freeze_time(fields.Datetime.now() + timedelta(**later), tick=True):
            return self.page._prove(first - timedelta(days=1), self.page._proof_today())

    def test_lost_found_and_fetched(self):
        psid = self.person()
        names = [self.writes(psid, f"Message {number}") for number in range(3)]
        proofs = self._prove(minutes=30)
        self.assertEqual(set(proofs.gap_ids.mapped("key")), set(names))
        self.assertEqual(set(proofs.gap_ids.mapped("fate")), {"missing"})
        self.assertTrue(all(proofs.filtered("missing_count").mapped("can_fetch")))
        proofs.with_user(self.user_admin).action_fetch()
        self._run_sync()
        self._run_in("chat")
        proofs = self._prove(minutes=30)
        self.assertEqual(set(proofs.gap_ids.mapped("fate")), {"fetched"})
        self.assertEqual(set(proofs.mapped("state")), {"ok"})
        self.assertEqual(sum(proofs.mapped("stored_count")), 3)
        self.assertEqual(sum(proofs.mapped("provider_count")), 3)

    def test_told_beside_a_message_is_none(self):
        """What is told of a link beside the message is not counted, waiting or done."""
        psid = self.person()
        row = self.said(
            mid=self.writes(psid), person=psid, at=1800, referral={"ref": "x", "source": "ADS"}
        )
        self.assertEqual(len(self.tell(row)), 2)
        for count, state in (("waiting_count", "waiting"), ("processed_count", "ok")):
            proofs = self._prove(minutes=30)
            self.assertEqual(sum(proofs.mapped("provider_count")), 1)
            self.assertEqual(sum(proofs.mapped("stored_count")), 1)
            self.assertEqual(sum(proofs.mapped(count)), 1)
            self.assertIn(state, proofs.mapped("state"))
            self._run_in("chat")
