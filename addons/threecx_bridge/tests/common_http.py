from odoo.sql_db import db_connect

from odoo.addons.integration_base.tests.common import IntegrationHttpCase

from ..models.ir_http_threecx import RATE_PARAMETER
from ..threecx.template import DATABASE_HEADER, TEMPLATE_VERSION, VERSION_HEADER

GROUPS = "threecx_bridge.group_threecx_%s"


class ThreecxHttpCase(IntegrationHttpCase):
    """A telephone system that speaks to Odoo over HTTP with its own key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_admin = cls._new_user("threecx_admin", GROUPS % "admin")
        cls.user_rep = cls._new_user(
            "threecx_rep", GROUPS % "user", "sales_team.group_sale_salesman"
        )
        cls.pbx = cls.env["threecx.pbx"].create({"name": "Test PBX", "keep_recordings": True})
        cls.key = cls._new_key(cls.pbx)
        cls.customer = cls._new_partner("Jan Peeters", phone="04/222.33.44", email="jan@tafel.be")

    def setUp(self):
        super().setUp()
        # counts are committed apart from the test, and the minute may be the one of the last test
        with db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("DELETE FROM threecx_rate_limit")

    @classmethod
    def _new_key(cls, pbx):
        return pbx.with_user(cls.user_admin).action_generate_key()["context"]["default_key"]

    def _set_rate(self, rate):
        self.env["ir.config_parameter"].set_param(RATE_PARAMETER, rate)

    def ask(self, path, json=None, key=None, headers=None, **query):
        """A request as the CRM template makes it: a GET of the query, or a POST of ``json``.

        :param str key: another one than that of the telephone system; empty: none
        :rtype: requests.Response
        """
        key = self.key if key is None else key
        return self.url_open(
            path,
            json=json,
            params=query,
            method="GET" if json is None else "POST",
            headers={
                DATABASE_HEADER: self.env.cr.dbname,
                VERSION_HEADER: str(TEMPLATE_VERSION),
                **({"Authorization": f"Bearer {key}"} if key else {}),
                **(headers or {}),
            },
        )

    def contacts(self, path, json=None, **query):
        """Contacts of an answer, which has to be a success."""
        response = self.ask(path, json, **query)
        self.assertEqual(response.status_code, 200, response.text[:500])
        self.assertEqual(response.headers["Content-Type"], "application/json; charset=utf-8")
        return response.json()["contacts"]

    def assert_refused(self, response, status):
        """A short answer that tells nothing."""
        self.assertEqual(response.status_code, status, response.text[:500])
        self.assertLess(len(response.content), 200)
        self.assertEqual(list(response.json()), ["error"])
        self.assertNotIn("Peeters", response.text)
