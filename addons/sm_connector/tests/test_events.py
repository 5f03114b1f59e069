from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline.apply_order import OrderApplier

from .common import SimulatedCase, unguarded
from .test_orders import CHAIR, TABLE, OrderCase

OLD = "10/12/2026"
NEW = "14/12/2026"
READY = {"Statut": "PAE", "Date prévue": NEW}


class EventCase(OrderCase):
    def night(self, *lines, number="LIE000001", **cells):
        return self.sync_order(*lines or (CHAIR, TABLE), number=number, **cells)

    def events(self):
        """What was noted of the order, oldest first: kind, line, still true."""
        order = self.order("LIE000001")
        return [
            (event.kind, event.line_key, event.is_current)
            for event in order.sm_event_ids.sorted("id")
        ]


@tagged("post_install", "-at_install")
class TestOrderEvents(EventCase):
    """One event per change, in the words of a rep; none for what is not a change."""

    def test_first_load_raises_nothing(self):
        order = self.night(
            CHAIR | {"Disponibilité": "I", "Date prévue ligne": OLD},
            Statut="PAE",
            **{"Date prévue": OLD},
        )
        self.assertFalse(order.sm_event_ids)

    def test_a_found_order_raises_nothing(self):
        """An order that lost its link was not known the night before: nobody saw it change."""
        order = self.night(**{"Date prévue": OLD})
        with unguarded():
            self.link("order", "LIE000001").unlink()
        self.assertEqual(self.night(Statut="PAE", **{"Date prévue": NEW}), order)
        self.assertFalse(order.sm_event_ids)

    def test_date_moved(self):
        self.night(**{"Date prévue": OLD})
        order = self.night(**{"Date prévue": NEW})
        event = order.sm_event_ids
        self.assertEqual((event.kind, event.days, event.is_current), ("date_moved", 4, True))
        self.assertEqual((str(event.old_date), str(event.new_date)), ("2026-12-10", "2026-12-14"))
        self.assertEqual(event.run_id, self.env["sm.run"].search([], limit=1))
        self.assertEqual(event.partner_id, order.partner_id)
        self.assertEqual(event.shop_id.code, "LIE")
        self.assertEqual(event.company_id, self.env.company)
        self.assertIn("4 days later", event.summary)

    def test_date_moved_again_makes_the_former_untrue(self):
        self.night(**{"Date prévue": OLD})
        self.night(**{"Date prévue": NEW})
        self.night(**{"Date prévue": "13/12/2026"})
        self.assertEqual(self.events(), [("date_moved", "", False), ("date_moved", "", True)])
        self.assertEqual(self.order("LIE000001").sm_event_ids[:1].days, -1)

    def test_date_given_and_withdrawn(self):
        self.night()
        self.night(**{"Date prévue": OLD})
        self.night()
        self.assertEqual(self.events(), [("date_set", "", False), ("date_removed", "", True)])

    def test_the_last_day_of_october_is_a_day(self):
        """Noon in Brussels is another hour in UTC after the change of clocks, not another day."""
        self.night(**{"Date prévue": "24/10/2026"})
        order = self.night(**{"Date prévue": "25/10/2026"})
        self.assertEqual(order.sm_event_ids.days, 1)

    def test_life_of_an_order(self):
        statuses = {"PAE": "ready", "EXP": "shipped", "TEC": "failed", "LIV": "delivered"}
        self.night(Statut="CFM")
        for code in statuses:
            self.night(Statut=code)
        kinds = list(statuses.values())
        self.assertEqual(self.events(), [(kind, "", kind == "delivered") for kind in kinds])
        event = self.order("LIE000001").sm_event_ids[:1]
        self.assertEqual((event.old_status, event.new_status), ("failed", "delivered"))
        self.assertEqual(event.old_value, "Delivery attempt failed")

    def test_back_and_ready_again(self):
        for code in ("CFM", "PAE", "PRE", "PAE"):
            self.night(Statut=code)
        self.assertEqual(self.events(), [("ready", "", False), ("ready", "", True)])

    def test_cancelled(self):
        self.night(Statut="CFM", **{"Date prévue": OLD})
        self.night(Statut="CFM", **{"Date prévue": NEW})
        self.night(Statut="ANN", **{"Date prévue": "20/12/2026"})
        self.assertEqual(self.events(), [("date_moved", "", False), ("cancelled", "", True)])

    def test_a_code_explained_is_no_change(self):
        order = self.night(Statut="CFR")
        order.sm_status_id.status = "ready"
        order = self.night(Statut="CFR")
        self.assertEqual(order.sm_status, "ready")
        self.assertFalse(order.sm_event_ids)

    def test_lines_that_follow_the_order_are_told_once(self):
        self.night(*self.dated(OLD, OLD), **{"Date prévue": OLD})
        self.night(*self.dated(NEW, NEW), **{"Date prévue": NEW})
        self.assertEqual(self.events(), [("date_moved", "", True)])

    def test_lines_that_move_alike_are_told_once(self):
        self.night(*self.dated(OLD, OLD))
        self.night(*self.dated(NEW, NEW))
        self.assertEqual(self.events(), [("date_moved", "", True)])

    def test_one_line_that_moves(self):
        self.night(*self.dated(OLD, OLD), **{"Date prévue": OLD})
        self.night(*self.dated(OLD, NEW), **{"Date prévue": OLD})
        order = self.order("LIE000001")
        self.assertEqual(self.events(), [("date_moved", "20", True)])
        self.assertEqual(order.sm_event_ids.product_id, self.product("TABLE"))
        self.assertEqual(order.sm_event_ids.line_id, order.order_line[1])
        self.night(*self.dated(OLD, OLD), **{"Date prévue": OLD})
        self.assertEqual(self.events(), [("date_moved", "20", False), ("date_moved", "20", True)])

    def test_article_of_a_line_not_available(self):
        self.night(CHAIR | {"Disponibilité": "A"}, TABLE)
        self.night(CHAIR | {"Disponibilité": "I"}, TABLE)
        self.assertEqual(self.events(), [("unavailable", "10", True)])
        self.night(CHAIR | {"Disponibilité": "A"}, TABLE)
        self.assertEqual(self.events(), [("unavailable", "10", False)])

    def test_new_and_replaced_lines_raise_nothing(self):
        lost = {"Disponibilité": "I", "Date prévue ligne": NEW}
        self.night(CHAIR | {"Date prévue ligne": OLD})
        self.night(TABLE | lost, CHAIR | lost)
        self.assertFalse(self.order("LIE000001").sm_event_ids)

    def test_other_lines_of_a_locked_order(self):
        """A changed line sends the order through draft and back: that is no cancellation."""
        self.night(CHAIR, Statut="PAE")
        order = self.night(CHAIR | {"Quantité": "5"}, Statut="PAE")
        self.assertEqual((order.state, order.locked), ("sale", True))
        self.assertFalse(order.sm_event_ids)

    @staticmethod
    def dated(chair, table):
        return CHAIR | {"Date prévue ligne": chair}, TABLE | {"Date prévue ligne": table}


@tagged("post_install", "-at_install")
class TestStockEvents(EventCase):
    def stock(self, quantity):
        self.sync(
            article=[{"Code article": "CHAIR", "Stock total": quantity}, {"Code article": "TABLE"}]
        )

    def test_restocked(self):
        self.sync(
            order=self.order_rows("LIE000001", "0001", CHAIR, Statut="CFM")
            + self.order_rows("LIE000002", "0001", CHAIR, Statut="LIV")
            + self.order_rows("LIE000003", "0001", CHAIR | {"Quantité livrée": "2"}, Statut="LPA")
            + self.order_rows("LIE000004", "0001", CHAIR | {"Disponibilité": "S"}, Statut="CFM")
        )
        self.stock("3")
        self.assertEqual(self.events(), [("restocked", "10", True)])
        event = self.order("LIE000001").sm_event_ids
        self.assertEqual((event.product_id, event.new_quantity), (self.product("CHAIR"), 3))
        for number in ("LIE000002", "LIE000003", "LIE000004"):
            self.assertFalse(self.order(number).sm_event_ids, number)
        self.stock("5")
        self.assertEqual(self.events(), [("restocked", "10", True)])
        self.stock("0")
        self.assertEqual(self.events(), [("restocked", "10", False)])
        self.stock("1")
        self.assertEqual(self.events(), [("restocked", "10", False), ("restocked", "10", True)])

    def test_the_article_is_gone(self):
        self.night(Statut="CFM")
        self.stock("3")
        # it disappears from three exports
        others = [{"Code article": f"A{number}"} for number in range(5)]
        for night in range(4):
            rows = [row | {"Remarques": str(night)} for row in others]
            self.sync(article=[{"Code article": "TABLE"}, *rows])
        self.assertFalse(self.product("CHAIR").active)
        self.assertEqual(self.events(), [("restocked", "10", False)])

    def test_delivered_meanwhile(self):
        self.night(Statut="CFM")
        self.stock("3")
        self.night(Statut="LIV")
        self.assertEqual(self.events(), [("restocked", "10", False), ("delivered", "", True)])


@tagged("post_install", "-at_install")
class TestEventsAreOnce(EventCase):
    """Whatever is repeated, one change gives one event."""

    def setUp(self):
        super().setUp()
        self.night(**{"Date prévue": OLD})

    def assert_once(self):
        self.assertEqual(self.events(), [("date_moved", "", True), ("ready", "", True)])

    def change(self):
        return self.night(**READY)

    def events(self):
        return sorted(super().events())

    def test_same_file_again(self):
        self.change()
        self.change()
        self.assert_once()

    def test_synchronised_again_by_force(self):
        self.change()
        self.link("order", "LIE000001").write({"source_hash": False, "content_hash": False})
        self.change()
        self.assert_once()

    def test_refused_batch(self):
        """The event of an order is undone with it, and comes once when the batch is halved."""
        update = OrderApplier.update

        def refuse_together(applier, rows):
            update(applier, rows)
            if len(rows) > 1:
                raise ValueError("refused together")

        self.night(number="LIE000002")
        rows = self.order_rows("LIE000001", "0001", CHAIR, TABLE, **READY)
        rows += self.order_rows("LIE000002", "0001", CHAIR, TABLE, Statut="EXP")
        with patch.object(OrderApplier, "update", refuse_together):
            self.sync(order=rows)
        self.assert_once()
        self.assertEqual(self.order("LIE000002").sm_event_ids.mapped("kind"), ["shipped"])

    def test_killed_after_the_batch(self):
        """The batch was committed, the run was not finished: what is left has no event twice."""
        rows = self.order_rows("LIE000001", "0001", CHAIR, TABLE, **READY)

        def killed(line, started):
            raise RuntimeError("killed")

        with (
            patch.object(type(self.env["sm.run.line"]), "_finish", killed),
            self.assertLogs("odoo.addons.sm_connector", "ERROR"),
        ):
            self.sync(order=rows)
        self.sync(order=rows)
        self.assert_once()

    def test_backfill_raises_nothing(self):
        run_create = type(self.env["sm.run"])._queue

        def queue_backfill(runs, backend, trigger, **options):
            run, is_new = run_create(runs, backend, trigger, **options)
            run.flush_recordset()
            run.env.cr.execute("UPDATE sm_run SET trigger = 'backfill' WHERE id = %s", [run.id])
            run.invalidate_recordset(flush=False)
            return run, is_new

        with patch.object(type(self.env["sm.run"]), "_queue", queue_backfill):
            self.change()
        self.assertFalse(self.order("LIE000001").sm_event_ids)


@tagged("post_install", "-at_install")
class TestEventAccess(EventCase):
    def test_reps_read_and_nobody_writes(self):
        self.night(**{"Date prévue": OLD})
        event = self.night(**{"Date prévue": NEW}).sm_event_ids
        rep = self._new_user("rep_events", "sales_team.group_sale_salesman")
        self.assertEqual(event.with_user(rep).kind, "date_moved")
        self.assertEqual(event.order_id.with_user(rep).sm_event_count, 1)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(event.with_user(self.env.ref("base.user_admin")).has_access(operation))
        stranger = self._new_user("stranger_events", "base.group_user")
        self.assertFalse(event.with_user(stranger).has_access("read"))
        event.order_id.user_id = self.env.ref("base.user_admin")
        self.assertFalse(event.with_user(rep).has_access("read"), "another one's order")

    def test_another_company(self):
        self.night(**{"Date prévue": OLD})
        event = self.night(**{"Date prévue": NEW}).sm_event_ids
        other = self.env["res.company"].create({"name": "Other"})
        rep = self._new_user(
            "rep_other",
            "sales_team.group_sale_salesman",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(
            self.env["sm.order.event"].with_user(rep).search([("id", "in", event.ids)])
        )

    def test_timeline(self):
        self.night(Statut="CFM", **{"Date prévue": OLD})
        self.night(Statut="CFM", **{"Date prévue": NEW})
        order = self.night(Statut="LIV", **{"Date prévue": NEW})
        rep = self._new_user("rep_timeline", "sales_team.group_sale_salesman")
        timeline = order.with_user(rep).get_sm_timeline()
        self.assertEqual((len(timeline["events"]), timeline["older"]), (2, 0))
        newest, former = timeline["events"]
        self.assertEqual((newest["kind"], newest["is_current"]), ("delivered", True))
        self.assertEqual((newest["old"], newest["new"]), ("Confirmed", "Delivered"))
        self.assertEqual((former["kind"], former["is_current"]), ("date_moved", False))
        self.assertIn("4 days later", former["detail"])

    def test_lines_are_told_together(self):
        lines = [CHAIR, TABLE, CHAIR]
        self.night(*(line | {"Date prévue ligne": OLD} for line in lines))
        lines[:2] = (line | {"Date prévue ligne": NEW} for line in lines[:2])
        lines[2] = CHAIR | {"Date prévue ligne": OLD}
        order = self.night(*lines)
        self.assertEqual(len(order.sm_event_ids), 2)
        [entry] = order.get_sm_timeline()["events"]
        self.assertEqual(len(entry["articles"]), 2)
        self.assertEqual(entry["detail"], "4 days later")


@tagged("post_install", "-at_install")
class TestEventsOfTheSimulator(SimulatedCase):
    """The master's own ledger says what happened; so do the events, no more and no less.

    The ledger knows no dates given or withdrawn, nor those of single lines.
    """

    KINDS = {"attempt_failed": "failed", "line_unavailable": "unavailable"}
    EVERY_KIND = ("date_moved", "ready", "shipped", "delivered", "attempt_failed", "cancelled")
    EVERY_KIND += ("line_unavailable", "restocked")

    def test_nights(self):
        seen = set()
        for number, kind in enumerate(self.EVERY_KIND, start=1):
            self.house.night(events=[kind])
            run = self.run_night()
            seen |= self.assert_as_in_the_ledger(number, run)
        # no order need wait for what is restocked
        seen.add("restocked")
        self.assertEqual(seen, {self.KINDS.get(kind, kind) for kind in self.EVERY_KIND})

    def assert_as_in_the_ledger(self, number, run):
        """Compare a night; return the kinds of events it had."""
        records = [r for r in self.house.ledger.records() if r["night"] == number]
        restocked = {
            event["key"]
            for record in records
            if record["entity"] == "article"
            for event in record["events"]
        }
        expected = sorted(
            (event["key"], self.KINDS.get(event["kind"], event["kind"]))
            for record in records
            if record["entity"] == "order"
            for event in record["events"]
        )
        noted = self.env["sm.order.event"].search(
            [
                ("run_id", "=", run.id),
                "|",
                ("kind", "in", ("ready", "shipped", "delivered", "failed", "cancelled")),
                "|",
                ("kind", "=", "unavailable"),
                "&",
                ("kind", "=", "date_moved"),
                ("line_key", "=", ""),
            ]
        )
        self.assertEqual(
            sorted((event.order_id.name, event.kind) for event in noted),
            expected,
            f"night {number}",
        )
        told = self.env["sm.order.event"].search(
            [("run_id", "=", run.id), ("kind", "=", "restocked")]
        )
        self.assertLessEqual(set(told.product_id.mapped("default_code")), restocked)
        return {*noted.mapped("kind"), *(told.mapped("kind"))}
