from odoo.tests import tagged

from .common import SmCase


@tagged("post_install", "-at_install")
class TestContacts(SmCase):
    def sync_contacts(self, *rows):
        return self.sync(contact=rows)["contact"]

    def test_company_with_people_and_addresses(self):
        """Children stand before their parent in the file, and are its children all the same."""
        line = self.sync_contacts(
            {"Code": "0012", "Type": "C", "Code parent": "0010", "Nom": "Lambert Anne"}
            | {"E-mail": "anne@brico.example", "GSM": "0475/12.34.56"},
            {"Code": "0013", "Type": "L", "Code parent": "0010", "Nom": "Dépôt"}
            | {"Rue": "Quai 5", "Localité": "Namur", "Code postal": "5000"},
            {"Code": "0010", "Type": "S", "Nom": "Brico", "Nom 2": "SPRL", "Professionnel": "O"}
            | {"N° TVA": "BE 0403.170.701", "Rue": "rue Haute 1", "Code postal": "4000"}
            | {"Localité": "Liège", "Langue": "F", "Site web": "www.brico.example"}
            | {"Remarques": "bon payeur", "Fournisseur": "O"},
            {"Code": "0014", "Type": "F", "Code parent": "0010", "Nom": "Comptabilité"},
        )
        self.assertEqual((line.created, line.quarantined), (4, 0))
        company = self.partner("0010")
        self.assertEqual((company.name, company.is_company), ("Brico SPRL", True))
        self.assertEqual(company.vat, "BE 0403.170.701", "As given.")
        self.assertEqual((company.sm_vat_status, company.sm_segment), ("valid", "b2b"))
        self.assertEqual((company.customer_rank, company.supplier_rank), (1, 1))
        self.assertEqual((company.lang, company.country_id), ("fr_BE", self.belgium))
        self.assertEqual(company.sm_remarks, "bon payeur")
        self.assertEqual(company.ref, "0010")
        anne, depot, accounts = (self.partner(key) for key in ("0012", "0013", "0014"))
        for child in (anne, depot, accounts):
            self.assertEqual(child.parent_id, company)
            self.assertEqual(child.commercial_partner_id, company)
            self.assertFalse(child.is_company)
        self.assertEqual([p.type for p in (anne, depot, accounts)],
                         ["contact", "delivery", "invoice"])  # fmt: skip
        self.assertEqual(anne.mobile, "0475/12.34.56", "As typed.")
        self.assertEqual(anne.street, "rue Haute 1", "A person lives at his company's address.")
        self.assertEqual((depot.street, depot.city), ("Quai 5", "Namur"))

    def test_company_moves(self):
        rows = [
            {"Code": "1", "Type": "S", "Nom": "Brico", "Rue": "rue Haute 1", "N° TVA": "BE1"},
            {"Code": "2", "Type": "C", "Code parent": "1", "Nom": "Anne"},
        ]
        self.sync_contacts(*rows)
        rows[0] |= {"Rue": "rue Basse 2", "N° TVA": "BE0403170701"}
        line = self.sync_contacts(*rows)
        self.assertEqual((line.updated, line.unchanged), (1, 1))
        self.assertEqual(self.partner("2").street, "rue Basse 2")
        self.assertEqual(self.partner("2").vat, self.partner("1").vat)

    def test_child_changes_its_company(self):
        rows = [
            {"Code": "1", "Type": "S", "Nom": "Brico"},
            {"Code": "2", "Type": "S", "Nom": "Casa"},
            {"Code": "3", "Type": "C", "Code parent": "1", "Nom": "Anne"},
        ]
        self.sync_contacts(*rows)
        anne = self.partner("3")
        rows[2]["Code parent"] = "2"
        self.sync_contacts(*rows)
        self.assertEqual(anne.parent_id, self.partner("2"))
        rows[2] |= {"Code parent": "", "Type": "P"}
        self.sync_contacts(*rows)
        self.assertFalse(anne.parent_id)
        self.assertEqual(self.partner("3"), anne)

    def test_contacts_of_contacts(self):
        rows = [
            {"Code": str(number), "Type": "C", "Code parent": str(number + 1), "Nom": f"N{number}"}
            for number in range(1, 4)
        ]
        line = self.sync_contacts(*rows, {"Code": "4", "Type": "S", "Nom": "Brico"})
        self.assertEqual((line.created, line.quarantined), (4, 0))
        self.assertEqual(self.partner("1").commercial_partner_id, self.partner("4"))

    def test_parents_in_a_circle(self):
        line = self.sync_contacts(
            {"Code": "1", "Type": "C", "Code parent": "2", "Nom": "Un"},
            {"Code": "2", "Type": "C", "Code parent": "1", "Nom": "Deux"},
            {"Code": "3", "Type": "C", "Code parent": "3", "Nom": "Trois"},
            {"Code": "4", "Nom": "Quatre"},
        )
        self.assertEqual((line.state, line.created, line.quarantined), ("done", 1, 3))
        self.assert_quarantined("contact", "1", "unknown_parent")
        self.assert_quarantined("contact", "2", "unknown_parent")
        self.assert_quarantined("contact", "3", "own_parent")

    def test_a_circle_made_of_known_contacts(self):
        rows = [
            {"Code": "1", "Type": "S", "Nom": "Un"},
            {"Code": "2", "Type": "C", "Code parent": "1", "Nom": "Deux"},
            {"Code": "3", "Nom": "Trois"},
        ]
        self.sync_contacts(*rows)
        rows[0] |= {"Type": "C", "Code parent": "2"}
        rows[2]["Nom"] = "Drei"
        line = self.sync_contacts(*rows)
        self.assertEqual(line.state, "done")
        self.assert_quarantined("contact", "1", "refused")
        self.assertEqual(self.partner("3").name, "Drei")

    def test_parent_in_quarantine(self):
        """The child waits for its parent and heals with it."""
        rows = [
            {"Code": "1", "Type": "S", "Nom": " "},
            {"Code": "2", "Type": "C", "Code parent": "1", "Nom": "Anne"},
        ]
        self.sync_contacts(*rows)
        self.assert_quarantined("contact", "1", "missing_name", line=2)
        child = self.assert_quarantined("contact", "2", "unknown_parent", line=3, value="1")
        rows[0]["Nom"] = "Brico"
        line = self.sync_contacts(*rows)
        self.assertEqual((line.created, line.quarantined), (2, 0))
        self.assertEqual(child.state, "healed")
        self.assertEqual(self.partner("2").parent_id, self.partner("1"))

    def test_vat_numbers_as_people_type_them(self):
        """Kept as given whatever they are; only the check tells."""
        numbers = {
            "BE 0403.170.701": "valid", "BE0403170702": "invalid", "non assujetti": "invalid",
            "FR40303265045": "valid", "NL004495445B01": "valid", "": "none",
        }  # fmt: skip
        line = self.sync_contacts(
            *({"Code": f"K{place}", "Type": "S", "Nom": f"Client {place}", "N° TVA": number}
              for place, number in enumerate(numbers))
        )  # fmt: skip
        self.assertEqual(line.quarantined, 0)
        for place, (number, status) in enumerate(numbers.items()):
            partner = self.partner(f"K{place}")
            self.assertEqual(partner.vat or "", number)
            if number != "non assujetti":
                self.assertEqual(partner.sm_vat_status, status, number)

    def test_two_customers_with_one_vat_number(self):
        line = self.sync_contacts(
            {"Code": "1", "Type": "S", "Nom": "Brico Liège", "N° TVA": "BE0403170701"},
            {"Code": "2", "Type": "S", "Nom": "Brico Namur", "N° TVA": "BE0403170701"},
        )
        self.assertEqual((line.created, line.quarantined), (2, 0))

    def test_leading_zeros_and_padding(self):
        self.sync_contacts({"Code": "0012345  ", "Nom": "  Dupont Jean "})
        self.assertEqual(self.partner("0012345").name, "Dupont Jean")
        line = self.sync_contacts({"Code": "0012345", "Nom": "Dupont Jean"})
        self.assertEqual((line.created, line.updated, line.unchanged), (0, 0, 1))

    def test_0012_and_12_are_two_customers(self):
        line = self.sync_contacts({"Code": "0012", "Nom": "Un"}, {"Code": "12", "Nom": "Deux"})
        self.assertEqual(line.created, 2)
        self.assertNotEqual(self.partner("0012"), self.partner("12"))

    def test_blocked(self):
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "Bloqué": "O"})
        partner = self.partner("1")
        self.assertTrue(partner.sm_is_blocked)
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "Bloqué": "N"})
        self.assertFalse(partner.sm_is_blocked)

    def test_language_that_is_not_installed(self):
        self.sync_contacts({"Code": "1", "Nom": "Schmidt", "Langue": "D"})
        self.assertFalse(self.partner("1").lang)

    def test_cells_are_emptied(self):
        """What the master empties is empty in Odoo; what Odoo alone knows stays."""
        row = {"Code": "1", "Nom": "Dupont", "GSM": "0475123456", "E-mail": "j@example.com"}
        self.sync_contacts(row | {"Remarques": "x", "Rue": "rue Haute 1"})
        partner = self.partner("1")
        partner.comment = "likes green"
        partner.category_id = self.env["res.partner.category"].create({"name": "VIP"})
        self.sync_contacts({"Code": "1", "Nom": "Dupont"})
        for name in ("mobile", "email", "sm_remarks", "street"):
            self.assertFalse(partner[name], name)
        self.assertIn("likes green", partner.comment)
        self.assertEqual(partner.category_id.name, "VIP")

    def test_ranks_that_odoo_counts(self):
        """Invoices raise the rank; the master only says whether he is a customer."""
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "Fournisseur": "N"})
        partner = self.partner("1")
        partner.customer_rank = 7
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "Fournisseur": "O"})
        self.assertEqual((partner.customer_rank, partner.supplier_rank), (7, 1))
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "Client": "N", "Fournisseur": "O"})
        self.assertEqual((partner.customer_rank, partner.supplier_rank), (0, 1))

    def test_sql_and_html_are_names(self):
        names = {
            "1": "x'); DELETE FROM res_partner; --",
            "2": '<img src=x onerror="alert(1)"><b>Gras</b>',
            "3": "%s %(name)s {0} \\n \\. \\N",
            "4": "Tab\tand\x1funit",
        }
        line = self.sync_contacts(*({"Code": code, "Nom": name} for code, name in names.items()))
        self.assertEqual(line.created, 4)
        for code in "123":
            self.assertEqual(self.partner(code).name, names[code])
        self.assertIn("unit", self.partner("4").name)

    def test_no_welcome(self):
        """Nobody is mailed, invited or followed because the master knows him."""
        counts = [
            self.env[model].search_count([])
            for model in ("mail.message", "mail.mail", "mail.followers", "res.users")
        ]
        self.sync_contacts({"Code": "1", "Nom": "Dupont", "E-mail": "jean@example.com"})
        self.sync_contacts({"Code": "1", "Nom": "Dupont Jean", "E-mail": "jean@example.com"})
        self.assertEqual(counts, [
            self.env[model].search_count([])
            for model in ("mail.message", "mail.mail", "mail.followers", "res.users")
        ])  # fmt: skip
