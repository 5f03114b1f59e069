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
        order = cls.env["sale.order"].create({"partner_id": cls._new_partner("Jan Peeters").id})
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

    def open(self, url, selector):
        self.browser_js(
            url,
            "console.log('test successful')",
            f"!!document.querySelector({selector!r})",
            login="ticket_ui",
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
            ".o_form_view [name=order_line] table",
        )
