from contextlib import contextmanager
from datetime import datetime

from odoo.tests import freeze_time

from odoo.addons.integration_base.tests.common import IntegrationCase

GROUPS = "crm_ticket.group_ticket_%s"
#: Wednesday, ten o'clock in Brussels.
NOW = datetime(2026, 3, 25, 9)


class TicketCase(IntegrationCase):
    """A service team of two, a team of others, a leader, an administrator, and office hours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = cls._new_user(
            "ticket_rep", GROUPS % "user", name="Vincent", email="v@own.example"
        )
        cls.colleague = cls._new_user(
            "ticket_colleague", GROUPS % "user", name="Marie", email="m@own.example"
        )
        cls.stranger = cls._new_user("ticket_stranger", GROUPS % "user", name="Olga")
        cls.leader = cls._new_user(
            "ticket_leader", GROUPS % "leader", name="Leo", email="l@own.example"
        )
        cls.admin = cls._new_user("ticket_admin", GROUPS % "admin", name="Ann")
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Brussels",
                "company_id": cls.env.company.id,
                "attendance_ids": [(5, 0, 0)]
                + [
                    (
                        0,
                        0,
                        {
                            "name": f"{day} {start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": period,
                        },
                    )
                    for day in range(5)
                    for start, end, period in ((9, 12, "morning"), (13, 17, "afternoon"))
                ],
            }
        )
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Service",
                "use_tickets": True,
                "user_id": cls.leader.id,
                "member_ids": [(6, 0, (cls.rep + cls.colleague).ids)],
                "ticket_calendar_id": cls.calendar.id,
            }
        )
        cls.other_team = cls.env["crm.team"].create(
            {
                "name": "Warranty",
                "use_tickets": True,
                "member_ids": [(6, 0, cls.stranger.ids)],
                "ticket_calendar_id": cls.calendar.id,
            }
        )
        cls.customer = cls._new_partner("Jan Peeters", email="jan@customer.example")
        cls.tickets = cls.env["crm.ticket"]
        cls.slas = cls.env["crm.ticket.sla"]

    def ticket(self, **values):
        """A ticket of the service team."""
        return self.tickets.create(
            {
                "name": "Where is my sofa?",
                "team_id": self.team.id,
                "partner_id": self.customer.id,
                **values,
            }
        )

    def sla(self, kind="first_answer", hours=4, **values):
        return self.slas.create({"name": kind, "kind": kind, "hours": hours, **values})

    @contextmanager
    def at(self, *moment):
        """Be at a moment (UTC); what was computed by the clock before is computed anew."""
        with freeze_time(datetime(*moment)):
            self.env.flush_all()
            self.env.invalidate_all()
            yield datetime(*moment)
            self.env.flush_all()

    def run_cron(self, name):
        """Run a cron as the scheduler does."""
        with self.enter_registry_test_mode():
            self.env.ref(f"crm_ticket.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()
