from .common import TicketCase


class TestViews(TicketCase):
    def test_everybody_can_open_every_view(self):
        views = [
            (False, kind)
            for kind in (
                "list",
                "kanban",
                "form",
                "calendar",
                "pivot",
                "graph",
                "activity",
                "search",
            )
        ]
        for user in (self.rep, self.leader, self.admin):
            with self.subTest(user.login):
                got = self.tickets.with_user(user).get_views(views)
                self.assertEqual(len(got["views"]), len(views))

    def test_menus(self):
        def names(user):
            menus = self.env["ir.ui.menu"].with_user(user).load_menus(False)
            return {menu["xmlid"] for menu in menus.values() if menu.get("xmlid")}

        work = {
            "crm.crm_menu_root",
            "crm_ticket.crm_ticket_menu_mine",
            "crm_ticket.crm_ticket_menu_all",
        }
        figures = {"crm_ticket.crm_ticket_menu_analysis", "crm_ticket.crm_ticket_sla_status_menu"}
        settings = {
            f"crm_ticket.crm_ticket_{name}_menu" for name in ("team", "stage", "category", "sla")
        }
        self.assertLessEqual(work, names(self.rep))
        self.assertFalse((figures | settings) & names(self.rep))
        self.assertLessEqual(work | figures, names(self.leader))
        self.assertFalse(settings & names(self.leader))
        self.assertLessEqual(work | figures | settings, names(self.admin))
        self.assertFalse(work & names(self.user_employee))

    def test_filters_of_the_search(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "client_order_ref": "SM-778899"}
        )
        ticket = self.ticket(order_ids=order.ids)
        for text in (order.name, "778899"):
            domain = [
                "|",
                ("order_ids.name", "ilike", text),
                ("order_ids.client_order_ref", "ilike", text),
            ]
            self.assertIn(ticket, self.tickets.with_user(self.rep).search(domain))
        mine = [
            "|",
            ("team_id.member_ids", "in", [self.rep.id]),
            ("team_id.user_id", "=", self.rep.id),
        ]
        self.assertIn(ticket, self.tickets.with_user(self.rep).search(mine))

    def test_ratings_of_tickets_are_those_of_the_team(self):
        ticket = self.ticket(user_id=self.rep.id)
        token = ticket._rating_get_access_token()
        ticket.rating_apply(5, token=token, feedback="Great")
        self.assertEqual(ticket.rating_last_value, 5)
        self.assertEqual(self.team.rating_count, 1)
        self.assertEqual(self.team.rating_percentage_satisfaction, 100)
        self.assertEqual(ticket.rating_ids.rated_partner_id, self.rep.partner_id)
        ticket.team_id = self.other_team
        self.assertEqual(self.other_team.rating_ids, ticket.rating_ids)
