"""Dossiers → `sm.dossier`."""

from ..contract.errors import RowError
from .applier import Applier
from .codes import CodeTable

# value of a dossier → field of the record that feeds it, where it may be absent
SOURCES = {
    "order_ref": "order_number",
    "order_id": "order_number",
    "product_ref": "article_code",
    "product_id": "article_code",
    "kind_id": "kind_code",
    "owner": "owner",
    "date_opened": "opened_on",
    "date_planned": "planned_on",
    "date_closed": "closed_on",
    "quantity": "qty",
    "remarks": "remarks",
}
# orders and articles are often older than what the master exports: the number is kept as text, and
# becomes a link as soon as it can
LINK_LATER = """
    UPDATE sm_dossier d SET {column} = l.{column}
      FROM sm_link l
     WHERE d.backend_id = %s AND d.{column} IS NULL AND d.{ref} IS NOT NULL
       AND l.backend_id = d.backend_id AND l.entity = %s AND l.external_id = d.{ref}
       AND l.state != 'retired' AND l.{column} IS NOT NULL
 RETURNING d.id
"""


class DossierApplier(Applier):
    entity = "dossier"
    label = "Dossiers"
    sequence = 40
    model = "sm.dossier"
    link_field = "dossier_id"
    customer_columns = ("partner_id",)
    pattern = "DOSSIERS_*.*"
    is_reused = False
    is_optional = True
    code_field = "name"
    owners = {
        "sm.dossier": {
            **dict.fromkeys(("name", "active", "backend_id", "partner_id", "state_id"), None),
            **SOURCES,
        }
    }
    code_columns = {"dossier_kind": "kind_id", "dossier_state": "state_id"}
    finished_sql = "r.state IN ('closed', 'refused')"
    shown = (
        *("name", "active", "partner_id", "order_ref", "order_id", "product_ref", "product_id"),
        *("kind_id", "state_id", "owner", "date_opened", "date_planned", "date_closed"),
        *("quantity", "remarks"),
    )

    def __init__(self, env, feed):
        super().__init__(env, feed)
        self.forget()
        self.partners = {}
        self.orders = {}
        self.products = {}

    def forget(self):
        self.codes = CodeTable(self.backend)

    def describe(self, record):
        return record.partner_id.display_name

    def check(self, rows):
        """A dossier needs its customer; what else it refers to may come later, or never."""

        def linked(entity, column, name):
            return self.linked(entity, column, {row.record.get(name) for row in rows})

        self.partners = linked("contact", "partner_id", "customer_code")
        self.orders = linked("order", "order_id", "order_number")
        self.products = linked("article", "product_id", "article_code")
        return {
            row.id: RowError(
                "unknown_customer",
                "the customer is not in Odoo",
                "customer_code",
                row.record["customer_code"],
                row.seq,
            )
            for row in rows
            if row.record["customer_code"] not in self.partners
        }

    def values(self, row):
        """Return the values of `sm.dossier` for a row, without what its mapping lacks."""
        record = row.record
        order_number, article_code = record.get("order_number"), record.get("article_code")
        vals = {
            "name": row.key,
            "active": True,
            "backend_id": self.backend.id,
            "partner_id": self.partners[record["customer_code"]],
            "order_ref": order_number or False,
            "order_id": self.orders.get(order_number, False),
            "product_ref": article_code or False,
            "product_id": self.products.get(article_code, False),
            "kind_id": self.codes.get("dossier_kind", record.get("kind_code")).id,
            "state_id": self.codes.get("dossier_state", record["state_code"]).id,
            "owner": record.get("owner") or False,
            "date_opened": record.get("opened_on") or False,
            "date_planned": record.get("planned_on") or False,
            "date_closed": record.get("closed_on") or False,
            "quantity": float(record.get("qty") or 0),
            "remarks": record.get("remarks") or False,
        }
        return self.without_absent(vals, record, SOURCES)

    def insert(self, rows):
        return self.model_env.create([self.values(row) for row in rows])

    def update(self, rows):
        self.write_differences(
            self.model_env.browse([row.res_id for row in rows]), [self.values(row) for row in rows]
        )

    def settle(self):
        """Link the orders and articles that have become known."""
        self.env.flush_all()
        for entity, column, ref in (
            ("order", "order_id", "order_ref"),
            ("article", "product_id", "product_ref"),
        ):
            self.env.cr.execute(
                LINK_LATER.format(column=column, ref=ref), [self.backend.id, entity]
            )
            ids = [dossier_id for (dossier_id,) in self.env.cr.fetchall()]
            self.model_env.browse(ids).invalidate_recordset([column], flush=False)
