"""Who is who on a channel. Pure."""

from odoo.addons.integration_base.tools import email as email_tools

__all__ = ["email_of", "identity_key"]


def email_of(address):
    """The e-mail address of somebody, normalised; empty if he has none."""
    return email_tools.normalize(address.email or address.external_id) or ""


def identity_key(address):
    """What identifies somebody on a channel: his address, normalised, or what the channel says."""
    external_id = (address.external_id or "").strip()
    if "@" in external_id or not external_id:
        return email_tools.normalize(external_id) or email_of(address) or external_id.lower()
    return external_id
