"""Ownership over the wire: XML-RPC, JSON-2, the web client's own calls, the customer portal."""

import json
import xmlrpc.client

from odoo import fields, http
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_http import SmHttpCase
from .ownership import OwnershipMixin, unguarded
from .test_core_flows import PIXEL
from .test_ownership import INVENTED

# model, method, ids, arguments by name; every one with a context that a client invented
CALLS = {
    "contact": ("res.partner", "write", "jean", {"vals": {"name": "Other"}}),
    "contact's mail": ("res.partner", "write", "jean", {"vals": {"email": "o@example.com"}}),
    "contacts": ("res.partner", "write", "contacts", {"vals": {"city": "Brugge"}}),
    "archived contact": ("res.partner", "action_archive", "jean", {}),
    "double contact": ("res.partner", "create", None, {"vals_list": [{"name": "X", "ref": "C3"}]}),
    "saved contact": (
        "res.partner",
        "web_save",
        "jean",
        {"vals": {"zip": "9999"}, "specification": {"display_name": {}}},
    ),
    "imported contact": ("res.partner", "load", None, {"fields": ["name", "ref"], "data": "rows"}),
    "article": ("product.product", "write", "chair", {"vals": {"list_price": 1}}),
    "template": ("product.template", "write", "template", {"vals": {"name": "Other"}}),
    "translated article": (
        "product.template",
        "update_field_translations",
        "template",
        {"field_name": "name", "translations": {"en_US": "Other"}},
    ),
    "deleted article": ("product.product", "unlink", "lamp", {}),
    "confirmed order": ("sale.order", "action_confirm", "quotation", {}),
    "cancelled order": ("sale.order", "action_cancel", "quotation", {}),
    "unlocked order": ("sale.order", "action_unlock", "order_", {}),
    "order's state": ("sale.order", "write", "quotation", {"vals": {"state": "cancel"}}),
    "order's lines": ("sale.order", "write", "quotation", {"vals": {"order_line": "lines"}}),
    "order's price": ("sale.order.line", "write", "line", {"vals": {"price_unit": 1}}),
    "order's new line": ("sale.order.line", "create", None, {"vals_list": "new line"}),
    "deleted order": ("sale.order", "unlink", "quotation", {}),
}


@tagged("post_install", "-at_install")
class TestWire(OwnershipMixin, SmHttpCase):
    """The same attempts by clients that choose their context themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.groups = {kind: cls.users[kind] for kind in ("manager", "sm_admin", "system")}
        cls.passwords = {}
        for user in (*cls.groups.values(), cls.customer_user):
            user.password = cls.passwords[user] = f"{user.login}-{user.login}"

    def named(self, name):
        """Return the records an attempt names."""
        return {
            "contacts": self.jean + self.company,
            "template": self.chair.product_tmpl_id,
            "line": self.quotation.order_line[0],
        }.get(name) or getattr(self, name)

    def arguments(self, arguments):
        """Return arguments with the ids that are only known now."""
        late = {
            "rows": [["Double", "C3"]],
            "lines": [(5, 0, 0)],
            "new line": [{"order_id": self.quotation.id, "product_id": self.table.id}],
        }

        def filled(value):
            if isinstance(value, dict):
                return {name: filled(item) for name, item in value.items()}
            return late.get(value, value) if isinstance(value, str) else value

        return filled(arguments)

    def check_calls(self, call):
        """Try every call; ``call(user, model, method, ids, arguments)`` returns an error text."""
        before = self.state_of_the_master()
        for name, (model, method, records, arguments) in CALLS.items():
            ids = self.named(records).ids if records else None
            for kind, user in self.groups.items():
                with self.subTest(attempt=name, user=kind):
                    with self.undone(), unguarded():
                        error = call(user, model, method, ids, self.arguments(arguments))
                        self.assertFalse(error)
                        self.env.invalidate_all()
                        self.assertNotEqual(self.state_of_the_master(), before)
                    error = call(user, model, method, ids, self.arguments(arguments))
                    self.assertIn(self.backend.name, error or "It was let through.")
                    self.env.invalidate_all()
                    self.assertEqual(self.state_of_the_master(), before)

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.xmlrpc", "odoo.sql_db")
    def test_xmlrpc(self):
        def call(user, model, method, ids, arguments):
            args = ([ids] if ids else []) + list(arguments.values())
            try:
                answer = self.xmlrpc_object.execute_kw(
                    self.env.cr.dbname,
                    user.id,
                    self.passwords[user],
                    model,
                    method,
                    args,
                    {"context": INVENTED},
                )
            except xmlrpc.client.Fault as fault:
                # what returns None has succeeded, and only its answer cannot be written
                return "" if "cannot marshal None" in fault.faultString else fault.faultString
            return method == "load" and _messages(answer)

        self.check_calls(call)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_json2(self):
        keys = {}
        for user in self.groups.values():
            keys[user] = (
                self.env["res.users.apikeys"]
                .with_user(user)
                ._generate("rpc", "Tests", fields.Datetime.add(fields.Datetime.now(), days=1))
            )

        def call(user, model, method, ids, arguments):
            body = {**arguments, "context": INVENTED} | ({"ids": ids} if ids else {})
            response = self.url_open(
                f"/json/2/{model}/{method}",
                data=json.dumps(body),
                headers={
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {keys[user]}",
                },
            )
            if response.status_code == 200:
                return method == "load" and _messages(response.json())
            return response.json()["message"]

        self.check_calls(call)


def _messages(answer):
    return "; ".join(message["message"] for message in answer["messages"])


@tagged("post_install", "-at_install")
class TestPortal(OwnershipMixin, SmHttpCase):
    """A customer and his address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._new_user(
            "jean",
            "base.group_portal",
            partner_id=cls.jean.id,
            name=cls.jean.name,
            email=cls.jean.email,
            lang="en_US",
        )
        cls.jean.flush_recordset()

    def submit(self, **values):
        """Send the address form as it was shown, with some values changed."""
        self.authenticate("jean", "jean")
        form = {
            "partner_id": self.jean.id,
            "address_type": "billing",
            "name": self.jean.name,
            "email": self.jean.email,
            "phone": self.jean.phone or "",
            "street": self.jean.street,
            "city": self.jean.city,
            "zip": self.jean.zip,
            "country_id": self.jean.country_id.id,
            "csrf_token": "",
        }
        form["csrf_token"] = http.Request.csrf_token(self)
        response = self.url_open("/my/address/submit", data={**form, **values})
        response.raise_for_status()
        self.env.invalidate_all()
        return response.json()

    @mute_logger("odoo.http")
    def test_kind_refusal(self):
        """He reads which fields and whom to ask, and the form keeps what he typed."""
        before = self.state_of_the_master()
        with self.undone(), unguarded():
            self.assertNotIn("messages", self.submit(city="Bruxelles", phone="+32 475 12 34 57"))
            self.assertEqual(self.jean.city, "Bruxelles")
        answer = self.submit(city="Bruxelles", street="rue Neuve 1")
        self.assertEqual(set(answer["invalid_fields"]), {"city", "street"}, answer)
        (message,) = answer["messages"]
        partners = self.env["res.partner"].with_context(lang=self.jean.lang)
        labels = partners.fields_get(["city", "street"], ["string"]).values()
        for words in (
            *(label["string"] for label in labels),
            self.env.company.name,
            "shop@example.com",
            "999 99 99",
        ):
            self.assertIn(words, message)
        self.assertNotIn(self.backend.name, message, "Our systems are not his concern.")
        self.assertEqual(self.state_of_the_master(), before)

    @mute_logger("odoo.http")
    def test_what_is_not_the_masters(self):
        """The province is Odoo's, and what is missing in the master does not keep him from it."""
        state = self.env["res.country.state"].create(
            {"name": "Namur", "code": "NA", "country_id": self.belgium.id}
        )
        self.assertFalse(self.jean.phone)
        answer = self.submit(state_id=state.id)
        self.assertNotIn("messages", answer)
        self.assertEqual(self.jean.state_id, state)

    @mute_logger("odoo.http")
    def test_a_new_address(self):
        """A second address is his own."""
        answer = self.submit(
            partner_id="", address_type="delivery", name="Chez ma mère", phone="+32 475 00 00 00"
        )
        self.assertNotIn("messages", answer)
        self.assertEqual(self.jean.child_ids.name, "Chez ma mère")

    @mute_logger("odoo.http")
    def test_quotation_is_not_accepted(self):
        """Neither signed nor declined nor paid for: the master confirms its orders."""
        self.authenticate("jean", "jean")
        self.quotation.write({"require_signature": True, "require_payment": True})
        token = self.quotation._portal_ensure_token()
        accept = f"/my/orders/{self.quotation.id}/accept"
        signature = {"access_token": token, "name": "Eva", "signature": PIXEL.decode()}
        with self.undone(), unguarded():
            self.assertTrue(self.quotation._has_to_be_paid())
            self.make_jsonrpc_request(accept, signature)
            self.env.invalidate_all()
            self.assertTrue(self.quotation.signature)
        self.assertFalse(self.quotation._has_to_be_paid())
        self.assertIn("error", self.make_jsonrpc_request(accept, signature))
        self.url_open(
            f"/my/orders/{self.quotation.id}/decline",
            data={
                "access_token": token,
                "decline_message": "no",
                "csrf_token": http.Request.csrf_token(self),
            },
        )
        self.env.invalidate_all()
        self.assertEqual(self.quotation.state, "draft")
        self.assertFalse(self.quotation.signature)

    @mute_logger("odoo.http")
    def test_archived_address(self):
        """The master's addresses stay; the message is the customer's."""
        self.authenticate("jean", "jean")
        child = self.env["res.partner"].create(
            {"name": "Second", "parent_id": self.jean.id, "type": "delivery"}
        )
        link = self.env["sm.link"].create(
            {
                "backend_id": self.backend.id,
                "entity": "contact",
                "external_id": "C9",
                "partner_id": child.id,
            }
        )
        self.assertTrue(link)
        response = self.url_open(
            "/my/address/archive",
            data=json.dumps({"params": {"partner_id": child.id}}),
            headers={"Content-Type": "application/json"},
        )
        self.assertIn("shop@example.com", response.json()["error"]["data"]["message"])
        self.assertTrue(child.active)
