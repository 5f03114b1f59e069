from odoo.http import Request
from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationHttpCase


@tagged("post_install", "-at_install")
class TestPortal(IntegrationHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._new_partner("Ateliers Dupont", is_company=True)
        cls.buyer = cls._new_partner("Nadia Haddad", parent_id=cls.company.id)
        cls.colleague = cls._new_partner("Luc Martin", parent_id=cls.company.id)
        cls.stranger = cls._new_partner("Jan de Vries")
        for partner, login in (
            (cls.buyer, "portal-buyer"),
            (cls.colleague, "portal-colleague"),
            (cls.stranger, "portal-stranger"),
        ):
            partner.email = f"{login}@example.com"
            cls._new_user(login, "base.group_portal", partner_id=partner.id)
        cls.rep = cls._new_user("portal-rep", "crm_ticket.group_ticket_user")
        cls.ticket = cls.env["crm.ticket"].create(
            {
                "name": "Where is <b>my</b> sofa?",
                "partner_id": cls.buyer.id,
                "description": "He is always angry",
            }
        )
        cls.url = f"/my/requests/{cls.ticket.id}"

    def _page(self, url, login):
        self.authenticate(login, login)
        return self.url_open(url)

    def test_own_requests_and_those_of_the_company(self):
        for login in ("portal-buyer", "portal-colleague"):
            page = self._page("/my/requests", login)
            self.assertIn(self.ticket.number, page.text)
            self.assertIn("Received", page.text)
            page = self._page(self.url, login)
            self.assertIn("Where is &lt;b&gt;my&lt;/b&gt; sofa?", page.text)
            self.assertNotIn("always angry", page.text)

    def test_requests_of_others(self):
        self.assertNotIn(self.ticket.number, self._page("/my/requests", "portal-stranger").text)
        self.assertNotIn("sofa", self._page(self.url, "portal-stranger").text)

    def test_nobody_without_account_or_link(self):
        self.authenticate(None, None)
        self.assertNotIn("sofa", self.url_open(self.url).text)
        token = self.ticket._portal_ensure_token()
        self.assertNotIn("sofa", self.url_open(f"{self.url}?access_token=wrong").text)
        self.assertNotIn("sofa", self.url_open(f"{self.url}?access_token=é").text)
        self.assertIn("sofa", self.url_open(f"{self.url}?access_token={token}").text)

    def test_orders_of_others_are_not_shown(self):
        mine, theirs = self.env["sale.order"].create(
            [
                {"name": "S-MINE", "partner_id": self.buyer.id},
                {"name": "S-THEIRS", "partner_id": self.stranger.id},
            ]
        )
        self.ticket.order_ids = mine
        other = self.ticket.create({"name": "Table", "partner_id": self.stranger.id})
        other.order_ids = theirs
        other._merge_into(self.ticket)
        self.assertIn(theirs, self.ticket.order_ids)
        for url in ("/my/requests", self.url):
            page = self._page(url, "portal-buyer").text
            self.assertIn("S-MINE", page)
            self.assertNotIn("S-THEIRS", page)

    def test_spam_and_merged_ones_are_not_shown(self):
        target = self.ticket.create({"name": "Table", "partner_id": self.stranger.id})
        self.ticket._merge_into(target)
        self.assertNotIn(self.ticket.number, self._page("/my/requests", "portal-buyer").text)
        target.action_spam()
        self.assertNotIn(target.number, self._page("/my/requests", "portal-stranger").text)

    def test_states_in_the_words_of_a_customer(self):
        self.ticket._assign(self.rep)
        self.assertIn("Being handled", self._page(self.url, "portal-buyer").text)
        self.ticket.action_wait()
        self.assertIn("Waiting for your answer", self._page(self.url, "portal-buyer").text)
        self.ticket.action_close()
        page = self._page(self.url, "portal-buyer")
        self.assertIn("Settled", page.text)
        self.assertIn("/rate/", page.text)

    def test_lists_by_state_and_of_any_wish(self):
        self.ticket.action_close()
        url = "/my/requests?filterby=%s&sortby=%s"
        self.assertNotIn(
            self.ticket.number, self._page(url % ("open", "date"), "portal-buyer").text
        )
        self.assertIn(self.ticket.number, self._page(url % ("done", "number"), "portal-buyer").text)
        self.assertIn(self.ticket.number, self._page(url % ("x", "y"), "portal-buyer").text)

    def test_number_on_the_tile(self):
        page = self._page("/my", "portal-buyer")
        self.assertIn("/my/requests", page.text)
        counters = self.make_jsonrpc_request("/my/counters", {"counters": ["request_count"]})
        self.assertEqual(counters["request_count"], 1)

    def test_no_rights_by_rpc(self):
        for login in ("portal-buyer", "portal-stranger"):
            user = self.env["res.users"].search([("login", "=", login)])
            self.assertFalse(self.ticket.with_user(user).has_access("read"))

    def test_satisfaction(self):
        self.ticket._assign(self.rep)
        self.ticket.action_close()
        url = self.ticket._rating_url().removeprefix(self.ticket.get_base_url())
        self._page(url, "portal-buyer")
        token = url.split("/")[2]
        form = {"rate": 5, "feedback": "Quick!", "csrf_token": Request.csrf_token(self)}
        self.url_open(f"/rate/{token}/submit_feedback", data=form)
        self.ticket.invalidate_recordset()
        self.assertEqual(self.ticket.rating_count, 1)
        self.assertEqual(self.ticket.rating_avg, 5)
        self.assertEqual(self.ticket.rating_ids.rated_partner_id, self.rep.partner_id)
        # said to colleagues, not to the customer
        self.assertTrue(all(self.ticket.message_ids.mapped("is_internal")))
        self.assertNotIn("/rate/", self._page(self.url, "portal-buyer").text)

    def test_asking_is_a_mail_that_a_person_reads_first(self):
        self.ticket.action_close()
        composer = self.ticket.with_user(self.rep).action_ask_rating()["context"]
        self.assertEqual(composer["default_partner_ids"], self.buyer.ids)
        self.assertIn("/rate/", composer["default_body"])
        self.assertFalse(self.env["mail.mail"].search([("recipient_ids", "in", self.buyer.ids)]))
