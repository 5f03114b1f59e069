from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IntegrationHttpCase


@tagged("post_install", "-at_install")
class TestUi(IntegrationHttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_rep = cls._new_user(
            "integration_rep", "base.group_user", "base.group_partner_manager"
        )
        cls.partner = cls._new_partner(
            "Anne Dupont", phone="04/222.33.44", email="anne@example.com", website="javascript:0//"
        )
        cls.partner.activity_schedule(
            "mail.mail_activity_data_todo", summary="Call back", user_id=cls.user_rep.id
        )

    def test_styles_compile(self):
        """A mistake in one style sheet takes the style of the whole web client away."""
        bundle = self.env["ir.qweb"]._get_asset_bundle("web.assets_backend", js=False)
        bundle.css()
        self.assertFalse(bundle.css_errors)

    def test_customer_card_tour(self):
        self.start_tour(
            f"/odoo/res.partner/{self.partner.id}",
            "integration_base_customer_card_tour",
            login="integration_rep",
        )
        self.assertEqual(self.partner.phone_key, "+3242223355", "the tour changed the number")

    def test_customer_card_denied_tour(self):
        """Rights that end while the form is open: a clean message, no error dialog."""
        model = type(self.env["res.partner"])
        refusal = AccessError("technical text nobody should see")  # pylint: disable=translation-required

        def denied(_partner):
            raise refusal

        with (
            patch.object(model, "get_customer_card", denied),
            mute_logger("odoo.http"),  # Odoo logs every refusal
        ):
            self.start_tour(
                f"/odoo/res.partner/{self.partner.id}",
                "integration_base_customer_card_denied_tour",
                login="integration_rep",
            )
