"""What the ownership tests look at: a small retailer of the master, and whether it is unchanged."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command

from .common import unguarded

MANAGER = (
    "base.group_user",
    "base.group_partner_manager",
    "product.group_product_manager",
    "sales_team.group_sale_manager",
    "account.group_account_invoice",
)
CONTACTS = [
    {"Code": "C1", "Nom": "Brico SA", "Type": "S", "Rue": "rue Haute 1", "Code postal": "4000"}
    | {"Localité": "Liège", "N° TVA": "BE0403170701", "E-mail": "info@brico.example"}
    | {"Téléphone": "04/222.33.44", "Langue": "FR"},
    {"Code": "C2", "Nom": "Peeters", "Nom 2": "Eva", "Type": "C", "Code parent": "C1"}
    | {"E-mail": "eva@brico.example"},
    {"Code": "C3", "Nom": "Dupont", "Nom 2": "Jean", "Rue": "quai 2"}
    | {"Code postal": "5000", "Localité": "Namur", "E-mail": "jean@example.com"}
    | {"GSM": "0475/12.34.56", "Langue": "FR"},
]
ARTICLES = [
    {"Code article": "A1", "Désignation": "Chaise", "Prix de vente HTVA": "100,00"},
    {"Code article": "A2", "Désignation": "Table", "Prix de vente HTVA": "400,00"},
    {"Code article": "A3", "Désignation": "Lampe"},
]
LINE = {"Code article": "A1", "Quantité": "2", "Prix unitaire HTVA": "100,00"}
OTHER_LINE = {"Code article": "A2", "Quantité": "1", "Prix unitaire HTVA": "400,00"}
# table → columns that move without anything of the master's moving
VOLATILE = {
    "res_partner": ("write_date", "write_uid", "customer_rank", "supplier_rank", "message_bounce"),
    "product_product": ("write_date", "write_uid"),
    "product_template": ("write_date", "write_uid"),
    "sale_order": ("write_date", "write_uid"),
    "sale_order_line": ("write_date", "write_uid", "technical_price_unit"),
}


class _Undo(Exception):
    """Roll back what was tried."""


class OwnershipMixin:
    """Contacts, articles and orders of the master beside Odoo's own, and users of every kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.responsible_id = cls._new_user("owner", "base.group_user", name="Marie Maître")
        cls.env.company.write({"phone": "+32 4 999 99 99", "email": "shop@example.com"})
        cls.drop_rows("contact", *CONTACTS)
        cls.drop_rows("article", *ARTICLES)
        cls.drop_rows(
            "order",
            *cls.order_rows("Q1", "C1", LINE, OTHER_LINE, Statut="DEV"),
            *cls.order_rows("O1", "C1", LINE, OTHER_LINE),
            *cls.order_rows("X1", "C3", LINE, Statut="ANN"),
        )
        cls.live_first_night()
        cls.company, cls.person, cls.jean = (
            cls.keyed("contact", key) for key in ("C1", "C2", "C3")
        )
        cls.chair, cls.table, cls.lamp = (cls.keyed("article", key) for key in ("A1", "A2", "A3"))
        cls.template_ids = (cls.chair + cls.table + cls.lamp).product_tmpl_id.ids
        cls.quotation, cls.order_, cls.cancelled = (
            cls.keyed("order", key) for key in ("Q1", "O1", "X1")
        )
        cls.own = cls._new_partner("Odoo's Own", ref="OWN", city="Gent")
        cls.line_ids = (cls.quotation + cls.order_ + cls.cancelled).order_line.ids
        cls.own_category = cls.env["product.category"].create({"name": "Odoo's Own"})
        cls.own_product = cls.env["product.product"].create(
            {"name": "Odoo's Own", "default_code": "OWN"}
        )
        cls.customer_user = cls._new_user(
            "eva",
            "base.group_portal",
            partner_id=cls.person.id,
            name=cls.person.name,
            email=cls.person.email,
        )
        cls.customer_user.partner_id.flush_recordset()
        cls.users = {
            "internal": cls._new_user(
                "o_internal", "base.group_user", "base.group_partner_manager"
            ),
            "salesman": cls._new_user(
                "o_salesman",
                "base.group_user",
                "base.group_partner_manager",
                "sales_team.group_sale_salesman_all_leads",
            ),
            "manager": cls._new_user("o_manager", *MANAGER),
            "sm_user": cls._new_user("o_user", "sm_connector.group_sm_user", *MANAGER),
            "sm_operator": cls._new_user("o_operator", "sm_connector.group_sm_operator", *MANAGER),
            "sm_admin": cls._new_user("o_admin", "sm_connector.group_sm_admin", *MANAGER),
            "system": cls._new_user(
                "o_system", "base.group_system", "sm_connector.group_sm_admin", *MANAGER
            ),
            "superuser": cls.env.ref("base.user_root"),
        }

    @classmethod
    def live_first_night(cls):
        """Load the first export for all tests of the class, which has no commit of its own."""

        def flush(cron, *_args, **_options):
            cron.env.flush_all()
            return float("inf")

        with patch.object(cls.env.registry["ir.cron"], "_commit_progress", flush):
            cls.env["sm.run"]._cron_night()
        cls.env.invalidate_all()

    @classmethod
    def keyed(cls, entity, key):
        """Return the record of a key."""
        link = cls.env["sm.link"].search(
            [
                ("backend_id", "=", cls.backend.id),
                ("entity", "=", entity),
                ("external_id", "=", key),
            ]
        )
        return link.partner_id or link.product_id or link.order_id

    def state_of_the_master(self):
        """Return everything stored of the records that are the master's, and what hangs on them."""
        self.env.flush_all()
        orders = self.quotation + self.order_ + self.cancelled
        articles = self.chair + self.table + self.lamp
        ids = {
            "res_partner": (self.company + self.person + self.jean).ids,
            "product_product": articles.ids,
            "product_template": self.template_ids,
            "sale_order": orders.ids,
        }
        rows = {}
        for table, wanted in ids.items():
            rows[table] = self._rows(table, "id", wanted)
        rows["sale_order_line"] = self._rows("sale_order_line", "order_id", orders.ids)
        for table, column, wanted in (
            ("product_taxes_rel", "prod_id", ids["product_template"]),
            ("sale_order_line_invoice_rel", "order_line_id", self.line_ids),
        ):
            self.env.cr.execute(
                f"SELECT count(*), array_agg(to_jsonb(t) ORDER BY t) FROM {table} t"
                f" WHERE {column} = ANY(%s)",
                [wanted],
            )
            rows[table] = self.env.cr.fetchall()
        # doubles of keys
        self.env.cr.execute(
            """
            SELECT (SELECT count(*) FROM res_partner WHERE ref IN ('C1', 'C2', 'C3')),
                   (SELECT count(*) FROM product_product WHERE default_code ~ '^A[123]$'),
                   (SELECT count(*) FROM sale_order WHERE name IN ('Q1', 'O1', 'X1')),
                   (SELECT count(*) FROM sm_link WHERE backend_id = %s AND state = 'linked')
            """,
            [self.backend.id],
        )
        rows["keys"] = self.env.cr.fetchall()
        return rows

    def _rows(self, table, column, ids):
        self.env.cr.execute(
            f"SELECT to_jsonb(t) - %s::text[] FROM {table} t WHERE {column} = ANY(%s) ORDER BY id",
            [list(VOLATILE[table]), ids],
        )
        return [row for (row,) in self.env.cr.fetchall()]

    @contextmanager
    def undone(self):
        """Roll back to here what happens inside, except for its errors."""
        try:
            with self.env.cr.savepoint():
                yield
                self.env.flush_all()
                raise _Undo
        except _Undo:
            return  # it is what undoes it
        finally:
            self.env.invalidate_all(flush=False)
            self.env.transaction.clear()

    def new_invoice_lines(self):
        """Return values of an invoice that claims a line of an order of the master."""
        return {
            "move_type": "out_invoice",
            "partner_id": self.company.id,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Chaise",
                        "price_unit": 100,
                        "sale_line_ids": [Command.link(self.order_.order_line[0].id)],
                    }
                )
            ],
        }


__all__ = ["ARTICLES", "CONTACTS", "LINE", "OTHER_LINE", "OwnershipMixin", "unguarded"]
