"""Order events: what changed between a snapshot taken before a batch and the state after it.

Everything is set-based and in the transaction of the change itself: a batch that is undone leaves
no event, and a change that is there already gives none. What a record was before it was known is
nobody's change: new records have no snapshot, so first loads raise nothing.
"""

# statuses that are told to the customer; an event of that name is true as long as the status lasts
TOLD_STATUSES = ("ready", "shipped", "partial", "delivered", "failed", "cancelled")
FINISHED = ("delivered", "cancelled")
# orders that wait for goods: a restocked article concerns them
WAITING = ("quotation", "confirmed", "preparing", "partial", "unknown")

# the day of the expected date, which the pipeline stores as noon in Brussels
DAY = "(o.commitment_date AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Brussels')::date"

ORDERS_BEFORE = f"""
    SELECT o.id, o.sm_status, {DAY}::text FROM sale_order o WHERE o.id = ANY(%s)
"""
LINES_BEFORE = """
    SELECT l.order_id, l.sm_line_key, l.product_id, l.sm_expected_date::text, l.sm_availability
      FROM sale_order_line l
     WHERE l.order_id = ANY(%s) AND l.sm_line_key IS NOT NULL AND l.product_id IS NOT NULL
       -- of two lines of one number nobody can say which became which
       AND NOT EXISTS (SELECT 1 FROM sale_order_line twin
                        WHERE twin.order_id = l.order_id AND twin.sm_line_key = l.sm_line_key
                          AND twin.id != l.id)
"""
STOCK_BEFORE = """
    SELECT p.id FROM product_product p
     WHERE p.id = ANY(%s) AND coalesce(p.sm_stock_total, 0) <= 0
"""

# the run under way, of which a backfill only completes the past
RUN = """
    SELECT id FROM sm_run
     WHERE backend_id = %(backend)s AND state = 'running' AND trigger != 'backfill'
"""
# one change gives one event: of an order or line, one of a kind in a run
INSERT = """
    INSERT INTO sm_order_event (order_id, line_id, line_key, product_id, partner_id, shop_id,
        company_id, run_id, at, kind, old_date, new_date, days, old_status, new_status,
        old_quantity, new_quantity, is_current)
    SELECT o.id, e.line_id, coalesce(e.line_key, ''), e.product_id, o.partner_id, o.sm_shop_id,
           o.company_id, run.id, now() AT TIME ZONE 'UTC', e.kind, e.old_date, e.new_date,
           e.new_date - e.old_date, e.old_status, e.new_status, e.old_quantity, e.new_quantity, TRUE
      FROM found e
      JOIN sale_order o ON o.id = e.order_id
     CROSS JOIN run
     ORDER BY o.id, coalesce(e.line_key, ''), e.kind
    ON CONFLICT DO NOTHING
"""
DATE_KIND = """
    CASE WHEN {old} IS NULL THEN 'date_set' WHEN {new} IS NULL THEN 'date_removed'
         ELSE 'date_moved' END
"""

# A date of the order covers its lines: a line is told apart only when its new date is another one.
# Lines that all move alike under an order that does not are one event of the order.
ORDER_CHANGES = f"""
    WITH run AS ({RUN}),
    orders AS (
        SELECT o.id AS order_id, b.status AS old_status, o.sm_status AS new_status,
               b.day AS old_date, {DAY} AS new_date,
               b.day IS DISTINCT FROM {DAY} AS is_moved,
               coalesce(o.sm_status IN %(finished)s, FALSE) AS is_finished
          FROM unnest(%(ids)s::int[], %(statuses)s::text[], %(days)s::date[]) b (id, status, day)
          JOIN sale_order o ON o.id = b.id
    ),
    lines AS (
        SELECT l.order_id, l.id AS line_id, l.sm_line_key AS line_key, l.product_id,
               b.day AS old_date, l.sm_expected_date AS new_date,
               b.day IS DISTINCT FROM l.sm_expected_date
                   AND NOT (o.is_moved AND l.sm_expected_date IS NOT DISTINCT FROM o.new_date)
                   AS is_moved,
               b.availability IS DISTINCT FROM 'I' AND l.sm_availability = 'I' AS is_lost
          FROM unnest(%(line_orders)s::int[], %(line_keys)s::text[], %(line_products)s::int[],
                      %(line_days)s::date[], %(line_availabilities)s::text[])
               b (order_id, key, product_id, day, availability)
          JOIN orders o ON o.order_id = b.order_id AND NOT o.is_finished
          JOIN sale_order_line l ON l.order_id = b.order_id AND l.sm_line_key = b.key
                                AND l.product_id = b.product_id
    ),
    together AS (
        SELECT l.order_id, min(l.old_date) AS old_date, min(l.new_date) AS new_date
          FROM lines l JOIN orders o ON o.order_id = l.order_id
         WHERE NOT o.is_moved
         GROUP BY l.order_id
        HAVING bool_and(l.is_moved) AND count(*) > 1
           AND count(DISTINCT (l.old_date, l.new_date)) = 1
    ),
    found (order_id, line_id, line_key, product_id, kind, old_date, new_date, old_status,
           new_status, old_quantity, new_quantity) AS (
        SELECT order_id, NULL::int, NULL, NULL::int, new_status, NULL::date, NULL::date, old_status,
               new_status, NULL::numeric, NULL::numeric
          FROM orders
         WHERE new_status IN %(told)s AND old_status IS DISTINCT FROM new_status
        UNION ALL
        SELECT order_id, NULL, NULL, NULL, {DATE_KIND.format(old="old_date", new="new_date")},
               old_date, new_date, NULL, NULL, NULL, NULL
          FROM orders
         WHERE is_moved AND NOT is_finished
        UNION ALL
        SELECT order_id, NULL, NULL, NULL, {DATE_KIND.format(old="old_date", new="new_date")},
               old_date, new_date, NULL, NULL, NULL, NULL
          FROM together
        UNION ALL
        SELECT l.order_id, l.line_id, l.line_key, l.product_id,
               {DATE_KIND.format(old="l.old_date", new="l.new_date")}, l.old_date, l.new_date,
               NULL, NULL, NULL, NULL
          FROM lines l
         WHERE l.is_moved AND l.order_id NOT IN (SELECT order_id FROM together)
        UNION ALL
        SELECT order_id, line_id, line_key, product_id, 'unavailable', NULL, NULL, NULL, NULL, NULL,
               NULL
          FROM lines
         WHERE is_lost
    )
    {INSERT}
"""

STOCK_CHANGES = f"""
    WITH run AS ({RUN}),
    found (order_id, line_id, line_key, product_id, kind, old_date, new_date, old_status,
           new_status, old_quantity, new_quantity) AS (
        SELECT l.order_id, l.id, l.sm_line_key, l.product_id, 'restocked', NULL::date, NULL::date,
               NULL, NULL, 0::numeric, p.sm_stock_total
          FROM product_product p
          JOIN sale_order_line l ON l.product_id = p.id
          JOIN sale_order w ON w.id = l.order_id
         WHERE p.id = ANY(%(ids)s) AND p.sm_stock_total > 0
           AND w.sm_backend_id = %(backend)s AND w.active
           AND coalesce(w.sm_status, 'unknown') IN %(waiting)s
           AND l.sm_line_key IS NOT NULL AND l.sm_availability IS DISTINCT FROM 'S'
           AND coalesce(l.sm_qty_delivered, 0) < l.product_uom_qty
    )
    {INSERT}
"""

# what was told and no longer holds
SETTLE = f"""
    UPDATE sm_order_event e SET is_current = FALSE
      FROM sale_order o
     WHERE o.id = e.order_id AND e.is_current AND e.order_id = ANY(%(ids)s)
       AND NOT (o.active AND CASE
           WHEN e.kind IN %(told)s THEN o.sm_status = e.kind
           WHEN o.sm_status IN %(finished)s THEN FALSE
           WHEN e.kind IN ('date_set', 'date_moved', 'date_removed') AND e.line_key = '' THEN
               NOT EXISTS (SELECT 1 FROM sm_order_event later
                            WHERE later.order_id = e.order_id AND later.id > e.id
                              AND later.line_key = ''
                              AND later.kind IN ('date_set', 'date_moved', 'date_removed'))
               AND (e.new_date IS NOT DISTINCT FROM {DAY}
                    OR EXISTS (SELECT 1 FROM sale_order_line l
                                WHERE l.order_id = o.id AND l.sm_line_key IS NOT NULL
                                  AND l.product_id IS NOT NULL
                                  AND l.sm_expected_date IS NOT DISTINCT FROM e.new_date))
           ELSE EXISTS (
               SELECT 1 FROM sale_order_line l JOIN product_product p ON p.id = l.product_id
                WHERE l.order_id = o.id AND l.sm_line_key = e.line_key
                  AND l.product_id = e.product_id
                  AND CASE e.kind
                      WHEN 'unavailable' THEN l.sm_availability = 'I'
                      WHEN 'restocked' THEN p.sm_stock_total > 0
                           AND coalesce(o.sm_status, 'unknown') IN %(waiting)s
                           AND coalesce(l.sm_qty_delivered, 0) < l.product_uom_qty
                      ELSE l.sm_expected_date IS NOT DISTINCT FROM e.new_date END)
           END IS TRUE)
"""


def observe_orders(cr, ids):
    """Return the snapshot of orders about to be changed: their rows and those of their lines."""
    if not ids:
        return None
    cr.execute(ORDERS_BEFORE, [ids])
    orders = cr.fetchall()
    cr.execute(LINES_BEFORE, [ids])
    return orders, cr.fetchall()


def record_order_events(cr, backend_id, before):
    """Write an event for each difference between a snapshot of :func:`observe_orders` and now."""
    if not before:
        return
    orders, lines = before
    ids, statuses, days = _columns(orders, 3)
    line_orders, keys, products, line_days, availabilities = _columns(lines, 5)
    cr.execute(
        ORDER_CHANGES,
        {
            "backend": backend_id,
            "told": TOLD_STATUSES,
            "finished": FINISHED,
            "ids": ids,
            "statuses": statuses,
            "days": days,
            "line_orders": line_orders,
            "line_keys": keys,
            "line_products": products,
            "line_days": line_days,
            "line_availabilities": availabilities,
        },
    )
    settle(cr, ids)


def observe_stock(cr, ids):
    """Return those of the articles about to be changed that are out of stock."""
    if not ids:
        return None
    cr.execute(STOCK_BEFORE, [ids])
    return [product_id for (product_id,) in cr.fetchall()], ids


def record_stock_events(cr, backend_id, before):
    """Tell the orders that wait for an article that it is back, or that it is gone again."""
    if not before:
        return
    sold_out, ids = before
    if sold_out:
        cr.execute(STOCK_CHANGES, {"backend": backend_id, "waiting": WAITING, "ids": sold_out})
    settle_articles(cr, ids)


def settle(cr, order_ids):
    """Mark the events of orders that are no longer true."""
    if order_ids:
        cr.execute(
            SETTLE,
            {
                "ids": order_ids,
                "told": TOLD_STATUSES,
                "finished": FINISHED,
                "waiting": WAITING,
            },
        )


def settle_articles(cr, product_ids):
    """Mark what was told of articles and is no longer true: they are out of stock again."""
    cr.execute(
        "SELECT DISTINCT order_id FROM sm_order_event"
        " WHERE product_id = ANY(%s) AND is_current AND kind = 'restocked'",
        [product_ids],
    )
    settle(cr, [order_id for (order_id,) in cr.fetchall()])


def _columns(rows, width):
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width
