"""What people do in Odoo with records of the master, without changing what is the master's.

Each flow runs with the guard on; afterwards everything of the master's is as it was.

=============================  ======================================================
Flow                           Test
=============================  ======================================================
portal message, log note,      test_messages
mail, activity, follower
rating of an order             test_rating
payment of an order            test_payment, test_payment_of_a_quotation
sending an order by mail       test_order_sent_by_mail
salesperson, tags, terms,      test_order_fields
reference of the delivery
copy of an order, an article,  test_copies
a contact
quotation in Odoo for a        test_own_order
customer, invoiced
bank account                   test_bank_account
blacklist                      test_blacklist
portal access, sign-up         test_portal_access, test_sign_up
own preferences, password      test_preferences
opportunity of a customer      test_lead
geolocation                    test_geolocation
telephone formatting           test_phone_formatting
notes, tags, salesperson,      test_contact_fields
accounting properties
contact persons and addresses  test_children, test_child_of_a_company_without_address
below a customer
company-wide terms handed      test_terms_are_handed_down
down to contacts
bill of a supplier (ranks)     test_bill
article's picture, texts,      test_article_fields
supplier, tags, documents
another company's cost, taxes  test_another_companys_values
price lists                    test_pricelist
same values written again      test_same_values, test_form
import of other columns        test_import_of_other_columns
privacy look-up                test_privacy_lookup
=============================  ======================================================
"""

import base64
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import Form, tagged

from .common import SmCase
from .ownership import CONTACTS, OwnershipMixin

PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    b"gg=="
)


@tagged("post_install", "-at_install")
class TestCoreFlows(OwnershipMixin, SmCase):
    """Nothing of these is refused, and nothing of the master's moves."""

    def setUp(self):
        super().setUp()
        self.rep = self.users["salesman"]
        self.manager = self.users["manager"]
        self.before = self.masters_values()

    def tearDown(self):
        self.assertEqual(self.masters_values(), self.before)
        super().tearDown()

    def masters_values(self):
        """Return the values of all fields the master owns, by record."""
        self.env.flush_all()
        self.env.invalidate_all()
        records = [
            *(self.company + self.person + self.jean),
            *(self.chair + self.table + self.lamp),
            *(self.quotation + self.order_ + self.cancelled),
        ]
        records += [
            line for record in records if "order_line" in record for line in record.order_line
        ]
        return {
            # of who has a login language and company are not the master's; the one may move
            str(record): record.read(
                sorted(record._sm_owned().keys() - {"lang"} | {"company_id"}), load=None
            )[0]
            for record in records
        }

    # === CONVERSATION === #

    def test_messages(self):
        for record in (self.jean, self.chair.product_tmpl_id, self.order_):
            record = record.with_user(self.manager)
            record.message_post(
                body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            record.message_post(body="Note")
            record.message_subscribe(partner_ids=self.own.ids)
            record.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
            record.activity_ids.action_feedback(feedback="done")
            record.message_unsubscribe(partner_ids=self.own.ids)
        self.order_.with_user(self.customer_user).sudo().message_post(
            body="When?", author_id=self.person.id, message_type="comment"
        )

    def test_rating(self):
        if "rating.rating" not in self.env:
            self.skipTest("the module rating is not installed")
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("sale.order"),
                "res_id": self.order_.id,
                "partner_id": self.jean.id,
                "rating": 5,
                "consumed": True,
            }
        )
        self.assertEqual(rating.rating, 5)

    def test_order_sent_by_mail(self):
        """The customer may have his quotation on paper; it stays what it is."""
        action = self.quotation.with_user(self.rep).action_quotation_send()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.rep)
            .with_context(**action["context"])
            .create({"body": "Here", "subject": "Quotation"})
        )
        with patch.object(self.env.registry["mail.mail"], "send", lambda *args, **kwargs: True):
            composer._action_send_mail()
        self.assertEqual(self.quotation.state, "draft")
        self.assertTrue(self.quotation.message_ids)

    # === ORDERS === #

    def test_order_fields(self):
        """A salesperson does not move the order to another shop's team."""
        team = self.quotation.team_id
        self.env["crm.team"].create({"name": "Others", "member_ids": [Command.link(self.rep.id)]})
        for order in (self.quotation, self.order_):
            order.with_user(self.manager).write(
                {
                    "user_id": self.rep.id,
                    "tag_ids": [Command.create({"name": f"Tag {order.name}"})],
                    "note": "<p>Call before noon</p>",
                    "validity_date": "2027-01-01",
                }
            )
            order._portal_ensure_token()
        self.assertEqual(self.quotation.team_id, team)
        self.assertEqual(self.order_.user_id, self.rep)

    def transaction(self, order):
        provider = self.env["payment.provider"].create({"name": "Cash", "code": "none"})
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": order.partner_id.id,
                    "reference": f"pay-{order.name}",
                    "sale_order_ids": [Command.set(order.ids)],
                }
            )
        )

    def pay(self, order):
        """Return a payment that a provider confirmed, everything that follows being done."""
        transaction = self.transaction(order)
        transaction._set_done()
        with patch.object(
            self.env.registry["payment.transaction"], "_create_payment", lambda self, **_k: None
        ):
            transaction._post_process()
        self.assertEqual(transaction.state, "done")
        return transaction

    def test_payment(self):
        """The money is booked, and no invoice is made of it, automatic or not."""
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        transaction = self.pay(self.order_)
        self.assertEqual(self.order_.transaction_ids, transaction)
        self.assertFalse(self.order_.invoice_ids)

    def test_payment_of_a_quotation(self):
        self.pay(self.quotation)
        self.assertEqual(self.quotation.state, "draft")

    def test_copies(self):
        """A copy is Odoo's own: it bears no key and may be changed."""
        order = self.order_.with_user(self.manager).copy()
        self.assertFalse(order.sm_code)
        order.order_line[0].price_unit = 1
        order.action_confirm()
        partner = self.jean.with_user(self.manager).copy()
        self.assertFalse(partner.ref)
        partner.write({"name": "Somebody", "ref": "own"})
        template = self.chair.product_tmpl_id.with_user(self.manager).copy()
        self.assertFalse(template.default_code)
        template.list_price = 1
        product = self.chair.with_user(self.manager).copy()
        self.assertFalse(product.default_code)

    def test_own_order(self):
        """A customer of the master may have orders in Odoo, of the master's articles."""
        order = (
            self.env["sale.order"]
            .with_user(self.manager)
            .create(
                {
                    "partner_id": self.jean.id,
                    "order_line": [Command.create({"product_id": self.chair.id})],
                }
            )
        )
        order.order_line.price_unit = 90
        order.action_confirm()
        order.order_line.qty_delivered = 1
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(order.invoice_status, "invoiced")
        order.with_context(disable_cancel_warning=True)._action_cancel()

    def test_pricelist(self):
        self.env["product.pricelist"].create(
            {
                "name": "Friends",
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "1_product",
                            "product_tmpl_id": self.chair.product_tmpl_id.id,
                            "fixed_price": 80,
                        }
                    )
                ],
            }
        )

    # === CONTACTS === #

    def test_contact_fields(self):
        self.jean.with_user(self.manager).write(
            {
                "comment": "<p>Rings twice</p>",
                "category_id": [Command.create({"name": "VIP"})],
                "user_id": self.rep.id,
                "function": "Carpenter",
                "image_1920": PIXEL,
                "tz": "Europe/Brussels",
                "property_payment_term_id": self.env.ref("account.account_payment_term_30days").id,
                "state_id": False,
                "company_registry": "x",
                "credit_limit": 10,
            }
        )

    def test_same_values(self):
        """Core writes what it has read."""
        values = self.jean.read(["name", "email", "phone", "mobile", "street", "city", "ref"])[0]
        del values["id"]
        self.jean.with_user(self.manager).write(values | {"function": "Baker"})
        values = self.chair.read(["name", "list_price", "default_code", "taxes_id"], load=None)[0]
        values["taxes_id"] = [Command.set(values["taxes_id"])]
        del values["id"]
        self.chair.with_user(self.manager).write(values)
        for order in (self.quotation, self.order_):
            order.with_user(self.manager).write({"state": order.state, "locked": order.locked})
        for line in self.quotation.order_line:  # core itself keeps a locked order's lines
            line.with_user(self.manager).write({"price_unit": line.price_unit})

    def test_form(self):
        """The screen saves what the master does not own."""
        with Form(self.jean.with_user(self.manager)) as form:
            form.function = "Baker"
        with Form(self.quotation.with_user(self.manager)) as form:
            form.user_id = self.rep
        with Form(self.chair.product_tmpl_id.with_user(self.manager)) as form:
            form.description = "<p>Oak</p>"
        with self.assertRaises(AssertionError), Form(self.jean.with_user(self.manager)) as form:
            form.email = "other@example.com"

    def test_children(self):
        """People and addresses that Odoo adds below a customer of the master."""
        person = self.env["res.partner"].with_user(self.manager)
        person = person.create({"name": "New", "parent_id": self.company.id, "phone": "1"})
        self.assertEqual((person.street, person.vat), (self.company.street, self.company.vat))
        person.write({"name": "Newer", "email": "new@brico.example"})
        person.write({"street": "rue Basse 2"})
        self.assertEqual(person.street, "rue Basse 2")
        delivery = person.create(
            {"name": "Depot", "parent_id": self.company.id, "type": "delivery", "street": "quai 9"}
        )
        self.assertEqual(delivery.street, "quai 9")
        delivery.unlink()
        with Form(self.company.with_user(self.manager)) as form, form.child_ids.new() as child:
            child.name = "By the form"
        self.assertIn("By the form", self.company.child_ids.mapped("name"))

    def test_child_of_a_company_without_address(self):
        """Core would make the address of the first contact the company's."""
        person = self.env["res.partner"].create(
            {"name": "New", "parent_id": self.jean.id, "street": "elsewhere", "zip": "1000"}
        )
        person.zip = "1001"
        self.assertEqual(person.parent_id.street, "quai 2")

    def test_terms_are_handed_down(self):
        """What is not the master's goes from a company to its contacts as ever."""
        term = self.env.ref("account.account_payment_term_30days")
        self.company.with_user(self.manager).write(
            {"property_payment_term_id": term.id, "company_registry": "0403170701"}
        )
        self.assertEqual(self.person.property_payment_term_id, term)

    def test_bank_account(self):
        bank = self.env["res.partner.bank"].create(
            {"partner_id": self.jean.id, "acc_number": "BE71096123456769"}
        )
        bank.unlink()

    def test_bill(self):
        """A supplier's bill counts in his rank, which Odoo shares with the master."""
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.jean.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create({"name": "Wood", "price_unit": 5})],
            }
        )
        bill.action_post()
        self.assertTrue(self.jean.supplier_rank)

    def test_blacklist(self):
        self.env["mail.blacklist"]._add(self.jean.email)
        self.env["phone.blacklist"].add(self.jean.mobile)
        self.env["mail.blacklist"]._remove(self.jean.email)

    def test_portal_access(self):
        wizard = (
            self.env["portal.wizard"]
            .with_user(self.users["system"])
            .with_context(active_ids=self.jean.ids)
            .create({})
        )
        with patch.object(self.env.registry["mail.template"], "send_mail", lambda *a, **k: True):
            wizard.user_ids.action_grant_access()
            user = self.jean.user_ids
            self.assertTrue(user._is_portal())
            wizard.user_ids.action_revoke_access()

    def test_sign_up(self):
        """With the token of an invitation."""
        self.jean.signup_prepare()
        token = self.jean._generate_signup_token()
        login = self.jean.email
        self.env["res.users"].sudo().signup(
            {"login": login, "name": "Typed Otherwise", "password": "x" * 12, "lang": "en_US"},
            token,
        )
        self.assertEqual(self.jean.user_ids.login, login)

    def test_preferences(self):
        """A customer with a login chooses his language, his time zone and his password."""
        user = self.customer_user.with_user(self.customer_user)
        user.write({"tz": "Europe/London"})
        user.sudo().write({"lang": "fr_BE", "password": "y" * 12, "notification_type": "email"})
        self.assertEqual(self.person.lang, "fr_BE")
        self.before = self.masters_values()
        # and the master does not undo it
        rows = [row | {"Langue": "NL", "Remarques": "new"} for row in self.contact_rows("C2")]
        self.sync(contact=self.contact_rows("C1", "C3") + rows)
        self.assertEqual(self.person.lang, "fr_BE")
        self.assertEqual(self.person.sm_remarks, "new")
        self.before = self.masters_values()

    def contact_rows(self, *codes):
        return [dict(row) for row in CONTACTS if row["Code"] in codes]

    def test_lead(self):
        if "crm.lead" not in self.env:
            self.skipTest("crm is not installed")
        lead = self.env["crm.lead"].create({"name": "Kitchen", "partner_id": self.jean.id})
        self.assertEqual(lead.email_from, self.jean.email)
        lead.convert_opportunity(self.jean)
        lead.action_set_won()
        found = self.env["crm.lead"].create({"name": "Mail", "email_from": self.jean.email})
        found._handle_partner_assignment(create_missing=True)

    def test_geolocation(self):
        self.jean.write({"partner_latitude": 50.5, "partner_longitude": 5.5})

    def test_phone_formatting(self):
        """Odoo formats numbers in passing; the master's stay as they were given."""
        self.company.with_user(self.manager)._onchange_phone_validation()
        self.assertEqual(self.company.phone, "04/222.33.44")
        self.company.phone = "+32 4 222 33 44"
        self.assertEqual(self.company.phone, "04/222.33.44")
        self.company.vat = "BE 0403.170.701"
        self.company.email = "INFO@brico.example"

    def test_import_of_other_columns(self):
        result = (
            self.env["res.partner"]
            .with_user(self.manager)
            .load([".id", "ref", "function"], [[str(self.jean.id), "C3", "Baker"]])
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.jean.function, "Baker")

    def test_privacy_lookup(self):
        wizard = self.env["privacy.lookup.wizard"].with_user(self.users["system"])
        wizard = wizard.create({"email": self.jean.email, "name": self.jean.name})
        wizard.action_lookup()
        self.assertIn(self.jean.id, wizard.line_ids.mapped("res_id"))

    # === ARTICLES === #

    def test_article_fields(self):
        template = self.chair.product_tmpl_id.with_user(self.manager)
        template.write(
            {
                "description_sale": "A fine chair",
                "image_1920": PIXEL,
                "sale_ok": True,
                "weight": 4,
                "seller_ids": [Command.create({"partner_id": self.own.id, "price": 40})],
                "product_tag_ids": [Command.create({"name": "Oak"})],
            }
        )
        self.env["product.document"].create(
            {"name": "Manual", "res_model": "product.template", "res_id": template.id}
            | {"datas": base64.b64encode(b"x")}
        )

    def test_another_companys_values(self):
        """A company that shares the article has a cost and taxes of its own."""
        other = self.env["res.company"].create({"name": "Other", "country_id": self.belgium.id})
        tax = self.env["account.tax"].create(
            {
                "name": "Other 21%",
                "amount": 21,
                "company_id": other.id,
                "country_id": self.belgium.id,
                "tax_group_id": self.env["account.tax.group"]
                .create({"name": "G", "company_id": other.id, "country_id": self.belgium.id})
                .id,
            }
        )
        chair = self.chair.with_company(other)
        chair.standard_price = 7
        chair.write({"taxes_id": [Command.link(tax.id)]})
        self.assertEqual(chair.standard_price, 7)
        self.assertEqual(self.chair.with_company(self.env.company).standard_price, 50)
        chair.write({"taxes_id": [Command.unlink(tax.id)]})
