import json
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from odoo.addons.integration_base.tests.common import IntegrationCase

# the simulators lie beside the addons, where Odoo's own test runner does not look
_ROOT = str(Path(__file__).resolve().parents[3])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from simulators.threecx.editions import Licence  # noqa: E402
from simulators.threecx.house import CLIENT_ID, CLIENT_SECRET, make_house  # noqa: E402
from simulators.threecx.server import Simulator, running  # noqa: E402

GROUPS = "threecx_bridge.group_threecx_%s"
#: Of the addresses of colleagues, who are nobody's in a database with others in it.
DOMAIN = "pbx.test"


class PbxCase(IntegrationCase):
    """A telephone system that is only known by its address, a representative and an administrator.

    Own transactions are those of the test, so that they see its records.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = cls._new_user("rep", GROUPS % "user", name="Vincent", email=f"vendeur@{DOMAIN}")
        cls.colleague = cls._new_user(
            "colleague", GROUPS % "user", name="Marie", email=f"manager@{DOMAIN}"
        )
        cls.boss = cls._new_user("boss", GROUPS % "admin", email=f"boss@{DOMAIN}")
        cls.env["threecx.pbx"].search([]).action_archive()
        cls.pbx = cls.env["threecx.pbx"].create({"name": "Test", "url": "https://pbx.example.com"})

    def setUp(self):
        super().setUp()
        self.registry_enter_test_mode()

    def run_cron(self, name):
        """Run a job of telephone systems, which commits."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            getattr(self.env(cr=cr)["threecx.pbx"], name)()
        self.env.invalidate_all()

    def extension(self, number, user=None, pbx=None):
        """An extension, given to somebody by hand."""
        return self.env["threecx.extension"].create(
            {
                "pbx_id": (pbx or self.pbx).id,
                "number": number,
                **({"user_id": user.id} if user else {}),
            }
        )

    def dial(self, number, user=None, **options):
        """What the web client is answered."""
        self.env.flush_all()
        answer = self.env["threecx.call"].with_user(user or self.rep).dial(number, **options)
        self.env.invalidate_all()
        return answer


class SimulatedPbxCase(PbxCase):
    """The same, and behind its address a simulated PBX, over HTTP."""

    edition = "ENT"
    monitored = None
    """Extensions that the API client may see; by default all."""

    def setUp(self):
        super().setUp()
        house = make_house(4, DOMAIN)
        if self.monitored is not None:
            house.monitored = self.monitored
        self.sim = self.enterContext(running(Simulator(house, Licence(edition=self.edition))))
        self.pbx.write(
            {"url": self.sim.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        )

    def press_test(self):
        """Press the button."""
        self.pbx.with_user(self.boss).action_test_connection()

    def order(self, path, **body):
        """Have something done by whoever telephones.

        :param str path: of the simulator's own API
        """
        request = Request(
            f"{self.sim.url}/sim/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def asked(self, path):
        """Requests that the PBX got at an address that begins so."""
        return [item for item in self.sim.faults.requests if item["path"].startswith(path)]

    @contextmanager
    def failing(self, status=500, paths=()):
        """Let the PBX fail."""
        self.sim.faults.update({"errors": {"status": status, "seconds": 60, "paths": paths}})
        yield
        self.sim.faults.update({"errors": None})
