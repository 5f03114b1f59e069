from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SimulatedCase
from .test_orders import CHAIR, TABLE, OrderCase

DOSSIER = {"N° dossier": "D000001", "Code client": "0001"}
FULL = DOSSIER | {
    "N° commande": "LIE000001",
    "Code article": "CHAIR",
    "Type": "RET",
    "État": "PLA",
    "Responsable": "Nadine",
    "Ouvert le": "05/11/2026",
    "Date prévue": "20/11/2026",
    "Quantité": "1,5",
    "Remarques": "pied cassé\nà reprendre",
}
# enough of them that one may disappear
OTHERS = [DOSSIER | {"N° dossier": f"D00001{number}"} for number in range(5)]


class DossierCase(OrderCase):
    def setUp(self):
        super().setUp()
        self.sync_order(CHAIR, TABLE)

    def sync_dossier(self, row):
        """Live a night with this one dossier in the export; return it."""
        self.sync(dossier=[row])
        return self.dossier(row["N° dossier"])

    def dossier(self, key="D000001"):
        return self.link("dossier", key).dossier_id


@tagged("post_install", "-at_install")
class TestDossiers(DossierCase):
    """The fourth entity: mirrored like the others, by the same pipeline."""

    def test_everything_arrives(self):
        line = self.sync(dossier=[FULL])["dossier"]
        self.assertEqual((line.state, line.created, line.quarantined), ("done", 1, 0))
        self.assertTrue(line.is_even)
        dossier = self.dossier()
        self.assertEqual(dossier.name, "D000001")
        self.assertEqual(dossier.partner_id, self.partner("0001"))
        self.assertEqual(dossier.order_id, self.order("LIE000001"))
        self.assertEqual(dossier.product_id, self.product("CHAIR"))
        self.assertEqual((dossier.kind, dossier.state), ("return", "planned"))
        self.assertEqual(dossier.kind_id.display_name, "Return")
        self.assertEqual((dossier.owner, dossier.quantity), ("Nadine", 1.5))
        self.assertEqual(str(dossier.date_opened), "2026-11-05")
        self.assertEqual(str(dossier.date_planned), "2026-11-20")
        self.assertEqual(dossier.remarks, "pied cassé\nà reprendre")
        self.assertEqual(dossier.company_id, self.env.company)
        self.assertTrue(dossier.is_open)

    def test_unchanged_and_changed(self):
        self.sync_dossier(FULL)
        line = self.sync(dossier=[FULL])["dossier"]
        self.assertEqual((line.unchanged, line.updated), (1, 0))
        dossier = self.sync_dossier(FULL | {"État": "CLO", "Clôturé le": "21/11/2026"})
        self.assertEqual((dossier.state, dossier.is_open), ("closed", False))
        self.assertEqual(str(dossier.date_closed), "2026-11-21")

    def test_unknown_customer_is_parked_and_heals(self):
        row = DOSSIER | {"Code client": "0009"}
        self.sync(dossier=[row])
        self.assert_quarantined("dossier", "D000001", "unknown_customer", value="0009")
        self.assertFalse(self.dossier())
        newcomer = {"Code": "0009", "Nom": "Janssens"}
        self.sync(contact=[*self.CONTACTS, newcomer], dossier=[row])
        self.assertEqual(self.quarantine("dossier", "D000001").state, "healed")
        self.assertEqual(self.dossier().partner_id, self.partner("0009"))

    def test_unknown_order_is_kept_as_text_and_linked_later(self):
        """Most complaints are about orders that left the export years ago."""
        row = FULL | {"N° commande": "NAM000002", "Code article": "SOFA"}
        dossier = self.sync_dossier(row)
        self.assertEqual((dossier.order_ref, dossier.product_ref), ("NAM000002", "SOFA"))
        self.assertFalse(dossier.order_id or dossier.product_id)
        articles = [{"Code article": code} for code in ("CHAIR", "TABLE", "SOFA")]
        orders = self.order_rows("LIE000001", "0001", CHAIR, TABLE)
        orders += self.order_rows("NAM000002", "0001", CHAIR)
        line = self.sync(article=articles, order=orders, dossier=[row])["dossier"]
        self.assertEqual(line.unchanged, 1)
        self.assertEqual(dossier.order_id, self.order("NAM000002"))
        self.assertEqual(dossier.product_id, self.product("SOFA"))

    def test_a_state_nobody_explains(self):
        dossier = self.sync_dossier(DOSSIER | {"État": "GEL"})
        self.assertEqual((dossier.state, dossier.is_open), (False, True))
        code = dossier.state_id
        self.assertEqual((code.kind, code.is_explained), ("dossier_state", False))
        self.assertEqual(code.display_name, "GEL")
        self.assertTrue(code.hint)
        code.dossier_state = "closed"
        self.assertEqual((dossier.state, dossier.is_open), ("closed", False))
        self.assertFalse(self.link("dossier", "D000001").source_hash, "applied again")

    def test_finished_and_gone(self):
        self.sync(dossier=[FULL | {"État": "CLO"}, *OTHERS])
        self.sync(dossier=OTHERS)
        self.assertEqual(self.link("dossier", "D000001").state, "closed")
        self.assertTrue(self.dossier().active)

    def test_open_and_gone(self):
        self.sync(dossier=[FULL, *OTHERS])
        dossier = self.dossier()
        for night in range(3):
            self.sync(dossier=[row | {"Remarques": str(night)} for row in OTHERS])
        self.assertEqual(self.link("dossier", "D000001").state, "archived")
        self.assertFalse(dossier.active)
        self.sync(dossier=[FULL, *OTHERS])
        self.assertTrue(dossier.active)
        self.assertEqual(self.dossier(), dossier)

    def test_impossible_dates(self):
        self.sync(dossier=[FULL | {"État": "CLO", "Clôturé le": "01/11/2026"}])
        self.assert_quarantined("dossier", "D000001", "bad_date", field_name="Clôturé le")


@tagged("post_install", "-at_install")
class TestOptionalFeed(DossierCase):
    def test_a_master_without_dossiers_is_healthy(self):
        lines = self.sync(
            contact=self.CONTACTS,
            article=[{"Code article": "CHAIR"}, {"Code article": "TABLE"}],
            order=self.order_rows("LIE000001", "0001", CHAIR, TABLE),
        )
        run = lines["dossier"].run_id
        self.assertEqual(lines["dossier"].state, "nothing")
        self.assertEqual((run.state, run.message), ("done", ""))
        self.assertEqual(self.backend.health, "ok")
        self.assertEqual(self.backend.status_level, "good")

    def test_no_file_at_all_is_no_success(self):
        run = self.run_night()
        self.assertEqual(run.state, "warning")
        self.assertIn("No new export", self.backend.status_line)

    def test_masters_older_than_the_entity(self):
        feed = self.feeds["dossier"]
        self.assertTrue(feed.is_optional)
        self.assertFalse(self.feeds["order"].is_optional)
        feed.unlink()
        codes = self.backend.code_ids.filtered(lambda code: code.kind.startswith("dossier"))
        count = len(codes)
        codes.unlink()
        self.backend._add_new_entities()
        self.assertEqual(self.backend.feed_ids.mapped("entity").count("dossier"), 1)
        self.assertTrue(
            self.backend.feed_ids.filtered(lambda feed: feed.entity == "dossier").mapping_ids
        )
        codes = self.backend.code_ids.filtered(lambda code: code.kind.startswith("dossier"))
        self.assertEqual(len(codes), count)
        feeds, all_codes = self.backend.feed_ids, self.backend.code_ids
        self.backend._add_new_entities()
        self.assertEqual((self.backend.feed_ids, self.backend.code_ids), (feeds, all_codes))


@tagged("post_install", "-at_install")
class TestDossierScreens(DossierCase):
    def setUp(self):
        super().setUp()
        closed = {"N° dossier": "D000002", "État": "CLO", "Clôturé le": "30/11/2026"}
        self.sync(
            dossier=[FULL, FULL | closed, FULL | {"N° dossier": "D000003", "Code client": "0002"}]
        )
        self.rep = self._new_user("rep_dossiers", "sales_team.group_sale_salesman")

    def test_contact_and_order(self):
        partner = self.partner("0001").with_user(self.rep)
        self.assertEqual((partner.sm_dossier_count, partner.sm_open_dossier_count), (3, 2))
        address = self.partner("0002").with_user(self.rep)
        self.assertEqual((address.sm_dossier_count, address.sm_open_dossier_count), (1, 1))
        order = self.order("LIE000001").with_user(self.rep)
        self.assertEqual(order.sm_dossier_count, 3)
        found = self.env["sm.dossier"].search(partner.action_open_sm_dossiers()["domain"])
        self.assertEqual(len(found), 3)

    def test_customer_card(self):
        card = self.partner("0001").with_user(self.rep).get_customer_card()
        section = next(section for section in card["sections"] if section["key"] == "sm_dossiers")
        self.assertEqual([record["title"] for record in section["records"]], ["D000003", "D000001"])
        self.assertEqual(section["records"][0]["badge"], "Planned")
        self.assertIn("planned on", section["records"][0]["subtitle"])
        self.assertEqual(section["facts"][0]["value"], "3 dossiers")
        keys = [
            section["key"]
            for section in self.partner("0003").with_user(self.rep).get_customer_card()["sections"]
        ]
        self.assertNotIn("sm_dossiers", keys)

    def test_nobody_writes(self):
        dossier = self.dossier()
        for user in (self.rep, self.env.ref("base.user_admin")):
            with self.assertRaises(UserError):
                dossier.with_user(user).write({"remarks": "other"})
            with self.assertRaises(UserError):
                dossier.with_user(user).unlink()

    def test_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        user = self._new_user(
            "other_dossiers",
            "base.group_user",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(self.env["sm.dossier"].with_user(user).search([]))


@tagged("post_install", "-at_install")
class TestDossiersOfTheSimulator(SimulatedCase):
    def test_nights(self):
        """Counts as the master's own ledger makes one expect, night after night."""
        for _night in range(4):
            self.house.night()
            self.assert_ledger(self.run_night())


@tagged("post_install", "-at_install")
class TestReference(DossierCase):
    """Who is meant by an order, a dossier, a key that somebody names."""

    def find(self, reference):
        return [
            (candidate.partner, candidate.record)
            for candidate in self.env["res.partner"]._find_by_reference(reference)
        ]

    def test_order_dossier_and_key(self):
        dossier = self.sync_dossier(FULL)
        order, partner = self.order("LIE000001"), self.partner("0001")
        self.assertEqual(self.find("lie000001"), [(partner, order)])
        self.assertEqual(self.find(" D000001 "), [(partner, dossier)])
        self.assertIn((partner, None), self.find("0001"))
        self.assertIn((partner, order), self.find("0001"))
        self.assertEqual(self.find("001"), [])

    def test_the_whole_number_comes_first(self):
        self.sync_dossier(FULL)
        self.sync_dossier(DOSSIER | {"N° dossier": "D000001B"})
        self.assertEqual(
            [record.name for _partner, record in self.find("D000001")], ["D000001", "D000001B"]
        )

    def test_only_what_one_may_see(self):
        self.sync_dossier(FULL)
        finder = self.env["res.partner"].with_user(self.user_employee)
        self.assertEqual(finder._find_by_reference("LIE000001"), [])
