from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationHttpCase


@tagged("post_install", "-at_install")
class TestHoot(IntegrationHttpCase):
    """The unit tests of the JavaScript of this addon."""

    def test_hoot(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&filter=@omnichannel_inbox",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
        )
