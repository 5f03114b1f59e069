"""Stand-ins for the systems outside Odoo. Nothing here imports anything from ``addons/``."""
