import hashlib
import time
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers import iadvize_panel
from .common_panel import SECRET, PanelCase, encode, sign

LOGGER = "odoo.addons.omnichannel_inbox.controllers.iadvize_panel"


@tagged("post_install", "-at_install")
class TestPanelSecurity(PanelCase):
    """Who may look, and where."""

    def setUp(self):
        super().setUp()
        self.panel_channel.secret = "of the webhook"
        self.conversation = self._chat(self.customer, "strong")
        self.enterContext(mute_logger(LOGGER))

    def _assert_refused(self, jwt, code=None, channel=None):
        """Neither the page nor an action; said in words, with nothing of a customer."""
        page = self._page(jwt, channel)
        action = self._request("context", jwt=jwt or "-", channel=channel)
        for response in (page, action):
            self.assertIn(response.status_code, (401, 403), response.text)
            self.assertNotIn("Dupont", response.text)
            self.assertNotIn("Traceback", response.text)
        self.assertIn('role="alert"', page.text)
        self.assertNotIn("<script", page.text)
        if code:
            self.assertEqual(action.json()["error"]["code"], code)
        iadvize_panel.guard.reset()
        return action.json()["error"]

    # === TOKEN === #

    def test_forged(self):
        claims = self._claims()
        signed = self._jwt()
        head, body, signature = signed.split(".")
        other = encode({**claims, "email": self.user_leader.email or "x@shop.example"})
        none = encode({"alg": "none", "typ": "JWT"})
        forged = {
            "none": f"{none}.{body}.",
            "None": f"{encode({'alg': 'None'})}.{body}.",
            "none, signed": sign(claims, header={"alg": "none"}),
            "HS512": sign(claims, header={"alg": "HS512"}, digest=hashlib.sha512),
            "HS512 named": sign(claims, header={"alg": "HS512"}),
            "RS256 named": sign(claims, header={"alg": "RS256"}),
            "critical": sign(claims, header={"alg": "HS256", "crit": ["x"]}),
            "other secret": sign(claims, secret="another"),
            "empty secret": sign(claims, secret=""),
            "secret of the webhook": sign(claims, secret="of the webhook"),
            "other body": f"{head}.{other}.{signature}",
            "no signature": f"{head}.{body}.",
            "two parts": f"{head}.{body}",
            "four parts": f"{signed}.x",
            "junk": "x",
            "oversized": sign({**claims, "x": "y" * 5000}),
            "no JSON": f"{head}.{encode(b'[')}.{signature}",
        }
        for name, jwt in forged.items():
            with self.subTest(name):
                self._assert_refused(jwt, "token")
        self.assertEqual(self._page(signed).status_code, 200)

    def test_for_somebody_else(self):
        now = int(time.time())
        url = self.panel_channel.panel_url
        wrong = [
            {"iss": "somebody"},
            {"iss": None},
            {"aud": f"{url}/"},
            {"aud": "https://elsewhere.example/omni/panel/x"},
            {"aud": None},
            {"aud": [f"{url}x"]},
            {"exp": now - 31},
            {"exp": None},
            {"exp": "never"},
            {"iat": now + 120},
            {"nbf": now + 120},
        ]
        for claims in wrong:
            with self.subTest(claims):
                self._assert_refused(self._jwt(**claims), "token")

    def test_token_of_another_channel(self):
        other = self._new_desk("Other", "its own secret")
        # signed by the other connector for this panel, or for its own
        self._assert_refused(sign(self._claims(), secret="its own secret"), "token")
        jwt = sign(self._claims(aud=other.panel_url), secret="its own secret")
        self._assert_refused(jwt, "token")
        # the same secret in both: a token still opens but the panel it is for
        other.panel_secret = SECRET
        self._assert_refused(self._jwt(), "token", channel=other)
        self.assertEqual(self._page(self._jwt(aud=other.panel_url), other).status_code, 200)
        # and a conversation of another channel is not there
        response = self._request("context", jwt=self._jwt(aud=other.panel_url), channel=other)
        self.assertEqual(response.json()["state"], "unknown")

    def test_absent(self):
        page = self._page("")
        self.assertEqual(page.status_code, 401)
        self.assertIn("desk of iAdvize", page.text)
        response = self.url_open(
            f"/omni/panel/{self.panel_channel.panel_token}/context", data=b"{}"
        )
        self.assertEqual(response.status_code, 401)
        # a page that somebody opens by mistake is no alarm
        self.assertFalse(self.panel_channel.panel_last_refused)

    def test_in_the_address_it_opens_no_action(self):
        response = self.url_open(
            f"/omni/panel/{self.panel_channel.panel_token}/context?jwt={self._jwt()}", data=b"{}"
        )
        self.assertEqual(response.status_code, 401)

    def test_every_request_is_checked(self):
        jwt = self._jwt()
        self.assertEqual(self._request("context", jwt=jwt).status_code, 200)
        self.user_rep.group_ids = [Command.set(self.env.ref("base.group_user").ids)]
        self._assert_refused(jwt, "group")

    def test_refusals_are_told_to_the_administrator(self):
        self._page(sign(self._claims(), secret="another"))
        self.panel_channel.invalidate_recordset()
        self.assertTrue(self.panel_channel.panel_last_refused)
        self.assertIn("over or not valid: ", self.panel_channel.panel_refusal_text)
        self.assertIn("signed by somebody else", self.panel_channel.panel_refusal_text)
        self.panel_channel.panel_refusal = "stranger sophie@tafel.be"
        words = "Nobody in Odoo has your address: sophie@tafel.be"
        self.assertEqual(self.panel_channel.panel_refusal_text, words)

    def test_guessing_is_slowed_down(self):
        with patch.object(iadvize_panel.guard, "limit", 3):
            for _number in range(3):
                self.assertEqual(self._request("context", jwt="x").status_code, 401)
            self.assertEqual(self._request("context", jwt="x").status_code, 429)
            self.assertEqual(self._page("x").status_code, 429)
            # colleagues in the same house go on
            self.assertEqual(self._request("context").status_code, 200)

    def test_a_wild_panel_is_slowed_down(self):
        with patch.object(iadvize_panel.pace, "limit", 2):
            self._ask("context")
            self._ask("context")
            self.assertEqual(self._request("context").status_code, 429)

    # === USER === #

    def test_no_session_is_used(self):
        """Whoever is signed in at Odoo in this browser does not count, and nobody is signed in."""
        self.authenticate("admin", "admin")
        self.assertEqual(self._page("").status_code, 401)
        self.authenticate(None, None)
        response = self._page()
        self.assertEqual(response.status_code, 200)
        self.assertNotIn("Set-Cookie", response.headers)
        response = self._request("context")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_nobody(self):
        for email in ("nobody@shop.example", "%", "_ep@shop.example", "rep@shop.exampl_"):
            with self.subTest(email):
                self._assert_refused(self._jwt(email=email))
        error = self._assert_refused(self._jwt(email="nobody@shop.example"), "stranger")
        self.assertIn("nobody@shop.example", error["text"])
        for email in (None, "", "rep", [], {"a": 1}, 5):
            with self.subTest(email):
                self._assert_refused(self._jwt(email=email), "nameless")

    def test_by_login(self):
        self.user_rep.write({"login": "Sales.Rep@shop.example", "email": False})
        self.assertEqual(self._page(self._jwt(email="sales.rep@shop.example")).status_code, 200)

    def test_user_without_group(self):
        self.user_employee.email = "clerk@shop.example"
        self._assert_refused(self._jwt(email="clerk@shop.example"), "group")

    def test_portal_user(self):
        self.user_portal.email = "portal@shop.example"
        self._assert_refused(self._jwt(email="portal@shop.example"), "stranger")
        # nor does he stand in the way of a colleague whose address he writes into his own
        self.user_portal.email = "rep@shop.example"
        self.assertEqual(self._page().status_code, 200)

    def test_archived_user(self):
        self.user_rep.active = False
        self._assert_refused(self._jwt(), "stranger")

    def test_two_users_with_the_same_address(self):
        self.user_other.email = "REP@shop.example"
        self._assert_refused(self._jwt(), "several")

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self._new_desk("Theirs", company_id=company.id, team_id=False)
        jwt = self._jwt(aud=theirs.panel_url)
        self._assert_refused(jwt, "company", channel=theirs)
        # with access to both: only what is of the company of the channel
        self.user_rep.company_ids = [Command.link(company.id)]
        self._chat(self.customer, "strong", channel=theirs, visitor="v2", team=self.env["crm.team"])
        order = self._order()
        answer = self._request("context", jwt=jwt, channel=theirs).json()
        self.assertEqual(answer["state"], "ready")
        self.assertEqual(answer["orders"]["items"], [])
        refused = self._request("card", {"kind": "order", "id": order.id}, jwt, theirs)
        self.assertEqual(refused.status_code, 400)

    def test_other_team(self):
        self.panel_channel.team_id = self.other_team
        self._assert_refused(self._jwt(), "team")

    def test_ticket_of_another_team(self):
        self.conversation._case().write({"team_id": self.other_team.id, "user_id": False})
        for action, values in (
            ("context", {}),
            ("identify", {"term": "Dupont"}),
            ("confirm", {"partner": self.customer.id}),
            ("reject", {"partner": self.customer.id}),
            ("ticket", {}),
            ("note", {"text": "x"}),
            ("canned", {}),
            ("answer", {"key": "canned:1"}),
            ("articles", {"term": "sofa"}),
            ("card", {"kind": "order", "id": self._order().id}),
            ("undo", {"token": "x"}),
            ("part", {"join": 1}),
        ):
            with self.subTest(action):
                response = self._request(action, values)
                self.assertEqual(response.status_code, 403)
                self.assertIn("Omni Workshop", response.json()["error"]["text"])
                self.assertNotIn("Dupont", response.text)

    def test_join_a_ticket_of_another_team(self):
        hidden = self.env["crm.ticket"].create(
            {"name": "Hidden", "partner_id": self.customer.id, "team_id": self.other_team.id}
        )
        self.assertNotIn("Hidden", self._request("context").text)
        response = self._request("ticket", {"ticket": hidden.id})
        self.assertEqual(response.status_code, 403)
        self.assertFalse(hidden.merged_into_id)

    def test_half_an_action_is_none(self):
        """What was written before an action failed is not kept."""
        inboxes = type(self.env["omni.inbox"])

        def confirm(inbox, identity_id, partner_id):
            inbox.env["omni.identity"].browse(identity_id).sudo().name = "Half"
            raise AccessError(inbox.env._("Only users of the inbox can do this."))

        with patch.object(inboxes, "confirm_identity", confirm):
            response = self._request("confirm", {"partner": self.customer.id})
        self.assertEqual(response.status_code, 403)
        self.conversation.identity_id.invalidate_recordset()
        self.assertEqual(self.conversation.identity_id.name, "Marie")

    def test_what_is_wrong_here_is_no_fault_of_the_colleague(self):
        """An action that fails is said to have failed, and logged; nothing it wrote is kept."""
        panels = type(self.env["omni.iadvize.panel"])

        def action(error):
            def fail(panel, channel, values):
                panel._conversation(channel, values).identity_id.name = "Half"
                panel.env.flush_all()
                if error:
                    raise error
                return {object: "no JSON"}

            return fail

        for name, error in (
            ("ValueError", ValueError("not enough values to unpack")),
            ("KeyError", KeyError("who")),
            ("TypeError", None),
        ):
            with (
                self.subTest(name),
                patch.object(panels, "_do_context", action(error)),
                self.assertLogs(LOGGER, "ERROR") as logs,
            ):
                response = self._request("context")
                self.assertEqual(response.status_code, 500)
                told = response.json()["error"]
                self.assertEqual(told["text"], "That did not work. Try again.")
                self.assertNotIn("unpack", response.text)
                [line] = logs.output
                self.assertIn(name, line)
                self.assertIn("Traceback", line)
                self.conversation.identity_id.invalidate_recordset()
                self.assertEqual(self.conversation.identity_id.name, "Marie")

    def test_collision_is_done_again(self):
        """Another transaction was in the way: Odoo begins anew, and nobody is told."""
        panels = type(self.env["omni.iadvize.panel"])
        original, calls = panels._do_context, []

        def collide(panel, channel, values):
            calls.append(values)
            if len(calls) == 1:
                raise ConcurrencyError("in the way")
            return original(panel, channel, values)

        with (
            patch.object(panels, "_do_context", collide),
            patch("odoo.service.model.time.sleep"),
            mute_logger("odoo.service.model"),
        ):
            self.assertEqual(self._ask("context")["state"], "ready")
        self.assertEqual(len(calls), 2)

    # === WHAT IS SENT === #

    def test_malformed(self):
        for body in (b" ", b"{", b"[]", b'"x"', b"5", b"null", b"\xff\xfe", b"[" * 20_000):
            with self.subTest(body[:8]):
                response = self._request("context", body=body)
                self.assertEqual(response.status_code, 400)
                self.assertIn("cannot be understood", response.json()["error"]["text"])

    def test_malformed_values(self):
        wrong = [
            ("context", {"conversation": None}),
            ("context", {"conversation": ["x"]}),
            ("context", {"conversation": "../../x"}),
            ("context", {"conversation": "x" * 65}),
            ("identify", {"term": ["x"]}),
            ("identify", {"term": "x" * 121}),
            ("confirm", {"partner": "1"}),
            ("confirm", {"partner": True}),
            ("confirm", {"partner": -1}),
            ("confirm", {"partner": 2**40}),
            ("confirm", {}),
            ("reject", {"partner": None}),
            ("note", {"text": "x" * 5001}),
            ("note", {"text": {"a": 1}}),
            ("answer", {"key": "canned:x"}),
            ("answer", {"key": "canned:99999999999999999999"}),
            ("answer", {"key": "secret"}),
            ("answer", {}),
            ("card", {"kind": "partner", "id": 1}),
            ("card", {"kind": "order", "id": "1 or 1=1"}),
            ("ticket", {"ticket": "x"}),
        ]
        for action, values in wrong:
            with self.subTest(f"{action} {str(values)[:40]}"):
                response = self._request(action, values)
                self.assertEqual(response.status_code, 400, response.text)
                self.assertTrue(response.json()["error"]["text"])
        # no text that the database could not hold
        for action, values in (("note", {"text": "x\ud800\0"}), ("identify", {"term": "x\udfff"})):
            self.assertEqual(self._request(action, values).status_code, 200)
        # what only bears on the wording is taken as it comes
        for language in (None, [], "xx", "../", "fr_FR" * 50, 7):
            self.assertEqual(self._request("canned", {"language": language}).status_code, 200)

    def test_oversized(self):
        response = self._request("note", body=b"x" * (iadvize_panel.MAX_BYTES + 1))
        self.assertEqual(response.status_code, 413)

    def test_no_such_thing(self):
        for action in ("_context", "unlink", "__class__", "do_context", "texts"):
            self.assertEqual(self._request(action).status_code, 404)
        for token in ("x", "", self.panel_channel.webhook_token, "False", "None"):
            self.assertEqual(self.url_open(f"/omni/panel/{token}").status_code, 404)
        url = f"/omni/panel/{self.panel_channel.panel_token}"
        self.assertEqual(self.url_open(f"{url}/context").status_code, 405)
        self.assertEqual(self.url_open(url, data=b"{}").status_code, 405)

    def test_not_callable_otherwise(self):
        """Nothing of the server side is for the web client."""
        panels = type(self.env["omni.iadvize.panel"])
        own = {
            name for base in panels.__mro__ for name in vars(base) if "iadvize" in base.__module__
        }
        self.assertEqual({name for name in own if not name.startswith("_")}, set())

    # === IN SERVICE === #

    def test_closed(self):
        self.panel_channel.panel_secret = False
        for secret in ("False", "", SECRET):
            self._assert_refused(sign(self._claims(), secret=secret), "closed")
        self.panel_channel.panel_secret = SECRET
        self.panel_channel.is_enabled = False
        self._assert_refused(self._jwt(), "closed")
        self.panel_channel.active = False
        self.assertEqual(self._page().status_code, 404)

    def test_only_a_channel_with_a_desk(self):
        self.env.cr.execute(
            "UPDATE omni_channel SET panel_token = 'demo', panel_secret = %s WHERE id = %s",
            (SECRET, self.channel.id),
        )
        self.assertEqual(self.url_open("/omni/panel/demo").status_code, 404)

    def test_neutralised(self):
        url = self.panel_channel.panel_url
        statements = Path(iadvize_panel.__file__).parents[1] / "data" / "neutralize.sql"
        self.env.cr.execute(statements.read_text())
        self.env.invalidate_all()
        self.assertFalse(self.panel_channel.panel_secret)
        self.assertNotEqual(self.panel_channel.panel_url, url)

    def test_secrets_are_of_the_settings(self):
        names = ["panel_token", "panel_secret", "panel_url", "panel_origins", "panel_library_url"]
        channel = self.panel_channel.with_user(self.user_admin)
        for name in names:
            with self.subTest(name), self.assertRaises(AccessError):
                channel.read([name])
        for name in ("panel_origins", "panel_library_url", "panel_secret"):
            with self.subTest(name), self.assertRaises(AccessError):
                channel.write({name: "https://x.example/y.js"})

    # === WHERE === #

    def test_framed_by_the_desk_only(self):
        policy = (
            "default-src 'none'; script-src 'self' https://static.iadvize.com; style-src 'self';"
            " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
            " frame-ancestors https://sd.iadvize.com https://ha.iadvize.com"
        )
        for jwt, status in ((None, 200), ("", 401), ("x", 401)):
            response = self._page(jwt)
            self.assertEqual(response.status_code, status)
            self.assertEqual(response.headers["Content-Security-Policy"], policy)
            self.assertNotIn("X-Frame-Options", response.headers)
            self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(response.headers["Cache-Control"], "no-store")
            self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        unknown = self.url_open("/omni/panel/x").headers["Content-Security-Policy"]
        self.assertIn("frame-ancestors 'none'", unknown)

    def test_no_origin_is_no_frame(self):
        self.panel_channel.write({"panel_origins": False, "panel_library_url": False})
        policy = self._page().headers["Content-Security-Policy"]
        self.assertTrue(policy.endswith("frame-ancestors 'none'"))
        self.assertIn("script-src 'self';", policy)

    def test_nothing_is_run_on_the_page(self):
        self.user_rep.lang = "en_US"
        panels = type(self.env["omni.iadvize.panel"])
        original = panels._texts

        def texts(panel):
            return {**original(panel), "title": "</title><script>alert(1)</script>\"'>"}

        with patch.object(panels, "_texts", texts):
            page = self._page().text
        self.assertNotIn("<script>alert", page)
        error = self._page(self._jwt(email='"<script>alert(1)</script>"@x.example')).text
        self.assertNotIn("<script", error)

    def test_a_refusal_is_in_the_language_of_the_agent(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        panels = type(self.env["omni.iadvize.panel"])
        langs = []

        def refusal(panel, code, email=""):
            langs.append(panel.env.lang)
            return "T", "t"

        with patch.object(panels, "_refusal", refusal):
            # of the browser, when it is not known who he is
            self._page("x", headers={"Accept-Language": "fr-FR,fr;q=0.9"})
            self._page("x", headers={"Accept-Language": "en-US"})
            # his own, when it is
            self.user_rep.lang = "fr_BE"
            self.panel_channel.team_id = self.other_team
            self._page(None, headers={"Accept-Language": "en-US"})
        self.assertEqual(langs, ["fr_BE", "en_US", "fr_BE"])

    def test_token_is_not_kept_in_the_log(self):
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self._page(sign(self._claims(), secret="another"))
        self.assertNotIn("eyJ", " ".join(logs.output))
        self.assertNotIn(SECRET, " ".join(logs.output))

    def test_padding_is_not_needed(self):
        """Tokens are base64url without padding, of whatever length their parts are."""
        for sub in ("1", "12", "123"):
            token = self._jwt(sub=sub)
            self.assertNotIn("=", token)
            self.assertEqual(self._page(token).status_code, 200)
