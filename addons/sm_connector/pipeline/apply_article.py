"""Articles → `product.product`; stock per shop and incoming goods → own tables, set-based."""

import json
from collections import Counter

from stdnum import ean

from odoo.tools import SQL

from ..contract.errors import RowError
from . import events
from .applier import Applier
from .codes import CodeTable
from .match import Ambiguous

# value of an article → field of the record that feeds it, where it may be absent
SOURCES = {
    "name": "name",
    "barcode": "ean",
    "categ_id": "family",
    "list_price": "price",
    "standard_price": "cost",
    "taxes_id": "vat_rate",
    "active": "discontinued",
    "sm_ean": "ean",
    "sm_is_discontinued": "discontinued",
    "sm_supplier_code": "supplier_code",
    "sm_remarks": "remarks",
}
# field of an article → field of the record it is the master's by
OWNERS = {
    "default_code": None,
    "company_id": None,
    "type": None,
    "uom_id": None,
    "name": "name",
    "lst_price": "price",
    **SOURCES,
    "active": None,
    **dict.fromkeys(name for name in SOURCES if name.startswith("sm_")),
    "sm_stock_total": None,
    "sm_restock_state": None,
    "sm_restock_date": None,
}


class ArticleApplier(Applier):
    entity = "article"
    label = "Articles"
    sequence = 20
    model = "product.product"
    link_field = "product_id"
    shown = (
        *("name", "default_code", "barcode", "categ_id", "active", "list_price", "standard_price"),
        *("taxes_id", "sm_ean", "sm_is_discontinued", "sm_supplier_code", "sm_remarks"),
        *("sm_stock_total", "sm_restock_state", "sm_restock_date"),
    )
    shown_lines = {
        "sm_stock_ids": ("shop_id", ("quantity", "display_quantity")),
        "sm_incoming_ids": ("date", ("quantity",)),
    }
    stamp_sql = (
        "greatest(r.write_date, (SELECT t.write_date FROM product_template t"
        " WHERE t.id = r.product_tmpl_id))"
    )
    code_field = "default_code"
    owners = {"product.product": OWNERS, "product.template": OWNERS}
    code_columns = dict.fromkeys(("vat", "shop"))
    pattern = "ARTICLES_*.*"
    identity_sql = (
        "(SELECT t.name ->> 'en_US' FROM product_template t WHERE t.id = r.product_tmpl_id),"
        " NULL, NULL, NULL, NULL, NULL, NULL, r.sm_ean"
    )

    def __init__(self, env, feed):
        super().__init__(env, feed)
        self.forget()
        self.barcodes = {}
        self.dutch = next(
            (code for code, _n in env["res.lang"].get_installed() if code.startswith("nl")), None
        )

    def forget(self):
        self.codes = CodeTable(self.backend)
        self.categories = {}

    def check(self, rows):
        errors = {}
        for row in rows:
            rate = row.record.get("vat_rate")
            if rate is not None and not self.codes.tax(rate):
                errors[row.id] = RowError(
                    "no_tax", "the company has no sales tax of this rate", "vat_rate", rate, row.seq
                )
        self.barcodes = self._free_barcodes(rows)
        return errors

    def _free_barcodes(self, rows):
        """Return ``{plan id: barcode}`` of the EANs that are right and belong to one article only.

        Odoo refuses a barcode that two articles share; the EAN as given is kept in any case.
        """
        wanted = {
            row.id: row.record["ean"]
            for row in rows
            if row.record.get("ean") and ean.is_valid(row.record["ean"])
        }
        count = Counter(wanted.values())
        self.env.cr.execute(
            "SELECT barcode, id FROM product_product WHERE barcode = ANY(%s)", [list(count)]
        )
        owners = dict(self.env.cr.fetchall())
        # a packaging's barcode is nobody's
        self.env.cr.execute(
            "SELECT barcode, 0 FROM product_uom WHERE barcode = ANY(%s)", [list(count)]
        )
        owners |= dict(self.env.cr.fetchall())
        by_id = {row.id: row for row in rows}
        return {
            plan_id: code
            for plan_id, code in wanted.items()
            # who has it keeps it, whoever else of the batch wants it
            if (count[code] == 1 if code not in owners else owners[code] == by_id[plan_id].res_id)
        }

    def match(self, rows):
        """Articles that are already in Odoo without a link: by code, then by EAN."""
        found = {}
        for column, field, get in (
            ("default_code", "code", lambda row: row.key),
            ("barcode", "ean", lambda row: row.record.get("ean")),
        ):
            values = {get(row) for row in rows if get(row)}
            self.env.cr.execute(
                SQL(
                    """
                    SELECT p.%(column)s, array_agg(p.id ORDER BY p.id)
                      FROM product_product p
                      JOIN product_template t ON t.id = p.product_tmpl_id
                     WHERE p.%(column)s = ANY(%(values)s)
                       AND (t.company_id IS NULL OR t.company_id = %(company)s)
                       AND NOT EXISTS (SELECT 1 FROM sm_link l WHERE l.product_id = p.id)
                       AND NOT EXISTS (SELECT 1 FROM sm_match m
                                        WHERE m.product_id = p.id AND m.state = 'link')
                     GROUP BY 1
                    """,
                    column=SQL.identifier(column),
                    values=list(values),
                    company=self.company.id,
                )
            )
            candidates = dict(self.env.cr.fetchall())
            taken = {product_id for product_id in found.values() if isinstance(product_id, int)}
            for row in rows:
                ids = set(candidates.get(get(row), ())) - taken
                if row.id in found or not ids:
                    continue
                if len(ids) > 1:
                    reason = f"{len(ids)} articles in Odoo carry it"
                    claimed = dict.fromkeys(sorted(ids), field)
                    found[row.id] = Ambiguous(reason, field, get(row), row.seq, claimed)
                else:
                    # the next article with the same EAN is another one
                    found[row.id] = ids.pop()
                    taken.add(found[row.id])
        return found

    def settle(self):
        """Give their barcode to articles whose EAN another one had until tonight."""
        self.env.cr.execute(
            """
            SELECT min(p.id), p.sm_ean
              FROM product_product p
              JOIN sm_link l ON l.product_id = p.id AND l.backend_id = %s AND l.state = 'linked'
             WHERE p.sm_ean IS NOT NULL
             GROUP BY p.sm_ean
            HAVING count(DISTINCT p.id) = 1 AND bool_and(p.barcode IS NULL)
               AND NOT EXISTS (SELECT 1 FROM product_product o WHERE o.barcode = p.sm_ean)
               AND NOT EXISTS (SELECT 1 FROM product_uom u WHERE u.barcode = p.sm_ean)
            """,
            [self.backend.id],
        )
        for product_id, code in self.env.cr.fetchall():
            if ean.is_valid(code):
                self.model_env.browse(product_id).barcode = code
        self.env.flush_all()

    # === WRITE === #

    def _category(self, family, subfamily):
        """Return the id of the category of a family and subfamily, made when it is new."""
        path = tuple(filter(None, (family, subfamily)))
        if path in self.categories:
            return self.categories[path]
        category = self.env["product.category"]
        for name in path:
            found = category.search([("name", "=", name), ("parent_id", "=", category.id)], limit=1)
            category = found or category.create({"name": name, "parent_id": category.id})
        self.categories[path] = category.id
        return category.id

    def values(self, row):
        """Return the values of `product.product` for a row, without what its mapping lacks."""
        record = row.record
        rate = record.get("vat_rate")
        tax = self.codes.tax(rate) if rate is not None else self.env["account.tax"]
        vals = {
            "name": record.get("name"),
            "default_code": row.key,
            "barcode": self.barcodes.get(row.id, False),
            "categ_id": self._category(record.get("family"), record.get("subfamily")),
            "list_price": float(record.get("price") or 0),
            "standard_price": float(record.get("cost") or 0),
            "taxes_id": [(6, 0, tax.ids)],
            "active": not record.get("discontinued"),
            "sm_ean": record.get("ean") or False,
            "sm_is_discontinued": bool(record.get("discontinued")),
            "sm_supplier_code": record.get("supplier_code") or False,
            "sm_remarks": record.get("remarks") or False,
        }
        return self.without_absent(vals, record, SOURCES)

    def insert(self, rows):
        fixed = {"type": "consu", "company_id": self.owner_company_id}
        products = self.model_env.create([self.values(row) | fixed for row in rows])
        self._translate(products, rows)
        return products

    def update(self, rows):
        records = self.model_env.browse([row.res_id for row in rows])
        vals_list = []
        for record, row in zip(records, rows, strict=True):
            vals = self.values(row)
            if "taxes_id" in vals:
                # an article that companies share has the taxes of each
                others = record.taxes_id.filtered(lambda tax: tax.company_id != self.company)
                vals["taxes_id"] = [(6, 0, vals["taxes_id"][0][2] + others.ids)]
            vals_list.append(vals)
        self.write_differences(records, vals_list)
        self._translate(records, rows)

    def _translate(self, products, rows):
        """Let no language keep a name that is no longer the master's: Dutch has its own, all
        others have the French one."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, name FROM product_template WHERE id = ANY(%s)",
            [products.product_tmpl_id.ids],
        )
        names = dict(self.env.cr.fetchall())
        changes = []
        for product, row in zip(products, rows, strict=True):
            template_id = product.product_tmpl_id.id
            stored = names[template_id]
            if "name" not in row.record:
                continue
            wanted = dict.fromkeys(stored, row.record["name"])
            if self.dutch and (row.record.get("name_nl") or self.dutch in stored):
                wanted[self.dutch] = row.record.get("name_nl") or row.record["name"]
            if any(stored.get(lang, stored["en_US"]) != name for lang, name in wanted.items()):
                changes.append((template_id, json.dumps(stored | wanted)))
        if changes:
            self.env.cr.execute_values(
                "UPDATE product_template t SET name = v.name::jsonb,"
                " write_date = now() AT TIME ZONE 'UTC', write_uid = 1"
                " FROM (VALUES %s) v (id, name) WHERE t.id = v.id",
                changes,
            )
            products.product_tmpl_id.invalidate_recordset(["name"], flush=False)

    def archive(self, ids):
        self.env.cr.execute(
            "UPDATE product_product SET sm_stock_total = 0, sm_restock_state = 'none',"
            " sm_restock_date = NULL WHERE id = ANY(%s)",
            [ids],
        )
        for table in ("sm_stock", "sm_incoming"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE product_id = ANY(%s)", SQL.identifier(table), ids)
            )
        events.settle_articles(self.env.cr, ids)
        self.env["sm.order.event"].invalidate_model()
        return super().archive(ids)

    # === EVENTS === #

    def observe(self, rows):
        return events.observe_stock(self.env.cr, self.known_ids(rows))

    def record_events(self, rows, before):
        events.record_stock_events(self.env.cr, self.backend.id, before)
        self.env["sm.order.event"].invalidate_model()

    # === STOCK, SET-BASED === #

    def finish(self, rows):
        """Write stock and restock date: they move every night, and no user edits them."""
        records = {row.res_id: row.record for row in rows}
        self.env.flush_all()
        self._write_columns(records)
        self._write_stock({id_: record for id_, record in records.items() if "stocks" in record})
        self._write_incoming(
            {id_: record for id_, record in records.items() if "incoming" in record}
        )
        self.model_env.browse(records).invalidate_recordset(
            ["sm_stock_total", "sm_restock_state", "sm_restock_date", "sm_stock_ids"]
        )

    def _write_columns(self, records):
        self.env.cr.execute_values(
            """
            UPDATE product_product p
               SET sm_stock_total = coalesce(v.stock::numeric, p.sm_stock_total, 0),
                   sm_restock_state = coalesce(v.state, p.sm_restock_state, 'none'),
                   sm_restock_date = CASE WHEN v.state IS NULL THEN p.sm_restock_date
                                          ELSE v.date::date END
              FROM (VALUES %s) v (id, stock, state, date)
             WHERE p.id = v.id
               AND (p.sm_stock_total, p.sm_restock_state, p.sm_restock_date)
                   IS DISTINCT FROM (v.stock::numeric, v.state, v.date::date)
            """,
            [
                (
                    product_id,
                    record["stock_total"] or "0" if "stock_total" in record else None,
                    record["restock_state"] or "none" if "restock_state" in record else None,
                    record.get("restock_date"),
                )
                for product_id, record in records.items()
            ],
            template="(%s, %s::text, %s::text, %s::text)",
        )

    def _write_stock(self, records):
        cr = self.env.cr
        if not records:
            return
        values = [
            (product_id, self.codes.get("shop", shop).id, quantity, display)
            for product_id, record in records.items()
            for shop, quantity, display in record.get("stocks") or ()
        ]
        if values:
            cr.execute_values(
                """
                INSERT INTO sm_stock AS s (product_id, shop_id, quantity, display_quantity)
                VALUES %s
                ON CONFLICT (product_id, shop_id) DO UPDATE
                   SET quantity = excluded.quantity, display_quantity = excluded.display_quantity
                 WHERE (s.quantity, s.display_quantity)
                       IS DISTINCT FROM (excluded.quantity, excluded.display_quantity)
                """,
                values,
            )
        cr.execute(
            "DELETE FROM sm_stock WHERE product_id = ANY(%s)"
            " AND shop_id IN (SELECT id FROM sm_code WHERE backend_id = %s)"
            " AND (product_id, shop_id) NOT IN (SELECT * FROM unnest(%s::int[], %s::int[]))",
            [
                list(records),
                self.backend.id,
                [value[0] for value in values],
                [value[1] for value in values],
            ],
        )

    def _write_incoming(self, records):
        cr = self.env.cr
        if not records:
            return
        cr.execute(
            "DELETE FROM sm_incoming WHERE product_id = ANY(%s)"
            " AND (backend_id = %s OR backend_id IS NULL)",
            [list(records), self.backend.id],
        )
        values = [
            (self.backend.id, product_id, date, quantity)
            for product_id, record in records.items()
            for date, quantity in record.get("incoming") or ()
        ]
        if values:
            cr.execute_values(
                "INSERT INTO sm_incoming (backend_id, product_id, date, quantity) VALUES %s", values
            )
