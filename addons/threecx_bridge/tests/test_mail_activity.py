from odoo.tests import tagged

from odoo.addons.integration_base.tests.common import IntegrationCase


@tagged("post_install", "-at_install")
class TestMailActivity(IntegrationCase):
    """The number that a call activity offers to call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = cls._new_user(
            "threecx_rep",
            "threecx_bridge.group_threecx_user",
            "sales_team.group_sale_salesman_all_leads",
        )
        cls.anne = cls._new_partner("Anne", phone="04/222.33.44")
        cls.call = "mail.mail_activity_data_call"

    def plan(self, record, kind=None):
        return record.activity_schedule(kind or self.call, user_id=self.rep.id).with_user(self.rep)

    def test_number_of_the_record(self):
        lead = self.env["crm.lead"].create({"name": "Sofa", "phone": "0475 12 34 56"})
        self.assertEqual(self.plan(lead).threecx_number, "0475 12 34 56")
        self.assertEqual(self.plan(self.anne).threecx_number, "04/222.33.44")

    def test_number_of_its_contact(self):
        lead = self.env["crm.lead"].create({"name": "Sofa", "partner_id": self.anne.id})
        lead.phone = False
        self.anne.phone = "04/222.33.44"
        self.assertEqual(self.plan(lead).threecx_number, "04/222.33.44")

    def test_nothing_to_call(self):
        nobody = self._new_partner("Nobody")
        self.assertFalse(self.plan(nobody).threecx_number)
        self.assertFalse(self.plan(self.anne, "mail.mail_activity_data_todo").threecx_number)

    def test_record_that_is_gone_or_hidden(self):
        activity = self.plan(self.anne)
        company = self.env["res.company"].create({"name": "Other"})
        self.anne.company_id = company
        self.env.invalidate_all()
        self.assertFalse(activity.sudo(False).threecx_number)

    def test_sent_with_the_activity(self):
        activity = self.plan(self.anne)
        [data] = activity.activity_format()["mail.activity"]
        self.assertEqual(data["threecx_number"], "04/222.33.44")

    def test_cost(self):
        """A number costs no request of its own."""
        partners = [self._new_partner(f"P{i}", phone=f"04 222 33 {i:02}") for i in range(40)]
        activities = self.env["mail.activity"].union(*(self.plan(p) for p in partners))
        counts = []
        for some in (activities[:5], activities):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.mapped("threecx_number")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
