"""Wake the scheduler soon, without making anybody wait for it.

A trigger of a scheduled action is a row; that it is there is told to the workers by PostgreSQL, on
another connection. Odoo does both for every transaction. Where hundreds of requests come in per
second one row and one word for all of them is enough, and where something is due in ten seconds the
word has to come then (workers look by themselves only once a minute). It is done by a thread, after
the commit. Should the process die before, the minute passes: our scheduled actions run every minute
anyway, and nothing is lost.
"""

import threading
import time
from dataclasses import dataclass, field

from odoo import sql_db
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import ODOO_NOTIFY_FUNCTION
from odoo.addons.integration_base.log import get_logger

__all__ = ["wake"]

_logger = get_logger(__name__)

#: Between two words about one database, in seconds.
PAUSE = 0.2
#: What is due later than this, in seconds, is left to the workers' own look once a minute: an
#: answer that leaves tomorrow keeps no thread until then.
LONGEST = 300


@dataclass
class _Plan:
    """What is about to be told of one database."""

    moments: list[float] = field(default_factory=list)
    last: float = float("-inf")
    crons: set[int] = field(default_factory=set)


_lock = threading.Lock()
_plans: dict[str, _Plan] = {}


def wake(db_name: str, delay: float = 0.0, cron_id: int | None = None) -> None:
    """Wake the workers of a database; at once, unless it was just done.

    :param delay: seconds from now; nothing is done for a delay beyond `LONGEST`
    :param cron_id: id of a scheduled action that has no trigger yet
    """
    if delay > LONGEST and not cron_id:
        return
    now = time.monotonic()
    with _lock:
        plan = _plans.setdefault(db_name, _Plan())
        if cron_id:
            plan.crons.add(cron_id)
        moment = max(now + delay, plan.last + PAUSE)
        # one that comes no earlier than asked for, and hardly later, does for both
        if any(now + delay <= other <= moment + PAUSE for other in plan.moments):
            return
        plan.moments.append(moment)
    timer = threading.Timer(max(moment - now, 0.0), _tell, (db_name, plan, moment))
    timer.daemon = True
    timer.start()


def _tell(db_name: str, plan: _Plan, moment: float) -> None:
    with _lock:
        plan.moments.remove(moment)
        plan.last = time.monotonic()
        crons, plan.crons = plan.crons, set()
    try:
        if crons:
            with sql_db.db_connect(db_name).cursor() as cr:
                cr.execute(
                    SQL(
                        "INSERT INTO ir_cron_trigger (cron_id, call_at)"
                        " SELECT id, now() AT TIME ZONE 'UTC' FROM ir_cron WHERE id IN %s",
                        tuple(crons),
                    )
                )
        with sql_db.db_connect("postgres").cursor() as cr:
            cr.execute(
                SQL("SELECT %s('cron_trigger', %s)", SQL.identifier(ODOO_NOTIFY_FUNCTION), db_name)
            )
    except Exception as error:
        # the database may be gone: nobody is there to be woken
        _logger.info("The scheduler was not woken, and looks by itself within a minute: %s", error)
