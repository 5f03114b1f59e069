from datetime import timedelta
from functools import partial

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError, RetryableError
from odoo.addons.integration_base.shared_token import SharedToken

from ..providers.iadvize.errors import LoginError
from ..providers.iadvize.tokens import MARGIN

#: Sign-ins in a minute: iAdvize refuses the eleventh, of whoever uses the same user.
LOGINS = 5
#: Seconds in which nobody signs in again who was refused, or got no answer.
REFUSED = 60
FAILED = 10


class OmniIadvizeToken(models.Model):
    """The one access token of an API user of iAdvize, shared by all workers and by all channels of
    this user.

    Whoever needs a new one locks the row, in a transaction of its own. iAdvize counts how often a
    user signs in: so do we, and who was refused does not try the same again at once.
    """

    _name = "omni.iadvize.token"
    _description = "Access Token of iAdvize"
    _log_access = False

    user_key = fields.Char(required=True, help="Address of iAdvize and name of the API user.")
    value = fields.Char(groups="base.group_system")
    expires = fields.Datetime(groups="base.group_system")
    credentials = fields.Char(
        groups="base.group_system", help="Hash of what the token was given for."
    )
    login_since = fields.Datetime(groups="base.group_system")
    login_count = fields.Integer(groups="base.group_system")
    refused_until = fields.Datetime(groups="base.group_system")
    refused_for = fields.Char(
        groups="base.group_system", help="Hash of what was refused; another one may be tried."
    )
    refused_reason = fields.Char(groups="base.group_system")

    _user_key_uniq = models.UniqueIndex("(user_key)")

    def _ensure(self, user_key):
        """Make sure that there is a row.

        :param str user_key: see :func:`user_key`
        """
        self.env.cr.execute(
            SQL(
                "INSERT INTO omni_iadvize_token (user_key) VALUES (%s)"
                " ON CONFLICT (user_key) DO NOTHING",
                user_key,
            )
        )


def user_key(credentials):
    """What says which user of iAdvize it is.

    :param credentials: `Credentials`
    :rtype: str
    """
    return f"{credentials.url.rstrip('/').lower()} {credentials.user.strip().lower()}"


class SharedTokens(SharedToken):
    """Token store of `Api`, on the row of one API user.

    :param registry: of the database
    :param credentials: `Credentials`: another password makes another token
    """

    table = "omni_iadvize_token"
    margin = MARGIN
    patience = 20
    busy = "The access to iAdvize is being renewed. Try again."

    def __init__(self, registry, credentials):
        super().__init__(
            registry,
            SQL("user_key = %s", user_key(credentials)),
            (credentials.url, credentials.user, credentials.password),
        )

    def get(self, fetch):
        """Override: a refusal is remembered.

        :raise LoginError: user name or password are refused, now or a moment ago
        """
        try:
            return super().get(fetch)
        except _Remembered as remembered:
            raise remembered.error from None
        except IntegrationError as error:
            if isinstance(error, LoginError):
                self._note_refused(error, REFUSED)
            elif isinstance(error, RetryableError) and error.message != self.busy:
                self._note_refused(error, error.retry_after or FAILED)
            raise

    def _get(self, cr, fetch):
        return super()._get(cr, partial(self._log_in, cr, fetch))

    def _log_in(self, cr, fetch):
        """Sign in, if that is allowed now; the row is locked."""
        cr.execute(
            SQL(
                "SELECT login_since, login_count, refused_until, refused_for, refused_reason"
                " FROM omni_iadvize_token WHERE %s",
                self._where,
            )
        )
        since, count, refused_until, refused_for, reason = cr.fetchone() or (None,) * 5
        now = fields.Datetime.now()
        if refused_until and refused_until > now and refused_for == self._credentials:
            raise _Remembered(_refusal(reason, (refused_until - now).total_seconds()))
        if not since or since <= now - timedelta(minutes=1):
            since, count = now, 0
        if count >= LOGINS:
            left = (since + timedelta(minutes=1) - now).total_seconds()
            raise _Remembered(
                RetryableError(
                    "Signed in to iAdvize too often; it goes on in a minute.", retry_after=left
                )
            )
        token = fetch()
        cr.execute(
            SQL(
                "UPDATE omni_iadvize_token SET login_since = %s, login_count = %s,"
                " refused_until = NULL WHERE %s",
                since,
                count + 1,
                self._where,
            )
        )
        return token

    def _note_refused(self, error, seconds):
        with self._registry.cursor() as cr:
            cr.execute(
                SQL(
                    "UPDATE omni_iadvize_token SET refused_until = %s, refused_for = %s,"
                    " refused_reason = %s WHERE %s",
                    fields.Datetime.now() + timedelta(seconds=seconds),
                    self._credentials,
                    f"{'auth' if isinstance(error, AuthError) else 'wait'}:{error}",
                    self._where,
                )
            )


class _Remembered(Exception):  # noqa: N818 (it carries an error)
    """Nothing was asked: what was answered before still holds."""

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


def _refusal(reason, seconds):
    kind, _colon, text = (reason or "").partition(":")
    if kind == "auth":
        return LoginError(text, code=401)
    return RetryableError(text, retry_after=max(seconds, 1))
