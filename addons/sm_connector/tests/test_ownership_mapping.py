"""Who owns a field is said by the mapping, from the moment it is changed; and what screens show."""

from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import SmCase, unguarded
from .ownership import ARTICLES, CONTACTS, LINE, OTHER_LINE, OwnershipMixin


@tagged("post_install", "-at_install")
class TestMappedOwnership(OwnershipMixin, SmCase):
    """master, fill, ignore."""

    def rule(self, entity, target):
        return self.feeds[entity].mapping_ids.filtered(lambda line: line.target == target)

    def contacts(self, **cells):
        """The export, with other cells for the private customer."""
        return [dict(row) | (cells if row["Code"] == "C3" else {}) for row in CONTACTS]

    def assert_free(self, record, **values):
        before = {name: record[name] for name in values}
        record.write(values)
        for name, value in values.items():
            self.assertEqual(record[name], value)
        record.write(before)

    def assert_owned(self, record, **values):
        for name, value in values.items():
            with self.assertRaises(UserError), self.env.cr.savepoint():
                record.write({name: value})

    def test_a_change_counts_at_once(self):
        self.assert_owned(self.jean, email="other@example.com", street="elsewhere")
        self.assertIn("email", self.jean.sm_owned_fields)
        self.rule("contact", "email").ownership = "ignore"
        self.assertNotIn("email", self.jean.sm_owned_fields)
        self.assert_free(self.jean, email="other@example.com")
        self.assert_owned(self.jean, street="elsewhere")
        self.rule("contact", "email").ownership = "fill"
        self.assert_free(self.jean, email="other@example.com")
        self.rule("contact", "email").ownership = "master"
        self.assert_owned(self.jean, email="other@example.com")
        self.rule("contact", "email").unlink()
        self.assert_free(self.jean, email="other@example.com")

    def test_ignored_is_never_written(self):
        self.rule("contact", "email").ownership = "ignore"
        self.jean.email = "mine@example.com"
        self.sync(contact=self.contacts(**{"E-mail": "theirs@example.com", "Localité": "Dinant"}))
        self.assertEqual((self.jean.email, self.jean.city), ("mine@example.com", "Dinant"))

    def test_filled_only_while_empty(self):
        self.rule("contact", "email").ownership = "fill"
        self.jean.email = "mine@example.com"
        self.sync(contact=self.contacts(**{"E-mail": "theirs@example.com", "Localité": "Dinant"}))
        self.assertEqual((self.jean.email, self.jean.city), ("mine@example.com", "Dinant"))
        self.jean.email = False
        self.sync(contact=self.contacts(**{"E-mail": "new@example.com"}))
        self.assertEqual(self.jean.email, "new@example.com")

    def test_filled_article(self):
        self.rule("article", "price").ownership = "fill"
        self.chair.product_tmpl_id.list_price = 120
        row = ARTICLES[0] | {"Prix de vente HTVA": "130,00", "Désignation": "Fauteuil"}
        self.sync(article=[row, *ARTICLES[1:]])
        self.assertEqual((self.chair.list_price, self.chair.name), (120, "Fauteuil"))
        self.assert_owned(self.chair, name="Other")

    def test_a_new_record_gets_everything(self):
        self.rule("contact", "email").ownership = "fill"
        row = {"Code": "C9", "Nom": "New", "E-mail": "new@example.com"}
        self.sync(contact=[*CONTACTS, row])
        self.assertEqual(self.partner("C9").email, "new@example.com")

    def test_the_master_takes_it_back(self):
        """The next night writes again what was free until now, though no row changed."""
        self.rule("contact", "email").ownership = "ignore"
        self.jean.email = "mine@example.com"
        self.rule("contact", "email").ownership = "master"
        self.sync(contact=self.contacts())
        self.assertEqual(self.jean.email, "jean@example.com")

    def test_a_feed_that_rests_gives_nothing_away(self):
        self.feeds["contact"].active = False
        self.assert_owned(self.jean, email="other@example.com")

    def test_a_master_that_is_switched_off(self):
        self.backend.active = False
        self.assert_free(self.jean, email="other@example.com")
        self.assertFalse(self.jean.sm_owned_fields)

    def test_states_of_the_link(self):
        """Missing for a night is still the master's; given up by it, Odoo's again, orders never."""
        link = self.link("contact", "C3")
        for state, is_owned in (
            ("missing", True),
            ("closed", True),
            ("archived", False),
            ("retired", False),
        ):
            with unguarded():
                link.state = state
            self.assertEqual(bool(self.jean.sm_owned_fields), is_owned, state)
        link = self.link("order", "Q1")
        with unguarded():
            link.state = "archived"
        self.assert_owned(self.quotation, state="sale")

    def test_two_masters(self):
        """What one of them owns is owned."""
        other = self.env["sm.backend"].create({"name": "Other"})
        feed = other.feed_ids.filtered(lambda feed: feed.entity == "contact")
        feed.mapping_ids.filtered(lambda line: line.target == "email").ownership = "ignore"
        partner = self._new_partner("Shared")
        self.env["sm.link"].create(
            {
                "backend_id": other.id,
                "entity": "contact",
                "external_id": "S1",
                "partner_id": partner.id,
            }
        )
        self.assert_free(partner, email="s@example.com")
        with self.assertRaises(UserError) as caught:
            partner.name = "X"
        self.assertIn("Other", str(caught.exception))
        self.env["sm.link"].create(
            {
                "backend_id": self.backend.id,
                "entity": "contact",
                "external_id": "S2",
                "partner_id": partner.id,
            }
        )
        self.assert_owned(partner, email="s@example.com")

    def test_message(self):
        """Which fields, which record, what to do, whom to ask; of many records some."""
        with self.assertRaises(UserError) as caught:
            self.jean.write({"email": "x@example.com", "street": "elsewhere", "function": "Baker"})
        text = str(caught.exception)
        labels = self.jean.fields_get(["email", "street", "function"], ["string"])
        for words in (
            labels["email"]["string"],
            labels["street"]["string"],
            "Dupont Jean",
            self.backend.name,
            "Marie Maître",
        ):
            self.assertIn(words, text)
        self.assertNotIn(labels["function"]["string"], text)

    def test_number_of_queries(self):
        """One query more for a bulk write of contacts that are nobody's, however many they are."""
        Partner = self.env["res.partner"]
        counts = []
        for count in (10, 200):
            partners = Partner.create([{"name": f"Own {i}"} for i in range(count)])
            self.env.flush_all()
            self.env.invalidate_all()
            partners._sm_changes({"city": "Gent"})  # nothing is cached but the mappings
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertFalse(partners._sm_changes({"city": "Gent"}))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts, [1, 1])

    # === SCREENS === #

    def arch(self, model, view_type="form", view=None):
        view_id = view and self.env.ref(view).id
        return etree.fromstring(self.env[model].get_view(view_id, view_type)["arch"])

    def test_every_view_is_locked(self):
        """Whoever made the view: the fields of the master depend on the record."""
        for model, view_type, names in (
            (
                "res.partner",
                "form",
                ("name", "email", "street", "vat", "parent_id", "company_type"),
            ),
            ("res.partner", "list", ("email", "phone")),
            ("product.template", "form", ("name", "list_price", "default_code", "taxes_id")),
            ("product.template", "list", ("name", "default_code")),
            ("product.product", "form", ("default_code", "lst_price")),
            ("sale.order", "form", ("partner_id", "order_line", "commitment_date")),
        ):
            arch = self.arch(model, view_type)
            self.assertTrue(arch.xpath("//field[@name='sm_owned_fields']"), model)
            for name in names:
                for node in arch.xpath(f"//field[@name='{name}'][not(ancestor::field)]"):
                    readonly = node.get("readonly") or str(self.env[model]._fields[name].readonly)
                    if readonly not in ("1", "True"):
                        self.assertIn(f"'{name}' in (sm_owned_fields", readonly, (model, view_type))

    def test_a_view_of_somebody_else(self):
        view = self.env["ir.ui.view"].create(
            {
                "name": "mine",
                "model": "res.partner",
                "arch": "<form><field name='email' readonly='not active'/><field name='comment'/>"
                "<field name='child_ids'><list editable='top'><field name='name'/></list></field>"
                "<field name='active'/></form>",
            }
        )
        arch = etree.fromstring(self.env["res.partner"].get_view(view.id, "form")["arch"])
        (email,) = arch.xpath("//field[@name='email']")
        self.assertEqual(
            email.get("readonly"), "(not active) or 'email' in (sm_owned_fields or [])"
        )
        (comment,) = arch.xpath("//field[@name='comment']")
        self.assertFalse(comment.get("readonly"))
        (name,) = arch.xpath("//list/field[@name='name']")
        self.assertIn("sm_owned_fields", name.get("readonly"))

    def test_form_of_others(self):
        """Nothing is locked on what is not the master's."""
        with Form(self.own) as form:
            form.email = "own@example.com"
            form.name = "Own"
        self.assertEqual(self.own.email, "own@example.com")
        with Form(self.env["res.partner"]) as form:
            form.name = "New"
            form.street = "rue Neuve"
        with Form(self.own_product) as form:
            form.lst_price = 5
        with Form(self.env["sale.order"]) as form:
            form.partner_id = self.jean
            with form.order_line.new() as line:
                line.product_id = self.chair
                line.price_unit = 3

    def test_buttons(self):
        """What would be refused is not offered."""
        arch = self.arch("sale.order")
        for name in ("action_confirm", "action_cancel", "action_unlock", "action_quotation_send"):
            buttons = arch.xpath(f"//button[@name='{name}']")
            self.assertTrue(buttons, name)
            for button in buttons:
                self.assertIn("'state' in (sm_owned_fields", button.get("invisible"), name)
        (button,) = arch.xpath("//button[@id='create_invoice']")
        self.assertIn("'state' in (sm_owned_fields", button.get("invisible"))

    def test_what_a_form_reads(self):
        self.assertIn("name", self.jean.sm_owned_fields)
        self.assertNotIn("function", self.jean.sm_owned_fields)
        self.assertFalse(self.own.sm_owned_fields)
        self.assertIn("list_price", self.chair.product_tmpl_id.sm_owned_fields)
        self.assertIn("order_line", self.order_.sm_owned_fields)
        self.assertIn("price_unit", self.order_.order_line[0].sm_owned_fields)
        rep = self.jean.with_user(self.users["salesman"])
        self.assertIn("name", rep.sm_owned_fields)
        self.assertFalse(self.env["res.partner"].new({}).sm_owned_fields)

    def test_nights_go_on(self):
        """The pipeline itself is never refused."""
        line = self.sync(
            contact=self.contacts(**{"Nom": "Durand"}),
            article=[ARTICLES[0] | {"Désignation": "Fauteuil"}, *ARTICLES[1:]],
            order=self.order_rows("Q1", "C3", OTHER_LINE)
            + self.order_rows("O1", "C1", LINE)
            + self.order_rows("X1", "C3", LINE, Statut="DEV"),
        )
        self.assertEqual((line["contact"].updated, line["order"].updated), (1, 3))
        self.assertEqual(self.jean.name, "Durand Jean")
        self.assertEqual(self.chair.name, "Fauteuil")
        states = [order.state for order in (self.quotation, self.order_, self.cancelled)]
        self.assertEqual(states, ["sale", "sale", "draft"])
