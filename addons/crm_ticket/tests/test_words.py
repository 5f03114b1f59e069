from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationCase

#: what is written alike is left empty, as the checks of the OCA want it
SAME_IN_FRENCH = {
    '<span class="o_stat_text">Satisfaction</span>',
    "Code",
    "Contact",
    "Date",
    "Description",
    "E-mail",
    "ID",
    "Messages",
    "Satisfaction",
    "Spam",
    "Ticket",
    "Tickets",
    "Total",
    "Urgent",
    "id",
    "res_model",
}


@tagged("post_install", "-at_install")
class TestWords(IntegrationCase):
    def test_french_is_complete(self):
        self.assert_french_is_complete("crm_ticket", SAME_IN_FRENCH)
