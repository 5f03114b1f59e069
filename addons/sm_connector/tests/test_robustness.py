"""What must not go wrong when something else has: errors, half a mapping, a day without a file."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.sm_run_line import SmRunLine
from ..pipeline import apply, plan
from .common import SmCase, unguarded

EAN = "5410000000002"
VAT = "BE0403170701"
LOGGER = "odoo.addons.sm_connector.models.sm_run_line"
LINE = {"Code article": "A", "Quantité": "1", "Prix unitaire HTVA": "100,00"}


@tagged("post_install", "-at_install")
class TestErrors(SmCase):
    def test_a_database_error_ends_the_line_and_not_the_cron(self):
        """The transaction is broken: nothing may be read before it is rolled back."""

        def break_transaction(cr, *_args):
            cr.execute("SELECT 1 / 0")

        with (
            patch.object(plan, "plan", break_transaction),
            mute_logger(LOGGER, "odoo.sql_db"),
        ):
            line = self.sync(contact=[{"Code": "1", "Nom": "A"}])["contact"]
        self.assertEqual((line.state, line.cause), ("failed", "error"))
        self.assertEqual(line.run_id.state, "failed")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 1), "the file was still there")

    def test_failed_tries_of_one_export_count_once(self):
        rows = [{"Code": str(number), "Nom": f"N{number}"} for number in range(1, 8)]
        self.sync(contact=rows)
        self.drop_rows("contact", *rows[1:], {"Code": "9", "Nom": "New"})
        with (
            patch.object(apply.BatchApplier, "next_batch", side_effect=RuntimeError("broken")),
            mute_logger(LOGGER),
        ):
            for _try in range(4):
                self.assertEqual(self.lines(self.run_night())["contact"].state, "failed")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created, line.archived), ("done", 1, 0))
        self.assertEqual(self.link("contact", "1").missing_count, 1)

    def test_a_collision_at_the_end_is_tried_again(self):
        from psycopg2.errors import SerializationFailure

        finish, calls = SmRunLine._finish, []

        def collide(line, started):
            calls.append(line.entity)
            if calls == ["contact"]:
                raise SerializationFailure
            return finish(line, started)

        with patch.object(SmRunLine, "_finish", collide), patch("time.sleep"):
            line = self.sync(contact=[{"Code": "1", "Nom": "A"}])["contact"]
        self.assertEqual((line.state, line.created), ("done", 1))
        self.assertEqual(calls, ["contact", "contact"])


@tagged("post_install", "-at_install")
class TestByHand(SmCase):
    """A run by hand reads the last good file again when nothing waits."""

    def run_by_hand(self):
        self.env["sm.run"]._queue(self.backend, "manual")
        return self.lines(self.run_night())

    def test_an_explained_code_is_applied(self):
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}],
            article=[{"Code article": "A"}],
            order=self.order_rows("7", "1", LINE, Statut="ZZZ"),
        )
        order = self.order("7")
        self.assertEqual((order.state, order.sm_status), ("sale", "unknown"))
        order.sm_status_id.status = "quotation"
        line = self.run_by_hand()["order"]
        self.assertEqual((line.state, line.updated), ("done", 1))
        self.assertEqual(order.state, "draft")

    def test_a_deleted_shop_comes_back(self):
        self.sync(article=[{"Code article": "A", "Stock magasins": "LIE:3/1"}])
        product = self.product("A")
        product.sm_stock_ids.shop_id.unlink()
        self.assertFalse(product.sm_stock_ids)
        self.run_by_hand()
        product.invalidate_recordset()
        self.assertEqual(product.sm_stock_ids.mapped("quantity"), [3])

    def test_nothing_is_counted_twice(self):
        rows = [{"Code": str(number), "Nom": f"N{number}"} for number in range(1, 8)]
        self.sync(contact=rows)
        self.sync(contact=rows[1:])
        for _time in range(4):
            line = self.run_by_hand()["contact"]
            self.assertEqual(self.counts(line)["missing"], 1)
        self.assertTrue(self.partner("1").active)

    def test_at_night_nothing_is_read_again(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        self.assertEqual(self.lines(self.run_night())["contact"].state, "nothing")


@tagged("post_install", "-at_install")
class TestSilence(SmCase):
    def test_the_status_line_says_that_nothing_came(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        self.run_night()
        self.backend.invalidate_recordset()
        line = self.backend.with_context(lang="en_US").status_line
        self.assertIn("No new export", line)
        self.assertNotIn("nothing needs attention", line)

    def test_one_silent_feed_is_noticed(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}], article=[{"Code article": "A"}])
        self.assertFalse(self.backend._watchdog_findings())
        self.feeds["article"].last_delivery = fields.Datetime.now() - timedelta(hours=30)
        [finding] = self.backend._watchdog_findings()
        self.assertIn(self.feeds["article"].pattern, finding)


@tagged("post_install", "-at_install")
class TestMapping(SmCase):
    def test_a_column_that_is_not_mapped_overwrites_nothing(self):
        contact = {"Code": "1", "Nom": "A", "Site web": "http://a.be", "Professionnel": "O"}
        article = {"Code article": "A", "Arrivages": "12/01/2027:10", "Stock magasins": "LIE:3/1"}
        self.sync(contact=[contact], article=[article])
        partner, product = self.partner("1"), self.product("A")
        for entity, names in (
            ("contact", ("website", "is_professional")),
            ("article", ("price", "vat_rate", "stocks", "incoming", "stock_total")),
        ):
            self.feeds[entity].mapping_ids.filtered(
                lambda mapping, names=names: mapping.target in names
            ).unlink()
        lines = self.sync(
            contact=[contact | {"Localité": "Ans", "Site web": ""}],
            article=[article | {"Désignation": "Table", "Prix de vente HTVA": "1,00"}],
        )
        self.assertEqual([lines[entity].updated for entity in ("contact", "article")], [1, 1])
        self.assertEqual((partner.city, partner.website), ("Ans", "http://a.be"))
        self.assertEqual(partner.sm_segment, "b2b")
        self.assertEqual((product.name, product.list_price), ("Table", 100))
        self.assertEqual(product.taxes_id.amount, 21)
        self.assertEqual(product.sm_stock_ids.quantity, 3)
        self.assertEqual(product.sm_incoming_ids.quantity, 10)

    def test_an_availability_without_a_name(self):
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}],
            article=[{"Code article": "A"}],
            order=self.order_rows("7", "1", LINE | {"Disponibilité": "C"}),
        )
        self.assertFalse(self.order("7").order_line.sm_availability)

    def test_stock_that_is_empty_beside_stock_that_is_a_fraction(self):
        line = self.sync(
            article=[
                {"Code article": "A", "Stock total": ""},
                {"Code article": "B", "Stock total": "2,5"},
            ]
        )["article"]
        self.assertEqual((line.created, self.product("B").sm_stock_total), (2, 2.5))


@tagged("post_install", "-at_install")
class TestWeakEvidence(SmCase):
    def test_a_shared_telephone_is_no_identity(self):
        notary = self._new_partner("Notaire Lambert", phone="04 222 33 44", email="n@example.com")
        self.sync(contact=[{"Code": "1", "Nom": "Dupont Jean", "Téléphone": "04/222.33.44"}])
        self.assertNotEqual(self.partner("1"), notary)
        self.assertEqual((notary.name, notary.email), ("Notaire Lambert", "n@example.com"))

    def test_the_code_ends_the_doubt_for_both(self):
        partner = self._new_partner("Dupont", email="famille@example.com")
        rows = [
            {"Code": code, "Nom": name, "E-mail": "famille@example.com"}
            for code, name in (("1", "Dupont Jean"), ("2", "Dupont Marie"))
        ]
        self.sync(contact=rows)
        self.assert_quarantined("contact", "1", "ambiguous_match")
        partner.ref = "2"
        self.sync(contact=rows)
        self.assertEqual(self.partner("2"), partner)
        self.assertTrue(self.partner("1"))
        self.assertNotEqual(self.partner("1"), partner)

    def test_contact_persons_are_known_by_their_code(self):
        rows = [
            {"Code": "1", "Nom": "A", "Type": "S"},
            {"Code": "2", "Nom": "B", "Type": "C", "Code parent": "1"},
            {"Code": "3", "Nom": "C", "Type": "L", "Code parent": "1"},
        ]
        self.sync(contact=rows)
        before = {key: self.partner(key) for key in "123"}
        with unguarded():
            self.env["sm.link"].search([("backend_id", "=", self.backend.id)]).unlink()
        self.sync(contact=rows)
        self.assertEqual({key: self.partner(key) for key in "123"}, before)

    def test_a_vat_number_without_its_country(self):
        partner = self._new_partner("Meubles", vat=VAT, is_company=True)
        row = {"Code": "1", "Nom": "Meubles", "Type": "S", "Pays": "BE"}
        self.sync(contact=[row | {"N° TVA": "0403.170.701"}])
        self.assertEqual(self.partner("1"), partner)
        self.assertEqual((partner.vat, partner.sm_vat_status), ("0403.170.701", "valid"))

    def test_two_articles_do_not_become_one(self):
        product = self.env["product.product"].create({"name": "Old", "barcode": EAN})
        self.sync(
            article=[
                {"Code article": "E1", "Désignation": "One", "Code EAN": EAN},
                {"Code article": "E2", "Désignation": "Two", "Code EAN": EAN},
            ]
        )
        self.assertEqual(self.product("E1"), product)
        self.assertEqual(self.product("E2").name, "Two")
        self.assertNotEqual(self.product("E2"), product)

    def test_taxes_of_other_companies_stay(self):
        self.sync(article=[{"Code article": "A"}])
        product = self.product("A")
        other = self.env["res.company"].create({"name": "Other"})
        country = self.env.ref("base.be").id
        group = self.env["account.tax.group"].create(
            {"name": "Other", "company_id": other.id, "country_id": country}
        )
        theirs = self.env["account.tax"].create(
            {
                "name": "6 % there",
                "amount": 6,
                "type_tax_use": "sale",
                "company_id": other.id,
                "country_id": country,
                "tax_group_id": group.id,
            }
        )
        product.taxes_id |= theirs
        self.sync(article=[{"Code article": "A", "Taux TVA": "6"}])
        self.assertIn(theirs, product.taxes_id)
        self.assertEqual(sorted(product.taxes_id.mapped("amount")), [6, 6])


@tagged("post_install", "-at_install")
class TestOrdersOfTheMaster(SmCase):
    def test_are_not_invoiced_in_odoo(self):
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}],
            article=[{"Code article": "A"}],
            order=self.order_rows("7", "1", LINE),
        )
        order = self.order("7")
        self.assertEqual(order.order_line.qty_to_invoice, 0)
        with self.assertRaises(UserError):
            order._create_invoices()

    def test_search_by_key(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}])
        partner = self.partner("1")
        odoo_only = self._new_partner("Odoo only")
        search = self.env["res.partner"].search
        for domain, found, left_out in (
            ([("sm_code", "!=", False)], partner, odoo_only),
            ([("sm_code", "=", False)], odoo_only, partner),
            ([("sm_code", "=", "1")], partner, odoo_only),
        ):
            self.assertIn(found, search(domain))
            self.assertNotIn(left_out, search(domain))

    def test_a_copy_of_a_master_has_its_own_name(self):
        self.assertNotEqual(self.backend.copy().name, self.backend.name)
