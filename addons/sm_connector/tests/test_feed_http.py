import json
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form
from odoo.tools import config, mute_logger

from simulators.silicon_master import Dialect, House, Settings
from simulators.silicon_master.server import running

from ..contract.shipped import SHIPPED
from .common import SmCase

ENTITIES = {"contact": "contacts", "article": "articles", "order": "orders"}


class HttpFeedCase(SmCase):
    """Feeds that read the API of a simulated master."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data_dir = str(cls.folder / "data")
        cls.startClassPatcher(patch.dict(config.options, {"data_dir": data_dir}))

    def setUp(self):
        super().setUp()
        folder = self.folder / self.id()
        self.house = House(folder / "state", folder / "drop", Settings.of_size("tiny"), Dialect())
        self.addCleanup(self.house._lock.close)
        self.server = self.enterContext(running(self.house))
        for entity, feed in self.feeds.items():
            if entity in ENTITIES:
                feed.write(self.settings(entity))
            else:
                feed.active = False

    def settings(self, entity, **values):
        return {
            "transport": "http",
            "format": "auto",
            "url": f"{self.server.url}/api/{ENTITIES[entity]}?format=csv&names=fr&paging=link",
            "paging": "link",
            "page_size": 9,
        } | values

    def manual(self):
        """Start a run as the button does, and let it take place."""
        self.env["sm.run"]._queue(self.backend, "manual")
        return self.lines(self.run_night())


class TestFeedHttp(HttpFeedCase):
    def test_nights(self):
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"done"}, lines["order"].message)
        self.assertTrue(lines["contact"].created)
        self.assertTrue(lines["order"].file_name.startswith("orders_"))
        kept = Path(self.feeds["order"].last_path)
        self.assertTrue(kept.is_dir())
        self.assertIn(self.feeds["order"]._get_spool_folder(), kept.parents)

        self.server.reset()
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"nothing"})
        self.assertEqual({request["status"] for request in self.server.requests()}, {304})
        self.assertIn("nothing new", lines["order"].remark)

        lines = self.manual()
        self.assertEqual({line.state for line in lines.values()}, {"done"})
        self.assertFalse(any(line.created + line.updated for line in lines.values()))

        self.house.night()
        lines = self.lines(self.run_night())
        self.assertTrue(lines["order"].updated)

    def test_down(self):
        """The night fails, says so, and the next one goes on where it was."""
        self.server.control(fail=[{"kind": "error500", "skip": 2, "times": 999}])
        with patch("odoo.addons.integration_base.http_client.MAX_RETRIES", 0), patch("time.sleep"):
            lines = self.lines(self.run_night())
        self.assertEqual(lines["contact"].state, "failed")
        self.assertEqual(lines["contact"].cause, "source")
        self.assertIn("500", lines["contact"].message)
        self.server.reset()
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"done"})

    def test_web_page_instead(self):
        self.server.control(fail=[{"kind": "wrong_type", "times": 999}])
        lines = self.lines(self.run_night())
        self.assert_refused(lines["contact"], "web page")
        self.assertEqual(lines["contact"].cause, "format")

    def test_bearer(self):
        self.server.control(auth="bearer")
        lines = self.lines(self.run_night())
        self.assertIn("credentials", lines["contact"].message)
        for feed in self.backend.feed_ids:
            feed.write({"auth": "bearer", "auth_secret": "silicon-token"})
        lines = self.lines(self.run_night())
        self.assertEqual({line.state for line in lines.values()}, {"done"})

    def test_delta(self):
        """What changed in the day is added; nothing is taken for gone."""
        self.run_night()
        full = self.feeds["order"]
        full.since_column = "Modifié le"
        self.feeds["order"].last_path = False
        self.run_night()
        self.assertRegex(full.watermark, r"\d\d/\d\d/\d{4}")
        delta = full.copy(
            {"mode": "delta", "since_param": "modified_since", "since_column": "Modifié le"}
        )
        links = self.env["sm.link"].search_count([("state", "=", "linked")])
        self.house.night()
        self.server.reset()
        with (
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.env(cr=cr)["sm.run"]._cron_delta()
            self.env(cr=cr)["sm.run"]._cron_night()
            cr.commit()  # pylint: disable=invalid-commit
        run = self.env["sm.run"].search([("trigger", "=", "delta")], limit=1)
        [line] = run.line_ids
        self.assertEqual((line.feed_id, line.scope, line.state), (delta, "changes", "done"))
        asked = self.server.requests()[0]["query"]["modified_since"]
        self.assertTrue(asked)
        self.assertTrue(line.updated or line.created, line.message)
        self.assertFalse(line.missing or line.archived)
        self.assertGreaterEqual(self.env["sm.link"].search_count([("state", "=", "linked")]), links)
        self.assertTrue(delta.watermark)
        self.assertFalse(delta.last_rows)

    def test_no_delta_feed(self):
        self.env["sm.run"]._cron_delta()
        self.assertFalse(self.backend.running_run_id)

    def test_connection_and_rows(self):
        feed = self.feeds["contact"]
        told = feed.action_test_connection()["params"]
        self.assertEqual(told["type"], "success", told)
        self.assertIn("csv", told["message"])
        action = feed.action_show_rows()
        rows = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(rows.table.count("<tr>"), 10)  # header and nine rows of the first page
        self.assertIn("Téléphone", rows.table)
        self.assertIn("contacts_", rows.name)
        self.server.control(auth="bearer")
        told = feed.action_test_connection()["params"]
        self.assertEqual(told["type"], "danger")
        with self.assertRaises(UserError):
            feed.action_show_rows()
        self.assertFalse(self.env["sm.run"].search([("backend_id", "=", self.backend.id)]))

    def test_backend_connection(self):
        self.backend.drop_folder = False
        self.assertTrue(self.backend.is_configured)
        self.assertEqual(self.backend.action_test_connection()["params"]["type"], "success")
        self.feeds["order"].transport = "file"
        self.assertFalse(self.backend.is_configured)

    def test_shipped_nested_mapping(self):
        """The other dialect, as its own API gives it."""
        for entity, feed in self.feeds.items():
            if entity not in ENTITIES:
                continue
            url = f"{self.server.url}/api/{ENTITIES[entity]}?format=json&paging=cursor"
            feed.write({"url": url, "paging": "cursor", "next_name": "next_cursor"})
            feed.mapping_ids = [(5,)] + [
                (
                    0,
                    0,
                    {
                        "source": rule.source,
                        "target": rule.target,
                        "converter": rule.converter,
                        "params": json.dumps(dict(rule.params)) if rule.params else False,
                        "required": rule.required,
                    },
                )
                for rule in SHIPPED["english_json"].rules[entity]
            ]
        lines = self.lines(self.run_night())
        self.assertEqual(
            {line.state for line in lines.values()}, {"done"}, lines["contact"].message
        )


class TestFeedSettings(SmCase):
    def test_addresses(self):
        feed = self.feeds["contact"]
        for url in (
            False,
            "http://erp.example.com/",
            "ftp://erp.example.com/",
            "https://jan:secret@erp.example.com/",
            "file:///etc/passwd",
        ):
            with self.assertRaises(ValidationError, msg=url):
                feed.write({"transport": "http", "url": url})
        feed.write({"transport": "http", "url": "https://erp.example.com/api"})

    def test_pages(self):
        feed = self.feeds["contact"]
        feed.write({"transport": "http", "url": "https://erp.example.com/api"})
        with self.assertRaises(ValidationError) as caught:
            feed.paging = "cursor"
        self.assertIn("Next Page", str(caught.exception))
        with self.assertRaises(ValidationError) as caught:
            feed.write({"paging": "offset", "offset_param": False})
        self.assertIn("First Record", str(caught.exception))

    def test_files(self):
        feed = self.feeds["contact"]
        for values in (
            {"pattern": False},
            {"pattern": "../*.csv"},
            {"lines_pattern": "a/*.csv"},
            {"completion": "marker", "marker_suffix": "ok"},
            {"completion": "marker", "marker_suffix": False},
        ):
            with self.assertRaises(ValidationError, msg=values):
                feed.write(values)
        feed.write({"transport": "http", "url": "https://erp.example.com/", "pattern": False})

    def test_delta(self):
        feed = self.feeds["contact"]
        feed.write({"transport": "http", "url": "https://erp.example.com/"})
        with self.assertRaises(ValidationError) as caught:
            feed.copy({"mode": "delta"})
        self.assertIn("column", str(caught.exception))
        with self.assertRaises(ValidationError) as caught:
            feed.copy({"mode": "delta", "since_column": "Modifié le"})
        self.assertIn("parameter", str(caught.exception))
        delta = feed.copy(
            {"mode": "delta", "since_column": "Modifié le", "since_param": "modified_since"}
        )
        self.assertIn("changes", delta.display_name)

    def test_secrets_are_not_copied(self):
        feed = self.feeds["contact"]
        feed.write({"auth_secret": "a", "sql_password": "b", "watermark": "c"})
        copy = feed.copy({"active": False})
        self.assertFalse(copy.auth_secret or copy.sql_password or copy.watermark)

    def test_who_may_say_where(self):
        """An administrator of the addon must not have a stored secret sent to his own server."""
        admin = self._new_user("sm_only_admin", "sm_connector.group_sm_admin")
        feed = self.feeds["contact"]
        feed.write(
            {"transport": "http", "url": "https://erp.example.com/", "auth_secret": "secret"}
        )
        mine = feed.with_user(admin)
        mine.write({"pattern": "X_*.csv", "url": feed.url, "page_size": 10})
        for values in (
            {"url": "https://evil.example.com/"},
            {"auth": "basic"},
            {"auth_name": "X-Other"},
            {"ca_bundle": "/tmp/mine.pem"},
            {"auth_secret": "x"},
            {"sql_host": "evil.example.com"},
            {"sql_query": "SELECT 1"},
        ):
            with self.assertRaises(AccessError, msg=values), mute_logger("odoo.models"):
                mine.write(values)
        with self.assertRaises(AccessError):
            self.env["sm.feed"].with_user(admin).create(
                {
                    "backend_id": self.backend.id,
                    "entity": "contact",
                    "active": False,
                    "transport": "http",
                    "url": "https://evil.example.com/",
                }
            )
        for name in ("auth_secret", "sql_host", "sql_password", "sql_query"):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                mine.read([name])
        self.env["sm.feed"].with_user(admin).create(
            {"backend_id": self.backend.id, "entity": "contact", "active": False, "pattern": "*"}
        )

    def test_form(self):
        """It opens, and saves, for both kinds of administrators."""
        admin = self._new_user("sm_only_admin", "sm_connector.group_sm_admin")
        for user in (admin, self.env.ref("base.user_admin")):
            with Form(self.feeds["contact"].with_user(user)) as form:
                form.pattern = "X_*.csv"
                form.completion = "stable"

    def test_neutralized(self):
        feed = self.feeds["contact"]
        feed.write({"transport": "http", "url": "https://erp.example.com/", "auth_secret": "a"})
        self.env.flush_all()
        script = Path(__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(script.read_text())
        self.env.invalidate_all()
        self.assertFalse(feed.url or feed.auth_secret or self.backend.drop_folder)
