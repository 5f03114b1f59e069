"""Reconcile: does Odoo hold what the master sent?"""

from dataclasses import dataclass


@dataclass(slots=True)
class Balance:
    """What the master and Odoo each count; totals are of orders, in the company's currency."""

    master_count: int
    odoo_count: int
    master_total: float = 0.0
    odoo_total: float = 0.0
    differing: int = 0  # orders whose own totals differ; two such may cancel out in the sum

    @property
    def is_even(self) -> bool:
        return self.master_count == self.odoo_count and not self.differing


COUNT = """
    SELECT count(*) FROM sm_link l JOIN {table} r ON r.id = l.{column}
     WHERE l.backend_id = %s AND l.entity = %s AND l.state = 'linked'
"""
# computed here from the amounts themselves: a flag may be out of date when somebody used SQL
DIFFERS = "abs(o.amount_total - coalesce(o.sm_amount_total, 0)) > 0.005 OR o.sm_has_difference"
TOTALS = f"""
    SELECT coalesce(sum(o.sm_amount_total), 0), coalesce(sum(o.amount_total), 0),
           count(*) FILTER (WHERE {DIFFERS})
      FROM sm_link l JOIN sale_order o ON o.id = l.order_id
     WHERE l.backend_id = %s AND l.entity = 'order' AND l.state = 'linked'
"""
# the orders that are still under way: what the shops look at
SHOPS = f"""
    INSERT INTO sm_run_balance (line_id, shop_id, count, master_total, odoo_total, difference,
        differing)
    SELECT %(line)s, o.sm_shop_id, count(*), coalesce(sum(o.sm_amount_total), 0),
           coalesce(sum(o.amount_total), 0),
           coalesce(sum(o.amount_total), 0) - coalesce(sum(o.sm_amount_total), 0),
           count(*) FILTER (WHERE {DIFFERS})
      FROM sm_link l JOIN sale_order o ON o.id = l.order_id
     WHERE l.backend_id = %(backend)s AND l.entity = 'order' AND l.state = 'linked'
       AND coalesce(o.sm_status, 'unknown') NOT IN ('delivered', 'cancelled')
     GROUP BY o.sm_shop_id
"""


def reconcile(cr, backend_id, entity, table, column, accepted) -> Balance:
    """Compare the records that the master sent and were accepted with those that Odoo has.

    :param int accepted: rows of the file less those in quarantine that Odoo never had
    """
    cr.execute(COUNT.format(table=table, column=column), [backend_id, entity])
    balance = Balance(accepted, cr.fetchone()[0])
    if entity == "order":
        cr.execute(TOTALS, [backend_id])
        master_total, odoo_total, balance.differing = cr.fetchone()
        balance.master_total, balance.odoo_total = float(master_total), float(odoo_total)
    return balance


def reconcile_shops(cr, line_id, backend_id):
    """Write the totals of the open orders of each shop, the master's beside Odoo's."""
    cr.execute("DELETE FROM sm_run_balance WHERE line_id = %s", [line_id])
    cr.execute(SHOPS, {"line": line_id, "backend": backend_id})
