from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_base.shared_token import SharedToken

from ..providers.outlook.tokens import MARGIN


class OmniOutlookToken(models.Model):
    """The access token of an application, or of whoever signed in for one mailbox, shared by all
    workers.

    Whoever needs a new one locks the row, in a transaction of its own. A refresh token is good for
    one use: the new one is kept in the same commit as the access token it came with.
    """

    _name = "omni.outlook.token"
    _description = "Access Token of Outlook"
    _log_access = False

    account_id = fields.Many2one("omni.outlook.account", required=True, ondelete="cascade")
    channel_id = fields.Many2one("omni.channel", ondelete="cascade", index="btree_not_null")
    value = fields.Char(groups="base.group_system")
    expires = fields.Datetime(groups="base.group_system")
    refresh = fields.Char(groups="base.group_system")
    credentials = fields.Char(
        groups="base.group_system", help="Hash of what the token was given for."
    )

    _account_channel_uniq = models.UniqueIndex("(account_id, COALESCE(channel_id, 0))")


class SharedTokens(SharedToken):
    """Token store of `Graph`, on one row.

    :param registry: of the database
    :param int account_id: the application
    :param int channel_id: the mailbox somebody signed in for; 0: the application's own token
    :param credentials: `Credentials`: other ones make another token
    """

    table = "omni_outlook_token"
    has_refresh = True
    margin = MARGIN
    patience = 20
    busy = "The access to Outlook is being renewed. Try again."

    def __init__(self, registry, account_id, channel_id, credentials):
        super().__init__(
            registry,
            SQL("account_id = %s AND COALESCE(channel_id, 0) = %s", account_id, channel_id),
            (
                credentials.login_url,
                credentials.graph_url,
                credentials.tenant,
                credentials.client_id,
                credentials.secret,
                credentials.certificate.certificate if credentials.certificate else "",
            ),
        )
