from unittest.mock import patch

from markupsafe import escape

from odoo import Command
from odoo.tests import tagged

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxCanned(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.canned.response"].search([]).unlink()
        cls.customer.lang = "en_US"
        cls.order = cls.env["sale.order"].create(
            {
                "name": "S04711",
                "partner_id": cls.customer.id,
                "commitment_date": "2031-12-24 10:00:00",
            }
        )
        cls.ticket = cls._ticket(order_ids=[Command.link(cls.order.id)])
        cls.canned = cls._canned(
            "where",
            "Dear {first_name} <{customer}>,\n{order} comes on {expected_date}.\n"
            "{agent}, {company} {number} {unknown}",
        )

    @classmethod
    def _canned(cls, source, text, **values):
        group = cls.env.ref("crm_ticket.group_ticket_user")
        return cls.env["mail.canned.response"].create(
            {"source": source, "substitution": text, "group_ids": group.ids, **values}
        )

    def _get(self, ticket=None, term="", user=None):
        ticket = ticket or self.ticket
        conversation = self._conversation_of(ticket)
        return self._as(user or self.anna).get_canned(ticket.id, conversation.id, term)

    def test_filled_in(self):
        [canned] = self._get(term="::where")
        self.assertEqual(
            canned["html"],
            "Dear Marie &lt;Marie Dupont&gt;,<br/>S04711 comes on 12/24/2031.<br/>"
            f"Anna Answer, {escape(self.env.company.name)} {self.ticket.number} {{unknown}}",
        )
        self.assertEqual(canned["missing"], [])

    def test_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        french = self._canned("where", "Bonjour, {expected_date}", omni_lang="fr_BE")
        self.assertEqual([one["id"] for one in self._get()], self.canned.ids)
        self.customer.lang = "fr_BE"
        [canned] = self._get()
        self.assertEqual(canned["id"], french.id)
        self.assertIn("24/12/2031", canned["html"].replace("-", "/"))

    def test_of_the_channel(self):
        other = self._new_channel(name="Other")
        self._canned("there", "Only there", omni_channel_ids=other.ids)
        here = self._canned("where", "Here", omni_channel_ids=self.channel.ids)
        found = {one["source"]: one["id"] for one in self._get()}
        self.assertEqual(found, {"where": here.id})

    def test_term(self):
        self._canned("thanks", "Thank you")
        self.assertEqual([one["source"] for one in self._get(term="tha")], ["thanks"])
        self.assertEqual([one["source"] for one in self._get(term="comes on")], ["where"])
        self.assertEqual(self._get(term="xyz"), [])

    def test_own_and_shared_only(self):
        mine = self.env["mail.canned.response"].with_user(self.anna)
        mine.create({"source": "private", "substitution": "Mine"})
        self.assertIn("private", [one["source"] for one in self._get()])
        self.assertNotIn("private", [one["source"] for one in self._get(user=self.bert)])

    def test_what_is_not_known_is_seen(self):
        self.order.commitment_date = False
        [canned] = self._get()
        self.assertEqual(canned["missing"], ["expected date"])
        self.assertIn(
            '<span class="o_omni_missing">\u00abexpected date\u00bb</span>', canned["html"]
        )
        basis = self.inbox.get_thread(self.ticket.id)["basis"]
        conversation = self._conversation_of(self.ticket)
        values = {"html": canned["html"]}
        answer = self.inbox.send(self.ticket.id, conversation.id, values, basis)
        self.assertEqual(answer["state"], "refused")
        self.assertTrue(answer["can_force"])
        self.assertIn("expected date", answer["message"])
        answer = self.inbox.send(self.ticket.id, conversation.id, values, basis, force=True)
        self.assertEqual(answer["state"], "queued")

    def test_nothing_about_orders_to_somebody_unknown(self):
        for level in ("weak", "none"):
            ticket = self._ticket(
                text="", order_ids=[Command.link(self.order.id)], partner_id=self.customer.id
            )
            self._conversation(ticket, level=level, address=f"{level}@example.com")
            [canned] = self._get(ticket)
            self.assertEqual(canned["missing"], ["order number", "expected date"])
            self.assertNotIn("S04711", canned["html"])
            self.assertNotIn("12/24", canned["html"])
            self.assertIn("not certain who writes", canned["reasons"]["order number"])

    def test_link_to_messenger(self):
        self._canned("mm", "Write here: {messenger_link}")
        [canned] = self._get(term="::mm")
        self.assertIn("No page is in service", canned["reasons"]["link to Messenger"])
        partners = type(self.customer)
        with patch.object(partners, "_omni_link_to_messenger", return_value="https://m.me/1?ref=2"):
            [canned] = self._get(term="::mm")
            self.assertEqual(canned["html"], "Write here: https://m.me/1?ref=2")
            # it would prove that a stranger is the customer
            self._conversation_of(self.ticket).identity_id.level = "weak"
            [canned] = self._get(term="::mm")
            self.assertNotIn("m.me", canned["html"])

    def test_nothing_about_the_order_of_somebody_else(self):
        """Two people asked about one delivery, and their tickets were merged."""
        neighbour = self._new_partner("Piet Buur", email="piet@example.com")
        other = self._ticket(partner_id=neighbour.id)
        conversation = self._conversation_of(other)
        other._merge_into(self.ticket)
        [canned] = self._as(self.anna).get_canned(self.ticket.id, conversation.id)
        self.assertNotIn("S04711", canned["html"])
        self.assertIn("somebody else", canned["reasons"]["order number"])
        self.order.partner_shipping_id = neighbour
        [canned] = self._as(self.anna).get_canned(self.ticket.id, conversation.id)
        self.assertIn("S04711", canned["html"])

    def test_several_orders(self):
        second = self.order.copy({"name": "S04712", "commitment_date": "2031-12-24 10:00:00"})
        self.ticket.order_ids = [Command.link(second.id)]
        [canned] = self._get()
        self.assertIn("several orders", canned["reasons"]["order number"])
        # none named: the only one that is open
        self.ticket.order_ids = [Command.clear()]
        self.assertIn("order number", self._get()[0]["missing"])
        self.order.action_confirm()
        self.order.commitment_date = "2031-12-24 10:00:00"
        self.assertIn("S04711", self._get()[0]["html"])
        second.action_confirm()
        second.commitment_date = "2031-12-24 10:00:00"
        self.assertIn("several", self._get()[0]["reasons"]["order number"])

    def test_first_name(self):
        name = self.env["omni.inbox"]._first_name
        self.assertEqual(name("Marie Dupont"), "Marie")
        self.assertEqual(name("DUPONT Marie"), "Marie")
        self.assertEqual(name("Dupont, Marie"), "Marie")
        self.assertEqual(name("MARIE DUPONT"), "MARIE")
        self.assertEqual(name(""), "")

    def test_company_has_no_first_name(self):
        self.customer.is_company = True
        self.assertIn("first name", self._get()[0]["missing"])
