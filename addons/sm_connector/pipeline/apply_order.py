"""Orders → `sale.order`: created as drafts, then confirmed and locked by one write.

Odoo's own confirmation would deliver, number, mail and post. A changed order goes back to draft for
a moment, because lines of a confirmed order cannot be edited.
"""

from datetime import datetime, time, timezone

from odoo import Command

from ..contract.errors import RowError
from ..contract.order import AVAILABILITIES
from ..models.ir_cron import NIGHT_TZ
from . import events
from .applier import Applier
from .codes import CodeTable
from .match import Ambiguous

STATE = {"quotation": "draft", "cancelled": "cancel"}  # every other status: sale
NOON = time(12, 0)
# what Odoo derives from the customer of an order, and the master does not
NOT_DERIVED = (
    "pricelist_id",
    "payment_term_id",
    "preferred_payment_method_line_id",
    "fiscal_position_id",
    "user_id",
    "note",
)
# values of a line that are given to spare Odoo the work, and never compared afterwards
CREATED_ONLY = (
    "analytic_distribution",
    "product_custom_attribute_value_ids",
    "product_no_variant_attribute_value_ids",
    "technical_price_unit",
)


def noon(iso_date):
    """Return noon in Brussels of an ISO date as naive UTC: the same day on every screen."""
    if not iso_date:
        return False
    local = datetime.combine(datetime.fromisoformat(iso_date), NOON, tzinfo=NIGHT_TZ)
    return local.astimezone(timezone.utc).replace(tzinfo=None)


# value of an order → field of the record that feeds it, where it may be absent
SOURCES = {
    "partner_id": "customer_code",
    "partner_invoice_id": "customer_code",
    "partner_shipping_id": "delivery_code",
    "date_order": "date",
    "sm_status_id": "status_code",
    "commitment_date": "expected_date",
    "client_order_ref": "customer_ref",
    "team_id": "shop_code",
    "sm_shop_id": "shop_code",
    "sm_origin": "origin_code",
    "sm_payment_state": "payment_code",
    "sm_deposit": "deposit",
    "sm_salesperson": "salesperson",
    "sm_remarks": "remarks",
    "sm_amount_untaxed": "amount_untaxed",
    "sm_amount_tax": "amount_tax",
    "sm_amount_total": "amount_total",
}

LINE_SOURCES = {
    "discount": "discount",
    "tax_ids": "vat_rate",
    "sm_qty_delivered": "qty_delivered",
    "sm_expected_date": "expected_date",
    "sm_availability": "availability",
}
# Field of an order → field of the record it is the master's by. Nothing else may move its amounts
# or its life: whatever an order is worth and wherever it stands, it is the master's.
OWNERS = {
    **dict.fromkeys(
        (
            "name",
            "active",
            "company_id",
            "currency_id",
            "pricelist_id",
            "fiscal_position_id",
            "payment_term_id",
            "state",
            "locked",
            "order_line",
            "amount_untaxed",
            "amount_tax",
            "amount_total",
            "sm_backend_id",
            "sm_status_id",
            "sm_status",
            "sm_amount_difference",
            "sm_has_difference",
        )
    ),
    "partner_id": "customer_code",
    "partner_invoice_id": "customer_code",
    "date_order": "date",
    **SOURCES,
    **dict.fromkeys(name for name in SOURCES if name.startswith("sm_")),
}
LINE_OWNERS = dict.fromkeys(
    (
        "order_id",
        "sequence",
        "name",
        "display_type",
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "price_unit",
        "discount",
        "tax_ids",
        "price_subtotal",
        "price_tax",
        "price_total",
        "qty_delivered",
        "qty_delivered_method",
        "qty_invoiced",
        "invoice_lines",
        "sm_line_key",
        "sm_qty_delivered",
        "sm_expected_date",
        "sm_availability",
    )
)


class OrderApplier(Applier):
    entity = "order"
    label = "Orders"
    sequence = 30
    model = "sale.order"
    link_field = "order_id"
    customer_columns = ("partner_id", "partner_shipping_id")
    shown = (
        *("name", "active", "state", "partner_id", "partner_shipping_id", "date_order"),
        *("commitment_date", "client_order_ref", "team_id", "sm_status_id", "sm_shop_id"),
        *("sm_origin", "sm_payment_state", "sm_deposit", "sm_salesperson", "sm_remarks"),
        *("sm_amount_untaxed", "sm_amount_tax", "sm_amount_total", "amount_total"),
    )
    shown_lines = {
        "order_line": (
            "sm_line_key",
            (
                *("product_id", "name", "product_uom_qty", "price_unit", "discount", "tax_ids"),
                *("sm_qty_delivered", "sm_expected_date", "sm_availability"),
            ),
        ),
    }
    stamp_sql = (
        "greatest(r.write_date, (SELECT max(n.write_date) FROM sale_order_line n"
        " WHERE n.order_id = r.id))"
    )
    code_field = "name"
    owners = {"sale.order": OWNERS, "sale.order.line": LINE_OWNERS}
    pattern = "COMMANDES_*.*"
    batch_size = 300
    is_reused = False
    code_columns = {
        "status": "sm_status_id",
        "shop": "sm_shop_id",
        **dict.fromkeys(("origin", "payment", "vat")),
    }
    finished_sql = "r.sm_status IN ('delivered', 'cancelled')"

    def __init__(self, env, feed):
        super().__init__(env, feed)
        self.forget()
        self.uom_id = env.ref("uom.product_uom_unit").id
        self.journal_id = (
            env["account.journal"]
            .search([("company_id", "=", self.company.id), ("type", "=", "sale")], limit=1)
            .id
        )
        self.partners = {}
        self.products = {}
        self.uoms = {}
        self.names = {}

    def forget(self):
        self.codes = CodeTable(self.backend)

    # === CHECK === #

    def check(self, rows):
        self.partners = self.linked(
            "contact",
            "partner_id",
            {
                code
                for row in rows
                for code in (row.record.get("customer_code"), row.record.get("delivery_code"))
            },
        )
        self.products = self.linked(
            "article",
            "product_id",
            {line.get("article_code") for row in rows for line in row.record.get("lines", ())},
        )
        products = self.env["product.product"].browse(set(self.products.values()))
        self.uoms = {product.id: product.uom_id.id for product in products}
        self.names = {product.id: product.name for product in products}
        errors = {}
        for row in rows:
            error = self._unknown(row)
            if error:
                errors[row.id] = error
        return errors

    def _unknown(self, row):
        """Return the error of the first thing a row refers to that Odoo does not have."""
        record = row.record
        for name in ("customer_code", "delivery_code"):
            code = record.get(name)
            is_lacking = name == "customer_code" and name in record and not code
            if code and code not in self.partners or is_lacking:
                return RowError(
                    "unknown_customer", "the customer is not in Odoo", name, code or "", row.seq
                )
        for line in record.get("lines", ()):
            code = line.get("article_code")
            if code and code not in self.products:
                return RowError(
                    "unknown_article",
                    f"the article of line {line['line_no']} is not in Odoo",
                    "article_code",
                    code,
                    row.seq,
                )
            rate = line.get("vat_rate")
            if code and rate is not None and not self.codes.tax(rate):
                return RowError(
                    "no_tax", "the company has no sales tax of this rate", "vat_rate", rate, row.seq
                )
        return None

    def match(self, rows):
        """Orders of the same number that lost their link, when the customer is the same."""
        self.env.cr.execute(
            """
            SELECT o.name, array_agg(o.id ORDER BY o.id), min(o.partner_id)
              FROM sale_order o
             WHERE o.name = ANY(%s) AND o.company_id = %s
               AND NOT EXISTS (SELECT 1 FROM sm_link l WHERE l.order_id = o.id)
             GROUP BY o.name
            """,
            [[row.key for row in rows], self.company.id],
        )
        existing = {name: (ids, partner) for name, ids, partner in self.env.cr.fetchall()}
        found = {}
        for row in rows:
            ids, partner_id = existing.get(row.key, ((), None))
            if not ids:
                continue
            customer = self.partners.get(row.record.get("customer_code"))
            is_same = len(ids) == 1 and partner_id == customer
            found[row.id] = (
                ids[0]
                if is_same
                else Ambiguous(
                    "Odoo has an order of this number for another customer",
                    "number",
                    row.key,
                    row.seq,
                    dict.fromkeys(ids, "number"),
                )
            )
        return found

    def describe(self, record):
        return record.partner_id.display_name

    # === VALUES === #

    def header(self, row):
        """Return the values of an order without its lines and its state."""
        record = row.record
        partner_id = self.partners.get(record.get("customer_code"))
        shop = self.codes.get("shop", record.get("shop_code"))
        status = self.codes.get("status", record.get("status_code"))
        return {
            "name": row.key,
            "active": True,
            "company_id": self.company.id,
            "partner_id": partner_id,
            "partner_invoice_id": partner_id,
            "partner_shipping_id": self.partners.get(record.get("delivery_code")) or partner_id,
            "date_order": noon(record.get("date")),
            "commitment_date": noon(record.get("expected_date")),
            "client_order_ref": record.get("customer_ref") or False,
            "team_id": shop.team_id.id,
            "sm_backend_id": self.backend.id,
            "sm_status_id": status.id,
            "sm_shop_id": shop.id,
            "sm_origin": self.codes.get("origin", record.get("origin_code")).origin,
            "sm_payment_state": self.codes.get("payment", record.get("payment_code")).payment_state,
            "sm_deposit": float(record.get("deposit") or 0),
            "sm_salesperson": record.get("salesperson") or False,
            "sm_remarks": record.get("remarks") or False,
            "sm_amount_untaxed": float(record.get("amount_untaxed") or 0),
            "sm_amount_tax": float(record.get("amount_tax") or 0),
            "sm_amount_total": float(record.get("amount_total") or 0),
        }

    def line_values(self, line, position):
        """Return the values of an order line; everything Odoo would look up by itself is given."""
        vals = {
            "sequence": position,
            "name": line.get("name") or line.get("article_code") or "-",
            "sm_line_key": str(line["line_no"]),
            "customer_lead": 0.0,
            "analytic_distribution": False,
            "product_custom_attribute_value_ids": [],
            "product_no_variant_attribute_value_ids": [],
        }
        if not line.get("article_code"):
            return vals | {
                "display_type": "line_note",
                "product_id": False,
                "product_uom_id": False,
                "product_uom_qty": 0.0,
                "price_unit": 0.0,
                "technical_price_unit": 0.0,
                "discount": 0.0,
                "tax_ids": [(6, 0, [])],
            }
        product_id = self.products[line["article_code"]]
        if vals["name"] == self.names.get(product_id):
            # as Odoo writes it, so that the form does not show the name twice
            vals["name"] = f"[{line['article_code']}] {vals['name']}"
        rate = line.get("vat_rate")
        price = float(line.get("price_unit") or 0)
        vals |= {
            "product_id": product_id,
            "product_uom_id": self.uoms.get(product_id, self.uom_id),
            "product_uom_qty": float(line.get("qty") or 0),
            "price_unit": price,
            "technical_price_unit": price,
            "discount": float(line.get("discount") or 0),
            "tax_ids": [(6, 0, self.codes.tax(rate).ids if rate is not None else [])],
            "sm_qty_delivered": float(line.get("qty_delivered") or 0),
            "sm_expected_date": line.get("expected_date") or False,
            # what the master says beyond these is not shown rather than the order refused
            "sm_availability": line.get("availability") in AVAILABILITIES and line["availability"],
        }
        return self.without_absent(vals, line, LINE_SOURCES)

    def lines(self, row):
        return [
            self.line_values(line, position) for position, line in enumerate(row.record["lines"], 1)
        ]

    def state(self, order, row):
        status = order.sm_status_id
        if "status_code" in row.record:
            status = self.codes.get("status", row.record["status_code"])
        return STATE.get(status.status, "sale")

    # === WRITE === #

    def insert(self, rows):
        # what Odoo would work out for each order is the same for all, or the master's business
        fixed = {
            "currency_id": self.company.currency_id.id,
            "currency_rate": 1.0,
            "pricelist_id": False,
            "payment_term_id": False,
            "preferred_payment_method_line_id": False,
            "fiscal_position_id": False,
            "journal_id": self.journal_id,
            "user_id": False,
            "note": False,
            "validity_date": False,
            "require_signature": False,
            "require_payment": False,
            "prepayment_percent": 0.0,
            "sale_order_template_id": False,
        }
        fixed = {name: value for name, value in fixed.items() if name in self.model_env._fields}
        orders = self.model_env.create(
            [
                self.header(row)
                | fixed
                | {"order_line": [Command.create(vals) for vals in self.lines(row)]}
                for row in rows
            ]
        )
        self._settle(orders, rows)
        return orders

    def _settle(self, orders, rows):
        """Put each order into the state of its status; nothing is mailed or delivered."""
        by_state = {}
        for order, row in zip(orders, rows, strict=True):
            state = self.state(order, row)
            if order.state != state or order.locked != (state == "sale"):
                by_state.setdefault(state, []).append(order.id)
        for state, ids in by_state.items():
            self.model_env.browse(ids).write({"state": state, "locked": state == "sale"})

    def update(self, rows):
        orders = self.model_env.browse([row.res_id for row in rows])
        edits = [
            (order, commands)
            for order, row in zip(orders, rows, strict=True)
            if "lines" in row.record and (commands := self._line_commands(order, row))
        ]
        bounced = self.model_env.browse([order.id for order, _commands in edits])
        bounced.filtered(lambda order: order.state != "draft" or order.locked).write(
            {"state": "draft", "locked": False}
        )
        for order, commands in edits:
            order.write({"order_line": commands})
        fields = self.model_env._fields
        with self.env.protecting([fields[name] for name in NOT_DERIVED if name in fields], orders):
            # another customer would bring his own terms, prices and salesperson
            self.write_differences(
                orders, [self.without_absent(self.header(row), row.record, SOURCES) for row in rows]
            )
            self.env.flush_all()
        self._settle(orders, rows)

    def archive(self, ids):
        result = super().archive(ids)
        self.env.flush_all()
        events.settle(self.env.cr, ids)
        return result

    # === EVENTS === #

    def observe(self, rows):
        self.env.flush_all()
        return events.observe_orders(self.env.cr, self.known_ids(rows))

    def record_events(self, rows, before):
        events.record_order_events(self.env.cr, self.backend.id, before)
        self.env["sm.order.event"].invalidate_model()

    # === LINES === #

    def _line_commands(self, order, row):
        """Return the commands that turn the lines of an order into the master's.

        Lines are known by the master's line number. A line whose article or kind changed is
        replaced, because Odoo forbids both on an existing line.
        """
        wanted = {vals["sm_line_key"]: vals for vals in self.lines(row)}
        commands = []
        for line in order.order_line:
            vals = wanted.get(line.sm_line_key)
            is_same = (
                vals
                and line.product_id.id == vals.get("product_id", False)
                and (line.display_type or False) == vals.get("display_type", False)
            )
            if not is_same:
                commands.append(Command.delete(line.id))
                continue
            del wanted[line.sm_line_key]
            change = {
                name: value
                for name, value in vals.items()
                if name not in CREATED_ONLY and not _is_equal(line, name, value)
            }
            if "price_unit" in change:
                change["technical_price_unit"] = change["price_unit"]
            if change:
                commands.append(Command.update(line.id, change))
        return commands + [Command.create(vals) for vals in wanted.values()]


def _is_equal(line, name, value):
    field = line._fields[name]
    current = line[name]
    if field.type == "many2many":
        return sorted(current.ids) == sorted(value[0][2])
    if field.type == "many2one":
        return current.id == value
    if field.type == "float":
        return abs(current - value) < 1e-9
    if field.type == "date":
        return field.to_string(current) == value if current else not value
    return (current or False) == (value or False)
