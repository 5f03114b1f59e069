import json
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from lxml import html

from odoo import Command
from odoo.tools import mute_logger

from .common_http import ThreecxHttpCase

NUMBER = "+3242223344"


class TestPop(ThreecxHttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate("threecx_rep", "threecx_rep")
        self.env["bus.bus"].search([]).unlink()

    def pop(self, **query):
        return self.url_open("/threecx/pop", params=query)

    def sent(self):
        """Payloads sent to screens, with the channel."""
        self.env["bus.bus"].flush_model()
        return [
            (json.loads(line.channel)[1:], json.loads(line.message)["payload"])
            for line in self.env["bus.bus"].search([])
            if json.loads(line.message)["type"] == "threecx_bridge/call"
        ]

    def page(self, response):
        return html.fromstring(response.text).get_element_by_id("threecx_pop")

    def test_shows_the_call_on_the_screen_of_the_user(self):
        response = self.pop(number=NUMBER, name="Jan")
        self.assertEqual(response.status_code, 200)
        [(channel, data)] = self.sent()
        self.assertEqual(channel, ["res.partner", self.user_rep.partner_id.id])
        self.assertEqual((data["number"], data["caller_name"]), (NUMBER, "Jan"))
        self.assertEqual(data["partner"]["id"], self.customer.id)
        page = self.page(response)
        self.assertEqual(page.get("data-key"), data["key"])
        url = urlsplit(page.get("data-tab-url"))
        self.assertEqual(url.path, "/odoo/action-threecx_bridge.threecx_call_pop_action")
        self.assertEqual(parse_qs(url.query), {"number": [NUMBER], "name": ["Jan"]})

    def test_plus_that_was_not_escaped(self):
        self.url_open(f"/threecx/pop?number={NUMBER}")
        [(_channel, data)] = self.sent()
        self.assertEqual(data["number"], NUMBER)

    def test_withheld(self):
        for number in ("", "anonymous", "%CallerNumber%"):
            self.assertEqual(self.pop(number=number, name="").status_code, 200)
        self.assertEqual(len(self.sent()), 3)

    def test_changes_nothing(self):
        models = ("res.partner", "threecx.call", "threecx.pbx", "crm.lead", "mail.message")

        def state():
            self.env.invalidate_all()
            return [
                self.env[name].with_context(active_test=False).search_read([], ["write_date"])
                for name in models
            ]

        before = state()
        for number in (NUMBER, "+32475000000", ""):
            self.pop(number=number, name="New")
        self.assertEqual(state(), before)

    def test_script_is_the_only_one(self):
        response = self.pop(number=NUMBER)
        policy = response.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("script-src 'self'", policy)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        [script] = html.fromstring(response.text).xpath("//script")
        self.assertEqual(self.url_open(script.get("src")).status_code, 200)

    def test_markup_in_names(self):
        evil = "\"'><script>alert(1)</script>"
        response = self.pop(number=evil, name=evil)
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("alert(1)</script>", response.text)
        self.assertEqual(len(html.fromstring(response.text).xpath("//script")), 1)
        query = parse_qs(urlsplit(self.page(response).get("data-tab-url")).query)
        self.assertEqual(query["name"], [evil])

    def test_open_tab_answers(self):
        """The page hears of an open tab that shows its call, and goes nowhere."""
        with patch("odoo.addons.threecx_bridge.controllers.pop.PATIENCE", 60_000):
            self.browser_js(
                f"/threecx/pop?number={NUMBER}",
                """
                const page = document.getElementById("threecx_pop");
                const tab = new BroadcastChannel("threecx_bridge");
                window.close = () => {
                    const isShown = !page.querySelector(".shown").hidden;
                    const isWaiting = !page.querySelector(".waiting").hidden;
                    console.log(isShown && !isWaiting ? "test successful" : "wrong text");
                };
                tab.postMessage({ type: "shown", key: "pop/other" });
                tab.onmessage = ({ data }) => {
                    if (data.type === "ask" && data.key === page.dataset.key) {
                        tab.postMessage({ type: "shown", key: data.key });
                    }
                };
                """,
                "document.readyState === 'complete'",
                login="threecx_rep",
            )

    def test_no_open_tab(self):
        """The page becomes the tab. Here something small stands for the web client."""
        controller = "odoo.addons.threecx_bridge.controllers.pop."
        with (
            patch(f"{controller}TAB_URL", "/threecx_bridge/static/pop/pop.js"),
            patch(f"{controller}PATIENCE", 300),
        ):
            self.browser_js(
                f"/threecx/pop?number={NUMBER}",
                "console.log('test successful')",
                "window.location.pathname.endsWith('/pop.js')",
                login="threecx_rep",
            )

    @mute_logger("odoo.http")
    def test_too_long(self):
        for query in ({"number": "0" * 2_000}, {"name": "x" * 2_000}):
            self.assertEqual(self.pop(**query).status_code, 400)
        self.assertFalse(self.sent())

    @mute_logger("odoo.http")
    def test_users_without_the_telephone(self):
        """Succeeds with the right, fails without."""
        group = self.env.ref("threecx_bridge.group_threecx_user")
        self.authenticate("integration_employee", "integration_employee")
        self.user_employee.group_ids = [Command.link(group.id)]
        self.assertEqual(self.pop(number=NUMBER).status_code, 200)
        self.user_employee.group_ids = [Command.unlink(group.id)]
        response = self.pop(number=NUMBER)
        self.assertEqual(response.status_code, 403)
        self.assertNotIn("Peeters", response.text)
        self.authenticate("integration_portal", "integration_portal")
        self.assertEqual(self.pop(number=NUMBER).status_code, 403)
        self.assertEqual(len(self.sent()), 1)

    def test_without_session(self):
        self.logout()
        response = self.url_open(f"/threecx/pop?number={NUMBER}", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
        self.assertFalse(self.sent())
