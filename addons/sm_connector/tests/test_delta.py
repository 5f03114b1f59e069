import base64

from odoo.tests import tagged

from .common import SmCase, as_csv


@tagged("post_install", "-at_install")
class TestDelta(SmCase):
    """What comes in the day: only what changed, only some columns, or only what is unknown."""

    GOODS = {"Code article": "A1", "Quantité": "1", "Prix unitaire HTVA": "10,00"}
    STOCK = ["Code article", "Stock total", "Stock magasins", "Modifié le"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feeds |= {
            f"{entity}_delta": cls.env["sm.feed"].create(
                {
                    "backend_id": cls.backend.id,
                    "entity": entity,
                    "mode": "delta",
                    "pattern": f"{pattern}_CHANGES_*.csv",
                    "since_column": "Modifié le",
                }
            )
            for entity, pattern in (("article", "ARTICLES"), ("order", "COMMANDES"))
        }
        cls.feeds["article"].pattern = "ARTICLES_2*.*"
        cls.feeds["order"].pattern = "COMMANDES_2*.*"
        cls.changes = 0

    def drop_changes(self, entity, rows, header=None):
        """Put a file of changes into the drop folder."""
        TestDelta.changes += 1
        prefix = self.feeds[f"{entity}_delta"].pattern.partition("*")[0]
        path = self.drop_folder / f"{prefix}{TestDelta.changes:04d}.csv"
        path.write_text(as_csv(entity, rows, header))
        return path

    def delta(self):
        """Let the day bring what changed, and return its lines by entity."""
        self.env["sm.run"]._queue(self.backend, "delta")
        return self.lines(self.run_night())

    def load(self):
        rows = [{"Code article": f"A{number}", "Stock total": "1"} for number in range(1, 31)]
        self.sync(
            contact=[{"Code": "C1", "Nom": "Dupont"}],
            article=rows,
            order=self.order_rows("O1", "C1", self.GOODS),
        )
        return rows

    def test_only_what_changed(self):
        """Nothing is missing from a file of changes, and no guard finds it short."""
        self.load()
        self.drop_changes("order", self.order_rows("O2", "C1", self.GOODS))
        self.drop_changes("article", [{"Code article": "A1", "Stock total": "7"}])
        before = self.backend.last_success
        lines = self.delta()
        run = lines["order"].run_id
        self.assertEqual((run.trigger, run.state), ("delta", "done"), run.message)
        self.assertEqual(set(lines), {"article", "order"})
        self.assertEqual((lines["order"].created, lines["order"].missing), (1, 0))
        self.assertEqual((lines["article"].updated, lines["article"].missing), (1, 0))
        self.assertTrue(lines["article"].is_even)
        self.assertEqual(self.product("A1").sm_stock_total, 7)
        self.assertEqual(self.link("article", "A2").state, "linked")
        self.assertEqual(self.backend.last_success, before, "a day is no night")

    def test_every_file_of_changes_counts(self):
        """Files that came since the last hour are read in their order, one after the other."""
        self.load()
        files = [
            self.drop_changes("article", [{"Code article": code, "Stock total": stock}])
            for code, stock in (("A1", "7"), ("A2", "5"), ("A1", "8"))
        ]
        cron = self.env.ref("sm_connector.ir_cron_delta")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        for number, path in enumerate(files, start=1):
            line = self.delta()["article"]
            self.assertEqual((line.state, line.file_name), ("done", path.name), line.message)
            added = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
            self.assertEqual(len(added), int(number < len(files)), "it goes on while more wait")
            triggers |= added
            if number == 1:
                self.assertEqual(self.product("A1").sm_stock_total, 7)
        self.assertEqual(self.product("A1").sm_stock_total, 8)
        self.assertEqual(self.product("A2").sm_stock_total, 5)
        self.assertFalse(list((self.drop_folder / "archive").glob("superseded/**/*.csv")))

    def test_a_refused_file_of_changes_stops_nothing(self):
        self.load()
        bad = self.drop_changes("article", [{"Code article": "A1"}], ["Nothing", "Known"])
        self.drop_changes("article", [{"Code article": "A1", "Stock total": "8"}])
        line = self.delta()["article"]
        self.assertEqual((line.state, line.file_name), ("refused", bad.name))
        self.assertTrue(line._has_more_changes())
        self.assertEqual(self.delta()["article"].state, "done")
        self.assertEqual(self.product("A1").sm_stock_total, 8)

    def test_some_columns(self):
        """A file with the stock alone changes the stock alone."""
        self.load()
        product = self.product("A1")
        self.drop_changes(
            "article",
            [
                {"Code article": "A1", "Stock total": "7", "Stock magasins": "LIE:7/1"},
                {"Code article": "NEW", "Stock total": "2"},
            ],
            self.STOCK,
        )
        line = self.delta()["article"]
        self.assertEqual((line.state, line.updated, line.quarantined), ("done", 1, 1), line.message)
        self.assertEqual((product.name, product.list_price), ("Chaise", 100.0))
        self.assertEqual(product.taxes_id.amount, 21)
        self.assertEqual((product.sm_stock_total, len(product.sm_stock_ids)), (7, 1))
        self.assert_quarantined("article", "NEW", "incomplete")
        # the night brings it whole
        self.sync(
            article=[{"Code article": f"A{n}"} for n in range(1, 31)] + [{"Code article": "NEW"}]
        )
        self.assertEqual(self.quarantine("article", "NEW").state, "healed")
        self.assertTrue(self.product("NEW"))

    def test_the_head_of_an_order(self):
        """Status and date without the lines: the lines stay."""
        self.load()
        order = self.order("O1")
        self.drop_changes(
            "order",
            [{"N° commande": "O1", "Statut": "LIV", "Date prévue": "24/12/2026"}],
            ["N° commande", "Statut", "Date prévue", "Modifié le"],
        )
        line = self.delta()["order"]
        self.assertEqual((line.state, line.updated, line.quarantined), ("done", 1, 0), line.message)
        self.assertEqual((order.sm_status, len(order.order_line)), ("delivered", 1))
        self.assertEqual(str(order.commitment_date.date()), "2026-12-24")
        self.assertEqual(order.partner_id, self.partner("C1"))
        self.assertEqual((order.state, order.locked), ("sale", True))
        self.assertEqual(str(order.date_order.date()), "2026-11-02")

    def test_a_full_feed_needs_its_columns(self):
        self.load()
        self.drop("article", as_csv("article", [{"Code article": "A1"}], self.STOCK))
        self.assertEqual(self.lines(self.run_night())["article"].cause, "columns")

    def test_quarantine_of_the_others_stays(self):
        """Only the rows which a file of changes holds can have healed."""
        self.load()
        self.sync(
            order=[
                *self.order_rows("O1", "C1", self.GOODS),
                *self.order_rows("O8", "C9", self.GOODS),
                *self.order_rows("O9", "C9", self.GOODS),
            ]
        )
        self.drop_changes("order", self.order_rows("O8", "C1", self.GOODS))
        self.delta()
        self.assertEqual(self.quarantine("order", "O8").state, "healed")
        self.assertEqual(self.quarantine("order", "O9").state, "open")

    def test_the_night_after(self):
        """The night agrees with the day; reading the export of before once more undoes nothing."""
        rows = self.load()
        self.drop_changes("article", [{"Code article": "A1", "Stock total": "7"}])
        self.delta()
        self.env.cr.execute(
            "UPDATE sm_link SET synced_at = now() AT TIME ZONE 'UTC' + interval '1 minute'"
            " WHERE external_id = 'A1' AND backend_id = %s",
            [self.backend.id],
        )
        self.env["sm.run"]._queue(self.backend, "manual")
        line = self.lines(self.run_night())["article"]
        self.assertEqual((line.state, line.updated), ("done", 0))
        self.assertEqual(self.product("A1").sm_stock_total, 7)
        rows[0]["Stock total"] = "5"
        self.sync(article=rows)
        self.assertEqual(self.product("A1").sm_stock_total, 5)

    def test_nothing_new_is_no_remark(self):
        self.load()
        run = self.delta()["order"].run_id
        self.assertEqual(run.state, "done")

    def test_never_beside_a_night(self):
        self.load()
        night, _is_new = self.env["sm.run"]._queue(self.backend, "cron")
        run, is_new = self.env["sm.run"]._queue(self.backend, "delta")
        self.assertEqual((run, is_new), (night, False))

    def test_a_day_does_not_replace_the_night(self):
        self.load()
        due = self.env.cr.now()
        self.env["sm.run"].search([]).date_start = "2020-01-01"
        self.delta()
        self.assertFalse(self.env["sm.run"]._has_night_since(self.backend, due))

    def upload(self, entity, scope, *rows, trigger="upload"):
        attachment = self.env["ir.attachment"].create(
            {"name": f"{entity}.csv", "datas": base64.b64encode(as_csv(entity, rows).encode())}
        )
        values = {"upload_id": attachment.id, "scope": scope}
        self.env["sm.run"]._queue(self.backend, trigger, uploads={self.feeds[entity]: values})
        return self.lines(self.run_night())[entity]

    def test_history(self):
        """Backfilling adds what Odoo does not know, and changes nothing that it does."""
        self.load()
        line = self.upload(
            "contact",
            "history",
            {"Code": "C1", "Nom": "Somebody Else"},
            {"Code": "C0", "Nom": "Old Customer"},
            trigger="backfill",
        )
        self.assertEqual((line.state, line.created, line.updated), ("done", 1, 0), line.message)
        self.assertEqual(self.partner("C1").name, "Dupont")
        self.assertEqual(self.partner("C0").name, "Old Customer")
        self.assertEqual(line.unchanged, 1)

    def test_upload(self):
        self.load()
        line = self.upload("contact", "changes", {"Code": "C2", "Nom": "New"})
        self.assertEqual((line.state, line.created, line.missing), ("done", 1, 0), line.message)
        line = self.upload("contact", "full", {"Code": "C1", "Nom": "Dupont"})
        self.assertEqual((line.state, line.missing), ("done", 1))
