from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline.sheet import reference

from .test_orders import CHAIR, OrderCase


class EncodeCase(OrderCase):
    def setUp(self):
        super().setUp()
        self.rep = self._new_user(
            "rep_encode", "sales_team.group_sale_salesman", "base.group_partner_manager"
        )
        self.prospect = self.env["res.partner"].create(
            {
                "name": "Lambert Claire",
                "street": "Rue Neuve 1",
                "zip": "4000",
                "city": "Liège",
                "country_id": self.env.ref("base.be").id,
                "lang": "fr_BE",
                "phone": "04 222 33 44",
                "email": "claire@example.com",
            }
        )

    def sync_contacts(self, *rows):
        return self.sync(contact=[*self.CONTACTS, *rows])["contact"]

    def as_typed(self, partner, **cells):
        """The row that the master exports after somebody has typed the sheet of a contact.

        The master's own columns are the names on the sheet.
        """
        row = {column: value for column, value in partner.sm_encode_lines if value}
        return row | {"Code": "0099"} | cells


@tagged("post_install", "-at_install")
class TestSheetToEncode(EncodeCase):
    def test_who_is_listed(self):
        """Who gets a quotation in Odoo; not the master's own customers, nor a mere contact."""
        self.assertFalse(self.prospect.sm_encode_state)
        orders = self.env["sale.order"].with_user(self.rep)
        child = self.env["res.partner"].create({"name": "Son", "parent_id": self.prospect.id})
        orders.create({"partner_id": child.id})
        self.assertEqual(self.prospect.sm_encode_state, "to_encode")
        self.assertFalse(child.sm_encode_state)
        known = self.partner("0001")
        orders.create({"partner_id": known.id})
        self.assertFalse(known.sm_encode_state)
        self.sync_order(CHAIR)
        self.assertFalse(known.sm_encode_state)
        public = self.env.ref("base.public_partner")
        for partner in (self.env.user.partner_id, self.env.company.partner_id, public):
            orders.create({"partner_id": partner.id})
            self.assertFalse(partner.sm_encode_state)

    def test_by_hand(self):
        self.prospect.with_user(self.rep).action_sm_to_encode()
        self.assertEqual(self.prospect.sm_encode_state, "to_encode")
        self.prospect.with_user(self.rep).action_sm_not_to_encode()
        self.assertFalse(self.prospect.sm_encode_state)
        with self.assertRaises(UserError):
            self.partner("0001").with_user(self.rep).action_sm_to_encode()

    def test_the_sheet_has_the_columns_of_the_master(self):
        self.prospect.action_sm_to_encode()
        lines = self.prospect.with_user(self.rep).sm_encode_lines
        columns = self.feeds["contact"].mapping_ids.sorted("sequence").mapped("source")
        columns = [column for column in columns if column not in ("Code", "Bloqué")]
        self.assertEqual([column for column, _value in lines], columns)
        values = dict(map(tuple, lines))
        self.assertEqual(values["Nom"], "Lambert Claire")
        self.assertEqual((values["Type"], values["Client"], values["Pays"]), ("P", "O", "BE"))
        self.assertEqual((values["Langue"], values["Localité"]), ("FR", "Liège"))
        self.assertEqual(values["Remarques"], reference(self.prospect.id))
        self.assertIn("Nom\tLambert Claire\n", self.prospect.sm_encode_text)

    def test_a_nested_dialect_shows_the_names_of_the_fields(self):
        mapping = self.feeds["contact"].mapping_ids
        mapping.filtered(lambda line: line.target == "code").source = "@code"
        mapping.filtered(lambda line: line.target == "street").source = "Address/Street"
        columns = [column for column, _value in self.prospect._sm_encode_lines()]
        self.assertIn("Street", columns)

    def test_print(self):
        child = self.env["res.partner"].create(
            {"name": "Chantier", "type": "delivery", "parent_id": self.prospect.id}
        )
        self.prospect.action_sm_to_encode()
        report = self.env["ir.actions.report"].with_user(self.rep)
        html = report._render_qweb_html("sm_connector.encode_sheet", self.prospect.ids)[0].decode()
        for text in ("Lambert Claire", "Localité", "Chantier", reference(self.prospect.id)):
            self.assertIn(text, html)
        self.assertEqual(dict(map(tuple, child._sm_encode_lines()))["Type"], "L")


@tagged("post_install", "-at_install")
class TestEncodedIsFound(EncodeCase):
    """End to end: sheet, master, night, link."""

    def setUp(self):
        super().setUp()
        self.env["sale.order"].create({"partner_id": self.prospect.id})
        self.prospect.with_user(self.rep).action_sm_encoded()

    def assert_linked(self, count):
        self.assertEqual(self.partner("0099"), self.prospect)
        self.assertEqual(self.prospect.sm_encode_state, "linked")
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    def test_typed_as_on_the_sheet(self):
        self.assertEqual(self.prospect.sm_encode_state, "waiting")
        self.assertEqual(self.prospect.sm_encoded_by, self.rep)
        count = self.env["res.partner"].search_count([])
        line = self.sync_contacts(self.as_typed(self.prospect))
        self.assertEqual((line.created, line.quarantined), (0, 0))
        self.assert_linked(count)
        self.assertEqual(self.prospect.sm_code, "0099")

    def test_by_the_reference_alone(self):
        """Typed otherwise, without e-mail and phone: the reference in the remarks is enough."""
        count = self.env["res.partner"].search_count([])
        remarks = f"client du salon {reference(self.prospect.id)}\nrappeler"
        self.sync_contacts({"Code": "0099", "Nom": "Mme Lambert-Dubois", "Remarques": remarks})
        self.assert_linked(count)

    def test_the_reference_overrules_what_others_share(self):
        self.env["res.partner"].create(
            {"name": "Lambert Claire", "email": "claire@example.com", "phone": "04 222 33 44"}
        )
        count = self.env["res.partner"].search_count([])
        self.sync_contacts(self.as_typed(self.prospect))
        self.assert_linked(count)

    def test_without_the_reference(self):
        count = self.env["res.partner"].search_count([])
        self.sync_contacts(self.as_typed(self.prospect, Remarques=""))
        self.assert_linked(count)

    def test_not_typed_yet(self):
        self.sync_contacts()
        self.assertEqual(self.prospect.sm_encode_state, "waiting")
        self.assertFalse(self.prospect.sm_code)

    def test_a_wrong_digit_links_nobody(self):
        wrong = f"ODOO-{self.prospect.id}-00"
        self.sync_contacts({"Code": "0099", "Nom": "Somebody", "Remarques": wrong})
        self.assertNotEqual(self.partner("0099"), self.prospect)

    def test_never_a_colleague_nor_another_ones(self):
        known = self.partner("0001")
        colleague = self.rep.partner_id
        self.sync_contacts(
            {"Code": "0098", "Nom": "A", "Remarques": reference(known.id)},
            {"Code": "0099", "Nom": "B", "Remarques": reference(colleague.id)},
        )
        self.assertNotIn(self.partner("0098"), known)
        self.assertNotIn(self.partner("0099"), colleague)
        self.assertTrue(self.partner("0098") and self.partner("0099"))

    def test_customer_of_the_portal(self):
        """On the web site he may type any VAT number he likes: only the sheet proves who he is."""
        portal = self._new_user("portal_encode", "base.group_portal", email="p@example.com")
        portal.partner_id.name = "Web Customer"
        self.env["sale.order"].create({"partner_id": portal.partner_id.id})
        self.assertEqual(portal.partner_id.sm_encode_state, "to_encode")
        row = self.as_typed(portal.partner_id)
        self.sync_contacts(row | {"Code": "0097", "Remarques": ""})
        self.assertNotEqual(self.partner("0097"), portal.partner_id)
        self.sync_contacts(row)
        self.assertEqual(self.partner("0099"), portal.partner_id)
