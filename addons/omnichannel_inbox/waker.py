"""Wake the scheduler soon, without making anybody wait for it.

A trigger of a scheduled action is a row; that it is there is told to the workers by PostgreSQL, on
another connection. Odoo does so after every commit. Where hundreds of rows come in per second one
word for all of them is enough, and where a row is due in ten seconds the word has to come then
(workers look by themselves only once a minute). Should the process die before, the minute passes.
"""

import threading
import time

from odoo import sql_db
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION
from odoo.addons.integration_base.log import get_logger

__all__ = ["wake"]

_logger = get_logger(__name__)

#: Between two words about one database, in seconds.
PAUSE = 0.2

_lock = threading.Lock()
_planned: dict[str, list[float]] = {}
_last: dict[str, float] = {}


def wake(db_name: str, delay: float = 0.0) -> None:
    """Wake the workers of a database; at once, unless it was just done.

    :param delay: seconds from now
    """
    now = time.monotonic()
    with _lock:
        moment = max(now + delay, _last.get(db_name, 0.0) + PAUSE)
        planned = _planned.setdefault(db_name, [])
        # one that comes no earlier than asked for, and hardly later, does for both
        if any(now + delay <= other <= moment + PAUSE for other in planned):
            return
        planned.append(moment)
    timer = threading.Timer(max(moment - now, 0.0), _tell, (db_name, moment))
    timer.daemon = True
    timer.start()


def _tell(db_name: str, moment: float) -> None:
    with _lock:
        _planned[db_name].remove(moment)
        _last[db_name] = time.monotonic()
    try:
        with sql_db.db_connect("postgres").cursor() as cr:
            cr.execute(
                SQL("SELECT %s('cron_trigger', %s)", SQL.identifier(ODOO_NOTIFY_FUNCTION), db_name)
            )
    except Exception:
        _logger.warning("The scheduler could not be woken; it looks by itself within a minute")
