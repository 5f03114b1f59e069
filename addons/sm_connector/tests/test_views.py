import ast
from pathlib import Path

from odoo.tests import Form, tagged

from odoo.addons.sm_connector.contract import CONTRACTS, CONVERTERS
from odoo.addons.sm_connector.models.sm_labels import CONVERTER_LABELS, FIELD_LABELS
from odoo.addons.sm_connector.models.sm_quarantine import ADVICE, CAUSES
from odoo.addons.sm_connector.models.sm_run_line import FAILURES

from .common import SmCase

ADDON = Path(__file__).resolve().parents[1]
#: what is written alike is left empty, as the checks of the OCA want it
SAME_IN_FRENCH = {
    *("Article", "Articles", "Attention", "Backend", "CSV", "Cause", "Causes", "Code", "Codes"),
    *("Configuration", "Contact", "Contacts", "Conversion", "DOS (cp850)", "Date", "Dossier"),
    *("Dossiers", "E-mail", "EAN", "Excel", "Excel (XLSX)", "Export (XLSX)", "Format", "ID"),
    *("JSON", "Message", "Messages", "Note", "Odoo", "Pages", "Plan", "Point", "Port"),
    *("Questions", "Segment", "Signature", "Silicon Master", "Source", "Table", "Taxes", "Total"),
    *("UTF-8", "Version", "Version %s", "Windows (cp1252)", "XML", "contact"),
    *("%(count)s dossiers", '<span class="o_stat_text">Dossiers</span>'),
    *('<span invisible="not name"> · </span>', "https://erp.example.com/api/contacts"),
    "watchdog_off",
}
PURE = ("contract", "formats", "pipeline")


@tagged("post_install", "-at_install")
class TestViews(SmCase):
    """What the screens show, and in which words."""

    # === WORDS === #

    def test_french_is_complete(self):
        self.assert_french_is_complete("sm_connector", SAME_IN_FRENCH)

    def test_labels_of_the_pure_packages(self):
        """Every canonical field and conversion has a translatable label that says the same."""
        names = {field.name for contract in CONTRACTS.values() for field in contract.fields}
        self.assertEqual(names, set(FIELD_LABELS))
        self.assertEqual(set(CONVERTERS), set(CONVERTER_LABELS))
        for contract in CONTRACTS.values():
            for field in contract.fields:
                if field.name != "name":  # of an article, of a contact, and of a line
                    self.assertEqual(FIELD_LABELS[field.name]._source, field.label)

    def test_causes(self):
        """Every cause of the pure packages is known to the screens, and each has its advice."""
        self.assertEqual({cause for cause, _label in CAUSES}, set(ADVICE))
        raised = self.raised_causes("RowError", 0)
        required = {
            f"missing_{field.name}"
            for contract in CONTRACTS.values()
            for field in contract.fields
            if field.required and field.name not in ("code", "line_no")
        }
        raised.discard("repeated_key")  # the gate finds these rows first, as duplicate_key
        self.assertEqual((raised | required) - set(ADVICE), set())
        self.assertEqual(self.raised_causes("FileError", 1) - {name for name, _ in FAILURES}, set())

    def raised_causes(self, error, position):
        """Return the literal causes with which the pure packages raise an error."""
        causes = set()
        for package in PURE:
            for path in (ADDON / package).glob("*.py"):
                for node in ast.walk(ast.parse(path.read_text())):
                    is_raise = isinstance(node, ast.Call) and getattr(node.func, "id", "") == error
                    if is_raise and len(node.args) > position:
                        argument = node.args[position]
                        if isinstance(argument, ast.Constant):
                            causes.add(argument.value)
        self.assertTrue(causes)
        return causes

    # === OVERVIEW === #

    def test_overview_opens_the_only_master(self):
        action = self.env["sm.backend"].action_open_overview()
        self.assertEqual((action["res_id"], action["view_mode"]), (self.backend.id, "form"))
        self.backend.copy({"name": "Another"})
        action = self.env["sm.backend"].action_open_overview()
        self.assertFalse(action.get("res_id"), "several: the list")

    def test_status_levels(self):
        backend = self.backend
        self.assertEqual(backend.status_level, "new")
        self.env["sm.run"]._queue(backend, "manual")
        self.assertEqual(backend.status_level, "busy")
        self.assertTrue(backend.get_progress()["is_live"])
        self.sync(contact=[{"Code": "1", "Nom": "A"}, {"Code": "2"}])
        backend.invalidate_recordset()
        self.assertEqual(backend.status_level, "attention")
        self.assertIn("1 row", backend.status_line)
        self.assertIn("No file named ARTICLES_", backend.remarks)
        self.assertFalse(backend.get_progress()["is_live"])
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}, {"Code": "2", "Nom": "B"}],
            article=[{"Code article": "A0001"}],
            order=self.order_rows(
                "1", "1", {"Code article": "A0001", "Quantité": "1", "Prix unitaire HTVA": "1,00"}
            ),
        )
        backend.invalidate_recordset()
        self.assertEqual(backend.status_level, "good", backend.remarks)
        self.assertFalse(backend.remarks)
        self.drop("contact", "Code;Nom\r\n")
        lines = self.lines(self.run_night())
        backend.invalidate_recordset()
        self.assertEqual(backend.status_level, "bad")
        self.assertTrue(lines["contact"].cause)
        self.assertIn(lines["contact"].file_name, lines["contact"].remark)

    def test_testing_is_no_success(self):
        """A folder that can be read is no synchronisation."""
        self.drop_rows("contact", {"Code": "1", "Nom": "A"})
        action = self.backend.action_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("is waiting", action["params"]["message"])
        self.backend.drop_folder = "/etc"
        self.assertEqual(self.backend.action_test_connection()["params"]["type"], "danger")
        self.assertEqual(self.backend.health, "new")
        self.assertFalse(self.backend.last_success or self.backend.last_failure)

    def test_statistics(self):
        self.sync(contact=[{"Code": "1", "Nom": "A"}, {"Code": "2"}])
        groups = self.env["sm.run.report"]._read_group(
            [("backend_id", "=", self.backend.id)], ["outcome"], ["row_count:sum"]
        )
        self.assertEqual(dict(groups), {"created": 1, "quarantined": 1})

    def test_new_master(self):
        """A master made in the form has its feeds and codes, and says what is still missing."""
        with Form(self.env["sm.backend"]) as form:
            form.name = "Second"
        backend = form.record
        self.assertEqual(len(backend.feed_ids), 4)
        self.assertTrue(backend.feed_ids.mapping_ids)
        self.assertTrue(backend.code_ids)
        self.assertFalse(backend.is_configured)
        self.assertEqual(backend.action_test_connection()["params"]["type"], "danger")

    # === QUARANTINE === #

    def test_row_by_column(self):
        self.sync(contact=[{"Code": "7", "Localité": "<b>Liège</b>", "Pays": "BE"}])
        row = self.quarantine("contact", "7")
        self.assertEqual(row.cause, "missing_name")
        self.assertIn("&lt;b&gt;Liège&lt;/b&gt;", row.raw_table)
        self.assertNotIn("<b>Liège", row.raw_table)
        self.assertIn("Localité", row.raw_table)
        self.assertRegex(row.raw_table, r"Nom</th><td class=\"table-danger")

    def test_order_row_by_column(self):
        """What the rows of an order share stands once, what differs row by row."""
        line = {"Code article": "A9", "Quantité": "1", "Prix unitaire HTVA": "1,00"}
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}],
            order=self.order_rows("77", "1", line, line | {"Code article": "A8"}),
        )
        row = self.quarantine("order", "77")
        self.assertEqual((row.cause, row.field_label), ("unknown_article", "Code article"))
        self.assertEqual(row.raw_table.count("N° commande"), 1)
        self.assertIn("<thead>", row.raw_table)
        self.assertIn("A8", row.raw_table)

    def test_broken_row_is_shown_as_read(self):
        self.drop("contact", "Code;Nom\r\n1;A\r\n2;B;C;D\r\nTOTAL;2\r\n")
        self.run_night()
        row = self.env["sm.quarantine"].search([("backend_id", "=", self.backend.id)])
        for broken in row:
            self.assertFalse(broken.raw_table and "C" in broken.raw_table)

    def test_advice_in_the_readers_language(self):
        if "fr_BE" not in dict(self.env["res.lang"].get_installed()):
            self.env["res.lang"]._activate_lang("fr_BE")
        self.sync(contact=[{"Code": "7"}])
        row = self.quarantine("contact", "7").with_context(lang="fr_BE")
        self.assertEqual(row.advice, "Remplissez le nom dans Silicon Master.")

    # === CODES, LINKS === #

    def test_code_of_a_new_line_knows_its_master(self):
        code = self.env["sm.code"].new({"kind": "status"})
        self.assertEqual(code.backend_id, self.env["sm.backend"].search([], limit=1))

    def test_hint(self):
        code = self.env["sm.code"].create(
            {"backend_id": self.backend.id, "kind": "status", "code": "CFR", "status": "unknown"}
        )
        self.assertTrue(code.hint)
        code.status = "ready"
        self.assertFalse(code.hint)

    def test_open_record(self):
        self.sync(contact=[{"Code": "1", "Nom": "Dupont"}])
        link = self.link("contact", "1")
        action = link.action_open_record()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("res.partner", link.partner_id.id)
        )
        self.assertEqual(link.record_name, "Dupont")

    # === RECORDS === #

    def test_forms_open(self):
        """Every form of ours, and of the records we add to, opens and can be left."""
        self.sync(
            contact=[{"Code": "1", "Nom": "A"}],
            article=[{"Code article": "A0001", "Stock total": "4"}],
            order=self.order_rows(
                "1", "1", {"Code article": "A0001", "Quantité": "1", "Prix unitaire HTVA": "1,00"}
            ),
        )
        template = self.product("A0001").product_tmpl_id
        self.assertEqual(template.sm_availability, "In stock: 4")
        for record in (
            self.backend,
            self.backend.feed_ids[0],
            self.backend.last_run_id,
            self.partner("1"),
            self.product("A0001"),
            template,
            self.order("1"),
        ):
            Form(record)

    def test_customer_card(self):
        lines = [{"Code article": "A0001", "Quantité": "1", "Prix unitaire HTVA": "1,00"}]
        orders = []
        for number in range(1, 8):
            status = "LIV" if number > 2 else "PAE"
            day = {"Date": f"{number:02d}/11/2026", "Date prévue": "24/12/2026", "Statut": status}
            orders += self.order_rows(f"N{number}", "1", *lines, **day)
        self.sync(
            contact=[
                {"Code": "1", "Nom": "A", "Bloqué": "O", "Remarques": "Ring twice"},
                {"Code": "2", "Nom": "B", "Type": "C", "Code parent": "1"},
            ],
            article=[{"Code article": "A0001"}],
            order=orders,
        )
        for key in ("1", "2"):  # a contact shows what his company ordered
            card = self.partner(key).with_context(lang="en_US").get_customer_card()
            sections = {section["key"]: section for section in card["sections"]}
            shown = sections["sm_orders"]["records"]
            self.assertEqual([record["title"] for record in shown], ["N2", "N1", "N7", "N6", "N5"])
            self.assertEqual(shown[0]["badge"], "Ready for pick-up")
            self.assertIn("12/24/2026", shown[0]["subtitle"])
            self.assertNotIn("12/24/2026", shown[2]["subtitle"], "delivered: nothing is expected")
            self.assertIn("7 orders", sections["sm_orders"]["facts"][0]["value"])
        facts = {fact["label"]: fact["value"] for fact in sections["sm_customer"]["facts"]}
        self.assertEqual(facts["Key"], "2")
        card = self.partner("1").get_customer_card()
        facts = str([section for section in card["sections"] if section["key"] == "sm_customer"])
        self.assertIn("Ring twice", facts)
        self.assertIn("Blocked in Silicon Master", facts)
        stranger = self._new_partner("Stranger").get_customer_card()["sections"]
        self.assertNotIn("sm_customer", [section["key"] for section in stranger])
