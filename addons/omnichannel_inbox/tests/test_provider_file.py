import inspect
import json
from pathlib import Path

from odoo.tools import mute_logger

from odoo.addons.integration_base.exceptions import RejectedError

from ..controllers import webhook
from ..providers import PROVIDERS, register
from . import pigeon
from .common import OmniHttpCase

LINES = 80


class TestProviderFile(OmniHttpCase):
    """A further provider is one file: `pigeon`, which carries messages both ways."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        register(pigeon.PigeonProvider)
        cls.addClassCleanup(PROVIDERS.pop, "pigeon")
        cls.loft = cls._new_channel("pigeon", secret="coo")
        cls.folder = cls.env["omni.folder"].create(
            {"channel_id": cls.loft.id, "key": "roof", "name": "Roof"}
        )

    def setUp(self):
        super().setUp()
        webhook.guard.reset()
        pigeon.ROOF.clear()
        pigeon.FLOWN.clear()

    def _received(self):
        return self.env["omni.message"].search(
            [("channel_id", "=", self.loft.id), ("direction", "=", "in")], order="sent"
        )

    def test_is_one_small_file(self):
        path = Path(inspect.getfile(pigeon))
        self.assertLess(len(path.read_text().splitlines()), LINES)

    def test_choice(self):
        codes = dict(self.env["omni.channel"]._fields["provider"]._description_selection(self.env))
        self.assertEqual(codes["pigeon"], "Carrier pigeon")
        self.assertEqual(self.loft.icon, "fa-twitter")

    def test_in_by_webhook_and_out(self):
        letter = {"id": "1", "from": "jan", "text": "Where is my sofa?", "at": 1767603600}
        response = self._post(self.loft, letter, headers={"X-Ring": "coo"})
        self.assertEqual(response.status_code, 202)
        self._run_in("chat")
        message = self._received()
        self.assertIn("sofa", message.mail_message_id.body)
        self.assertTrue(message.conversation_id._case())
        answer = self._answer(message)
        self._run_out("chat")
        self.assertEqual((answer.state, answer.external_id), ("sent", f"p-{answer.uuid}"))
        self.assertEqual(pigeon.FLOWN, [("jan", "We look into it.")])
        with mute_logger(webhook.__name__):
            response = self._post(self.loft, letter, headers={"X-Ring": "wrong"})
        self.assertEqual(response.status_code, 403)

    def test_in_by_sync(self):
        pigeon.ROOF += [
            {"id": str(n), "from": "jan", "text": f"Letter {n}", "at": 1767603600 + n}
            for n in range(5)
        ]
        self._run_sync()
        self._run_in("chat")
        self.assertEqual(self._received().mapped("external_id"), ["0", "1", "2", "3", "4"])
        self.assertEqual(json.loads(self.folder.cursor), 5)

    def test_health(self):
        self.loft.action_test_connection()
        self.assertEqual(self.loft.health, "ok")
        self.loft.secret = ""
        self.loft.action_test_connection()
        self.assertEqual(self.loft.health, "error")

    def test_provider_that_is_gone(self):
        """An addon that brought a provider can be uninstalled: the rest goes on."""
        PROVIDERS.pop("pigeon")
        self.addCleanup(register, pigeon.PigeonProvider)
        with self.assertRaises(RejectedError):
            self.loft._provider()
        self._run_in("chat")
        self._run_out("chat")
        self._run_sync()
        self.assertFalse(self.loft._capabilities().can_send)
        self.assertFalse(self.loft.webhook_url)
