from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SmCase
from .common_http import SmHttpCase

MODELS = (
    "sm.accept",
    "sm.guard.acceptance",
    "sm.plan.row",
    "sm.run.finding",
    "sm.backend",
    "sm.code",
    "sm.dossier",
    "sm.drift",
    "sm.feed",
    "sm.feed.rows",
    "sm.field.mapping",
    "sm.incoming",
    "sm.link",
    "sm.mapping.version",
    "sm.match",
    "sm.match.by.hand",
    "sm.match.candidate",
    "sm.order.event",
    "sm.quality.issue",
    "sm.quality.night",
    "sm.quarantine",
    "sm.quarantine.cause",
    "sm.run",
    "sm.run.balance",
    "sm.run.line",
    "sm.run.report",
    "sm.stock",
    "sm.upload",
)
OPERATIONS = ("read", "write", "create", "unlink")
# what each kind of user may do; a letter is the first of the operation, - is nothing
RIGHTS = {
    "rep": {
        "sm.code": "r",
        "sm.dossier": "r",
        "sm.incoming": "r",
        "sm.order.event": "r",
        "sm.stock": "r",
    },
    "user": {
        "sm.backend": "r",
        "sm.guard.acceptance": "r",
        "sm.run.finding": "r",
        "sm.code": "r",
        "sm.dossier": "r",
        "sm.incoming": "r",
        "sm.link": "r",
        "sm.run": "r",
        "sm.run.balance": "r",
        "sm.run.line": "r",
        "sm.run.report": "r",
        "sm.stock": "r",
    },
    "portal": {},
    "public": {},
}
RIGHTS["operator"] = RIGHTS["user"] | {
    "sm.accept": "rwcu",
    "sm.plan.row": "r",
    "sm.drift": "r",
    "sm.match": "r",
    "sm.match.by.hand": "rwcu",
    "sm.match.candidate": "r",
    "sm.quality.issue": "r",
    "sm.quality.night": "r",
    "sm.quarantine": "r",
    "sm.quarantine.cause": "r",
    "sm.feed.rows": "rwcu",
    "sm.upload": "rwcu",
}
RIGHTS["admin"] = RIGHTS["operator"] | {
    "sm.backend": "rwcu",
    "sm.code": "rwcu",
    "sm.feed": "rwcu",
    "sm.field.mapping": "rwcu",
    "sm.mapping.version": "r",
}


class SecurityMixin:
    """A user of each kind, and a night to look at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            "rep": cls._new_user(
                "sm_rep", "base.group_partner_manager", "sales_team.group_sale_salesman_all_leads"
            ),
            "user": cls._new_user("sm_user", "sm_connector.group_sm_user"),
            "operator": cls._new_user("sm_operator", "sm_connector.group_sm_operator"),
            "admin": cls._new_user("sm_admin", "sm_connector.group_sm_admin"),
            "portal": cls.user_portal,
            "public": cls.env.ref("base.public_user"),
        }

    def live_a_night(self):
        """A customer with an order, and a contact in quarantine."""
        self.sync(
            contact=[{"Code": "C0001", "Nom": "Dupont"}, {"Code": "C0003"}],
            article=[{"Code article": "A0001", "Stock total": "4", "Stock magasins": "LIE:4/1"}],
            order=self.order_rows(
                "LIE0001",
                "C0001",
                {"Code article": "A0001", "Quantité": "2", "Prix unitaire HTVA": "100,00"},
            ),
        )
        return self.quarantine("contact", "C0003")


@tagged("post_install", "-at_install")
class TestSecurity(SecurityMixin, SmCase):
    """Who may do what, through the ORM."""

    def test_rights(self):
        for name, rights in RIGHTS.items():
            for model in MODELS:
                records = self.env[model].with_user(self.users[name])
                allowed = "".join(op[0] for op in OPERATIONS if records.has_access(op))
                self.assertEqual(allowed, rights.get(model, ""), f"{name} on {model}")

    def test_every_model_is_listed(self):
        """A new model of the addon cannot be forgotten here."""
        ours = self.env["ir.model"].search([("model", "=like", "sm.%"), ("abstract", "=", False)])
        # another addon of the suite may begin with the same letters
        ours = ours.filtered(lambda model: "sm_connector" in model.modules.split(", "))
        self.assertEqual(set(ours.mapped("model")), set(MODELS))

    def test_folders_are_for_administrators(self):
        for name in ("user", "operator"):
            backend = self.backend.with_user(self.users[name])
            self.assertTrue(backend.is_configured)
            self.assertTrue(backend.status_line)
            with self.assertRaises(AccessError):
                backend.read(["drop_folder"])
            with self.assertRaises(AccessError):
                backend.action_test_connection()
        admin = self.backend.with_user(self.users["admin"])
        self.assertEqual(admin.drop_folder, str(self.drop_folder))
        self.assertEqual(admin.action_test_connection()["params"]["type"], "success")

    def test_only_operators_start_a_run(self):
        for name in ("user", "rep", "portal"):
            with self.assertRaises(UserError):
                self.backend.with_user(self.users[name]).action_run_now()
        self.assertFalse(self.backend.running_run_id)
        self.backend.with_user(self.users["operator"]).action_run_now()
        self.assertEqual(self.backend.running_run_id.user_id, self.users["operator"])

    def test_quarantine(self):
        """An operator moves a row between its states, and changes nothing else of it."""
        row = self.live_a_night()
        operator = row.with_user(self.users["operator"])
        self.assertIn("C0003", operator.raw)
        operator.action_ignore()
        self.assertEqual(row.state, "ignored")
        operator.action_reopen()
        self.assertEqual(row.state, "open")
        for values in ({"raw": "x"}, {"cause": "bad_date"}, {"state": "healed"}):
            with self.assertRaises(AccessError):
                operator.write(values)
        for name in ("user", "rep", "portal"):
            with self.assertRaises(AccessError):
                row.with_user(self.users[name]).action_ignore()
        self.assertEqual(row.state, "open")

    def test_rep_reads_what_concerns_the_record(self):
        """Every field of ours that a form shows can be read by somebody without our groups."""
        self.live_a_night()
        order = self.order("LIE0001")
        template = self.product("A0001").product_tmpl_id
        for records in (
            self.partner("C0001"),
            self.product("A0001"),
            template,
            order,
            order.order_line,
        ):
            records = records.with_user(self.users["rep"])
            names = [
                name for name in records.fields_get(attributes=["type"]) if name.startswith("sm_")
            ]
            self.assertTrue(names)
            self.assertNotIn("sm_link_ids", names)
            # the web client reads through this
            records.web_read({name: {} for name in names})
        self.assertEqual(order.with_user(self.users["rep"]).sm_status_id.display_name, "Confirmed")
        found = self.env["res.partner"].with_user(self.users["rep"])
        self.assertEqual(found.search([("sm_code", "=", "C0001")]), self.partner("C0001"))

    def test_other_company(self):
        """Nothing of a master is seen from a company that has nothing to do with it."""
        row = self.live_a_night()
        company = self.env["res.company"].create({"name": "Meubles Ailleurs"})
        admin = self._new_user(
            "sm_elsewhere",
            "sm_connector.group_sm_admin",
            "sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        product = self.product("A0001")
        self.assertTrue(product.sm_stock_ids)
        self.env.flush_all()
        for model in MODELS:
            records = self.env[model].with_user(admin)
            domain = {
                "sm.feed": [("backend_id", "=", self.backend.id)],
                "sm.field.mapping": [("feed_id.backend_id", "=", self.backend.id)],
                "sm.backend": [("id", "=", self.backend.id)],
            }.get(model, [])
            self.assertFalse(records.search(domain), model)
        with self.assertRaises(AccessError):
            row.with_user(admin).action_ignore()
        with self.assertRaises(AccessError):
            self.backend.with_user(admin).action_run_now()


@tagged("post_install", "-at_install")
class TestSecurityHttp(SecurityMixin, SmHttpCase):
    """The same over the wire, where anybody may name any model and method."""

    def call(self, model, method, *args, **kwargs):
        return self.make_jsonrpc_request(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    @mute_logger("odoo.http")
    def test_jsonrpc(self):
        row = self.live_a_night()
        attempts = [
            ("sm.quarantine", "read", [row.id], ["raw"]),
            ("sm.quarantine", "action_ignore", [row.id]),
            ("sm.backend", "action_run_now", [self.backend.id]),
            ("sm.backend", "write", [self.backend.id], {"drop_folder": "/etc"}),
            ("sm.backend", "action_test_connection", [self.backend.id]),
            ("sm.code", "create", {"kind": "status", "code": "X", "backend_id": self.backend.id}),
            ("sm.link", "unlink", self.link("contact", "C0001").ids),
            ("sm.run", "create", {"backend_id": self.backend.id}),
        ]
        for login in ("sm_rep", "sm_user", "integration_portal"):
            self.authenticate(login, login)
            for model, method, *args in attempts:
                with self.assertRaises(Exception, msg=f"{login}: {model}.{method}") as caught:
                    self.call(model, method, *args)
                self.assertIn("odoo.exceptions", str(caught.exception), f"{model}.{method}")
        self.assertEqual(row.state, "open")
        self.assertFalse(self.backend.running_run_id)

        self.authenticate("sm_operator", "sm_operator")
        self.assertIn("C0003", self.call("sm.quarantine", "read", [row.id], ["raw"])[0]["raw"])
        self.call("sm.quarantine", "action_ignore", [row.id])
        self.assertEqual(row.state, "ignored")
        self.assertFalse(self.call("sm.backend", "get_progress", [self.backend.id])["is_live"])
        self.call("sm.backend", "action_run_now", [self.backend.id])
        self.assertTrue(self.call("sm.backend", "get_progress", [self.backend.id])["is_live"])

    @mute_logger("odoo.http")
    def test_private_methods(self):
        """The pipeline's own methods are not for the wire, whoever calls."""
        self.authenticate("sm_admin", "sm_admin")
        for model, method in (
            ("sm.run", "_cron_night"),
            ("sm.run", "_queue"),
            ("sm.feed", "_get_transport"),
            ("sm.quarantine", "_move"),
            ("sm.backend", "_test_connection"),
        ):
            with self.assertRaises(Exception) as caught:
                self.call(model, method, [])
            self.assertIn("AccessError", str(caught.exception))

    def test_json2(self):
        """The API of integrations, with a key of a rep, and of an operator."""
        row = self.live_a_night()
        for name, status in (("rep", 403), ("operator", 200)):
            user = self.users[name]
            key = (
                self.env["res.users.apikeys"]
                .with_user(user)
                ._generate("rpc", "test", fields.Datetime.now() + timedelta(hours=1))
            )
            with mute_logger("odoo.http"):
                response = self.url_open(
                    "/json/2/sm.quarantine/action_ignore",
                    json={"ids": [row.id]},
                    headers={"Authorization": f"Bearer {key}"},
                )
            self.assertEqual(response.status_code, status, response.text)
        self.assertEqual(row.state, "ignored")

    def test_outside(self):
        """Without a session there is nothing."""
        self.authenticate(None, None)
        with mute_logger("odoo.http"), self.assertRaises(Exception) as caught:
            self.call("sm.backend", "search_read", [], ["name"])
        self.assertIn("SessionExpired", str(caught.exception))
