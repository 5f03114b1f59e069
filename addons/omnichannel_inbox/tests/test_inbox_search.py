from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common_inbox import InboxCase


@tagged("post_install", "-at_install")
class TestInboxSearch(InboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        company = cls.env["res.partner"].create(
            {"name": "Brasserie de l'Évêché", "is_company": True, "email": "info@eveche.example"}
        )
        cls.customer.write({"parent_id": company.id, "ref": "C-00815"})
        cls.order = cls.env["sale.order"].create(
            {"name": "S0004711", "client_order_ref": "PO/2026/77", "partner_id": cls.customer.id}
        )
        cls.ticket = cls._ticket(
            "Le canapé n'est pas là",
            "Bonjour, le fauteuil en velours est arrivé déchiré.",
            order_ids=[Command.link(cls.order.id)],
        )
        cls.other = cls._ticket("Something else", partner_id=False, email_from="zoe@example.net")

    def _found(self, text, user=None):
        answer = self._as(user or self.anna).get_inbox("all", search=text)
        return {item["id"] for item in answer["items"]} & {self.ticket.id, self.other.id}

    def test_found(self):
        for text in (
            "canapé",
            "CANAPE",
            "cana",
            "marie",
            "dupont marie",
            "marie@example.com",
            "example.com",
            "eveche",
            "évêché",
            "S0004711",
            "s00047",
            "4711",
            "PO/2026/77",
            "C-00815",
            "815",
            "+32 475 12 34 56",
            "0475/12.34.56",
            "0475 12",
            "velours",
            "fauteuil dech",
            # who it is from and what he wrote
            "dupont velours",
            self.ticket.number,
            self.ticket.number.lower(),
        ):
            self.assertIn(self.ticket.id, self._found(text), text)

    def test_not_found(self):
        for text in ("velour chaise", "apé", "4712", "0475 99", "'; DROP TABLE x; --", "zoe"):
            self.assertNotIn(self.ticket.id, self._found(text), text)

    def test_nothing_typed_yet(self):
        for text in ("", " ", "a", "!", "é", "\\", False):
            self.assertEqual(self._found(text), {self.ticket.id, self.other.id}, text)

    def test_follows_changes(self):
        self.customer.name = "Marie Janssens"
        self.assertIn(self.ticket.id, self._found("janssens"))
        self.ticket.order_ids = [Command.clear()]
        self.assertNotIn(self.ticket.id, self._found("S0004711"))
        self._mail(self.other, "Et le pouf ?", minutes=1)
        self.assertEqual(self._found("pouf"), {self.other.id})

    def test_only_in_tickets_that_one_sees(self):
        self.assertFalse(self._found("velours", self.omar))
        self.assertTrue(self._found("velours", self.lena))

    def test_within_a_folder(self):
        self.ticket.action_close()
        self.assertFalse(self.inbox.get_inbox("team", search="velours")["items"])
        self.assertTrue(self.inbox.get_inbox("done", search="velours")["items"])

    def test_by_index(self):
        """Nothing is read from end to end while somebody types."""
        # tables of tests are small: what could be used counts, not what is cheaper here
        self.cr.execute("SET LOCAL enable_seqscan = off")
        for table, column in (("crm_ticket", "inbox_terms"), ("omni_message", "search_terms")):
            rows = self.env.execute_query(
                SQL(
                    "EXPLAIN SELECT id FROM %s WHERE to_tsvector('simple'::regconfig, %s)"
                    " @@ to_tsquery('simple'::regconfig, %s)",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    "'velours':*",
                )
            )
            plan = "\n".join(line for (line,) in rows)
            self.assertIn(f"{table}_{column}_idx", plan)
