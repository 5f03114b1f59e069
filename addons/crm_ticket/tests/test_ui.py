from odoo.addons.integration_base.tests.common import IntegrationHttpCase

from .common import GROUPS

#: By view, what is there when it has come up.
READY = {
    "list": ".o_list_view .o_data_row .o_field_badge",
    "kanban": ".o_kanban_view .o_kanban_record .o_avatar",
    "calendar": ".o_calendar_view .fc-event",
    "pivot": ".o_pivot_view table",
    "graph": ".o_graph_view canvas",
    "activity": ".o_activity_view",
}


class TestUi(IntegrationHttpCase):
    """Every view comes up in a browser, for somebody who answers tickets and does nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = cls._new_user("ticket_ui", GROUPS % "user", name="Vincent")
        cls.team = cls.env["crm.team"].create(
            {"name": "Service", "use_tickets": True, "member_ids": [(6, 0, cls.rep.ids)]}
        )
        cls.env["crm.ticket.sla"].create(
            [{"name": kind, "kind": kind, "hours": 4} for kind in ("first_answer", "resolution")]
        )
        cls.team.ticket_properties_definition = [
            {"name": "warehouse", "string": "Warehouse", "type": "char", "view_in_cards": True}
        ]
        cls.admin = cls._new_user("ticket_ui_admin", GROUPS % "admin", name="Ann")
        sofa = cls.env["product.product"].create({"name": "Sofa", "list_price": 900})
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls._new_partner("Jan Peeters").id,
                "order_line": [(0, 0, {"product_id": sofa.id})],
            }
        )
        cls.tickets = cls.env["crm.ticket"].create(
            [
                {
                    "name": name,
                    "team_id": cls.team.id,
                    "user_id": cls.rep.id,
                    "partner_id": order.partner_id.id,
                    "order_ids": order.ids,
                    "category_id": cls.env.ref("crm_ticket.crm_ticket_category_delivery").id,
                    "ticket_properties": {"warehouse": "Liège"},
                    "priority": priority,
                }
                for name, priority in (("Where is my sofa?", "3"), ("A scratch", "0"))
            ]
        )
        for ticket in cls.tickets:
            ticket._customer_wrote(ticket.create_date)

    def open(self, url, selector, login="ticket_ui"):
        self.browser_js(
            url,
            "console.log('test successful')",
            f"!!document.querySelector({selector!r})",
            login=login,
        )

    def test_views(self):
        for view, selector in READY.items():
            with self.subTest(view):
                self.open(f"/odoo/tickets?view_type={view}", selector)

    def test_form(self):
        self.tickets[1]._merge_into(self.tickets[0])
        self.tickets[0].with_user(self.rep).action_create_lead()
        self.open(f"/odoo/tickets/{self.tickets[0].id}", ".o_form_view .o-mail-Chatter")

    def test_my_tickets_from_the_menu(self):
        self.open("/odoo/my-tickets", ".o_kanban_view .o_kanban_record")

    def test_order_of_a_ticket(self):
        """Whoever answers can open the order, though he has no right in sales."""
        order = self.tickets.order_ids
        self.assertFalse(self.rep.has_group("sales_team.group_sale_salesman"))
        self.open(
            f"/odoo/tickets/{self.tickets[0].id}/sale.order/{order.id}",
            ".o_form_view [name=order_line] .o_data_row",
        )

    def test_settings_for_the_administrator(self):
        """Who sets up tickets need not be a manager of sales."""
        sla = self.env["crm.ticket.sla"].search([], limit=1)
        stage = self.env.ref("crm_ticket.crm_ticket_stage_waiting")
        for url, selector in (
            (f"crm_team_action_tickets/{self.team.id}", "[name=ticket_assignment]"),
            ("crm_ticket_stage_action", ".o_list_view .o_data_row"),
            (f"crm_ticket_stage_action/{stage.id}", ".o_form_view [name=state]"),
            ("crm_ticket_category_action", ".o_list_view .o_data_row"),
            (f"crm_ticket_sla_action/{sla.id}", ".o_form_view [name=hours]"),
            ("crm_ticket_action_analysis", ".o_pivot_view"),
            ("crm_ticket_sla_status_action", ".o_pivot_view"),
        ):
            with self.subTest(url):
                self.open(f"/odoo/action-crm_ticket.{url}", selector, login="ticket_ui_admin")
