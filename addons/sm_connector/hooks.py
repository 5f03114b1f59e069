from odoo import fields

from .models.ir_cron import first_night
from .pipeline import tables


def post_init_hook(env):
    """Plan the first night for 04:00 in Brussels."""
    env.ref("sm_connector.ir_cron_night").nextcall = first_night(fields.Datetime.now())


def uninstall_hook(env):
    """Drop the working tables, which belong to no model; what was synchronised stays."""
    tables.drop(env.cr)
