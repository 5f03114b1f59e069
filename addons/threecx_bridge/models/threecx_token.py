from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_base.shared_token import SharedToken


class ThreecxToken(models.Model):
    """The one access token of a telephone system, shared by all workers.

    3CX keeps one token alive per client: a new one makes the former worthless. So whoever needs one
    locks this row, in a transaction of its own, and nobody asks while another one does.
    """

    _name = "threecx.token"
    _description = "3CX Access Token"
    _log_access = False

    pbx_id = fields.Many2one("threecx.pbx", required=True, ondelete="cascade")
    value = fields.Char(groups="base.group_system")
    expires = fields.Datetime(groups="base.group_system")
    credentials = fields.Char(
        groups="base.group_system", help="Hash of what the token was given for."
    )

    _pbx_uniq = models.UniqueIndex("(pbx_id)")


class SharedTokens(SharedToken):
    """Token store of `ThreecxApi`, on the row of one telephone system.

    :param registry: of the database
    :param int pbx_id: the telephone system
    :param credentials: all that makes a token another one (address, client, key)
    """

    table = "threecx_token"
    margin = 60
    patience = 15
    busy = "The access to the telephone system is being renewed. Try again."

    def __init__(self, registry, pbx_id, credentials):
        super().__init__(registry, SQL("pbx_id = %s", pbx_id), credentials)
