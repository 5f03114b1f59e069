from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Masters that were there before the dossiers get their feed and their codes."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["sm.backend"].with_context(active_test=False).search([])._add_new_entities()
