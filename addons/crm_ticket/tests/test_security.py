from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user

from .common import GROUPS, NOW, TicketCase


class TestSecurity(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        create = cls.tickets.create
        cls.ours = create({"name": "Ours", "team_id": cls.team.id})
        cls.theirs = create({"name": "Theirs", "team_id": cls.other_team.id})
        cls.nobodys = create({"name": "Nobody's"})
        cls.given = create({"name": "Given", "team_id": cls.other_team.id, "user_id": cls.rep.id})
        cls.all = cls.ours + cls.theirs + cls.nobodys + cls.given

    def seen(self, user):
        return self.tickets.with_user(user).search([("id", "in", self.all.ids)])

    # === WHO SEES WHAT === #

    def test_user_sees_his_teams_his_own_and_those_of_no_team(self):
        self.assertEqual(set(self.seen(self.rep)), set(self.ours + self.nobodys + self.given))
        self.assertEqual(
            set(self.seen(self.stranger)), set(self.theirs + self.nobodys + self.given)
        )
        self.theirs.with_user(self.stranger).name = "Changed"
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.rep).read(["name"])
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.rep).name = "Changed"

    def test_former_member(self):
        member = self.team.crm_team_member_ids.filtered(lambda m: m.user_id == self.rep)
        member.active = False
        self.assertNotIn(self.ours, self.seen(self.rep))

    def test_leader_of_a_team_without_the_group_of_leaders(self):
        boss = self._new_user("ticket_boss", GROUPS % "user")
        self.assertNotIn(self.ours, self.seen(boss))
        self.team.user_id = boss
        self.assertIn(self.ours, self.seen(boss))

    def test_leader_and_administrator_see_all(self):
        for user in (self.leader, self.admin):
            self.assertEqual(set(self.seen(user)), set(self.all))

    def test_others_see_nothing(self):
        public = self.env.ref("base.public_user")
        seller = self._new_user("ticket_seller", "sales_team.group_sale_manager")
        for user in (self.user_employee, self.user_portal, public, seller):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.seen(user)

    def test_other_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        abroad = self.tickets.create({"name": "Abroad", "company_id": company.id})
        for user in (self.rep, self.leader, self.admin):
            with self.subTest(user.login):
                self.assertFalse(self.tickets.with_user(user).search([("id", "=", abroad.id)]))
                with self.assertRaises(AccessError):
                    abroad.with_user(user).read(["name"])
        self.leader.company_ids += company
        allowed = self.tickets.with_user(self.leader).with_context(
            allowed_company_ids=[self.env.company.id, company.id]
        )
        self.assertTrue(allowed.search([("id", "=", abroad.id)]))

    def test_what_hangs_on_a_ticket_is_seen_with_it(self):
        self.sla("resolution")
        mine, theirs = self.ticket(), self.ticket(team_id=self.other_team.id)
        logs = self.ticket(team_id=self.team.id)._merge_into(mine)
        logs += self.ticket(team_id=self.other_team.id)._merge_into(theirs)
        for user, tickets in ((self.rep, mine), (self.leader, mine + theirs)):
            with self.subTest(user.login):
                statuses = self.env["crm.ticket.sla.status"].with_user(user).search([])
                self.assertEqual(statuses.ticket_id & (mine + theirs), tickets)
                found = self.env["crm.ticket.merge"].with_user(user).search([])
                self.assertEqual((found & logs).target_id, tickets)

    # === WHO MAY DO WHAT === #

    def test_rights_by_group(self):
        rights = {
            # model: create/write/delete of a user, leader, administrator
            "crm.ticket": ("cw", "cw", "cwd"),
            "crm.ticket.stage": ("", "", "cwd"),
            "crm.ticket.category": ("", "", "cwd"),
            "crm.ticket.sla": ("", "", "cwd"),
            "crm.ticket.sla.status": ("", "", ""),
            "crm.ticket.merge": ("", "", ""),
            "crm.tag": ("", "cw", "cw"),
            "crm.team": ("", "", "cw"),
            "crm.team.member": ("", "w", "cwd"),
            "sale.order": ("", "", ""),
            "sale.order.line": ("", "", ""),
        }
        users = (self.rep, self.leader, self.admin)
        for model, expected in rights.items():
            for user, letters in zip(users, expected, strict=True):
                records = self.env[model].with_user(user)
                with self.subTest(model=model, user=user.login):
                    self.assertTrue(records.has_access("read"))
                    found = "".join(
                        letter
                        for letter, operation in (("c", "create"), ("w", "write"), ("d", "unlink"))
                        if records.has_access(operation)
                    )
                    self.assertEqual(found, letters)

    def test_rep_works_with_his_tickets(self):
        ticket = self.tickets.with_user(self.rep).create({"name": "x", "team_id": self.team.id})
        self.sla()
        ticket._customer_wrote(NOW)
        ticket._answered(NOW, self.rep)
        for step in ("claim", "wait", "reopen", "close", "spam", "not_spam", "create_lead"):
            with self.subTest(step):
                getattr(ticket, f"action_{step}")()

    def test_rep_does_not_act_on_tickets_of_others(self):
        ticket = self.theirs.with_user(self.rep)
        for step in ("claim", "wait", "close", "spam", "create_lead"):
            with self.subTest(step), self.assertRaises(AccessError):
                getattr(ticket, f"action_{step}")()

    def test_administrator_sets_up_a_team_without_being_in_sales(self):
        with Form(self.env["crm.team"].with_user(self.admin)) as form:
            form.name = "Repairs"
            form.use_tickets = True
            form.member_ids.add(self.rep)
            form.ticket_assignment = "round_robin"
            form.ticket_capacity = 5
        team = form.record
        self.assertEqual(team.crm_team_member_ids.user_id, self.rep)
        with Form(team) as form:
            form.ticket_reopen_days = 3
            with form.crm_team_member_ids.edit(0) as member:
                member.is_away = True
        self.assertTrue(team.crm_team_member_ids.is_away)
        self.assertEqual(team.member_ids, self.rep)

    # === ORDERS === #

    def test_orders_of_everybody_are_read_and_not_changed(self):
        seller = self._new_user("ticket_own", "sales_team.group_sale_salesman", GROUPS % "user")
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "user_id": self.leader.id}
        )
        for user in (seller, self.rep):
            with self.subTest(user.login):
                self.assertEqual(order.with_user(user).name, order.name)
                with self.assertRaises(AccessError):
                    order.with_user(user).client_order_ref = "x"
        plain = self._new_user("ticket_plain", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            order.with_user(plain).read(["name"])

    def test_form_of_an_order_for_those_who_only_look(self):
        """Sales' form asks for what they have no right on."""
        order = self.env["sale.order"].create({"partner_id": self.customer.id})
        seller = self._new_user("ticket_sells", "sales_team.group_sale_salesman", GROUPS % "user")
        # the same view is cached for all: whoever comes first must not decide for the other
        for user, reads_only in ((seller, False), (self.rep, True), (seller, False)):
            with self.subTest(user.login):
                orders = self.env["sale.order"].with_user(user)
                view = orders.get_view(view_type="form")
                self.assertEqual("payment_term_id" not in view["models"]["sale.order"], reads_only)
                # what is left in it for this user, whichever addons add fields of their own
                shown = etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]/@name")
                names = [name for name in shown if name in orders._fields]
                self.assertTrue(orders.browse(order.id).read(names))

    # === THE PORTAL === #

    def test_portal_user_has_no_right_but_his_page_shows_his_and_his_company_s(self):
        company = self._new_partner("Big Ltd", is_company=True)
        jan = self._new_partner("Jan", parent_id=company.id, email="jan@big.example")
        marie = self._new_partner("Marie", parent_id=company.id)
        other = self._new_partner("Other")
        user = new_test_user(self.env, "ticket_jan", "base.group_portal", partner_id=jan.id)
        own = self.ticket(partner_id=jan.id)
        colleague = self.ticket(partner_id=marie.id)
        companys = self.ticket(partner_id=company.id)
        foreign = self.ticket(partner_id=other.id)
        unknown = self.ticket(partner_id=False)
        spam = self.ticket(partner_id=jan.id)
        spam.action_spam()
        every = own + colleague + companys + foreign + unknown + spam
        domain = self.tickets._portal_domain(user.partner_id)
        self.assertEqual(set(self.tickets.search(domain) & every), set(own + colleague + companys))
        with self.assertRaises(AccessError):
            own.with_user(user).read(["name"])
        self.assertFalse(own.with_user(user).has_access("read"))
