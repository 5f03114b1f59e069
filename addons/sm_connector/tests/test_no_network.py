import socket
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from .common import SimulatedCase, SmCase


class Outside(AssertionError):
    """The synchronisation spoke to somebody."""


@contextmanager
def no_network():
    """Every name look-up and every connection of Python code raises.

    PostgreSQL's own library is C and does not pass here; anything else has to.
    """

    def refuse(*args, **kwargs):
        raise Outside(f"Tried to reach {args!r}")

    with (
        patch.object(socket.socket, "connect", refuse),
        patch.object(socket.socket, "connect_ex", refuse),
        patch.object(socket.socket, "sendto", refuse),
        patch.object(socket, "getaddrinfo", refuse),
        patch.object(socket, "gethostbyname", refuse),
        patch.object(socket, "create_connection", refuse),
    ):
        yield


@tagged("post_install", "-at_install")
class TestNoNetwork(SmCase):
    def setUp(self):
        super().setUp()
        # what asks the outside world when a contact gets a VAT number
        if "vat_check_vies" in self.env.company._fields:
            self.env.company.vat_check_vies = True
        if "account_peppol_proxy_state" in self.env.company._fields:
            self.env.company.account_peppol_proxy_state = "receiver"
            self.env["ir.default"].set("res.partner", "invoice_edi_format_store", "ubl_bis3")

    def test_the_guard_bites(self):
        """Anything that leaves by Python's sockets is seen."""
        with no_network(), self.assertRaises(Outside):
            socket.create_connection(("127.0.0.1", 9))

    def test_contacts_with_vat_numbers(self):
        rows = [
            {"Code": "1", "Type": "S", "Nom": "Brico", "N° TVA": "BE0403170701"},
            {"Code": "2", "Type": "S", "Nom": "Casa", "N° TVA": "BE0477472701", "Pays": "BE"},
            {"Code": "3", "Type": "S", "Nom": "Leroy", "N° TVA": "FR40303265045", "Pays": "FR"},
        ]
        with no_network():
            line = self.sync(contact=rows)["contact"]
            self.assertEqual((line.state, line.created), ("done", 3), line.message)
            rows[0]["N° TVA"] = "BE0477472701"
            rows[1]["E-mail"] = "info@casa.example"
            line = self.sync(contact=rows)["contact"]
        self.assertEqual((line.state, line.updated), ("done", 2), line.message)
        self.assertFalse(self.env["sm.quarantine"].search([("backend_id", "=", self.backend.id)]))


@tagged("post_install", "-at_install")
class TestNoNetworkNights(SimulatedCase):
    @classmethod
    def first_load(cls):
        with no_network():
            return super().first_load()

    def test_nights(self):
        with no_network():
            for _night in range(2):
                self.house.night()
                run = self.run_night()
                self.assertEqual(set(run.line_ids.mapped("state")), {"done"})
                self.assert_ledger(run)
