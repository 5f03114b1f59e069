import hashlib
from datetime import timedelta

import psycopg2

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import RetryableError

#: A token is given up so many seconds before it ends: requests take their time.
MARGIN = 60
#: Seconds to wait for another worker that is asking for a token.
PATIENCE = 15
TRIES = 5


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


class SharedTokens:
    """Token store of `ThreecxApi`, on the row of one telephone system.

    :param registry: of the database
    :param int pbx_id: the telephone system
    :param credentials: all that makes a token another one (address, client, key)
    """

    def __init__(self, registry, pbx_id, credentials):
        self._registry = registry
        self._pbx_id = pbx_id
        self._credentials = hashlib.sha256("\0".join(credentials).encode()).hexdigest()
        self._unsaved = None  # of a system that other transactions cannot see yet

    def get(self, fetch):
        """The token that is alive, or a new one.

        :param fetch: asks for a new one; returns a `Token`
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
        raise RetryableError("The access to the telephone system is being renewed. Try again.")

    def discard(self, token):
        """Forget a token that the telephone system does not accept any more.

        :param str token: nothing happens when there is a newer one already
        """
        if self._unsaved == token:
            self._unsaved = None
        try:
            with self._registry.cursor() as cr:
                cr.execute(
                    SQL(
                        "UPDATE threecx_token SET value = NULL WHERE pbx_id = %s AND value = %s",
                        self._pbx_id,
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
                "SELECT value, expires, credentials FROM threecx_token WHERE pbx_id = %s"
                " FOR UPDATE",
                self._pbx_id,
            ),
            log_exceptions=False,
        )
        row = cr.fetchone()
        if row is None and self._unsaved:
            return self._unsaved
        value, expires, credentials = row or (None, None, None)
        now = fields.Datetime.now()
        if value and credentials == self._credentials and expires > now:
            return value
        token = fetch()
        if row is None:
            self._unsaved = token.value
            return token.value
        cr.execute(
            SQL(
                "UPDATE threecx_token SET value = %s, expires = %s, credentials = %s"
                " WHERE pbx_id = %s",
                token.value,
                now + timedelta(seconds=max(0, token.lifetime - MARGIN)),
                self._credentials,
                self._pbx_id,
            )
        )
        return token.value
