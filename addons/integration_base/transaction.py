"""What has to be kept whatever becomes of the request, and what is done again when other
transactions were in the way."""

import random
import time
from contextlib import suppress
from functools import partial, wraps

import psycopg2

from odoo.exceptions import ConcurrencyError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, retrying

from .log import get_logger

__all__ = ["attempt", "is_passing", "run_apart", "scheduled"]

_logger = get_logger(__name__)

#: Times that something is tried before it is left for the next run of a scheduled action.
TRIES = 5
#: Longest pause before the first further try, in seconds; it doubles with every one.
PAUSE = 0.1


def run_apart(env, function, *args):
    """Return ``function(env, *args)``, in a transaction of its own that is committed.

    For what must be there before an outside system is spoken to, or even if the request fails. It
    is called again when it collided with another transaction.

    :param env: user, context and database; not the transaction
    """
    with env.registry.cursor() as cr:
        apart = env(cr=cr)
        return retrying(partial(function, apart, *args), apart)


def is_passing(error):
    """Whether nothing is wrong but the moment: another transaction was in the way, or the database
    went away.

    :param Exception error: what was raised
    :rtype: bool
    """
    passing = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError, psycopg2.InterfaceError)
    if isinstance(error, passing):
        return True
    # the driver has two names for a server that is not there, or not any more
    if isinstance(error, psycopg2.OperationalError) or type(error) is psycopg2.DatabaseError:
        return error.pgcode is None or error.pgcode.startswith(("08", "57P"))
    return False


def attempt(env, what, function, *args):
    """Call ``function(*args)`` and commit, for a scheduled action: never raises.

    What collided with another transaction is rolled back and tried again, so the function has to
    begin with what is in the database. Only what is wrong for good is logged as an error.

    :param env: with the transaction in which the function works
    :param what: what is done, for the log: a text or records
    :return: whether it was done
    :rtype: bool
    """
    for number in range(TRIES):
        if number:
            time.sleep(random.uniform(0, PAUSE * 2**number))
        try:
            function(*args)
            env.cr.commit()  # pylint: disable=invalid-commit
        except Exception as error:
            with suppress(psycopg2.Error):  # the connection is lost
                env.cr.rollback()
            env.transaction.reset()
            env.registry.reset_changes()
            if not is_passing(error):
                _logger.exception("%s stopped; it goes on by itself", what)
                return False
            _logger.info("%s has to begin anew: %s", what, str(error).partition("\n")[0])
            if env.cr.closed:
                break
        else:
            return True
    _logger.info("%s is left for the next run", what)
    return False


def scheduled(method):
    """Decorate what a scheduled action calls: it never raises, see :func:`attempt`. Odoo switches
    off an action that fails for a week, and a collision is no failure.

    After an error the action waits for its next time.
    """

    @wraps(method)
    def run(self, *args):
        what = f"{self._name}.{method.__name__}"
        if not attempt(self.env, what, method, self, *args) and not self.env.cr.closed:
            progress = partial(self.env["ir.cron"]._commit_progress, remaining=0)
            attempt(self.env, what, progress)

    return run
