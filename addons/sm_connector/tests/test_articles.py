from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import format_date

from odoo.addons.sm_connector.pipeline.apply_article import ArticleApplier

from .common import SmCase, unguarded

EAN, OTHER_EAN = "5412345678908", "4006381333931"


@tagged("post_install", "-at_install")
class TestArticles(SmCase):
    def sync_articles(self, *rows):
        return self.sync(article=rows)["article"]

    def test_everything_arrives(self):
        line = self.sync_articles(
            {
                "Code article": "00123-A", "Désignation": "Canapé d'angle", "Famille": "Salon",
                "Sous-famille": "Canapés", "Code EAN": EAN, "Prix de vente HTVA": "1249,90",
                "Prix d'achat": "612,345", "Taux TVA": "21,00", "Fournisseur": "0009",
                "Stock total": "15", "Stock magasins": "LIE:3/1|NAM:0/1|DEP:12/0",
                "Arrivages": "12/01/2027:10|02/02/2027:4", "Date de réappro": "12/01/2027",
                "Remarques": "lourd",
            }
        )  # fmt: skip
        self.assertEqual(line.created, 1)
        product = self.product("00123-A")
        self.assertEqual(product.default_code, "00123-A")
        self.assertEqual(product.name, "Canapé d'angle")
        self.assertEqual(product.categ_id.complete_name, "Salon / Canapés")
        self.assertEqual((product.barcode, product.sm_ean), (EAN, EAN))
        self.assertEqual(product.list_price, 1249.9)
        self.assertAlmostEqual(product.standard_price, 612.345, 2)
        self.assertEqual((product.taxes_id.amount, product.taxes_id.type_tax_use), (21, "sale"))
        self.assertEqual((product.sm_supplier_code, product.sm_remarks), ("0009", "lourd"))
        self.assertEqual(product.sm_stock_total, 15)
        self.assertEqual(
            {
                stock.shop_id.code: (stock.quantity, stock.display_quantity)
                for stock in product.sm_stock_ids
            },
            {"LIE": (3, 1), "NAM": (0, 1), "DEP": (12, 0)},
        )
        self.assertEqual(
            [(str(row.date), row.quantity) for row in product.sm_incoming_ids],
            [("2027-01-12", 10), ("2027-02-02", 4)],
        )
        self.assertEqual(product.sm_restock_state, "known")
        self.assertEqual(str(product.sm_restock_date), "2027-01-12")
        self.assertTrue(product.active)
        self.assertEqual(len(product.product_tmpl_id.product_variant_ids), 1)

    def test_stock_moves(self):
        """Only the stock: the article itself is not written."""
        row = {"Code article": "A", "Stock total": "15", "Stock magasins": "LIE:3/1|NAM:12/0"}
        row |= {"Arrivages": "12/01/2027:10", "Date de réappro": "12/01/2027"}
        self.sync_articles(row)
        product = self.product("A")
        self.env.cr.execute("SELECT ctid::text FROM product_template WHERE id = %s", [
            product.product_tmpl_id.id
        ])  # fmt: skip
        before = self.env.cr.fetchall()
        line = self.sync_articles(
            row
            | {"Stock total": "4", "Stock magasins": "LIE:4/0"}
            | {"Arrivages": "", "Date de réappro": "DP à communiquer"}
        )
        self.assertEqual(line.updated, 1)
        self.assertEqual(product.sm_stock_total, 4)
        self.assertEqual(product.sm_stock_ids.mapped("shop_id.code"), ["LIE"])
        self.assertFalse(product.sm_incoming_ids)
        self.assertEqual((product.sm_restock_state, product.sm_restock_date), ("unknown", False))
        self.env.cr.execute("SELECT ctid::text FROM product_template WHERE id = %s", [
            product.product_tmpl_id.id
        ])  # fmt: skip
        self.assertEqual(self.env.cr.fetchall(), before)
        self.sync_articles(row | {"Stock total": "0", "Stock magasins": "", "Arrivages": ""}
                           | {"Date de réappro": ""})  # fmt: skip
        self.assertEqual(product.sm_restock_state, "none")
        self.assertFalse(product.sm_stock_ids)

    def test_what_a_rep_reads(self):
        for cells, text in (
            ({"Stock total": "3"}, "In stock: 3"),
            (
                {"Date de réappro": "12/01/2027"},
                f"Expected on {format_date(self.env, '2027-01-12')}",
            ),
            ({"Date de réappro": "DP à communiquer"}, "On order, date to be announced"),
            ({"Supprimé": "O"}, "Discontinued, out of stock"),
            ({}, "Out of stock, nothing on order"),
        ):
            self.sync_articles({"Code article": "A"} | cells)
            self.assertEqual(self.product("A").sm_availability, text)

    def test_discontinued(self):
        self.sync_articles({"Code article": "A"}, {"Code article": "B", "Supprimé": "O"})
        product = self.product("A")
        gone = self.product("B")
        self.assertEqual((gone.active, gone.sm_is_discontinued), (False, True))
        line = self.sync_articles({"Code article": "A", "Supprimé": "O"}, {"Code article": "B"})
        self.assertEqual(line.updated, 2)
        self.assertEqual((product.active, product.sm_is_discontinued), (False, True))
        self.assertEqual((gone.active, gone.sm_is_discontinued), (True, False))
        self.assertEqual(self.product("A"), product)

    def test_wrong_ean(self):
        """A wrong check digit, a text: kept as given, and no barcode."""
        for ean in ("5412345678901", "voir étiquette", "12"):
            self.sync_articles({"Code article": "A", "Code EAN": ean})
            self.assertEqual((self.product("A").barcode, self.product("A").sm_ean), (False, ean))
            self.assertFalse(self.quarantine("article", "A"))

    def test_ean_of_two_articles(self):
        line = self.sync_articles(
            {"Code article": "A", "Code EAN": EAN}, {"Code article": "B", "Code EAN": EAN}
        )
        self.assertEqual((line.created, line.quarantined), (2, 0))
        products = self.product("A") + self.product("B")
        self.assertEqual(products.mapped("sm_ean"), [EAN, EAN])
        self.assertLessEqual(len(products.filtered("barcode")), 1)

    def test_ean_that_an_article_of_odoo_has(self):
        """Of another article, which has a code of its own: nothing is taken from it."""
        self.sync_articles({"Code article": "A", "Code EAN": EAN})
        self.sync_articles({"Code article": "A", "Code EAN": EAN}, {"Code article": "B"})
        line = self.sync_articles(
            {"Code article": "A", "Code EAN": EAN}, {"Code article": "B", "Code EAN": EAN}
        )
        self.assertEqual(line.quarantined, 0)
        self.assertEqual(self.product("A").barcode, EAN)
        self.assertFalse(self.product("B").barcode)

    def test_ean_moves_to_another_article(self):
        """The master corrects an EAN that stood with the wrong article."""
        self.sync_articles({"Code article": "A", "Code EAN": EAN}, {"Code article": "B"})
        self.sync_articles({"Code article": "A"}, {"Code article": "B", "Code EAN": EAN})
        self.assertFalse(self.product("A").barcode)
        self.assertEqual(self.product("B").barcode, EAN)

    def test_eans_are_exchanged(self):
        self.sync_articles(
            {"Code article": "A", "Code EAN": EAN}, {"Code article": "B", "Code EAN": OTHER_EAN}
        )
        self.sync_articles(
            {"Code article": "A", "Code EAN": OTHER_EAN}, {"Code article": "B", "Code EAN": EAN}
        )
        self.assertEqual(self.product("A").barcode, OTHER_EAN)
        self.assertEqual(self.product("B").barcode, EAN)

    def test_ean_of_a_packaging(self):
        """Odoo refuses a barcode that a packaging has: the article comes in without."""
        unit = self.env.ref("uom.product_uom_dozen")
        owner = self.env["product.product"].create({"name": "Owner", "uom_ids": [(4, unit.id)]})
        self.env["product.uom"].create({"uom_id": unit.id, "product_id": owner.id, "barcode": EAN})
        self.sync_articles({"Code article": "A", "Code EAN": EAN}, {"Code article": "B"})
        self.assertTrue(self.product("B"))
        self.assertTrue(self.product("A"))
        self.assertEqual(self.product("A").sm_ean, EAN)

    def test_first_match(self):
        by_code = self.env["product.product"].create({"name": "x", "default_code": "A"})
        by_ean = self.env["product.product"].create({"name": "y", "barcode": EAN})
        line = self.sync_articles(
            {"Code article": "A", "Désignation": "Chaise"}, {"Code article": "B", "Code EAN": EAN}
        )
        self.assertEqual((line.created, line.updated), (0, 2))
        self.assertEqual(self.product("A"), by_code)
        self.assertEqual(self.product("B"), by_ean)
        self.assertEqual((by_code.name, by_ean.default_code), ("Chaise", "B"))

    def test_several_fit(self):
        for _time in range(2):
            self.env["product.product"].create({"name": "x", "default_code": "A"})
        count = self.env["product.product"].search_count([])
        self.sync_articles({"Code article": "A"})
        self.assert_quarantined("article", "A", "ambiguous_match")
        self.assertEqual(self.env["product.product"].search_count([]), count)

    def test_code_is_given_to_another_article(self):
        others = [{"Code article": f"X{number}"} for number in range(10)]
        self.sync_articles(
            {"Code article": "A", "Désignation": "Table ronde", "Code EAN": EAN}, *others
        )
        old = self.product("A")
        self.sync_articles(*others)
        line = self.sync_articles({"Code article": "A", "Désignation": "Lampe halogène"}, *others)
        self.assertEqual((line.created, line.archived), (1, 1))
        self.assertEqual((old.name, old.active), ("Table ronde", False))
        self.assertEqual(self.product("A").name, "Lampe halogène")

    def test_discontinued_and_given_to_another_article(self):
        """Archived as discontinued before its code disappeared."""
        others = [{"Code article": f"X{number}"} for number in range(10)]
        self.sync_articles({"Code article": "A", "Désignation": "Table", "Supprimé": "O"}, *others)
        old = self.product("A")
        self.sync_articles(*others)
        line = self.sync_articles({"Code article": "A", "Désignation": "Lampe"}, *others)
        self.assertEqual((line.created, line.archived), (1, 0))
        self.assertNotEqual(self.product("A"), old)

    def test_vat_rate(self):
        self.sync_articles(
            {"Code article": "A", "Taux TVA": "6"},
            {"Code article": "B", "Taux TVA": "6,00"},
            {"Code article": "C", "Taux TVA": "0"},
            {"Code article": "D", "Taux TVA": "17"},
            {"Code article": "E", "Taux TVA": ""},
        )
        self.assertEqual(self.product("A").taxes_id, self.product("B").taxes_id)
        self.assertEqual(self.product("A").taxes_id.amount, 6)
        self.assertEqual(self.product("C").taxes_id.mapped("amount"), [0])
        self.assert_quarantined("article", "D", "no_tax", value="17")
        self.assertFalse(self.product("E").taxes_id)

    def test_price_is_kept_to_the_cent(self):
        self.sync_articles({"Code article": "A", "Prix de vente HTVA": "1 249,90 €"})
        self.assertEqual(self.product("A").list_price, 1249.9)

    def test_negative_and_unreadable_price(self):
        line = self.sync_articles(
            {"Code article": "A", "Prix de vente HTVA": "-1"},
            {"Code article": "B", "Prix de vente HTVA": "1.249,O0"},
            {"Code article": "C"},
        )
        self.assertEqual((line.created, line.quarantined), (1, 2))
        self.assert_quarantined("article", "A", "negative_price", line=2, value="-1")
        row = self.assert_quarantined("article", "B", "bad_number", value="1.249,O0", line=3)
        self.assertEqual(row.field_name, "Prix de vente HTVA")
        self.assertIn("1.249,O0", row.message)

    def test_a_family_that_came_with_a_refused_row(self):
        """What is made on the way for one row is there for the others of its batch."""
        insert = ArticleApplier.insert

        def refuse_one(applier, rows):
            records = insert(applier, rows)
            if any(row.key == "BAD" for row in rows):
                raise ValidationError("Not this one.")  # pylint: disable=translation-required
            return records

        rows = [
            {"Code article": code, "Famille": "Nouvelle", "Stock magasins": "GEN:1/0"}
            for code in ("A", "B", "BAD", "C")
        ]
        with patch.object(ArticleApplier, "insert", refuse_one):
            line = self.sync_articles(*rows)
        self.assertEqual((line.created, line.quarantined), (3, 1))
        self.assert_quarantined("article", "BAD", "refused")
        products = self.product("A") + self.product("B") + self.product("C")
        self.assertEqual(products.categ_id.mapped("name"), ["Nouvelle"])
        self.assertEqual(products.sm_stock_ids.mapped("shop_id.code"), ["GEN"])
        self.assertEqual(len(products.sm_stock_ids), 3)

    def test_dutch_name(self):
        self.env["res.lang"]._activate_lang("nl_BE")
        self.sync_articles(
            {"Code article": "A", "Désignation": "Chaise", "Désignation NL": "Stoel"}
        )
        product = self.product("A")
        self.assertEqual(product.with_context(lang="nl_BE").name, "Stoel")
        self.assertEqual(product.with_context(lang="fr_BE").name, "Chaise")
        self.sync_articles(
            {"Code article": "A", "Désignation": "Tabouret", "Désignation NL": "Kruk"}
        )
        self.assertEqual(product.with_context(lang="nl_BE").name, "Kruk")
        self.assertEqual(product.with_context(lang="fr_BE").name, "Tabouret")
        self.assertEqual(product.with_context(lang="en_US").name, "Tabouret")

    def test_renamed_article_is_renamed_in_every_language(self):
        """French users saw the old name when only the source term was written."""
        self.sync_articles({"Code article": "A", "Désignation": "Chaise"})
        product = self.product("A")
        with unguarded():
            product.with_context(lang="fr_BE").name = "Chaise (corrigée)"
        self.sync_articles({"Code article": "A", "Désignation": "Tabouret"})
        self.assertEqual(product.with_context(lang="fr_BE").name, "Tabouret")
