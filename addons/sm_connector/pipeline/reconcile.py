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
TOTALS = """
    SELECT coalesce(sum(o.sm_amount_total), 0), coalesce(sum(o.amount_total), 0),
           count(*) FILTER (WHERE o.sm_has_difference)
      FROM sm_link l JOIN sale_order o ON o.id = l.order_id
     WHERE l.backend_id = %s AND l.entity = 'order' AND l.state = 'linked'
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
