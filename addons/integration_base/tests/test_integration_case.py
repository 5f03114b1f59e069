"""The test kit itself: what it forbids must really be impossible."""

import socket
import urllib.request
from contextlib import suppress
from unittest.mock import patch

from odoo.tests import tagged

from .common import BlockedConnection, IntegrationCase

SAME_IN_FRENCH = {"%(date)s, %(author)s", "Contact", "E-mail", "ID", "Messages", "Segments"}


@tagged("post_install", "-at_install")
class TestIntegrationCase(IntegrationCase):
    def test_raw_sockets_stay_on_the_machine(self):
        # TEST-NET-1 (RFC 5737): never anybody's address
        with self.assertRaises(BlockedConnection), socket.socket() as sock:
            sock.connect(("192.0.2.1", 80))
        with self.assertRaises(BlockedConnection), socket.socket() as sock:
            sock.connect_ex(("192.0.2.1", 80))
        with self.assertRaises(OSError):
            urllib.request.urlopen("http://192.0.2.1/", timeout=1)

    def test_loopback_is_open(self):
        with socket.socket() as server, socket.socket() as client:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            client.connect(server.getsockname())

    def test_assert_no_network(self):
        """Even an attempt that is swallowed counts, and a name look-up too."""
        for attempt in (
            lambda: socket.create_connection(("127.0.0.1", 9)),
            lambda: socket.getaddrinfo("example.com", 80),
        ):
            with self.assertRaises(AssertionError), self.assert_no_network():
                with suppress(OSError):
                    attempt()
        with self.assert_no_network():
            self._new_partner(phone="04 222 33 44")

    def test_french_is_complete(self):
        self.assert_french_is_complete("integration_base", SAME_IN_FRENCH)
        with self.assertRaises(AssertionError):
            self.assert_french_is_complete("integration_base")
        with patch.object(type(self), "_terms", lambda case, module: ["New"]):
            with self.assertRaises(AssertionError):
                self.assert_french_is_complete("integration_base", SAME_IN_FRENCH)
