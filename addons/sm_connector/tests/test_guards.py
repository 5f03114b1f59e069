from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import HEADERS, SmCase, as_csv
from .test_preview import PreviewMixin


@tagged("post_install", "-at_install")
class TestGuards(PreviewMixin, SmCase):
    """A file that is whole and yet can hardly be meant changes nothing until a person says so."""

    GOODS = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}

    @staticmethod
    def customers(count, without=(), **cells):
        return [
            {"Code": f"{number:04d}", "Nom": f"Client {number:04d}"} | cells
            for number in range(1, count + 1)
            if number not in without
        ]

    @staticmethod
    def articles(count, price):
        return [
            {"Code article": f"A{number}", "Prix de vente HTVA": price(number)}
            for number in range(1, count + 1)
        ]

    def assert_held(self, line, *guards):
        """The file changed nothing and waits, and the screens say why."""
        self.assertEqual(line.state, "held", line.message)
        self.assertEqual(tuple(line.finding_ids.sorted("id").mapped("guard")), guards)
        self.assertFalse(line.created or line.updated or line.archived or line.missing)
        self.assertEqual(line.run_id.state, "held")
        self.assertTrue(line.remark)
        self.assertEqual(self.backend.health, "warning")
        self.env.cr.execute("SELECT count(*) FROM sm_plan WHERE line_id = %s", [line.id])
        self.assertFalse(self.env.cr.fetchone()[0])
        self.assertTrue((self.drop_folder / line.file_name).exists(), "the file waits")

    def accept(self, line, reason="Announced by purchasing"):
        """Let a file through, and return the line of the run that took it."""
        line.invalidate_recordset()
        action = line.with_user(self.operator).action_accept()
        wizard = (
            self.env["sm.accept"]
            .with_user(self.operator)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        self.assertEqual(wizard.finding_ids.ids, line.finding_ids.ids)
        wizard.action_accept()
        return self.lines(self.run_night())[line.entity]

    # === EACH GUARD === #

    def test_short_file(self):
        self.sync(contact=self.customers(20))
        line = self.sync(contact=self.customers(20, without=range(1, 10)))["contact"]
        self.assert_held(line, "short")
        self.assertIn("11", line.remark)
        self.assertTrue(self.partner("0001").active)

    def test_mass_disappearance(self):
        self.feeds["contact"].archive_after = 1
        self.sync(contact=self.customers(60))
        rows = self.customers(60, without=range(1, 12))
        rows[-1]["Nom"] = "Somebody Changed"
        line = self.sync(contact=rows)["contact"]
        self.assert_held(line, "missing")
        self.assertIn("11", line.remark)
        self.assertEqual(line.finding_ids.examples, ["0001", "0002", "0003", "0004", "0005"])
        self.assertEqual(self.link("contact", "0001").state, "linked")
        self.assertEqual(self.partner("0060").name, "Client 0060", "nothing of it is applied")
        line = self.accept(line)
        self.assertEqual((line.state, line.archived, line.updated), ("done", 11, 1))
        self.assertFalse(self.partner("0001").active)
        self.assertEqual(self.partner("0060").name, "Somebody Changed")
        self.assertEqual(line.master_count, line.odoo_count, line.message)

    def test_all_keys_changed(self):
        self.sync(contact=self.customers(30))
        renumbered = [row | {"Code": f"X{row['Code']}"} for row in self.customers(30)]
        line = self.sync(contact=renumbered)["contact"]
        self.assert_held(line, "keys")
        self.assertFalse(self.link("contact", "X0001"))

    def test_prices_times_a_hundred(self):
        self.sync(article=self.articles(30, lambda n: f"{n},50"))
        line = self.sync(article=self.articles(30, lambda n: f"{n}50,00"))["article"]
        self.assert_held(line, "factor")
        self.assertEqual(line.finding_ids.numbers["ratio"], 100)
        self.assertIn("A1: 1.5 → 150", line.finding_ids.example_text)
        self.assertEqual(self.product("A2").list_price, 2.5)
        line = self.sync(article=self.articles(30, lambda n: f"0,{n:02d}"))["article"]
        self.assert_held(line, "factor")

    def test_many_strong_changes_of_prices(self):
        self.sync(article=self.articles(40, lambda n: "100,00"))
        line = self.sync(article=self.articles(40, lambda n: "90,00"))["article"]
        self.assertEqual((line.state, line.updated), ("done", 40), "a sale of 10 %")
        line = self.sync(article=self.articles(40, lambda n: "20,00" if n <= 12 else "90,00"))
        self.assertEqual(line["article"].state, "done", "30 % are tolerated")
        line = self.sync(article=self.articles(40, lambda n: "300,00" if n <= 20 else "90,00"))
        self.assert_held(line["article"], "amounts")
        self.feeds["article"].guard_amount_percent = 60
        self.assertEqual(self.lines(self.run_night())["article"].state, "done")

    def test_orders_worth_a_hundred_times_more(self):
        self.sync(contact=self.customers(1), article=[{"Code article": "A1"}])

        def orders(price):
            return [
                row
                for number in range(15)
                for row in self.order_rows(
                    f"O{number:02d}", "0001", self.GOODS | {"Prix unitaire HTVA": price}
                )
            ]

        self.sync(order=orders("10,00"))
        line = self.sync(order=orders("1000,00"))["order"]
        self.assert_held(line, "factor")

    def test_dates_in_the_future(self):
        self.sync(contact=self.customers(1), article=[{"Code article": "A1"}])
        ahead = (fields.Date.today() + timedelta(days=40)).strftime("%d/%m/%Y")

        def orders(count, future):
            return [
                row
                for number in range(count)
                for row in self.order_rows(
                    f"O{number:02d}", "0001", self.GOODS, **({"Date": ahead} if future else {})
                )
            ]

        line = self.sync(order=orders(9, True))["order"]
        self.assertEqual((line.state, line.created), ("done", 9), "a few prove nothing")
        line = self.sync(order=orders(30, True))["order"]
        self.assert_held(line, "future")

    def test_another_currency(self):
        feed = self.feeds["article"]
        self.env["sm.field.mapping"].create(
            {"feed_id": feed.id, "target": "currency", "source": "Devise", "required": False}
        )
        header = [*HEADERS["article"], "Devise"]

        def drop(currency):
            rows = [row | {"Devise": currency} for row in self.articles(20, lambda n: f"{n},00")]
            self.drop("article", as_csv("article", rows, header))
            return self.lines(self.run_night())["article"]

        own = self.backend.company_id.currency_id.name
        self.assertEqual(drop(own).state, "done")
        line = drop("GBP")
        self.assert_held(line, "currency")
        self.assertIn(own, line.remark)

    def test_a_first_load_is_no_accident(self):
        rows = self.articles(40, lambda n: f"{n}00,00")
        self.assertEqual(self.sync(article=rows)["article"].state, "done")

    # === WHAT GOES ON, AND WHAT IS ACCEPTED === #

    def test_the_others_go_on(self):
        self.sync(contact=self.customers(20), article=[{"Code article": "A1"}])
        lines = self.sync(
            contact=self.customers(5),
            article=[{"Code article": "A1"}, {"Code article": "A2"}],
            order=self.order_rows("O1", "0001", self.GOODS),
        )
        self.assert_held(lines["contact"], "short", "keys")
        self.assertEqual((lines["article"].state, lines["order"].state), ("done", "done"))
        self.assertTrue(self.order("O1"))

    def test_the_responsible_is_told(self):
        self.sync(contact=self.customers(20))
        line = self.sync(contact=self.customers(5))["contact"]
        activity = self.backend.activity_ids
        self.assertEqual(activity.user_id, self.backend._watchdog_user())
        self.assertIn("20", activity.note)
        self.assertEqual(self.backend.status_level, "attention")
        self.assertTrue(self.backend.is_held)
        self.accept(line)
        self.assertFalse(self.backend.is_held)
        self.assertFalse(self.backend.activity_ids)

    def test_only_this_file_is_let_through(self):
        self.feeds["contact"].archive_after = 5
        self.sync(contact=self.customers(60))
        line = self.sync(contact=self.customers(60, without=range(1, 13)))["contact"]
        self.assert_held(line, "missing")
        line = self.accept(line, "They were doubles")
        self.assertEqual((line.state, line.missing), ("done", 12))
        self.assertIn("They were doubles", line.remark)
        [acceptance] = self.env["sm.guard.acceptance"].search(
            [("backend_id", "=", self.backend.id)]
        )
        self.assertEqual(
            (acceptance.guard, acceptance.user_id, acceptance.file_sha256),
            ("missing", self.operator, line.file_sha256),
        )
        self.assertEqual(acceptance.used_line_id, line)
        message = self.backend.message_ids[0]
        self.assertIn("They were doubles", message.body)
        self.assertEqual(message.author_id, self.operator.partner_id)
        line = self.sync(contact=self.customers(60, without=range(1, 30)))["contact"]
        self.assert_held(line, "short", "missing")

    def test_a_reason_is_needed(self):
        self.sync(contact=self.customers(20))
        line = self.sync(contact=self.customers(5))["contact"]
        with self.assertRaises(UserError):
            self.accept(line, "   ")

    def test_a_right_file_comes_meanwhile(self):
        """The one that was held is put away with those that newer ones make pointless."""
        self.sync(contact=self.customers(20))
        held = self.sync(contact=self.customers(5))["contact"]
        line = self.sync(contact=self.customers(21))["contact"]
        self.assertEqual((line.state, line.created), ("done", 1))
        self.assertFalse((self.drop_folder / held.file_name).exists())
        self.assertEqual(self.backend.health, "ok")

    def test_a_source_without_checksum_passes_once(self):
        line = self.env["sm.run.line"].new({"feed_id": self.feeds["contact"].id})
        acceptances = self.env["sm.guard.acceptance"]
        acceptance = acceptances.create(
            {
                "feed_id": self.feeds["contact"].id,
                "guard": "missing",
                "reason": "True",
                "user_id": self.env.uid,
            }
        )
        self.assertEqual(acceptances._get_valid(line, "missing"), acceptance)
        self.assertFalse(acceptances._get_valid(line, "short"))
        self.sync(contact=self.customers(1))
        used = self.backend.last_run_id.line_ids[0]
        used.file_sha256 = False
        used._is_held([])  # nothing odd this time: the word is used up all the same
        self.assertEqual(acceptance.used_line_id, used)
        self.assertFalse(acceptances._get_valid(line, "missing"))

    # === DRY RUNS === #

    def test_a_dry_run_shows_what_would_stop(self):
        self.feeds["contact"].archive_after = 1
        self.sync(contact=self.customers(60))
        self.drop_rows("contact", *self.customers(60, without=range(1, 12)))
        run = self.look()
        line = self.lines(run)["contact"]
        self.assertEqual((run.state, line.state), ("planned", "planned"))
        self.assertEqual(line.finding_ids.guard, "missing")
        self.assertEqual(line.plan_archive, 11)
        action = run.with_user(self.operator).action_apply_plan()
        self.assertEqual(action["res_model"], "sm.accept")
        line = self.accept(line)
        self.assertEqual((run.state, line.run_id), ("warning", run))
        self.assertEqual(line.archived, 11)

    # === WHO === #

    def test_who_may_accept(self):
        self.sync(contact=self.customers(20))
        line = self.sync(contact=self.customers(5))["contact"]
        user = new_test_user(
            self.env, "sm_reader", groups="base.group_user,sm_connector.group_sm_user"
        )
        self.assertTrue(line.with_user(user).finding_ids.mapped("text"))
        with self.assertRaises(UserError):
            line.with_user(user).action_accept()
        with self.assertRaises(AccessError):
            self.env["sm.accept"].with_user(user).create(
                {"line_ids": [(6, 0, line.ids)], "reason": "Mine"}
            )
        with self.assertRaises(AccessError):
            self.env["sm.guard.acceptance"].with_user(self.operator).create(
                {
                    "feed_id": line.feed_id.id,
                    "guard": "short",
                    "reason": "By the back door",
                    "user_id": self.operator.id,
                }
            )
