"""Test kit of the synchronisation: a master on disk, nights, and what they left in Odoo."""

import csv
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.addons.integration_base.tests.common import IntegrationCase
from odoo.addons.sm_connector.models.sm_owned_mixin import SmOwnedMixin

# the simulators lie beside the addons, where Odoo's own test runner does not look
CHECKOUT = Path(__file__).resolve().parents[3]
if str(CHECKOUT) not in sys.path:
    sys.path.append(str(CHECKOUT))

from simulators.silicon_master import SIZES, Dialect, House, Settings  # noqa: E402
from simulators.silicon_master.schema import FILE_PREFIX, HEADERS  # noqa: E402

#: Values of the columns that a test does not care about.
USUAL = {
    "contact": {"Type": "P", "Client": "O", "Fournisseur": "N", "Professionnel": "N", "Pays": "BE"}
    | {"Bloqué": "N"},
    "article": {"Désignation": "Chaise", "Famille": "Chaises", "Prix de vente HTVA": "100,00"}
    | {"Prix d'achat": "50,00", "Taux TVA": "21", "Supprimé": "N", "Stock total": "0"},
    "order": {"Ligne": "10", "Date": "02/11/2026", "Magasin": "LIE", "Origine": "M"}
    | {"Statut": "CFM", "Paiement": "N"},
    "dossier": {"Type": "SAV", "État": "OUV", "Ouvert le": "02/11/2026"},
}


def as_csv(entity, rows, header=None):
    """Return an export as text: header, one line per dict of cells, totals line."""
    names = HEADERS[entity] if header is None else header
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        cells = USUAL[entity] | row
        writer.writerow([cells.get(name, "") for name in names])
    writer.writerow(["TOTAL", len(rows)])
    return text.getvalue()


def unguarded():
    """Switch the guard off: somebody found a way to change what is the master's."""
    return patch.object(SmOwnedMixin, "_sm_is_guarded", lambda self: False)


class SmMixin:
    """A master whose drop folder lies in a temporary folder, and ways to live its nights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = Path(tempfile.mkdtemp(prefix="sm_connector_"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.drop_folder = cls.folder / "drop"
        cls.drop_folder.mkdir()
        cls.startClassPatcher(patch.dict(os.environ, {"SM_DROP_ROOTS": str(cls.folder)}))
        cls.env["sm.backend"].search([]).active = False
        cls.backend = cls.env["sm.backend"].create(
            {"name": "Master of the Tests", "drop_folder": str(cls.drop_folder)}
        )
        cls.feeds = {feed.entity: feed for feed in cls.backend.feed_ids}
        cls.dropped = 0

    def setUp(self):
        """Every test starts with empty folders, as it starts with an unchanged database."""
        super().setUp()
        for left in self.drop_folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    # === FILES === #

    @classmethod
    def drop(cls, entity, text, extension="csv"):
        """Put a file into the drop folder, as the master does: whole, and under a newer name.

        :param text: content, text being written in UTF-8
        """
        SmMixin.dropped = number = getattr(SmMixin, "dropped", 0) + 1
        day, second = divmod(number, 60)
        name = f"{FILE_PREFIX[entity]}_{20261102 + day}_0400{second:02d}.{extension}"
        content = text if isinstance(text, bytes) else text.encode()
        part = cls.drop_folder / f".{name}.part"
        part.write_bytes(content)
        path = cls.drop_folder / name
        part.rename(path)
        return path

    @classmethod
    def drop_rows(cls, entity, *rows):
        """Drop an export with these rows; each is a dict of the cells that matter."""
        return cls.drop(entity, as_csv(entity, rows))

    @classmethod
    def order_rows(cls, number, customer, *lines, **cells):
        """Return the rows of an order whose totals add up as the master adds them up.

        :param lines: dicts of cells; article, quantity and price are enough
        """
        rows, untaxed, tax = [], 0, 0
        for position, line in enumerate(lines, start=1):
            row = {"Ligne": str(10 * position), "Taux TVA": "21", "Quantité livrée": "0"} | line
            hundredths = [
                round(float((row.get(name) or "0").replace(",", ".")) * 100)
                for name in ("Quantité", "Prix unitaire HTVA", "Remise %", "Taux TVA")
            ]
            quantity, price, discount, rate = hundredths
            amount = _half_up(quantity * price * (10000 - discount), 1000000)
            untaxed += amount
            tax += _half_up(amount * rate, 10000)
            row["Total ligne HTVA"] = _money(amount)
            row.setdefault("Désignation", "Chaise")
            rows.append(row)
        header = {"N° commande": number, "Code client": customer, "Total HTVA": _money(untaxed)}
        header |= {"Total TVA": _money(tax), "Total TVAC": _money(untaxed + tax)}
        return [header | row | cells for row in rows]

    # === NIGHTS === #

    def run_night(self):
        """Let the cron's method live a night, and return its run.

        Its commits are real to it and undone after the test.
        """
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["sm.run"]._cron_night()
            cr.commit()  # pylint: disable=invalid-commit
        return self.env["sm.run"].search([("backend_id", "=", self.backend.id)], limit=1)

    def sync(self, **files):
        """Drop one export per entity named, live a night, and return its lines by entity.

        ``self.sync(contact=[{"Code": "0001", "Nom": "Dupont"}])``
        """
        for entity, rows in files.items():
            self.drop_rows(entity, *rows)
        return self.lines(self.run_night())

    @staticmethod
    def lines(run):
        return {line.entity: line for line in run.line_ids}

    def counts(self, line):
        """The counts of a line, as the simulator's ledger names them."""
        names = ("created", "updated", "unchanged", "missing", "archived", "quarantined")
        return {name: line[name] for name in names}

    # === WHAT IS THERE === #

    def link(self, entity, key):
        return self.env["sm.link"].search(
            [
                ("backend_id", "=", self.backend.id),
                ("entity", "=", entity),
                ("external_id", "=", key),
                ("state", "!=", "retired"),
            ]
        )

    def partner(self, key):
        return self.link("contact", key).partner_id

    def product(self, key):
        return self.link("article", key).product_id

    def order(self, key):
        return self.link("order", key).order_id

    def quarantine(self, entity, key):
        return self.env["sm.quarantine"].search(
            [
                ("backend_id", "=", self.backend.id),
                ("entity", "=", entity),
                ("external_id", "=", key),
            ]
        )

    def assert_refused(self, line, *words):
        """The file changed nothing, and the message says why: every one of ``words`` is in it."""
        self.assertEqual(line.state, "refused", line.message)
        for word in words:
            self.assertIn(word, line.message)
        self.assertFalse(line.created or line.updated or line.archived)

    def assert_quarantined(self, entity, key, cause, **values):
        row = self.quarantine(entity, key)
        self.assertEqual((row.state, row.cause), ("open", cause), row.message)
        for name, value in values.items():
            self.assertEqual(row[name], value)
        return row


class SmCase(SmMixin, IntegrationCase):
    """Nights made of a few rows written by hand."""


class SimulatedCase(SmMixin, IntegrationCase):
    """A simulated retailer, loaded once for the class."""

    size = "tiny"
    seed = 1
    rounding = "line"
    dialect = Dialect(encoding="utf-8")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        contacts, articles, orders = SIZES[cls.size]
        settings = Settings(
            seed=cls.seed,
            contacts=contacts,
            articles=articles,
            orders=orders,
            rounding=cls.rounding,
        )
        cls.env.company.tax_calculation_rounding_method = (
            "round_per_line" if cls.rounding == "line" else "round_globally"
        )
        cls.first_state = cls.folder / "state"
        house = House(cls.first_state, cls.drop_folder, settings, cls.dialect)
        house._lock.close()
        cls.first_load()

    def setUp(self):
        """The house goes back to its first day, as the database does."""
        super().setUp()
        state = self.folder / self.id()
        shutil.copytree(self.first_state, state)
        self.house = House(state, self.drop_folder, dialect=self.dialect)
        self.addCleanup(self.house._lock.close)

    @classmethod
    def first_load(cls):
        """Load the first export for all tests of the class, which has no commit of its own."""

        def flush(cron, *_args, **_options):
            cron.env.flush_all()
            return float("inf")

        with patch.object(cls.env.registry["ir.cron"], "_commit_progress", flush):
            cls.env["sm.run"]._cron_night()
        cls.env.invalidate_all()

    def assert_ledger(self, run):
        """The counts of a run are those which the master's own ledger makes one expect."""
        expected = self.house.expected()
        for line in run.line_ids:
            wanted = {name: expected[line.entity][name] for name in self.counts(line)}
            self.assertEqual(self.counts(line), wanted, line.entity)


def _half_up(numerator, denominator):
    return (2 * numerator + denominator) // (2 * denominator)


def _money(cents):
    return f"{cents // 100},{cents % 100:02d}"
