import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import SimulatedCase, SmCase, unguarded
from .test_night import WATCHED

WRITTEN = ("create", "replace", "link", "update", "same", "archive")


class PreviewMixin:
    """Dry runs, and what they and the runs after them did."""

    def look(self):
        """Let the cron make a plan, and return its run."""
        self.backend.with_user(self.operator).action_look_before()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["sm.run"]._cron_night()
            cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        return self.env["sm.run"].search([("backend_id", "=", self.backend.id)], limit=1)

    def apply(self, run):
        run.with_user(self.operator).action_apply_plan()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["sm.run"]._cron_night()
            cr.commit()  # pylint: disable=invalid-commit
        self.env.invalidate_all()
        return run

    def rows(self, run, entity=None):
        """Return the rows of a plan by key."""
        domain = [("run_id", "=", run.id)]
        if entity:
            domain.append(("entity", "=", entity))
        return {row.key: row for row in self.env["sm.plan.row"].search(domain)}

    def outcomes(self, run, entity):
        return {key: row.outcome for key, row in self.rows(run, entity).items()}

    def content(self):
        """Every record that a run may write, as it is."""
        self.env.flush_all()
        found = {}
        for table, columns in WATCHED.items():
            self.env.cr.execute(f"SELECT {columns}, ctid::text FROM {table} ORDER BY id")
            found[table] = self.env.cr.fetchall()
        return found

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "sm_look", groups="base.group_user,sm_connector.group_sm_operator"
        )


@tagged("post_install", "-at_install")
class TestPreview(PreviewMixin, SmCase):
    """The dry run, the plan it leaves, and what may be done with it."""

    GOODS = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}

    def diffs(self, row):
        return {label: (old, new) for label, old, new in row._get_diffs()}

    def load(self):
        self.sync(
            contact=[
                {"Code": "C1", "Nom": "Dupont", "Localité": "Liège"},
                {"Code": "C2", "Nom": "Durand", "Code parent": "C1", "Type": "C"},
            ],
            article=[{"Code article": "A1"}],
            order=self.order_rows("O1", "C1", self.GOODS),
        )

    def test_first_load(self):
        """What is itself only planned counts as there: an order of a new customer is created."""
        self.drop_rows(
            "contact",
            {"Code": "C2", "Nom": "Durand", "Code parent": "C1", "Type": "C"},
            {"Code": "C1", "Nom": "Dupont"},
            {"Code": "C3", "Nom": ""},
        )
        self.drop_rows("article", {"Code article": "A1"})
        self.drop_rows(
            "order",
            *self.order_rows("O1", "C1", self.GOODS),
            *self.order_rows("O2", "C3", self.GOODS),
            *self.order_rows("O3", "C1", self.GOODS | {"Code article": "A9"}),
        )
        before = self.content()
        run = self.look()
        self.assertEqual((run.state, run.trigger), ("planned", "preview"))
        self.assertEqual(
            self.outcomes(run, "contact"), {"C1": "create", "C2": "create", "C3": "quarantine"}
        )
        self.assertEqual(self.outcomes(run, "article"), {"A1": "create"})
        self.assertEqual(
            self.outcomes(run, "order"), {"O1": "create", "O2": "parked", "O3": "parked"}
        )
        self.assertEqual(self.rows(run, "order")["O1"].name, "Dupont")
        self.assertEqual(self.rows(run, "order")["O2"].cause, "unknown_customer")
        line = self.lines(run)["order"]
        self.assertEqual((line.plan_create, line.plan_parked, line.plan_quarantine), (1, 2, 0))
        self.assertEqual(self.content(), before, "a dry run writes nothing")
        self.assertFalse(self.env["sm.quarantine"].search([("backend_id", "=", self.backend.id)]))
        self.assertEqual(self.backend.health, "new")
        self.assertFalse(self.backend.last_run_id)

    def test_differences(self):
        # a plan is written in the language of whoever answers for the master
        partners = self.backend.responsible_id.partner_id | self.backend.company_id.partner_id
        (partners | self.env.user.partner_id).lang = "en_US"
        self.load()
        product = self.product("A1")
        self.drop_rows(
            "contact",
            {"Code": "C1", "Nom": "Dupont", "Localité": "Namur", "Pays": "FR"},
            {"Code": "C2", "Nom": "Durand", "Code parent": "C1", "Type": "C"},
        )
        self.drop_rows(
            "article",
            {"Code article": "A1", "Prix de vente HTVA": "120,00", "Stock total": "3"}
            | {"Stock magasins": "LIE:3/1"},
        )
        self.drop_rows(
            "order",
            *self.order_rows(
                "O1",
                "C1",
                self.GOODS | {"Quantité": "2"},
                self.GOODS,
                **{"Date prévue": "24/12/2026"},
            ),
        )
        run = self.look()
        contact = self.rows(run, "contact")["C1"]
        self.assertEqual(contact.outcome, "update")
        self.assertEqual(
            self.diffs(contact), {"City": ("Liège", "Namur"), "Country": ("Belgium", "France")}
        )
        self.assertIn("Namur", contact.diff_table)
        self.assertNotIn("C2", self.rows(run, "contact"), "nothing changed for him")
        article = self.diffs(self.rows(run, "article")["A1"])
        self.assertEqual(article["Sales Price"], ("100.00", "120.00"))
        self.assertEqual(article["In Stock"], ("0.00", "3.00"))
        self.assertIn("3", article["Stock per Shop LIE"][1])
        order = self.diffs(self.rows(run, "order")["O1"])
        self.assertEqual(order["Order Lines 10: Quantity"], ("1.00", "2.00"))
        self.assertEqual(order["Order Lines 20"][0], "–")
        self.assertEqual(product.list_price, 100.0)
        operator = self.rows(run, "order")["O1"].with_user(self.operator)
        self.assertTrue(operator.with_context(lang="fr_BE").diff_table)

    def test_no_visible_change(self):
        self.load()
        self.drop_rows(
            "contact",
            {"Code": "C1", "Nom": " Dupont ", "Localité": "Liège"},
            {"Code": "C2", "Nom": "Durand", "Code parent": "C1", "Type": "C"},
        )
        run = self.look()
        self.assertEqual(self.outcomes(run, "contact"), {"C1": "same"})
        self.assertEqual(self.lines(run)["contact"].unchanged, 2)

    def test_links_and_doubts(self):
        """What is already in Odoo is linked; what could be two waits for a person."""
        partners = self.env["res.partner"].create(
            [
                {"name": "Dupont", "ref": "C1", "city": "Liège"},
                {"name": "Durand", "email": "durand@example.com"},
                {"name": "Durand", "email": "durand@example.com"},
            ]
        )
        self.drop_rows(
            "contact",
            {"Code": "C1", "Nom": "Dupont", "Localité": "Namur"},
            {"Code": "C2", "Nom": "Durand", "E-mail": "durand@example.com"},
        )
        run = self.look()
        self.assertEqual(self.outcomes(run, "contact"), {"C1": "link", "C2": "ambiguous"})
        row = self.rows(run, "contact")["C1"]
        self.assertEqual(row.res_id, partners[0].id)
        self.assertEqual(self.diffs(row)["City"], ("Liège", "Namur"))
        self.assertFalse(self.env["sm.match"].search([("backend_id", "=", self.backend.id)]))
        self.apply(run)
        self.assertEqual(self.partner("C1"), partners[0])
        self.assertEqual(partners[0].city, "Namur")
        self.assert_quarantined("contact", "C2", "ambiguous_match")

    def test_apply_exactly(self):
        self.load()
        self.feeds["contact"].archive_after = 1
        path = self.drop_rows(
            "contact",
            {"Code": "C1", "Nom": "Dupont", "Localité": "Namur"},
            {"Code": "C3", "Nom": "New"},
            {"Code": "C4", "Nom": ""},
        )
        run = self.look()
        self.assertEqual(
            self.outcomes(run, "contact"),
            {"C1": "update", "C2": "archive", "C3": "create", "C4": "quarantine"},
        )
        self.assertTrue(path.exists(), "the file waits")
        self.assertEqual(self.link("contact", "C2").state, "linked")
        self.apply(run)
        self.assertEqual((run.state, run.applied_by), ("warning", self.operator))
        line = self.lines(run)["contact"]
        self.assertEqual((line.created, line.updated, line.archived), (1, 1, 1))
        self.assertEqual(line.changed, 0)
        self.assertEqual(self.partner("C1").city, "Namur")
        self.assertFalse(self.partner("C2").active)
        self.assert_quarantined("contact", "C4", "missing_name")
        self.assertEqual(line.master_count, line.odoo_count, line.message)
        self.assertFalse(path.exists(), "the file was taken over")
        self.assertEqual(self.backend.last_run_id, run)
        self.assertFalse(self.rows(run))
        # the night after finds nothing to do
        line = self.sync()["contact"]
        self.assertFalse(line.created or line.updated)

    def test_changed_meanwhile(self):
        """Rows whose record or link moved after the plan are left alone, and said so."""
        self.load()
        self.sync(contact=[{"Code": f"C{number}", "Nom": "Dupont"} for number in range(1, 5)])
        self.drop_rows(
            "contact",
            *({"Code": f"C{number}", "Nom": "Dupont", "Rue": "New"} for number in range(1, 5)),
            {"Code": "C5", "Nom": "Claimed", "E-mail": "claimed@example.com"},
        )
        run = self.look()
        self.assertEqual(set(self.outcomes(run, "contact").values()), {"update", "create"})
        later = fields.Datetime.now() + timedelta(minutes=1)
        self.env.cr.execute(
            "UPDATE res_partner SET write_date = %s WHERE id = %s", [later, self.partner("C1").id]
        )
        self.link("contact", "C2").source_hash = False
        with unguarded():
            self.link("contact", "C3").write({"partner_id": self.partner("C4").id})
        self.env["res.partner"].create({"name": "Claimed", "email": "claimed@example.com"})
        self.env.flush_all()
        self.apply(run)
        line = self.lines(run)["contact"]
        self.assertEqual((line.created, line.updated, line.changed), (0, 1, 4))
        self.assertIn("4", line.remark)
        self.assertEqual(set(self.outcomes(run, "contact").values()), {"changed"})
        self.assertEqual(self.partner("C4").street, "New")
        self.assertFalse(self.partner("C1").street)
        # looking again, or the night, brings the rest
        self.drop_rows(
            "contact",
            *({"Code": f"C{number}", "Nom": "Dupont", "Rue": "New"} for number in range(1, 5)),
        )
        self.run_night()
        self.assertEqual(self.partner("C1").street, "New")

    def test_discard_and_supersede(self):
        self.load()
        self.drop_rows("contact", {"Code": "C1", "Nom": "Dupond"}, {"Code": "C2", "Nom": "Durand"})
        first = self.look()
        second = self.look()
        self.assertEqual((first.state, second.state), ("superseded", "planned"))
        second.with_user(self.operator).action_discard_plan()
        self.assertEqual(second.state, "discarded")
        self.assertFalse(self.rows(second))
        third = self.look()
        self.assertEqual(self.backend.planned_run_id, third)
        night = self.run_night()
        self.assertEqual((third.state, night.state), ("superseded", "warning"))
        self.assertEqual(self.partner("C1").name, "Dupond")
        with self.assertRaises(UserError):
            third.with_user(self.operator).action_apply_plan()

    def test_old_plans_are_given_up(self):
        self.load()
        self.drop_rows("contact", {"Code": "C1", "Nom": "Dupond"}, {"Code": "C2", "Nom": "Durand"})
        run = self.look()
        run._gc_plans()
        self.assertEqual(run.state, "planned")
        run.date_end -= timedelta(days=8)
        run._gc_plans()
        self.assertEqual(run.state, "superseded")
        self.assertFalse(self.rows(run))

    def test_who_may(self):
        """Operators look, apply and discard; users see that there is a plan; nobody else."""
        self.load()
        self.drop_rows("contact", {"Code": "C1", "Nom": "Dupond"}, {"Code": "C2", "Nom": "Durand"})
        run = self.look()
        user = new_test_user(
            self.env, "sm_reader", groups="base.group_user,sm_connector.group_sm_user"
        )
        other = new_test_user(self.env, "sm_other", groups="base.group_user")
        self.assertTrue(run.with_user(user).plan_count)
        for method in ("action_apply_plan", "action_discard_plan", "action_open_plan"):
            with self.assertRaises(UserError):
                getattr(run.with_user(user), method)()
            with self.assertRaises(AccessError):
                getattr(run.with_user(other), method)()
        with self.assertRaises(UserError):
            self.backend.with_user(user).action_look_before()
        with self.assertRaises(AccessError):
            self.env["sm.plan.row"].with_user(user).search([])
        self.assertTrue(self.env["sm.plan.row"].with_user(self.operator).search([]))
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.operator.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(
            self.env["sm.plan.row"]
            .with_user(self.operator)
            .with_context(allowed_company_ids=company.ids)
            .search([])
        )

    def test_export(self):
        from openpyxl import load_workbook

        from ..controllers.plan_export import write_plan
        from ..controllers.workbook import make_workbook

        self.load()
        self.drop_rows(
            "contact",
            {"Code": "C1", "Nom": "Dupont", "Localité": "Namur", "Rue": "=1+1"},
            {"Code": "C2", "Nom": "Durand", "Code parent": "C1", "Type": "C"},
        )
        run = self.look()
        run_seen = run.with_user(self.operator)
        book = load_workbook(
            make_workbook(lambda book: write_plan(run_seen, book), constant_memory=True)
        )
        self.assertEqual(len(book.sheetnames), len(run.line_ids))
        rows = list(book["Contacts"].iter_rows(values_only=True))
        self.assertIn(("Change", "C1", "Dupont", "City", "Liège", "Namur"), [r[:6] for r in rows])
        self.assertIn("=1+1", [row[5] for row in rows])
        self.assertNotIn("f", {cell.data_type for row in book["Contacts"] for cell in row})

    def test_a_bad_file_is_left_where_it_is(self):
        self.load()
        path = self.drop("contact", "nothing of use")
        run = self.look()
        self.assertEqual(self.lines(run)["contact"].state, "refused")
        self.assertTrue(path.exists())
        self.assertNotEqual(self.backend.health, "error")

    def test_slices(self):
        """A plan is made and applied in as many slices as it takes."""
        self.drop_rows("contact", *({"Code": f"C{n}", "Nom": f"Name {n}"} for n in range(5)))
        cron = self.env.registry["ir.cron"]
        with patch.object(cron, "_commit_progress", lambda cron, *a, **o: cron.env.flush_all()):
            self.backend.with_user(self.operator).action_look_before()
            run = self.backend.running_run_id
            slices = 0
            while run.state != "planned":
                self.env["sm.run"]._cron_night()
                slices += 1
                self.assertLess(slices, 20)
            run.with_user(self.operator).action_apply_plan()
            while run.state in ("queued", "running"):
                self.env["sm.run"]._cron_night()
                slices += 1
                self.assertLess(slices, 40)
        self.assertGreater(slices, 3)
        self.assertEqual(self.lines(run)["contact"].created, 5)


@tagged("post_install", "-at_install")
class TestPreviewIsExact(PreviewMixin, SimulatedCase):
    """What a dry run says is what the run after it does, by key, over simulated nights."""

    def state(self, entity, keys):
        """Return what a person sees of the records of some keys."""
        from ..pipeline import snapshot
        from ..pipeline.appliers import APPLIERS

        applier = APPLIERS[entity](self.env, self.feeds[entity])
        found = {}
        for key in keys:
            record = self.link(entity, key)[applier.link_field]
            found[key] = record and (record.id, snapshot.take(record, applier)[record.id])
        return found

    def quarantined(self, run, entity):
        return set(
            self.env["sm.quarantine"]
            .search(
                [
                    ("run_id", "=", run.id),
                    ("entity", "=", entity),
                    ("state", "in", ("open", "ignored")),
                ]
            )
            .mapped("external_id")
        )

    def test_nights(self):
        for night in range(6):
            with self.subTest(night):
                self.house.night()
                plan = self.look()
                self.assertEqual(plan.state, "planned")
                said = {entity: self.outcomes(plan, entity) for entity in self.feeds}
                before = {entity: self.state(entity, outcomes) for entity, outcomes in said.items()}
                run = self.run_night() if night % 2 else self.apply(plan)
                self.assertFalse(sum(run.line_ids.mapped("changed")))
                for entity, outcomes in said.items():
                    self.assert_as_said(run, entity, outcomes, before[entity])

    def assert_as_said(self, run, entity, outcomes, before):
        line = self.lines(run)[entity]
        count = list(outcomes.values()).count
        self.assertEqual(line.created, count("create") + count("replace"), entity)
        self.assertEqual(
            line.quarantined, count("quarantine") + count("parked") + count("ambiguous"), entity
        )
        bad = {k for k, o in outcomes.items() if o in ("quarantine", "parked", "ambiguous")}
        self.assertEqual(self.quarantined(run, entity), bad)
        after = self.state(entity, outcomes)
        for key, outcome in outcomes.items():
            (old, new) = before[key], after[key]
            if outcome in ("create", "replace"):
                self.assertTrue(new and (not old or old[0] != new[0]), (entity, key))
            elif outcome == "update":
                self.assertNotEqual(old, new, (entity, key))
            elif outcome == "archive":
                self.assertEqual(self.link(entity, key).state, "archived")
            elif outcome == "missing":
                self.assertEqual(self.link(entity, key).state, "missing")
            elif outcome == "close":
                self.assertEqual(self.link(entity, key).state, "closed")
            else:
                self.assertEqual(old, new, (entity, key, outcome))

    def test_differences_are_what_changes(self):
        """Field by field: what the plan says is old was there, and what it says is new comes."""
        self.house.night()
        plan = self.look()
        rows = self.env["sm.plan.row"].search(
            [("run_id", "=", plan.id), ("outcome", "=", "update")]
        )
        self.assertTrue(rows)
        said = {(row.entity, row.key): json.loads(row.diffs) for row in rows}
        before = {key: self.state(*key[:1], [key[1]])[key[1]][1] for key in said}
        self.apply(plan)
        after = {key: self.state(*key[:1], [key[1]])[key[1]][1] for key in said}
        for key, diffs in said.items():
            for diff in diffs:
                if "line" in diff:
                    continue
                self.assertEqual(before[key][diff["field"]], diff["old"], (key, diff))
                self.assertEqual(after[key][diff["field"]], diff["new"], (key, diff))
