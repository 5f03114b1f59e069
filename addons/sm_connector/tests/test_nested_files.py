import json

from odoo import Command
from odoo.tests import tagged

from odoo.addons.sm_connector.contract.shipped import SHIPPED

from .common import SmCase


@tagged("post_install", "-at_install")
class TestNestedFiles(SmCase):
    """JSON leaves out what is empty: a column that nobody has is not always an empty one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        feed = cls.feeds["contact"]
        feed.write({"trailer": "optional", "missing_max_rows": 1000})
        feed.mapping_ids = [Command.clear()] + [
            Command.create({"source": rule.source, "target": rule.target, "required": True})
            for rule in SHIPPED["english_json"].rules["contact"]
        ]

    def night(self, *customers):
        usual = {"type": "P", "roles": {"customer": True}}
        text = json.dumps({"customers": [usual | customer for customer in customers]})
        self.drop("contact", text, "json")
        return self.lines(self.run_night())["contact"]

    def test_a_field_that_nobody_has(self):
        """No mobile number in the whole file the first time: nothing is wrong with that."""
        line = self.night({"code": "1", "name": "Dupont", "email": "a@b.example"})
        self.assertEqual((line.state, line.created), ("done", 1), line.message)
        line = self.night({"code": "1", "name": "Dupont", "email": "a@b.example", "mobile": "04"})
        self.assertEqual((line.state, line.updated), ("done", 1), line.message)

    def test_a_renamed_column_empties_nothing(self):
        """All e-mail addresses gone at once: the column has another name now."""
        self.night({"code": "1", "name": "Dupont", "email": "a@b.example"})
        line = self.night({"code": "1", "name": "Dupont", "mail": "a@b.example"})
        self.assert_refused(line, "email", "not one record")
        self.assertEqual(self.partner("1").email, "a@b.example")

    def test_the_key_is_always_awaited(self):
        line = self.night({"id": "1", "name": "Dupont"})
        self.assert_refused(line, "code")
