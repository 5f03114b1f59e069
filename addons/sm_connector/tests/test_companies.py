from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SmCase

LINE = {"Code article": "A1", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
MAIL = "famille@example.com"


@tagged("post_install", "-at_install")
class TestCompanies(SmCase):
    """Two masters with the same codes, in two companies with different currencies."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.backend.company_id
        cls.abroad = cls.env["res.company"].create(
            {
                "name": "Silicon Suisse",
                "country_id": cls.env.ref("base.ch").id,
                "currency_id": cls.env.ref("base.CHF").id,
            }
        )
        cls.env.ref("base.CHF").active = True
        cls.env["account.tax"].create(
            {
                "name": "21 abroad",
                "amount": 21,
                "type_tax_use": "sale",
                "company_id": cls.abroad.id,
                "country_id": cls.env.ref("base.ch").id,
                "tax_group_id": cls.env["account.tax.group"]
                .create({"name": "Abroad", "company_id": cls.abroad.id})
                .id,
            }
        )
        cls.env["account.journal"].create(
            {"name": "Sales", "code": "INV", "type": "sale", "company_id": cls.abroad.id}
        )
        cls.backend.is_shared = False
        cls.folder_abroad = cls.folder / "abroad"
        cls.folder_abroad.mkdir()
        cls.other = cls.env["sm.backend"].create(
            {
                "name": "Master Abroad",
                "company_id": cls.abroad.id,
                "drop_folder": str(cls.folder_abroad),
            }
        )
        groups = ("sm_connector.group_sm_operator", "base.group_partner_manager")
        groups += ("sales_team.group_sale_salesman_all_leads", "sm_connector.group_sm_admin")
        cls.user_home = cls._new_user(
            "company_home", *groups, company_id=cls.home.id, company_ids=[Command.set(cls.home.ids)]
        )
        cls.user_abroad = cls._new_user(
            "company_abroad",
            *groups,
            company_id=cls.abroad.id,
            company_ids=[Command.set(cls.abroad.ids)],
        )

    def sync_both(self, home, abroad):
        """Live a night of both masters, the same codes meaning other things."""
        drop_folder = type(self).drop_folder
        for folder, files in ((drop_folder, home), (self.folder_abroad, abroad)):
            type(self).drop_folder = folder
            try:
                for entity, rows in files.items():
                    self.drop_rows(entity, *rows)
            finally:
                type(self).drop_folder = drop_folder
        self.env.flush_all()
        self.run_night()
        self.env.invalidate_all()

    def usual(self, name, price="100,00"):
        line = LINE | {"Prix unitaire HTVA": price}
        return {
            "contact": [
                {"Code": "1", "Nom": name, "E-mail": f"{name.split()[0].lower()}@example.com"},
                {"Code": "2", "Nom": "", "Localité": name},
                {"Code": "3", "Nom": "Famille", "E-mail": MAIL},
            ],
            "article": [
                {
                    "Code article": "A1",
                    "Désignation": name,
                    "Stock total": "4",
                    "Stock magasins": "LIE:4/1",
                    "Arrivages": "12/01/2027:10",
                    "Prix de vente HTVA": price,
                }
            ],
            "order": self.order_rows("LIE1", "1", line),
        }

    def load(self):
        for name in ("Famille Un", "Famille Deux"):
            self._new_partner(name, email=MAIL)
        self.sync_both(self.usual("Maison"), self.usual("Chalet", "200,00"))

    def linked(self, backend, entity, column):
        return self.env["sm.link"].search(
            [("backend_id", "=", backend.id), ("entity", "=", entity)]
        )[column]

    def test_same_codes_are_different_records(self):
        self.load()
        for entity, column in (
            ("contact", "partner_id"),
            ("article", "product_id"),
            ("order", "order_id"),
        ):
            ours = self.linked(self.backend, entity, column)
            theirs = self.linked(self.other, entity, column)
            self.assertTrue(ours and theirs, entity)
            self.assertFalse(ours & theirs, entity)
        self.assertEqual(
            self.linked(self.backend, "contact", "partner_id").mapped("name"), ["Maison"]
        )
        self.assertEqual(
            self.linked(self.other, "contact", "partner_id").mapped("name"), ["Chalet"]
        )

    def test_currencies(self):
        self.load()
        ours = self.linked(self.backend, "order", "order_id")
        theirs = self.linked(self.other, "order", "order_id")
        self.assertEqual(ours.currency_id, self.home.currency_id)
        self.assertEqual(theirs.currency_id.name, "CHF")
        self.assertEqual((ours.company_id, theirs.company_id), (self.home, self.abroad))
        self.assertAlmostEqual(ours.amount_total, 242)
        self.assertAlmostEqual(theirs.amount_total, 484)
        self.assertFalse((ours + theirs).filtered("sm_has_difference"))
        self.assertEqual(theirs.order_line.tax_ids.company_id, self.abroad)
        balance = self.other.last_line_ids.balance_ids
        self.assertEqual(balance.currency_id.name, "CHF")

    def test_records_belong_to_their_company(self):
        self.load()
        for backend, company in ((self.backend, self.home), (self.other, self.abroad)):
            for entity, column in (("contact", "partner_id"), ("article", "product_id")):
                self.assertEqual(self.linked(backend, entity, column).company_id, company)

    def test_a_shared_master(self):
        """Companies that share their customers say so."""
        self.backend.is_shared = True
        self.sync_both(self.usual("Maison"), {})
        self.assertFalse(self.linked(self.backend, "contact", "partner_id").company_id)
        self.assertFalse(self.linked(self.backend, "article", "product_id").company_id)
        partner = self.partner("1")
        self.assertEqual(
            self.env["res.partner"].with_user(self.user_abroad).search([("sm_code", "=", "1")]),
            partner.browse(),
        )
        abroad = partner.with_user(self.user_abroad)
        self.assertEqual(abroad.name, "Maison")
        self.assertFalse(abroad.sm_code, "the key is the other company's business")
        product = self.linked(self.backend, "article", "product_id").with_user(self.user_abroad)
        self.assertFalse(product.sm_stock_ids)
        self.assertFalse(product.sm_incoming_ids)
        self.assertFalse(product.sm_code)

    def test_shared_from_now_on(self):
        """The switch counts for what is there already."""
        self.load()
        partner = self.linked(self.backend, "contact", "partner_id")
        product = self.linked(self.backend, "article", "product_id")
        self.backend.is_shared = True
        self.assertFalse(partner.company_id or product.company_id)
        self.assertEqual(self.linked(self.other, "contact", "partner_id").company_id, self.abroad)
        self.backend.is_shared = False
        self.assertEqual((partner.company_id, product.company_id), (self.home, self.home))

    def test_a_contact_who_logs_in(self):
        """His company is that of his user, as Odoo wants it."""
        self.load()
        partner = self.linked(self.backend, "contact", "partner_id")[:1]
        with self.assertRaises(UserError), self.env.cr.savepoint():
            partner.company_id = self.abroad
        user = self._new_user(
            "moves",
            "base.group_portal",
            partner_id=partner.id,
            name=partner.name,
            email=partner.email,
            company_id=self.home.id,
            company_ids=[Command.set((self.home + self.abroad).ids)],
        )
        user.company_id = self.abroad
        self.assertEqual(partner.company_id, self.abroad)

    def test_codes_of_the_other_are_free(self):
        """A master that the user has nothing to do with neither refuses a code nor is named."""
        self.sync_both(
            {"contact": [{"Code": "77", "Nom": "Maison"}]},
            {
                "article": [{"Code article": "ABROAD", "Désignation": "Chalet"}],
                "contact": [{"Code": "99", "Nom": "Chalet"}],
            },
        )
        partners = self.env["res.partner"].with_user(self.user_home)
        with self.assertRaisesRegex(UserError, self.backend.name):
            partners.create({"name": "Double", "ref": "77"})
        own = partners.create({"name": "Free", "ref": "99"})
        own.ref = False
        own.ref = "99"
        self.env["product.product"].with_context(allowed_company_ids=self.home.ids).create(
            {"name": "Free", "default_code": "ABROAD"}
        )

    def test_codes_of_a_shared_master(self):
        """Its records are seen everywhere, its name is its company's business."""
        self.backend.is_shared = True
        self.sync_both({"contact": [{"Code": "77", "Nom": "Maison"}]}, {})
        partners = self.env["res.partner"].with_user(self.user_abroad)
        with self.assertRaises(UserError) as caught:
            partners.create({"name": "Double", "ref": "77"})
        self.assertIn("77", str(caught.exception))
        self.assertNotIn(self.backend.name, str(caught.exception))

    def test_a_user_sees_nothing_of_the_other(self):
        self.load()
        models = {
            "sm.backend": "company_id",
            "sm.feed": "backend_id.company_id",
            "sm.field.mapping": "feed_id.backend_id.company_id",
            "sm.code": "backend_id.company_id",
            "sm.link": "backend_id.company_id",
            "sm.run": "backend_id.company_id",
            "sm.run.line": "backend_id.company_id",
            "sm.run.balance": "line_id.backend_id.company_id",
            "sm.quarantine": "backend_id.company_id",
            "sm.quarantine.cause": "backend_id.company_id",
            "sm.match": "backend_id.company_id",
            "sm.match.candidate": "match_id.backend_id.company_id",
            "sm.stock": "shop_id.backend_id.company_id",
            "sm.incoming": "product_id.company_id",
        }
        for user, company in ((self.user_home, self.home), (self.user_abroad, self.abroad)):
            for model, path in models.items():
                records = self.env[model].with_user(user).search([])
                self.assertTrue(records, f"{model}: sees his own")
                companies = records.sudo().mapped(path)
                self.assertEqual(companies, company, f"{model} of {company.name}")

    def test_every_model_has_a_rule(self):
        """Also those that are added one day."""
        for name, model in self.env.registry.items():
            if not name.startswith("sm.") or model._abstract or model._transient:
                continue
            rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
            self.assertTrue(
                any("compan" in (rule.domain_force or "") for rule in rules),
                f"{name} has no rule on companies",
            )

    def test_records_of_the_other_cannot_be_read(self):
        self.load()
        partner = self.linked(self.other, "contact", "partner_id")
        order = self.linked(self.other, "order", "order_id")
        product = self.linked(self.other, "article", "product_id")
        for record in (partner, order, product):
            with self.assertRaises(AccessError):
                record.with_user(self.user_home).read(["display_name"])

    def test_the_watch_and_the_card(self):
        self.load()
        seen = self.env["sm.backend"].with_user(self.user_home).get_watch()
        self.assertEqual({row["backend_id"] for row in seen}, {self.backend.id})
        partner = self.linked(self.backend, "contact", "partner_id").with_user(self.user_home)
        card = str(partner._customer_card_sections())
        self.assertIn("LIE1", card)
        self.assertNotIn("484", card)

    def test_a_match_stays_in_its_company(self):
        """A contact that belongs to another company is no candidate."""
        partner = self._new_partner("Solo", email="solo@example.com", company_id=self.abroad.id)
        rows = [{"Code": "9", "Nom": "Solo", "E-mail": "solo@example.com"}]
        self.sync_both({"contact": rows}, {})
        self.assertFalse(partner.sm_link_ids)
        self.assertTrue(self.partner("9"))

    def test_uploads_of_others(self):
        """What another company's operator has looked at cannot be read by pointing at it."""
        feed = self.backend.feed_ids.filtered(lambda feed: feed.entity == "contact")
        rows = self.env["sm.feed.rows"].create({"feed_id": feed.id, "table": "<p>secret</p>"})
        upload = (
            self.env["sm.upload"]
            .with_user(self.user_abroad)
            .create({"backend_id": self.other.id, "entity": "contact", "rows_id": rows.id})
        )
        with self.assertRaises(AccessError):
            upload.read(["table", "defects"])

    def test_keys_of_others(self):
        """Whose key it is in another company is not told by the dialog that links by hand."""
        self.sync_both({"contact": [{"Code": "0001", "Nom": "Dupont"}]}, {})
        contact = self.env["res.partner"].create({"name": "Muster", "company_id": self.abroad.id})
        wizards = self.env["sm.match.by.hand"].with_user(self.user_abroad)
        values = {
            "backend_id": self.backend.id,
            "partner_id": contact.id,
            "external_id": "0001",
        }
        with self.assertRaises(AccessError):
            wizards.create(values)
        with self.assertRaises(AccessError):
            wizards.onchange(values, ["external_id"], {"hint": {}})
        wizard = wizards.create(values | {"backend_id": self.other.id})
        self.assertNotIn("Dupont", wizard.hint)
        with self.assertRaises(AccessError):
            wizard.backend_id = self.backend
