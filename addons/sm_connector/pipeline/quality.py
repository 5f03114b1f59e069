"""What is wrong in the master's own data: found set-based, after the rows of a run are in.

Nothing here is an error of the synchronisation: every one of these records is in Odoo as the master
has it. The list is for the one who keeps up the master. It is drawn again only after a run that
changed something; a person's verdict «not a problem» holds until the value changes.
"""

from .identity import words

MAX_SHARED = 200  # records behind one number or address; more is a switchboard, not a double
OPEN_STATUSES = ("confirmed", "preparing", "partial")

LINKED = """
    FROM sm_link l JOIN {table} r ON r.id = l.{column}
   WHERE l.backend_id = %(backend)s AND l.entity = '{entity}' AND l.state = 'linked'
"""
# of two keys of one contact, merged in Odoo, only the first stands for it
FIRST_KEY = """
    AND NOT EXISTS (SELECT 1 FROM sm_link f
                     WHERE f.partner_id = l.partner_id AND f.backend_id = l.backend_id
                       AND f.entity = 'contact' AND f.state = 'linked' AND f.id < l.id)
"""
CONTACTS = LINKED.format(table="res_partner", column="partner_id", entity="contact")
ARTICLES = LINKED.format(table="product_product", column="product_id", entity="article")
ORDERS = LINKED.format(table="sale_order", column="order_id", entity="order")
CUSTOMERS = f"{CONTACTS} {FIRST_KEY} AND r.parent_id IS NULL AND r.active"

# columns of what is found: cause, entity, key, name, partner, product, order, code, value, detail
CONTACT_CAUSES = f"""
    SELECT c.cause, 'contact', l.external_id, r.name, r.id, NULL::int, NULL::int, NULL::int,
           c.value, NULL
      FROM sm_link l JOIN res_partner r ON r.id = l.partner_id
     CROSS JOIN LATERAL (VALUES
           ('vat', CASE WHEN r.sm_vat_status = 'invalid' AND (r.parent_id IS NULL OR r.is_company)
                        THEN r.vat END),
           ('email', CASE WHEN r.email <> '' AND r.email_key IS NULL THEN r.email END),
           ('phone', CASE WHEN r.phone <> '' AND r.phone_key IS NULL
                            OR r.mobile <> '' AND r.mobile_key IS NULL
                          THEN concat_ws(' / ',
                               CASE WHEN r.phone_key IS NULL THEN nullif(r.phone, '') END,
                               CASE WHEN r.mobile_key IS NULL THEN nullif(r.mobile, '') END) END),
           ('unreachable', CASE WHEN r.parent_id IS NULL AND r.customer_rank > 0
                                 AND coalesce(r.phone, '') = '' AND coalesce(r.mobile, '') = ''
                                 AND coalesce(r.email, '') = '' THEN '' END)
           ) c (cause, value)
     WHERE l.backend_id = %(backend)s AND l.entity = 'contact' AND l.state = 'linked' AND r.active
       AND c.value IS NOT NULL {FIRST_KEY}
"""
# the check digit of EAN-8, UPC, EAN-13 and GTIN-14: weights 3 and 1 in turn from the right
EAN_SUM = """
    (SELECT sum(substr(reverse(r.sm_ean), i, 1)::int * CASE WHEN i %% 2 = 0 THEN 3 ELSE 1 END)
       FROM generate_series(1, length(r.sm_ean)) i)
"""
ARTICLE_CAUSES = f"""
    SELECT 'ean', 'article', l.external_id, t.name ->> 'en_US', NULL::int, r.id, NULL::int,
           NULL::int, r.sm_ean, NULL
      FROM sm_link l JOIN product_product r ON r.id = l.product_id
      JOIN product_template t ON t.id = r.product_tmpl_id
     WHERE l.backend_id = %(backend)s AND l.entity = 'article' AND l.state = 'linked' AND r.active
       AND r.sm_ean <> ''
       AND CASE WHEN r.sm_ean !~ '^([0-9]{{8}}|[0-9]{{12,14}})$' THEN TRUE
                ELSE {EAN_SUM} %% 10 != 0 END
    UNION ALL
    SELECT 'double_ean', 'article', l.external_id, t.name ->> 'en_US', NULL, r.id, NULL, NULL,
           r.sm_ean, d.keys
      FROM sm_link l JOIN product_product r ON r.id = l.product_id
      JOIN product_template t ON t.id = r.product_tmpl_id
      JOIN (SELECT r.sm_ean, string_agg(l.external_id, ', ' ORDER BY l.external_id) AS keys
            {ARTICLES} AND r.active AND r.sm_ean <> ''
             GROUP BY r.sm_ean HAVING count(DISTINCT r.id) > 1) d ON d.sm_ean = r.sm_ean
     WHERE l.backend_id = %(backend)s AND l.entity = 'article' AND l.state = 'linked' AND r.active
"""
ORDER_CAUSES = """
    SELECT c.cause, 'order', l.external_id, p.name, r.partner_id, NULL::int, r.id, NULL::int,
           c.value, NULL
      FROM sm_link l JOIN sale_order r ON r.id = l.order_id
      JOIN res_partner p ON p.id = r.partner_id
     CROSS JOIN LATERAL (VALUES
           ('no_date', CASE WHEN r.commitment_date IS NULL
                             AND NOT EXISTS (SELECT 1 FROM sale_order_line s
                                              WHERE s.order_id = r.id
                                                AND s.sm_expected_date IS NOT NULL)
                            THEN '' END),
           ('late', CASE WHEN r.commitment_date < %(at)s::timestamp - interval '7 days'
                         THEN to_char(r.commitment_date, 'YYYY-MM-DD') END),
           -- a cent or two are the rounding of the VAT, not the master's fault
           ('totals', CASE WHEN abs(r.sm_amount_difference) > 0.05
                           THEN r.sm_amount_difference::text END)
           ) c (cause, value)
     WHERE l.backend_id = %(backend)s AND l.entity = 'order' AND l.state = 'linked' AND r.active
       AND c.value IS NOT NULL AND (c.cause = 'totals' OR r.sm_status IN %(open)s)
"""
CODE_CAUSES = """
    SELECT 'code', 'code', c.kind || ' ' || c.code, c.code, NULL::int, NULL::int, NULL::int, c.id,
           c.code, NULL
      FROM sm_code c
     WHERE c.backend_id = %(backend)s AND NOT coalesce(c.is_explained, FALSE)
"""
MERGED = """
    SELECT 'merged', 'contact', l.external_id, r.name, r.id, NULL::int, NULL::int, NULL::int, '',
           d.keys
      FROM sm_link l JOIN res_partner r ON r.id = l.partner_id
      JOIN (SELECT partner_id, string_agg(external_id, ', ' ORDER BY external_id) AS keys
              FROM sm_link
             WHERE backend_id = %(backend)s AND entity = 'contact' AND state = 'linked'
             GROUP BY partner_id HAVING count(*) > 1) d ON d.partner_id = l.partner_id
     WHERE l.backend_id = %(backend)s AND l.entity = 'contact' AND l.state = 'linked'
"""
CAUSES_SQL = (CONTACT_CAUSES, ARTICLE_CAUSES, ORDER_CAUSES, CODE_CAUSES, MERGED)

# evidence of doubles → the customers that share a value; whether their names must resemble too
DOUBLES = {
    "double_vat": (
        f"""
        SELECT l.external_id, r.id, r.name, r.vat,
               ltrim(regexp_replace(r.vat, '[^0-9]', '', 'g'), '0') AS shared
        {CUSTOMERS} AND r.vat <> ''
        """,
        False,
    ),
    "double_email": (
        f"""
        SELECT l.external_id, r.id, r.name, r.email, r.email_key AS shared
        {CUSTOMERS} AND r.email_key IS NOT NULL
        """,
        True,
    ),
    "double_phone": (
        f"""
        SELECT DISTINCT l.external_id, r.id, r.name, k.key AS value, k.key AS shared
          FROM sm_link l JOIN res_partner r ON r.id = l.partner_id
         CROSS JOIN LATERAL (VALUES (r.phone_key), (r.mobile_key)) k (key)
         WHERE l.backend_id = %(backend)s AND l.entity = 'contact' AND l.state = 'linked'
               {FIRST_KEY} AND r.parent_id IS NULL AND r.active AND k.key IS NOT NULL
        """,
        True,
    ),
}
SHARED = """
    SELECT external_id, id, name, value, shared
      FROM (SELECT s.*, count(*) OVER (PARTITION BY shared) AS many FROM ({query}) s
                   (external_id, id, name, value, shared)) g
     WHERE many BETWEEN 2 AND %(max)s AND length(shared) > 5
     ORDER BY shared, external_id
"""

UPSERT = """
    INSERT INTO sm_quality_issue AS i (backend_id, company_id, cause, entity, key, name, partner_id,
        product_id, order_id, code_id, value, detail, first_seen, last_seen, state)
    SELECT %(backend)s, %(company)s, f.cause, f.entity, f.key, f.name, f.partner_id, f.product_id,
           f.order_id, f.code_id, f.value, f.detail, %(at)s, %(at)s, 'open'
      FROM ({found}) f (cause, entity, key, name, partner_id, product_id, order_id, code_id, value,
                        detail)
        ON CONFLICT (backend_id, cause, entity, key) DO UPDATE
       SET name = excluded.name, partner_id = excluded.partner_id, product_id = excluded.product_id,
           order_id = excluded.order_id, code_id = excluded.code_id, value = excluded.value,
           detail = excluded.detail, last_seen = excluded.last_seen, fixed_at = NULL,
           first_seen = CASE WHEN i.state = 'fixed' THEN excluded.first_seen ELSE i.first_seen END,
           state = CASE WHEN i.state = 'ignored'
                         AND (i.value, i.detail)
                             IS NOT DISTINCT FROM (excluded.value, excluded.detail)
                        THEN 'ignored' ELSE 'open' END
"""
FIXED = """
    UPDATE sm_quality_issue SET state = 'fixed', fixed_at = %(at)s
     WHERE backend_id = %(backend)s AND state != 'fixed' AND last_seen < %(at)s
"""
NIGHT = """
    INSERT INTO sm_quality_night AS n (backend_id, company_id, run_id, date, cause, count, found,
        fixed)
    SELECT %(backend)s, %(company)s, %(run)s,
           (%(at)s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Brussels')::date, c.cause,
           count(i.id) FILTER (WHERE i.state = 'open'),
           count(i.id) FILTER (WHERE i.state = 'open' AND i.first_seen = %(at)s),
           count(i.id) FILTER (WHERE i.fixed_at = %(at)s)
      FROM unnest(%(causes)s::text[]) c (cause)
      LEFT JOIN sm_quality_issue i ON i.backend_id = %(backend)s AND i.cause = c.cause
                                  AND (i.state = 'open' OR i.fixed_at = %(at)s)
     GROUP BY c.cause
        ON CONFLICT (backend_id, date, cause) DO UPDATE
       SET run_id = excluded.run_id, count = excluded.count, found = n.found + excluded.found,
           fixed = n.fixed + excluded.fixed
"""


def refresh(cr, backend_id, company_id, at):
    """Find what is wrong in the records of a master, and what no longer is.

    :param datetime at: the moment that is noted, naive UTC
    """
    params = {"backend": backend_id, "company": company_id, "at": at, "open": OPEN_STATUSES}
    for found in CAUSES_SQL:
        cr.execute(UPSERT.format(found=found), params)
    doubles = [row for cause in DOUBLES for row in _doubles(cr, backend_id, cause)]
    if doubles:
        causes, keys, names, ids, values, details = map(list, zip(*doubles, strict=True))
        found = """
            SELECT cause, 'contact', key, name, id, NULL::int, NULL::int, NULL::int, value, detail
              FROM unnest(%(causes)s::text[], %(keys)s::text[], %(names)s::text[], %(ids)s::int[],
                          %(values)s::text[], %(details)s::text[])
                   d (cause, key, name, id, value, detail)
        """
        cr.execute(
            UPSERT.format(found=found),
            params
            | {"causes": causes, "keys": keys, "names": names, "ids": ids}
            | {"values": values, "details": details},
        )
    cr.execute(FIXED, params)


def _is_same(one, other):
    """Return whether all words of one name are in the other: a family shares only some."""
    return bool(one and other) and (one <= other or other <= one)


def _doubles(cr, backend_id, cause):
    """Return the customers that share a value with others: cause, key, name, id, value, others."""
    query, needs_name = DOUBLES[cause]
    cr.execute(SHARED.format(query=query), {"backend": backend_id, "max": MAX_SHARED})
    groups = {}
    for *row, shared in cr.fetchall():
        groups.setdefault(shared, []).append(row)
    found = {}
    for rows in groups.values():
        names = [words(name) for _key, _id, name, _value in rows]
        for place, (key, id_, name, value) in enumerate(rows):
            others = [
                rows[other][0]
                for other in range(len(rows))
                if other != place and (not needs_name or _is_same(names[place], names[other]))
            ]
            if others and key not in found:  # one number is enough
                found[key] = (cause, key, name, id_, value, ", ".join(others))
    return found.values()


def count_night(cr, backend_id, company_id, run_id, causes, at):
    """Note how many of each cause there are tonight."""
    cr.execute(
        NIGHT,
        {
            "backend": backend_id,
            "company": company_id,
            "run": run_id,
            "causes": list(causes),
            "at": at,
        },
    )
