import hashlib
from datetime import timedelta

import psycopg2

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import RetryableError

from ..providers.outlook.tokens import MARGIN

#: Seconds to wait for another worker that is asking for a token.
PATIENCE = 20
TRIES = 5


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


class SharedTokens:
    """Token store of `Graph`, on one row.

    :param registry: of the database
    :param int account_id: the application
    :param int channel_id: the mailbox somebody signed in for; 0: the application's own token
    :param credentials: `Credentials`: other ones make another token
    """

    def __init__(self, registry, account_id, channel_id, credentials):
        self._registry = registry
        self._where = SQL(
            "account_id = %s AND COALESCE(channel_id, 0) = %s", account_id, channel_id
        )
        parts = (
            credentials.login_url,
            credentials.graph_url,
            credentials.tenant,
            credentials.client_id,
            credentials.secret,
            credentials.certificate.certificate if credentials.certificate else "",
        )
        self._credentials = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        self._unsaved = None  # of an account that other transactions cannot see yet

    def get(self, fetch):
        """The token that is alive, or a new one.

        :param fetch: asks for a new one, given the refresh token; returns a `Token`
        :rtype: str
        :raise RetryableError: another worker has been asking for too long
        """
        for _try in range(TRIES):
            try:
                with self._registry.cursor() as cr:
                    return self._get(cr, fetch)
            except psycopg2.errors.SerializationFailure:
                continue  # somebody else has just written a new one: look again
            except psycopg2.errors.LockNotAvailable:
                break
        raise RetryableError("The access to Outlook is being renewed. Try again.")

    def discard(self, token):
        """Forget a token that is not accepted any more.

        :param str token: nothing happens when there is a newer one already
        """
        if self._unsaved == token:
            self._unsaved = None
        try:
            with self._registry.cursor() as cr:
                cr.execute(
                    SQL(
                        "UPDATE omni_outlook_token SET value = NULL WHERE %s AND value = %s",
                        self._where,
                        token,
                    ),
                    log_exceptions=False,
                )
        except psycopg2.errors.SerializationFailure:
            return  # replaced at this very moment

    def _get(self, cr, fetch):
        cr.execute(SQL("SET LOCAL lock_timeout = %s", f"{PATIENCE}s"))
        cr.execute(
            SQL(
                "SELECT value, expires, credentials, refresh FROM omni_outlook_token WHERE %s"
                " FOR UPDATE",
                self._where,
            ),
            log_exceptions=False,
        )
        row = cr.fetchone()
        if row is None and self._unsaved:
            return self._unsaved
        value, expires, credentials, refresh = row or (None, None, None, None)
        now = fields.Datetime.now()
        if value and credentials == self._credentials and expires > now:
            return value
        token = fetch(refresh or "")
        if row is None:
            self._unsaved = token.value
            return token.value
        cr.execute(
            SQL(
                "UPDATE omni_outlook_token SET value = %s, expires = %s, credentials = %s,"
                " refresh = COALESCE(%s, refresh) WHERE %s",
                token.value,
                now + timedelta(seconds=max(0, token.lifetime - MARGIN)),
                self._credentials,
                token.refresh or None,
                self._where,
            )
        )
        return token.value
