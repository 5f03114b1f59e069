from datetime import datetime, timedelta

from odoo.fields import Domain

from .common import TicketCase

SPECIFICATION = {
    **{
        name: {}
        for name in (
            "number",
            "name",
            "state",
            "priority",
            "waiting_hours",
            "sla_state",
            "sla_countdown",
            "priority_reason_text",
        )
    },
    **{
        name: {"fields": {"display_name": {}}}
        for name in ("partner_id", "user_id", "team_id", "stage_id", "order_ids", "tag_ids")
    },
}


class TestPerformance(TicketCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.slas.create(
            [
                {"name": kind, "kind": kind, "hours": 4}
                for kind in ("first_answer", "next_answer", "resolution")
            ]
        )

    def crowd(self, count):
        tickets = self.tickets.create(
            [
                {
                    "name": str(number),
                    "team_id": (self.team, self.other_team)[number % 2].id,
                    "partner_id": self._new_partner(str(number)).id,
                    "user_id": (self.rep, self.colleague)[number % 2].id,
                }
                for number in range(count)
            ]
        )
        now = datetime(2026, 3, 25, 9)
        for number, ticket in enumerate(tickets):
            ticket._customer_wrote(now - timedelta(hours=number))
        self.env.flush_all()
        return tickets

    def queries(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_list_and_kanban_need_no_query_per_ticket(self):
        tickets = self.tickets.with_user(self.rep)
        teams = self.team + self.other_team
        domain = list(self.tickets._domain_open() & Domain("team_id", "in", teams.ids))

        def read_list(limit):
            tickets.web_search_read(domain, SPECIFICATION, limit=limit)

        def read_kanban(limit):
            tickets.web_read_group(
                domain,
                groupby=["stage_id"],
                aggregates=["__count"],
                auto_unfold=True,
                unfold_read_specification=SPECIFICATION,
                unfold_read_default_limit=limit,
            )

        self.crowd(40)
        for read in (read_list, read_kanban):
            with self.subTest(read.__name__):
                read(2)
                few, many = (self.queries(lambda n=n, r=read: r(n)) for n in (5, 40))
                self.assertLessEqual(many, few + 1)

    def test_cron_of_urgency_needs_few_queries(self):
        tickets = self.crowd(60)
        tickets._refresh_priority()
        with self.at(2026, 3, 26, 15):
            few = self.queries(lambda: tickets[:10]._refresh_priority())
        with self.at(2026, 3, 30, 15):
            many = self.queries(lambda: tickets._refresh_priority())
        self.assertLessEqual(many, few + 2)

    def test_what_happens_to_one_ticket(self):
        self.crowd(2)
        ticket = self.crowd(1)
        ticket.action_wait()
        now = datetime(2026, 3, 25, 10)
        self.assertLessEqual(self.queries(lambda: ticket._answered(now, self.rep)), 25)
        self.assertLessEqual(
            self.queries(lambda: ticket._customer_wrote(now + timedelta(hours=1))), 40
        )

    def test_clock_of_all_tickets_is_two_statements(self):
        self.crowd(30)
        queries = self.queries(lambda: self.tickets._sla_tick(datetime(2026, 4, 25, 9)))
        self.assertLessEqual(queries, 2)

    def test_open_tickets_have_an_index_of_their_own(self):
        """PostgreSQL must see that the index covers the domain, for every part of it."""
        self.env.cr.execute(
            """
            INSERT INTO crm_ticket (name, active, company_id, stage_id, state, is_spam, priority,
                                    priority_score, number, team_id)
            SELECT 'x', true, %(company)s, %(stage)s, 'done', false, '0', 0, 'X' || i, %(team)s
              FROM generate_series(1, 3000) i
            """,
            {
                "company": self.env.company.id,
                "stage": self.env.ref("crm_ticket.crm_ticket_stage_solved").id,
                "team": self.team.id,
            },
        )
        self.crowd(3)
        self.env.cr.execute("ANALYZE crm_ticket")
        # the question is whether it may be used, not whether so small a table is worth it
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        opened = self.tickets._domain_open()
        for domain, index in (
            (opened, "crm_ticket_open"),
            (opened & self.domain("user_id", self.rep), "crm_ticket_open"),
            (opened & self.domain("team_id", self.team), "crm_ticket_open"),
        ):
            plan = self.plan(domain)
            with self.subTest(str(domain)):
                self.assertIn(index, plan)
                self.assertNotIn("Seq Scan on crm_ticket", plan)

    def domain(self, name, record):
        return Domain(name, "=", record.id)

    def plan(self, domain):
        query = self.tickets._search(domain, order=self.tickets._order, limit=80)
        self.env.cr.execute(f"EXPLAIN {query.select().code}", query.select().params)
        return "\n".join(line for [line] in self.env.cr.fetchall())
