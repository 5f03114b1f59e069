import base64
import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..contract import CONVERTERS, SHIPPED
from ..models.sm_labels import PARAM_LABELS
from .common import SmCase, as_csv
from .common_http import SmHttpCase
from .test_feed_http import HttpFeedCase
from .test_feed_sql import SqlFeedCase

CONTACT = {"Code": "C0001", "Type": "S", "Nom": "Dupont", "Téléphone": "042223344"}


class MappingCase(SmCase):
    """A feed of contacts and what its mapping editor asks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.feed = cls.feeds["contact"]

    def mapping(self, target):
        return self.feed.mapping_ids.filtered(lambda mapping: mapping.target == target)

    def rules(self, **changes):
        """The saved mapping as the editor has it, with settings changed by field."""
        rules = self.feed.get_mapping()["rules"]
        for rule in rules:
            rule.update(changes.get(rule["target"], {}))
        return rules

    def save(self, **changes):
        return self.feed.save_mapping(
            self.rules(**changes), None, self.feed.mapping_version, "A test"
        )

    def upload(self, header, *rows, name="export.csv"):
        text = "\r\n".join(";".join(cells) for cells in (header, *rows)) + "\r\n"
        content = base64.b64encode(text.encode()).decode()
        return self.feed.read_mapping_source({"kind": "upload", "name": name, "content": content})


@tagged("post_install", "-at_install")
class TestMappingEditor(MappingCase):
    def test_every_entity(self):
        """Every field, conversion, setting and choice has a name in the user's language."""
        for feed in self.backend.with_context(active_test=False).feed_ids:
            mapping = feed.get_mapping()
            self.assertTrue(mapping["fields"] and mapping["shipped"])
            checked = feed.check_mapping(mapping["rules"], None, [])
            self.assertFalse(checked["problems"], feed.entity)
        self.assertEqual(
            set(PARAM_LABELS),
            {param.label for converter in CONVERTERS.values() for param in converter.params},
        )

    def test_waiting_file(self):
        """The newest file that waits is there first; what is read of it is converted."""
        self.drop_rows("contact", CONTACT)
        path = self.drop_rows("contact", CONTACT, {"Code": "C2", "Nom": "", "Bloqué": "peut-être"})
        sources = self.feed.get_mapping()["sources"]
        self.assertEqual([source["kind"] for source in sources], ["waiting", "waiting"])
        source = self.feed.read_mapping_source(sources[0])
        self.assertEqual((source["name"], source["count"]), (path.name, 2))
        self.assertFalse(source["drift"])
        exact = {item["target"]: item["how"] for item in source["proposals"]}
        self.assertEqual(set(exact.values()), {"exact"})
        self.assertEqual(len(exact), len(self.feed.mapping_ids))
        checked = self.feed.check_mapping(self.rules(), source["header"], source["rows"])
        self.assertFalse(checked["problems"])
        results = checked["results"]
        self.assertEqual([item["value"] for item in results["kind"]], ["Company", "Person"])
        self.assertEqual(results["name"][1], {"text": "", "value": "", "error": "No name"})
        self.assertEqual(results["blocked"][0]["value"], "No")
        self.assertEqual(results["blocked"][1]["error"], "Neither yes nor no")
        self.assertTrue(path.exists(), "looking at a file does not put it away")

    def test_last_good_file(self):
        line = self.sync(contact=[CONTACT])["contact"]
        self.assertEqual(line.state, "done")
        source = self.feed.get_mapping()["sources"][0]
        self.assertEqual(source["kind"], "last")
        self.assertEqual(self.feed.read_mapping_source(source)["count"], 1)

    def test_rows_that_fail_are_among_the_samples(self):
        rows = [CONTACT | {"Code": f"C{number}"} for number in range(300)]
        rows[170]["Pays"] = "Atlantide"
        rows[250]["Type"] = "?"
        self.drop_rows("contact", *rows)
        source = self.feed.read_mapping_source(self.feed.get_mapping()["sources"][0])
        self.assertEqual(len(source["rows"]), 10)
        codes = [row[0] for row in source["rows"]]
        self.assertIn("C170", codes)
        self.assertIn("C250", codes)
        checked = self.feed.check_mapping(self.rules(), source["header"], source["rows"])
        errors = [item["error"] for item in checked["results"]["country_code"] if item["error"]]
        self.assertEqual(errors, ["Unknown country"])

    def test_unreadable_sources(self):
        with self.assertRaisesRegex(UserError, "The file is empty"):
            self.feed.read_mapping_source({"kind": "upload", "name": "a.csv", "content": ""})
        with self.assertRaisesRegex(UserError, "not a file that can be read"):
            self.upload(["Code"], name="a.exe")
        with self.assertRaisesRegex(UserError, "completely"):
            self.feed.read_mapping_source({"kind": "upload", "name": "a.csv", "content": "a"})
        with self.assertRaisesRegex(UserError, "nothing to read"):
            self.feed.read_mapping_source({"kind": "waiting", "name": "../../etc/passwd"})

    def test_another_dialect_is_recognised(self):
        source = self.upload(
            ["Customer code", "Kind", "Name", "Telefone", "Field 9", "Customer code 2"],
            ["1", "S", "Dupont", "+32 4 222 33 44", "a@b.be", "x"],
            ["2", "P", "Martin", "+32 4 222 33 45", "c@d.be", "y"],
        )
        self.assertIn("The end of the file is missing", source["warning"])
        found = {
            item["target"]: (item["column"], item["how"], item["is_sure"])
            for item in source["proposals"]
        }
        self.assertEqual(found["code"], ("Customer code", "synonym", True))
        self.assertEqual(found["phone"], ("Telefone", "similar", False))
        self.assertEqual(found["email"], ("Field 9", "similar", False))
        problems = self.feed.check_mapping(self.rules(), source["header"], source["rows"])
        texts = {problem["target"]: problem["text"] for problem in problems["problems"]}
        self.assertEqual(texts["vat"], "VAT number: the file has no column “N° TVA”.")

    def test_join_split_constant_lookup(self):
        """What is chosen in the editor is what a night does."""
        self.save(
            name={"more": ["Nom 2"], "separator": ", "},
            name2={"source": "E-mail", "separator": "@", "part": -1},
            lang={"source": "", "converter": "constant", "params": {"value": "nl"}},
            is_customer={
                "converter": "lookup",
                "params": {"table": {"O": True}, "unknown": "keep"},
            },
        )
        row = CONTACT | {"Nom 2": "Jean", "E-mail": "j@dupont.be"}
        line = self.sync(contact=[row])["contact"]
        self.assertEqual((line.state, line.quarantined), ("done", 0))
        partner = self.partner("C0001")
        self.assertIn("Dupont, Jean", partner.name)
        self.assertIn("dupont.be", partner.name)

    def test_save_only_what_compiles(self):
        version = self.feed.mapping_version
        header = [mapping.source for mapping in self.feed.mapping_ids]
        for rules, message in (
            ([rule for rule in self.rules() if rule["target"] != "name"], "Name is mandatory"),
            (self.rules(name={"source": "Firma"}), "no column “Firma”"),
            (self.rules(vat={"source": ""}), "choose a column"),
            (self.rules(zip={"more": ["Localité"], "part": 1}), "not both"),
            (self.rules(zip={"part": 1, "separator": ""}), "separator"),
            (self.rules(zip={"converter": "date", "params": {"formats": ["d/m"]}}), "“d/m”"),
            (self.rules(zip={"params": {"max_length": "x"}}), "settings"),
            (self.rules(code={"ownership": "fill"}), "a key is always"),
            ([*self.rules(), {"target": "nom", "source": "X"}], "does not exist"),
            ([{"target": "name", "quelle": "X"}], "quelle"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.feed.save_mapping(rules, header, version)
        self.assertEqual(self.feed.mapping_version, version)

    def test_two_editors(self):
        version = self.feed.mapping_version
        self.save(phone={"ownership": "fill"})
        with self.assertRaisesRegex(UserError, f"version {version + 1} of this mapping meanwhile"):
            self.feed.save_mapping(self.rules(), None, version)

    def test_versions(self):
        """Each change is kept, also one made elsewhere; an old one comes back through a diff."""
        feed = self.feed
        self.assertEqual(feed.mapping_version, 1)
        self.save()
        self.assertEqual(feed.mapping_version, 1, "nothing changed")
        line_ids = feed.mapping_ids.ids
        self.save(phone={"ownership": "fill"})
        self.assertEqual(feed.mapping_ids.ids, line_ids, "lines are changed, not replaced")
        self.assertEqual((feed.mapping_version, feed.version_ids[0].note), (2, "A test"))
        self.mapping("vat").required = False
        self.save(mobile={"ownership": "ignore"})
        self.assertEqual(feed.mapping_version, 4, "the change made elsewhere is a version too")
        candidate = feed.get_mapping_candidate("version", 1, self.rules())
        self.assertEqual({c["target"] for c in candidate["changes"]}, {"phone", "vat", "mobile"})
        feed.save_mapping(candidate["rules"], None, 4)
        self.assertEqual(feed.version_ids[0].content, feed.version_ids[-1].content)
        with self.assertRaises(AccessError):
            admin = self._new_user("sm_mapper", "sm_connector.group_sm_admin")
            feed.version_ids[0].with_user(admin).note = "Rewritten"

    def test_export_and_import(self):
        text = self.feed.export_mapping(self.rules(phone={"ownership": "fill"}))
        document = json.loads(text)
        self.assertEqual((document["entity"], len(document["fields"])), ("contact", 21))
        self.assertEqual(document["fields"][0], {"target": "code", "source": "Code"})
        candidate = self.feed.get_mapping_candidate("import", text, self.rules())
        (change,) = candidate["changes"]
        self.assertEqual((change["label"], change["old"]), ("Phone", "Téléphone"))
        self.assertEqual(change["new"], "Téléphone · Only fill if empty")
        self.assertEqual(self.mapping("phone").ownership, "master", "nothing is saved yet")
        for wrong, message in (
            ("{", "no mapping that can be read"),
            ("[]", "no mapping that can be read"),
            (text.replace('"contact"', '"order"'), "another kind of data"),
            (text.replace('"vat"', '"var"'), "does not exist"),
            (text.replace('"phone"', '"name"'), "fed twice"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.feed.get_mapping_candidate("import", wrong, self.rules())

    def test_shipped_mappings(self):
        names = [shipped["name"] for shipped in self.feed.get_mapping()["shipped"]]
        self.assertEqual(names, ["silicon_master_fr", "english_xml", "english_json"])
        rules = self.feed.get_mapping_candidate("shipped", "english_json", self.rules())["rules"]
        self.feed.save_mapping(rules, None, 1)
        header = [rule["source"] for rule in rules]
        row = {"code": "E1", "type": "S", "name": "Smith", "roles.customer": "true"}
        self.drop(
            "contact",
            ";".join(header) + "\n" + ";".join(row.get(n, "") for n in header) + "\nTOTAL;1\n",
        )
        self.run_night()
        self.assertEqual(self.partner("E1").name, "Smith")

    def test_nested_xml(self):
        """Columns are what is there; an empty value that is left out is no missing column."""
        text = (
            "<Customers count='1'><Customer code='E1'><Type>S</Type><Name>Smith</Name><Roles>"
            "<Customer>true</Customer></Roles><Address><City>Liège</City></Address>%s"
            "</Customer></Customers>"
        )
        self.drop("contact", text % "", "xml")
        source = self.feed.read_mapping_source(self.feed.get_mapping()["sources"][0])
        self.assertEqual(
            set(source["header"]), {"@code", "Type", "Name", "Roles/Customer", "Address/City"}
        )
        found = {item["target"]: item["column"] for item in source["proposals"]}
        self.assertEqual((found["code"], found["city"]), ("@code", "Address/City"))
        rules = self.feed.get_mapping_candidate("shipped", "english_xml", self.rules())["rules"]
        self.feed.save_mapping(rules, None, 1)
        source = self.feed.read_mapping_source(self.feed.get_mapping()["sources"][0])
        self.assertIn("Website", source["header"])
        checked = self.feed.check_mapping(rules, source["header"], source["rows"])
        self.assertFalse(checked["problems"])
        self.assertEqual(checked["results"]["is_customer"][0]["value"], "Yes")
        for rule in self.feed.mapping_ids:
            rule.required = False
        line = self.run_night().line_ids.filtered(lambda line: line.entity == "contact")
        self.assertEqual((line.state, line.created), ("done", 1), line.message)
        self.assertEqual(self.partner("E1").city, "Liège")
        self.drop("contact", text % "<Loyalty>7</Loyalty>", "xml")
        self.run_night()
        self.assertEqual(self.feed.drift["new"], ["Loyalty"])
        self.feed.dismiss_drift()
        for more in ("", "<Loyalty>7</Loyalty>"):
            self.drop("contact", text % more, "xml")
            self.run_night()
        self.assertFalse(self.feed.drift, "a name that comes and goes is no change")

    def test_columns_that_change(self):
        header = [mapping.source for mapping in self.feed.mapping_ids]
        self.sync(contact=[CONTACT])
        self.assertFalse(self.feed.drift)
        self.mapping("remarks").required = False
        self.mapping("website").required = False
        changed = [name for name in header if name != "Remarques"] + ["Code NACE"]
        changed[changed.index("Site web")] = "Site web 1"
        self.drop("contact", as_csv("contact", [CONTACT], changed))
        line = self.run_night().line_ids.filtered(lambda line: line.entity == "contact")
        self.assertEqual(line.state, "done", line.message)
        self.assertIn("new column “Code NACE”", line.remark)
        self.assertIn("“Site web” is gone; “Site web 1” may", line.remark)
        self.assertIn("“Remarques” is no longer", line.remark)
        self.assertTrue(line.has_remark)
        self.assertEqual(self.feed.drift_text, line.remark)
        self.drop("contact", as_csv("contact", [CONTACT], changed))
        self.run_night()
        self.assertTrue(self.feed.drift, "it stays until somebody has seen it")
        self.feed.dismiss_drift()
        self.assertFalse(self.feed.drift_text)

    def test_refused_file(self):
        """What changed is said where the file is refused, and the file can be opened."""
        self.sync(contact=[CONTACT])
        self.drop("contact", as_csv("contact", [CONTACT]).replace(";N° TVA;", ";N° de TVA;"))
        line = self.run_night().line_ids.filtered(lambda line: line.entity == "contact")
        self.assertEqual((line.state, line.cause), ("refused", "columns"))
        self.assertIn("“N° TVA” is gone; “N° de TVA” may have taken its place", line.remark)
        self.assertIn("“N° de TVA”", self.feed.drift_text)
        self.assertEqual(line.action_open_mapping()["context"]["active_id"], self.feed.id)
        mapping = self.feed.get_mapping()
        self.assertEqual([source["kind"] for source in mapping["sources"]], ["refused", "last"])
        source = self.feed.read_mapping_source(mapping["sources"][0])
        self.assertEqual(source["drift"]["renamed"], [["N° TVA", "N° de TVA"]])
        self.assertIn("vat", {item["target"] for item in source["proposals"]})
        rules = self.rules(vat={"source": "N° de TVA"})
        self.feed.save_mapping(rules, source["header"], mapping["version"])
        self.assertFalse(self.feed.drift)

    def test_values_that_change_their_kind(self):
        rows = [CONTACT | {"Code": f"C{number}"} for number in range(10)]
        self.sync(contact=rows)
        for row in rows[:3]:
            row["Pays"] = "Atlantide"
        line = self.sync(contact=rows)["contact"]
        self.assertIn("“Pays”: 3 values", line.remark or "")
        self.assertEqual(self.feed.drift["types"], [["Pays", 3]])
        line = self.sync(contact=rows)["contact"]
        self.assertNotIn("suddenly", line.remark or "", "it is no news any more")

    def test_ownership(self):
        """Ignored columns are not read; a field that is taken back is written again."""
        self.assertEqual(self.feed._owner_of()["phone"], "master")
        self.sync(contact=[CONTACT])
        partner = self.partner("C0001")
        self.save(phone={"ownership": "ignore"})
        self.assertNotIn("phone", {rule.target for rule in self.feed.mapping_ids._get_rules()})
        partner.phone = "081 11 11 11"
        self.sync(contact=[CONTACT])
        self.assertEqual(partner.phone, "081 11 11 11")
        self.save(phone={"ownership": "fill"})
        self.sync(contact=[CONTACT])
        self.assertEqual(partner.phone, "081 11 11 11")
        partner.phone = False
        self.sync(contact=[CONTACT | {"Remarques": "x"}])
        self.assertTrue(partner.phone)
        partner.phone = "081 22 22 22"
        self.save(phone={"ownership": "master"})
        self.sync(contact=[CONTACT | {"Remarques": "x"}])
        self.assertNotEqual(partner.phone, "081 22 22 22", "the master takes it back")

    def test_keys_are_the_masters(self):
        with self.assertRaises(ValidationError):
            self.mapping("code").ownership = "fill"
        with self.assertRaises(ValidationError):
            self.feeds["order"].mapping_ids.filtered(
                lambda mapping: mapping.target == "line_no"
            ).ownership = "ignore"
        with self.assertRaises(ValidationError):
            self.feeds["order"].mapping_ids.filtered(
                lambda mapping: mapping.target == "qty"
            ).ownership = "fill"

    def test_only_administrators(self):
        operator = self._new_user("sm_mapping_operator", "sm_connector.group_sm_operator")
        feed = self.feed.with_user(operator)
        for method, arguments in (
            ("get_mapping_feeds", ()),
            ("get_mapping", ()),
            ("read_mapping_source", ({"kind": "last"},)),
            ("check_mapping", ([], None, [])),
            ("save_mapping", ([], None, 1)),
            ("get_mapping_candidate", ("shipped", "english_xml", [])),
            ("export_mapping", ([],)),
            ("dismiss_drift", ()),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(feed, method)(*arguments)


@tagged("post_install", "-at_install")
class TestMappingOverHttp(HttpFeedCase):
    def test_first_page(self):
        """The editor fetches one page of what is elsewhere, and leaves the rest to the night."""
        feed = self.feeds["order"]
        url = self.server.url + "/api/orders?names=en_nested&paging=link&format=json"
        feed.write({"url": url, "page_size": 9})
        (source,) = feed.get_mapping()["sources"]
        self.assertEqual(source["kind"], "fetch")
        self.server.reset()
        source = feed.read_mapping_source(source)
        self.assertEqual(len(self.server.requests()), 1)
        found = {item["target"]: item for item in source["proposals"]}
        wanted = {rule.target: rule.source for rule in SHIPPED["english_json"].rules["order"]}
        for target, column in wanted.items():
            if column in source["header"]:
                self.assertEqual((found[target]["column"], found[target]["how"]), (column, "exact"))
        rules = feed.get_mapping_candidate("shipped", "english_json", [])["rules"]
        results = feed.check_mapping(rules, source["header"], source["rows"])["results"]
        self.assertTrue(any(item["value"] for item in results["price_unit"]))
        self.server.control(fail=[{"kind": "error500", "times": 99}])
        with self.assertRaises(UserError):
            feed.read_mapping_source({"kind": "fetch"})


@tagged("post_install", "-at_install")
class TestMappingOfTable(SqlFeedCase):
    def test_first_rows(self):
        feed = self.feeds["contact"]
        source = feed.read_mapping_source(feed.get_mapping()["sources"][0])
        self.assertIn("N° TVA", source["header"])
        checked = feed.check_mapping(feed.get_mapping()["rules"], source["header"], source["rows"])
        self.assertFalse(checked["problems"])
        values = {item["value"] for item in checked["results"]["blocked"]}
        self.assertLessEqual(values, {"Yes", "No"})


@tagged("post_install", "-at_install")
class TestMappingTour(SmHttpCase):
    """The editor in a browser, on a file of the simulated master."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.company_id = cls.env.ref("base.main_company")
        cls._new_user("sm_admin", "sm_connector.group_sm_admin")

    def test_from_feed(self):
        self.start_tour(
            "/odoo/silicon-master", "sm_connector_mapping_from_feed_tour", login="sm_admin"
        )
        self.assertEqual(self.feeds["order"].mapping_version, 1)

    def test_tour(self):
        self.drop_rows(
            "contact",
            CONTACT | {"Nom 2": "Jean"},
            {"Code": "C0002", "Nom": "Martin", "Pays": "Atlantide"},
        )
        feed = self.feeds["contact"]
        self.start_tour(
            "/odoo/silicon-master-mapping", "sm_connector_mapping_tour", login="sm_admin"
        )
        first, second = feed.version_ids.sorted("number")[1:]
        self.assertEqual((second.number, first.note), (3, "After the tour"))
        fields = {item["target"]: item for item in first.content["fields"]}
        self.assertEqual(fields["phone"]["ownership"], "fill")
        self.assertEqual(fields["name"]["more"], ["Nom 2"])
        self.assertEqual(fields["country_code"]["params"], {"names": {"Atlantide": "GR"}})
        self.assertNotIn("website", fields)
        self.assertEqual(
            set(feed.mapping_ids.mapped(lambda line: (line.target, line.source))),
            {
                ("code", "Customer No"),
                ("kind", "Kind"),
                ("name", "Company name"),
                ("phone", "Telefone"),
                ("email", "Field 9"),
            },
        )
