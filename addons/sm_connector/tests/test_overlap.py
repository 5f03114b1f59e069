from contextlib import closing, suppress
from unittest.mock import patch

import psycopg2

from odoo import sql_db
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.sm_connector.pipeline.apply import BatchApplier
from odoo.addons.sm_connector.pipeline.lock import LOCK_SPACE

from .common import SmCase


@tagged("post_install", "-at_install")
class TestOverlap(SmCase):
    """One run at a time, in slices, and undisturbed by users who write the same records."""

    ROWS = tuple({"Code": str(number), "Nom": f"Client {number}"} for number in range(1, 8))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "sm_test_operator", groups="base.group_user,sm_connector.group_sm_operator"
        )
        cls.cron = cls.env.ref("sm_connector.ir_cron_night")

    def press(self):
        return self.backend.with_user(self.operator).action_run_now()

    def runs(self):
        return self.env["sm.run"].search([("backend_id", "=", self.backend.id)])

    def triggers(self):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])

    def test_button_queues_and_wakes_the_cron(self):
        before = self.triggers()
        answer = self.press()
        self.assertEqual(answer["params"]["type"], "success")
        run = self.runs()
        self.assertEqual((len(run), run.state, run.trigger), (1, "queued", "manual"))
        self.assertEqual(run.user_id, self.operator)
        self.assertEqual(self.triggers(), before + 1)
        self.assertEqual(self.backend.status_level, "busy")
        self.drop_rows("contact", *self.ROWS)
        done = self.run_night()
        self.assertEqual(done, run)
        self.assertEqual(self.lines(run)["contact"].created, 7)

    def test_button_while_one_waits(self):
        self.press()
        triggers = self.triggers()
        answer = self.press()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertEqual(len(self.runs()), 1)
        self.assertEqual(self.triggers(), triggers)

    def test_button_while_one_runs(self):
        self.press()
        self.runs().state = "running"
        answer = self.press()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertIn("%", answer["params"]["message"])
        self.assertEqual(len(self.runs()), 1)

    def test_button_of_a_request_that_cannot_see_the_other(self):
        """The other's run was committed after our snapshot was taken: the unique index says so."""
        queue = self.env["sm.run"]
        run, _is_new = queue._queue(self.backend, "cron")
        with patch.object(type(queue), "search", lambda self, *args, **kw: self.browse()):
            other, is_new = queue._queue(self.backend, "manual")
        self.assertFalse(is_new)
        self.assertFalse(other - run)
        self.assertEqual(self.runs(), run)

    def test_button_is_for_operators(self):
        user = new_test_user(
            self.env, "sm_test_user", groups="base.group_user,sm_connector.group_sm_user"
        )
        with self.assertRaises(UserError):
            self.backend.with_user(user).action_run_now()
        self.assertFalse(self.runs())

    def test_another_process_has_the_lock(self):
        """A second process leaves the run alone, and the next one to come does it."""
        self.drop_rows("contact", *self.ROWS)
        with closing(sql_db.db_connect(self.env.cr.dbname).cursor()) as cr:
            cr.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_SPACE, self.backend.id])
            run = self.run_night()
            self.assertEqual(run.state, "queued")
            self.assertFalse(self.partner("1"))
            self.assertTrue(list(self.drop_folder.glob("CLIENTS*")))
            cr.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, self.backend.id])
        self.assertEqual(self.run_night(), run)
        self.assertTrue(self.partner("1"))

    def test_the_lock_is_given_back(self):
        self.sync(contact=self.ROWS)
        with closing(sql_db.db_connect(self.env.cr.dbname).cursor()) as cr:
            cr.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, self.backend.id])
            self.assertTrue(cr.fetchone()[0])
            cr.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, self.backend.id])

    def test_two_masters(self):
        """The night of one does not depend on the other's."""
        other_folder = self.folder / "other"
        other = self.env["sm.backend"].create(
            {"name": "Other Master", "drop_folder": str(other_folder)}
        )
        self.drop_rows("contact", *self.ROWS)
        self.run_night()
        runs = self.env["sm.run"].search([])
        self.assertEqual(runs.backend_id, self.backend + other)
        # the folder of the other is not there
        self.assertEqual(other.last_run_id.state, "failed")
        self.assertIn(self.backend.last_run_id.state, ("done", "warning"))
        self.assertEqual(len(self.link("contact", "1")), 1)

    # === SLICES === #

    def slices(self, limit=60):
        """Run with a time slice that is used up after every single commit; return how many."""
        commit = self.env.registry["ir.cron"]._commit_progress

        def no_time_left(cron, *args, **kwargs):
            commit(cron, *args, **kwargs)
            return 0

        batches = {"contact": 2, "article": 2, "order": 2}
        count = 0
        with (
            patch.object(self.env.registry["ir.cron"], "_commit_progress", no_time_left),
            patch.dict("odoo.addons.sm_connector.pipeline.apply.BATCH", batches),
        ):
            while count < limit:
                count += 1
                run = self.run_night()
                if run.state not in ("queued", "running"):
                    return run, count
        self.fail("It does not come to an end.")

    def test_slices(self):
        self.drop_rows("contact", *self.ROWS)
        self.drop_rows("article", *({"Code article": code} for code in "ABC"))
        line = {"Code article": "A", "Quantité": "1", "Prix unitaire HTVA": "10,00"}
        self.drop_rows(
            "order", *(row for n in range(3) for row in self.order_rows(f"LIE{n}", "1", line))
        )
        run, count = self.slices()
        self.assertGreater(count, 6)
        self.assertEqual(self.runs(), run)
        counts = {entity: line.created for entity, line in self.lines(run).items()}
        self.assertEqual(counts, {"contact": 7, "article": 3, "order": 3, "dossier": 0})
        for line in run.line_ids:
            state = "nothing" if line.entity == "dossier" else "done"
            self.assertEqual((line.state, line.progress), (state, 100))
        self.assertFalse(list(self.drop_folder.glob("*.csv")))

    def test_progress_moves_while_it_runs(self):
        self.drop_rows("contact", *self.ROWS)
        seen = []
        next_batch = BatchApplier.next_batch

        def watch(applier):
            counts = next_batch(applier)
            line = applier.applier.env["sm.run.line"].browse(applier.line_id)
            line.invalidate_recordset()
            seen.append((line.progress, line.run_id.progress, line.backend_id.status_level))
            return counts

        with (
            patch.object(BatchApplier, "next_batch", watch),
            patch.dict("odoo.addons.sm_connector.pipeline.apply.BATCH", {"contact": 2}),
        ):
            self.run_night()
        percents = [percent for percent, _run, _level in seen]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(len(set(percents)), 3)
        self.assertEqual({level for _line, _run, level in seen}, {"busy"})

    # === COLLISIONS === #

    def collide(self, times, error):
        """Let the first ``times`` batches end in a collision after they have written."""
        next_batch = BatchApplier.next_batch
        left = [times]

        def collide(applier):
            counts = next_batch(applier)
            if counts and left[0]:
                left[0] -= 1
                raise error("could not serialize access due to concurrent update")
            return counts

        return (
            patch.object(BatchApplier, "next_batch", collide),
            patch("odoo.addons.sm_connector.models.sm_run_line.time.sleep"),
        )

    def test_a_collision_is_tried_again(self):
        for number, error in enumerate(
            (
                psycopg2.errors.SerializationFailure,
                psycopg2.errors.DeadlockDetected,
                psycopg2.errors.LockNotAvailable,
            )
        ):
            rows = [row | {"Code": f"{number}{row['Code']}"} for row in self.ROWS]
            self.feeds["contact"].missing_max_rows = 99
            self.drop_rows("contact", *rows)
            collision, no_sleep = self.collide(2, error)
            with collision, no_sleep:
                line = self.lines(self.run_night())["contact"]
            self.assertEqual((line.state, line.created), ("done", 7), line.message)
            self.assertEqual(line.handled, line.planned)

    def test_new_codes_of_a_batch_that_collided(self):
        """What the batch had made on the way is undone with it, and made again."""
        self.sync(contact=self.ROWS)
        self.drop_rows(
            "article", {"Code article": "A", "Famille": "Neuf", "Stock magasins": "GEN:1/0"}
        )
        collision, no_sleep = self.collide(1, psycopg2.errors.SerializationFailure)
        with collision, no_sleep:
            line = self.lines(self.run_night())["article"]
        self.assertEqual((line.state, line.created, line.quarantined), ("done", 1, 0))
        self.assertEqual(self.product("A").categ_id.name, "Neuf")
        self.assertEqual(self.product("A").sm_stock_ids.shop_id.code, "GEN")

    def test_collisions_without_end(self):
        """The line gives up and says so; the file stays, and the next night takes it."""
        self.drop_rows("contact", *self.ROWS)
        collision, no_sleep = self.collide(99, psycopg2.errors.SerializationFailure)
        with collision, no_sleep, self.assertLogs("odoo.addons.sm_connector", "ERROR"):
            run = self.run_night()
        line = self.lines(run)["contact"]
        self.assertEqual((run.state, line.state), ("failed", "failed"))
        self.assertIn("serialize", line.message)
        self.assertTrue(list(self.drop_folder.glob("CLIENTS*")))
        self.assertFalse(self.partner("1"))
        self.assertEqual(self.backend.health, "error")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 7))

    def test_one_entity_fails_the_others_go_on(self):
        self.drop_rows("contact", *self.ROWS)
        self.drop_rows("article", {"Code article": "A"})
        next_batch = BatchApplier.next_batch

        def fail_contacts(applier):
            if applier.entity == "contact":
                raise RuntimeError("Something nobody thought of")
            return next_batch(applier)

        with (
            patch.object(BatchApplier, "next_batch", fail_contacts),
            self.assertLogs("odoo.addons.sm_connector", "ERROR"),
        ):
            run = self.run_night()
        lines = self.lines(run)
        self.assertEqual(lines["contact"].state, "failed")
        self.assertIn("Something nobody thought of", lines["contact"].message)
        self.assertEqual((lines["article"].state, lines["article"].created), ("done", 1))
        self.assertEqual(run.state, "failed")
        self.env.cr.execute("SELECT count(*) FROM sm_stage")
        self.assertEqual(self.env.cr.fetchone()[0], 0, "Nothing is left behind.")

    def test_postgresql_crashed_and_emptied_the_working_tables(self):
        """They are unlogged: the run makes them again from the file, which is still there."""
        self.drop_rows("contact", *self.ROWS)
        stopped = RuntimeError("the machine stopped here")
        next_batch = BatchApplier.next_batch
        left = [2]

        def stop(applier):
            left[0] -= 1
            if not left[0]:
                raise stopped
            return next_batch(applier)

        def stays(line, *_args):
            raise stopped

        with (
            patch.object(BatchApplier, "next_batch", stop),
            patch.object(self.env.registry["sm.run.line"], "_fail", stays),
            patch.dict("odoo.addons.sm_connector.pipeline.apply.BATCH", {"contact": 2}),
            self.assertLogs("odoo.addons.sm_connector", "ERROR"),
            suppress(RuntimeError),  # assertRaises would undo everything
        ):
            self.run_night()
            self.fail("It was to stop.")
        line = self.lines(self.runs())["contact"]
        self.assertEqual((line.state, line.created), ("applying", 2))
        self.env.cr.execute("TRUNCATE sm_stage, sm_plan")
        run = self.run_night()
        self.assertEqual(run, self.runs())
        self.assertEqual((line.state, line.odoo_count), ("done", 7))
        for row in self.ROWS:
            self.assertEqual(len(self.partner(row["Code"])), 1)
