from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationCase

#: what is written alike is left empty, as the checks of the OCA want it
SAME_IN_FRENCH = {
    *("3CX", "3CX (%(name)s)", "Attention", "Configuration", "Contact", "Date", "Direction"),
    *("E-mail", "ID", "Manager", "Messages", "Note", "PRO", "Plan", "Source", "Version"),
    *("%(minutes)s min %(seconds)s s", "%(seconds)s s", "203.0.113.7, 198.51.100.0/24"),
    "https://shop.my3cx.eu",
}


@tagged("post_install", "-at_install")
class TestWords(IntegrationCase):
    def test_french_is_complete(self):
        self.assert_french_is_complete("threecx_bridge", SAME_IN_FRENCH)
