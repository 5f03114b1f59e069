"""Guards: does what is staged and planned look like a night, or like an accident?

A gate refuses files that are broken. A guard stops at files that are whole and yet hardly can be
meant: a person who knows why may let them through. Everything is counted by the database, on what
is staged and planned, before anything is applied.
"""

from dataclasses import dataclass, field

from .appliers import APPLIERS
from .plan import disappeared

SHOWN = 5  # examples
FEW = 10  # rows that prove nothing, whatever share of the plan they are
FACTORS = (0.01, 100.0)  # a decimal mark that moved by two places
NEAR = 2.0  # how far from a factor still counts as it: prices also change by themselves

# amounts that may be compared: field of the record → what Odoo has, of the record ``r``
AMOUNTS = {
    "article": {
        "price": "(SELECT t.list_price FROM product_template t WHERE t.id = r.product_tmpl_id)"
    },
    "order": {"amount_total": "r.sm_amount_total"},
}
# the date that lies in the past or today on every honest row
DATES = {"order": "date"}
CHANGED_AMOUNTS = """
    SELECT p.key, a.old, a.new
      FROM sm_plan p
      JOIN {table} r ON r.id = p.res_id
     CROSS JOIN LATERAL (SELECT ({old})::numeric AS old,
                                (p.record::json ->> '{name}')::numeric AS new) a
     WHERE p.line_id = %(line)s AND p.op = 'update' AND a.old > 0 AND a.new > 0
       AND abs(a.new - a.old) >= 0.005
"""
RECORDS = """
      FROM sm_plan p
     WHERE p.line_id = %(line)s AND p.op IN ('create', 'update', 'reuse')
"""


@dataclass(frozen=True)
class Finding:
    """What a guard stopped at.

    :ivar guard: its name, see `sm.run.finding`
    :ivar numbers: what it counted, by name
    :ivar examples: some of the keys, as text
    """

    guard: str
    numbers: dict
    examples: list = field(default_factory=list)


def look(cr, line_id, feed, rows, is_full) -> list:
    """Return what looks like an accident.

    :param sm.feed feed: its thresholds
    :param int rows: records in the file
    :param bool is_full: the file claims to hold everything
    :rtype: list[Finding]
    """
    found = []
    if is_full:
        found += _short(feed, rows)
        found += _disappeared(cr, line_id, feed)
    found += _amounts(cr, line_id, feed)
    found += _currency(cr, line_id, feed)
    found += _future(cr, line_id, feed)
    return found


def _short(feed, rows):
    if feed.last_rows and rows * 100 < feed.last_rows * feed.min_percent:
        numbers = {"rows": rows, "before": feed.last_rows, "percent": feed.min_percent}
        return [Finding("short", numbers)]
    return []


def _disappeared(cr, line_id, feed):
    """All keys changed, or too many are gone at once."""
    keys, known = disappeared(cr, line_id, feed)
    if len(keys) <= max(feed.missing_max_rows, known * feed.missing_max_percent / 100):
        return []
    seen = known - len(keys)
    examples = keys[:SHOWN]
    if known > FEW and seen * 100 < known * feed.guard_keys_percent:
        numbers = {"seen": seen, "known": known, "percent": feed.guard_keys_percent}
        return [Finding("keys", numbers, examples)]
    return [Finding("missing", {"count": len(keys), "known": known}, examples)]


def _amounts(cr, line_id, feed):
    """Prices times a hundred, or so many that changed so much that nobody decided it."""
    found = []
    applier = APPLIERS[feed.entity]
    for name, old in AMOUNTS.get(feed.entity, {}).items():
        changed = CHANGED_AMOUNTS.format(table=applier.table(), old=old, name=name)
        cr.execute(
            f"""
            WITH changed AS ({changed})
            SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY new / old),
                   count(*) FILTER (WHERE abs(new - old) > old * %(much)s / 100.0),
                   (array_agg(key || ': ' || old::float || ' → ' || new::float ORDER BY key)
                     FILTER (WHERE abs(new - old) > old * %(much)s / 100.0))[1:{SHOWN}]
              FROM changed
            """,
            {"line": line_id, "much": feed.guard_amount_change},
        )
        count, ratio, strong, examples = cr.fetchone()
        if count <= FEW:
            continue
        cr.execute(
            "SELECT count(*) FROM sm_link"
            " WHERE backend_id = %s AND entity = %s AND state = 'linked'",
            [feed.backend_id.id, feed.entity],
        )
        known = cr.fetchone()[0]
        numbers = {"count": count, "strong": strong, "known": known, "ratio": round(ratio, 4)}
        if any(factor / NEAR <= ratio <= factor * NEAR for factor in FACTORS):
            found.append(Finding("factor", numbers | {"field": name}, examples or []))
        elif strong > max(FEW, known * feed.guard_amount_percent / 100):
            numbers |= {"field": name, "change": feed.guard_amount_change}
            found.append(Finding("amounts", numbers, examples or []))
    return found


def _currency(cr, line_id, feed):
    """Amounts that are said to be in another currency than the company's."""
    if "currency" not in feed.mapping_ids.mapped("target"):
        return []
    params = {"line": line_id, "own": feed.backend_id.company_id.currency_id.name}
    cr.execute(
        f"""
        SELECT count(*), count(*) FILTER (WHERE is_other),
               (array_agg(key || ': ' || currency ORDER BY key) FILTER (WHERE is_other))[1:{SHOWN}]
          FROM (SELECT p.key, c.currency, c.currency NOT IN ('', %(own)s) AS is_other
                {
            RECORDS.replace(
                "WHERE",
                '''CROSS JOIN LATERAL (
                    SELECT upper(coalesce(p.record::json ->> 'currency', '')) AS currency) c
                 WHERE''',
            )
        }) rows
        """,
        params,
    )
    return _too_many(cr, "currency", feed, own=params["own"])


def _future(cr, line_id, feed):
    """Dates that have not come yet."""
    name = DATES.get(feed.entity)
    if not name:
        return []
    cr.execute(
        f"""
        SELECT count(*), count(*) FILTER (WHERE is_future),
               (array_agg(key || ': ' || date ORDER BY key) FILTER (WHERE is_future))[1:{SHOWN}]
          FROM (SELECT p.key, p.record::json ->> '{name}' AS date,
                       (p.record::json ->> '{name}')::date > current_date + %(days)s AS is_future
                {RECORDS}) rows
        """,
        {"line": line_id, "days": feed.guard_future_days},
    )
    return _too_many(cr, "future", feed, days=feed.guard_future_days)


def _too_many(cr, guard, feed, **numbers):
    """Return the finding of a count of ``(rows, of these wrong, examples)`` just executed."""
    rows, count, examples = cr.fetchone()
    if count <= max(FEW, rows * feed.guard_rows_percent / 100):
        return []
    return [Finding(guard, {"count": count, "rows": rows, **numbers}, examples)]
