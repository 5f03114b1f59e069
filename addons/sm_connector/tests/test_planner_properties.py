from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common import SmCase
from .test_preview import PreviewMixin

EXAMPLES = 15
NAMES = ("Anna Dupont", "Bob Durand", "Carl Dupont")
CITIES = ("Liège", "Namur")
CODES = tuple(f"C{number}" for number in range(6))
NUMBERS = tuple(f"O{number}" for number in range(4))
ARTICLES = ("A0", "A1")
UNKNOWN = "X"  # a customer or an article that no export ever holds
STATE = {"CFM": "sale", "LIV": "sale", "ANN": "cancel"}
FINISHED = ("LIV", "ANN")

quick = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # each example takes nights: looking for a smaller one takes an hour
    suppress_health_check=list(HealthCheck),
)


@st.composite
def contacts(draw):
    """Return an export of contacts: code → name, city, parent. A parent has a lower code."""
    found = {}
    for position, code in enumerate(CODES):
        if draw(st.booleans()):
            parent = draw(st.sampled_from((None, UNKNOWN, *CODES[:position])))
            found[code] = (draw(st.sampled_from(NAMES)), draw(st.sampled_from(CITIES)), parent)
    return found


@st.composite
def orders(draw):
    """Return an export of orders: number → customer, status, quantity by article."""
    found = {}
    for number in NUMBERS:
        if draw(st.booleans()):
            lines = draw(
                st.lists(
                    st.tuples(st.sampled_from((*ARTICLES, *ARTICLES, UNKNOWN)), st.integers(1, 3)),
                    min_size=1,
                    max_size=3,
                )
            )
            customer = draw(st.sampled_from((*CODES, UNKNOWN)))
            found[number] = (customer, draw(st.sampled_from(tuple(STATE))), tuple(lines))
    return found


snapshots = st.tuples(contacts(), orders())


class Killed(BaseException):
    """The process is gone."""


class Expected:
    """What Odoo must hold after some exports, told without the pipeline."""

    def __init__(self):
        self.contacts, self.orders = {}, {}
        self.gone, self.closed = set(), set()

    def take(self, snapshot):
        contacts, orders = snapshot
        for code, values in contacts.items():  # parents come first: they have lower codes
            parent = values[2]
            if parent is None or parent in self.contacts:
                self.contacts[code] = values
                self.gone.discard(code)
        self.gone |= set(self.contacts) - set(contacts)
        for number, (customer, status, lines) in orders.items():
            if customer in self.contacts and all(article != UNKNOWN for article, _qty in lines):
                self.orders[number] = (customer, status, lines)
                self.gone.discard(number)
                self.closed.discard(number)
        for number in set(self.orders) - set(orders) - self.gone - self.closed:
            is_finished = self.orders[number][1] in FINISHED
            (self.closed if is_finished else self.gone).add(number)


@tagged("post_install", "-at_install")
class TestPlannerProperties(PreviewMixin, SmCase):
    """Whatever two exports hold, and wherever the process dies between them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.backend.feed_ids.write(
            {"archive_after": 1, "missing_max_rows": 100, "min_percent": 0, "guard_keys_percent": 0}
        )

    def setUp(self):
        super().setUp()
        self.sync(
            article=[{"Code article": code} for code in ARTICLES],
            contact=[{"Code": "KEPT", "Nom": "Kept"}],
            order=self.order_rows("KEPT", "KEPT", self.line("A0", 1)),
        )
        # a refused row is told in the log of the run
        self.startPatcher(patch("odoo.addons.sm_connector.pipeline.apply._logger"))

    @contextmanager
    def example(self):
        """Undo what happens inside: an example starts where the others started."""
        savepoint = self.env.cr.savepoint()
        try:
            yield Expected()
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            for path in self.drop_folder.glob("*.csv"):
                path.unlink()

    @staticmethod
    def line(article, quantity):
        return {
            "Code article": article,
            "Quantité": str(quantity),
            "Prix unitaire HTVA": "10,00",
        }

    def drop_snapshot(self, snapshot):
        contacts, orders = snapshot
        rows = [{"Code": "KEPT", "Nom": "Kept"}]
        # children before their parents, for the pipeline to put in order
        for code, (name, city, parent) in sorted(contacts.items(), reverse=True):
            row = {"Code": code, "Nom": name, "Localité": city, "Type": "C" if parent else "P"}
            rows.append(row | ({"Code parent": parent} if parent else {}))
        self.drop_rows("contact", *rows)
        rows = self.order_rows("KEPT", "KEPT", self.line("A0", 1))
        for number, (customer, status, lines) in orders.items():
            rows += self.order_rows(
                number, customer, *(self.line(*line) for line in lines), Statut=status
            )
        self.drop_rows("order", *rows)

    def assert_equal(self, expected):
        """Odoo holds what is expected, and nothing else of the master's."""
        self.env.invalidate_all()
        links = self.env["sm.link"].search(
            [("backend_id", "=", self.backend.id), ("state", "!=", "retired")]
        )
        links = links.filtered(lambda link: link.external_id != "KEPT")
        keys = {link.external_id for link in links if link.entity != "article"}
        self.assertEqual(keys, {*expected.contacts, *expected.orders})
        for code, (name, city, parent) in expected.contacts.items():
            partner = self.partner(code)
            self.assertEqual(partner.active, code not in expected.gone, code)
            if code not in expected.gone:
                self.assertEqual(partner.name, name)
                self.assertEqual(
                    partner.parent_id, self.partner(parent) if parent else partner.browse()
                )
                if not parent:
                    self.assertEqual(partner.city, city)
        for number, (customer, status, lines) in expected.orders.items():
            order, link = self.order(number), self.link("order", number)
            state = {True: "archived", False: "linked"}[number in expected.gone]
            self.assertEqual(link.state, "closed" if number in expected.closed else state, number)
            self.assertEqual(order.active, number not in expected.gone, number)
            self.assertEqual(order.state, STATE[status])
            if number not in expected.gone | expected.closed:
                self.assertEqual(order.partner_id, self.partner(customer))
            found = [
                (line.product_id.default_code, line.product_uom_qty) for line in order.order_line
            ]
            self.assertEqual(found, [(article, float(qty)) for article, qty in lines])

    def sync_to(self, expected, snapshot, by_plan=False):
        self.drop_snapshot(snapshot)
        if by_plan:
            run = self.apply(self.look())
            self.assertFalse(sum(run.line_ids.mapped("changed")))
        else:
            self.run_night()
        expected.take(snapshot)

    def test_a_night_makes_odoo_equal_the_master(self):
        """… whether as a night or as a plan that a person applies; again, it does nothing."""

        @quick
        @given(snapshots, snapshots, st.booleans())
        def check(first, second, by_plan):
            with self.example() as expected:
                self.sync_to(expected, first, by_plan=not by_plan)
                self.assert_equal(expected)
                self.sync_to(expected, second, by_plan)
                self.assert_equal(expected)
                before = self.content()
                self.drop_snapshot(second)
                line_ids = self.run_night().line_ids
                self.assertFalse(
                    sum(line.created + line.updated + line.archived for line in line_ids)
                )
                self.assertEqual(self.content(), before)

        check()

    def test_killed_and_resumed(self):
        """Wherever the process dies, the next one ends up where it would have."""

        @quick
        @given(snapshots, snapshots, st.integers(1, 12), st.booleans())
        def check(first, second, survived, by_plan):
            with self.example() as expected:
                self.sync_to(expected, first)
                self.drop_snapshot(second)
                expected.take(second)
                if by_plan:
                    self.look().with_user(self.operator).action_apply_plan()
                self.kill_after(survived)
                for _night in range(2):  # the rest; and the night after, should that be all
                    self.run_night()
                self.assert_equal(expected)

        check()

    def kill_after(self, survived):
        """Let a night live for some commits.

        :param int survived: commits it gets to make
        """
        cron = self.env.registry["ir.cron"]
        commit = cron._commit_progress
        count = 0

        def commit_or_die(records, *args, **options):
            nonlocal count
            count += 1
            if count > survived:
                raise Killed
            return commit(records, *args, **options)

        with patch.object(cron, "_commit_progress", commit_or_die):
            try:
                self.run_night()
            except Killed:
                self.env.invalidate_all()
