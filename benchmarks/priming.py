"""Fills a database as a first load would leave it, by SQL: what is measured are the nights after.

Reading, staging, conversion, hashes and plan are the connector's own; only the step that would
create the contacts one batch after the other is replaced by INSERTs. What SQL leaves over (contacts
of an unknown customer, for example) the connector then applies, and closes the run.
"""

from .baselines.sql_floor import CHILD_CONTACTS, TOP_CONTACTS
from .pipeline import deliver

SOURCE = "bench_plan"
LINKS = """
    INSERT INTO sm_link (backend_id, entity, external_id, partner_id, source_hash, content_hash,
        state, is_primary, missing_count, synced_at, create_date, write_date, create_uid, write_uid)
    SELECT %(backend)s, 'contact', p.key, r.id, p.source_hash, p.content_hash, 'linked', true, 0,
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1, 1
      FROM sm_plan p JOIN res_partner r ON r.ref = p.key
     WHERE p.line_id = %(line)s AND p.op = 'create'
"""
DONE = """
    DELETE FROM sm_plan p USING sm_link l
     WHERE p.line_id = %(line)s AND p.op = 'create' AND l.backend_id = %(backend)s
       AND l.entity = 'contact' AND l.external_id = p.key
"""


def prime(process, drop: str, files: list) -> dict:
    """Synchronise a file of contacts with a database that has none.

    :return: contacts that are linked then
    """
    from odoo.addons.sm_connector.pipeline.context import on_behalf_of_master

    deliver(drop, files)
    with process.environment() as env:
        cr, backend = env.cr, env["sm.backend"].search([], limit=1)
        run, _is_new = env["sm.run"]._queue(backend, "manual")
        line = run.line_ids
        with on_behalf_of_master():
            line._stage_and_plan()
        env.flush_all()
        where = {"line": line.id, "backend": backend.id}
        cr.execute(
            f"CREATE TEMPORARY TABLE {SOURCE} AS SELECT key, record::jsonb AS record"
            " FROM sm_plan WHERE line_id = %(line)s AND op = 'create'",
            where,
        )
        for sql in (
            f"ANALYZE {SOURCE}",
            TOP_CONTACTS.format(source=SOURCE),
            "ANALYZE res_partner",
            CHILD_CONTACTS.format(source=SOURCE),
            LINKS,
            "ANALYZE sm_link",
            DONE,
        ):
            cr.execute(sql, where)
        cr.commit()
        env.invalidate_all()
        env["sm.run"]._cron_night()
        return {"linked": env["sm.link"].search_count([("state", "=", "linked")])}
