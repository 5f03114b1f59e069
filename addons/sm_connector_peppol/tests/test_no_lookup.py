from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline.context import on_behalf_of_master
from odoo.addons.sm_connector.tests.common import SmCase


@tagged("post_install", "-at_install")
class TestNoLookup(SmCase):
    """Peppol's directory is asked for people's contacts, and not for those of a load."""

    ROWS = (
        {"Code": "1", "Type": "S", "Nom": "Brico", "N° TVA": "BE0403170701"},
        {"Code": "2", "Type": "S", "Nom": "Casa", "N° TVA": "BE0477472701"},
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.account_peppol_proxy_state = "receiver"
        # only customers who get electronic invoices are looked up
        cls.env["ir.default"].set("res.partner", "invoice_edi_format_store", "ubl_bis3")

    def asked(self):
        """Record who is looked up instead of asking."""
        names = []

        def look_up(partner, *_args, **_kwargs):
            names.append(partner.name)
            return "not_verified"

        partners = self.env.registry["res.partner"]
        return names, patch.object(partners, "_get_peppol_verification_state", look_up)

    def test_odoo_asks_without_us(self):
        """What is kept from happening does happen to a contact that somebody types in."""
        names, no_request = self.asked()
        with no_request:
            self._new_partner("By Hand", vat="BE0403170701", is_company=True)
        self.assertIn("By Hand", names)

    def test_a_load_does_not_ask(self):
        names, no_request = self.asked()
        with no_request:
            line = self.sync(contact=self.ROWS)["contact"]
            self.assertEqual((line.created, line.quarantined), (2, 0))
            rows = [row | {"N° TVA": "BE0428759497"} for row in self.ROWS]
            line = self.sync(contact=rows)["contact"]
            self.assertEqual(line.updated, 2)
        self.assertFalse(names)

    def test_only_for_as_long_as_the_load_lasts(self):
        names, no_request = self.asked()
        with no_request:
            with on_behalf_of_master():
                self._new_partner("During", vat="BE0403170701", is_company=True)
            self._new_partner("Afterwards", vat="BE0477472701", is_company=True)
        self.assertEqual(set(names), {"Afterwards"})

    def test_a_client_cannot_ask_for_it(self):
        """No context key that a client may send does the same."""
        names, no_request = self.asked()
        with no_request:
            partners = self.env["res.partner"].with_context(
                on_behalf_of_master=True, sm_load=True, tracking_disable=True
            )
            partners.create(
                {
                    "name": "Sly",
                    "vat": "BE0403170701",
                    "is_company": True,
                    "country_id": self.belgium.id,
                }
            )
        self.assertEqual(set(names), {"Sly"})
