"""Beside the OCA's ``helpdesk_mgmt``: both installed, each with its own tickets, menus and portal.

It is AGPL-3, and nothing of ours depends on it: it is fetched for this test only, and kept in the
cache.
"""

import subprocess
import sys

import pytest

from scripts.cache import complete_folder

RELEASE = "19.0.1.3.2"
CUSTOMER = """
import json
partner = env["res.partner"].create({"name": "Jan Peeters", "email": "jan@tafel.be"})
ours = env["crm.ticket"].create({"name": "Where is my sofa?", "partner_id": partner.id})
theirs = env["helpdesk.ticket"].create(
    {"name": "Where is my table?", "description": "?", "partner_id": partner.id}
)
env.cr.commit()
print("BOTH", json.dumps({
    "names": [ours.name, theirs.name],
    "urls": [ours.access_url, theirs.access_url],
    "sections": [section["key"] for section in partner._customer_card_sections()],
    "models": env["ir.model"].search_count([("model", "in", ("crm.ticket", "helpdesk.ticket"))]),
}))
"""


@pytest.fixture(scope="module")
def helpdesk_mgmt():
    """Folder of addons that holds the OCA's one."""

    def fetch(folder):
        package = f"odoo-addon-helpdesk_mgmt=={RELEASE}"
        command = ["-m", "pip", "install", "--no-deps", "--no-input", "--target", folder, package]
        subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)

    return complete_folder(f"helpdesk_mgmt-{RELEASE}", fetch) / "odoo" / "addons"


def test_both_install_and_work(odoo_database, helpdesk_mgmt):
    odoo_database.addons.append(helpdesk_mgmt)
    install = ("server", "-i", "helpdesk_mgmt", "--stop-after-init", "--no-http")
    assert "Traceback" not in odoo_database.run(*install).stdout
    said = odoo_database.shell(CUSTOMER)
    assert '"names": ["Where is my sofa?", "Where is my table?"]' in said
    assert '"models": 2' in said
    assert '"/my/requests/' in said and '"/my/ticket/' in said
    assert '"tickets"' in said
