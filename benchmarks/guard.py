"""What the guard costs those whose records are not the master's: bulk writes, and opening a form.

Two databases, one with our addons and a loaded master, one with Odoo's modules only; each holds the
same contacts that belong to nobody. Every side of a pair runs in a fresh process.
"""

import json
import time
from functools import cache
from statistics import median

from . import odoo_process
from .data import World
from .databases import DEPENDS, KEPT, fresh, settle
from .night import Master
from .settings import SMALLEST, BenchError, Sizes, say, sizes

CONTACTS = 1000  # of nobody, in each database
FEW = 100  # of them, to see that the queries do not grow with their number
NAME = "Bench %04d"
#: Writes and openings that a side measures; the fastest counts, since it was disturbed least.
ROUNDS = 30
SHARE = 20  # of the contacts of the data set, one in so many is the master's in these databases


# -- the sides -------------------------------------------------------------------------------------


def fill(process) -> dict:
    """Create the contacts that belong to nobody."""
    with process.environment() as env:
        env["res.partner"].create(
            [
                {
                    "name": NAME % number,
                    "street": "rue Haute 1",
                    "zip": "4000",
                    "city": "Liège",
                    "email": f"bench{number}@example.com",
                    "phone": f"+32422{number:05d}",
                }
                for number in range(CONTACTS)
            ]
        )
        env.cr.commit()
    return {}


def _contacts(env, count):
    return env["res.partner"].search([("name", "=like", "Bench %")], order="id", limit=count)


def bulk_write(process, count: int) -> dict:
    """Write street and city of contacts at once, as a mass edit does.

    :return: seconds and queries of one write with its flush
    """
    seconds, queries = [], []
    with process.environment() as env:
        partners = _contacts(env, count)
        for number in range(ROUNDS + 1):
            env.invalidate_all()
            before, started = env.cr.sql_log_count, time.perf_counter()
            partners.write({"street": f"rue Haute {number}", "city": f"Ville {number}"})
            env.flush_all()
            seconds.append(time.perf_counter() - started)
            queries.append(env.cr.sql_log_count - before)
        env.cr.rollback()
    # the first one fills the caches of the process
    return {"seconds": min(seconds[1:]), "queries": median(queries[1:])}


def form_open(process) -> dict:
    """Open the form of contacts, one after the other, as the web client does: views and record.

    :return: seconds and queries of one opening
    """
    from odoo.service.model import call_kw

    seconds, queries = [], []
    with process.environment() as env:
        user = env.ref("base.user_admin")
        ids = _contacts(env, ROUNDS + 1).ids
        specification = _specification(env(user=user))
    for contact_id in ids:
        with process.registry.cursor() as cr:
            partners = _environment(cr, user.id)["res.partner"]
            before, started = cr.sql_log_count, time.perf_counter()
            call_kw(partners, "get_views", [[[False, "form"]]], {"options": {}})
            answer = call_kw(partners, "web_read", [[contact_id]], {"specification": specification})
            json.dumps(answer, default=str)
            seconds.append(time.perf_counter() - started)
            queries.append(cr.sql_log_count - before)
    return {"seconds": min(seconds[1:]), "queries": median(queries[1:])}


def _environment(cr, uid):
    from odoo import api

    return api.Environment(cr, uid, {"lang": "en_US", "tz": "Europe/Brussels"})


def _specification(env) -> dict:
    """Return what the web client would ask for to show the form."""
    from lxml import etree

    views = env["res.partner"].get_views([[False, "form"]])
    arch = etree.fromstring(views["views"]["form"]["arch"])
    return _fields(env, "res.partner", arch)


def _fields(env, model, node) -> dict:
    result = {}
    for child in node:
        if child.tag != "field":
            result |= _fields(env, model, child)
            continue
        field = env[model]._fields[child.get("name")]
        result[field.name] = {}
        if field.type == "many2one":
            result[field.name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            inner = _fields(env, field.comodel_name, child) or {"display_name": {}}
            result[field.name] = {"fields": inner, "limit": 40}
    return result


# -- the figures -----------------------------------------------------------------------------------


@cache
def _databases() -> tuple[str, str]:
    """Return a database with our addons and one without, for both figures."""
    few = max(SMALLEST, sizes().contacts // SHARE)
    master = Master(KEPT, World(Sizes(few, SMALLEST, SMALLEST)), ("contact",))
    master.load()
    without = KEPT.enter_context(fresh(DEPENDS))
    for database in (master.database, without):
        odoo_process.run("guard:fill", database)
        settle(database)
    return master.database, without


def _pairs(side: str, runs: int, unit: str, **options) -> list[tuple[dict, dict]]:
    """Run a side with and without our addons, and say what came out."""
    pairs = []
    databases = _databases()
    for number in range(1, runs + 1):
        ours, without = (odoo_process.run(side, name, **options) for name in databases)
        pairs.append((ours, without))
        say(
            f"   pair {number}: {unit} {1000 * ours['seconds']:.1f} ms and "
            f"{ours['queries']:.0f} queries, without our addons "
            f"{1000 * without['seconds']:.1f} ms and {without['queries']:.0f} queries "
            f"-> {ours['seconds'] / without['seconds']:.2f}, "
            f"{ours['queries'] - without['queries']:+.0f} queries"
        )
    if "count" in options:
        _check_constant(side, databases, pairs[-1])
    return pairs


def _check_constant(side, databases, many):
    """Make sure that the queries that are ours do not grow with the records.

    :raises BenchError: they do
    """
    few = [odoo_process.run(side, name, count=FEW) for name in databases]
    extra = [ours["queries"] - without["queries"] for ours, without in (few, many)]
    say(f"   queries that are ours: {extra[0]:+.0f} for {FEW}, {extra[1]:+.0f} for {CONTACTS}")
    # each batch of 1,000 that Odoo itself prefetches may have its own
    if extra[1] > extra[0] + 1:
        raise BenchError(f"{side}: the guard's queries grow with the records: {extra}")


def _ratios(pairs) -> list[float]:
    return [ours["seconds"] / without["seconds"] for ours, without in pairs]


def bulk_write_ratio(runs: int) -> list[float]:
    """Return a bulk write with our addons ÷ the same without."""
    return _ratios(_pairs("guard:bulk_write", runs, "write", count=CONTACTS))


def form_open_ratio(runs: int) -> list[float]:
    """Return opening a contact's form with our addons ÷ the same without."""
    return _ratios(_pairs("guard:form_open", runs, "opening"))
