"""Test kit of the suite.

``from odoo.addons.integration_base.tests.common import IntegrationCase`` (or `IntegrationHttpCase`)
gives users, partners and an environment without mail side effects, keeps the tests off the network,
and can load a model that exists only for a test.
"""

import ipaddress
import socket
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from odoo.fields import Domain
from odoo.modules import get_module_path
from odoo.orm.model_classes import add_to_registry
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import SQL
from odoo.tools.translate import PoFileReader, TranslationModuleReader

NO_MAIL = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
    "tracking_disable": True,
}

#: One number per line as people type it: text, country, E.164.
PHONE_SPELLINGS = [
    ("04/222.33.44", "BE", "+3242223344"),
    ("+32 (0)4 222 33 44", "BE", "+3242223344"),
    ("0032 4 222 33 44", "FR", "+3242223344"),
    ("0475/12.34.56", "BE", "+32475123456"),
    ("06-12345678", "NL", "+31612345678"),
    ("01 42 68 53 00", "FR", "+33142685300"),
    ("621 123 456", "LU", "+352621123456"),
]

# The web client needs it, Debian's build of Odoo lacks it, and a missing file fails every tour.
_STRIPPED_ASSET = "static/lib/selfie_segmentation/selfie_segmentation.js"


class BlockedConnection(OSError):
    """A test tried to leave the machine."""


class IntegrationMixin:
    """What all test cases of the suite share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env["base"].with_context(**NO_MAIL).env
        cls.startClassPatcher(patch.object(socket.socket, "connect", _local_only("connect")))
        cls.startClassPatcher(patch.object(socket.socket, "connect_ex", _local_only("connect_ex")))
        cls.belgium = cls.env.ref("base.be")
        cls.france = cls.env.ref("base.fr")
        cls.netherlands = cls.env.ref("base.nl")
        cls.env.company.country_id = cls.belgium
        cls.user_employee = cls._new_user("integration_employee", "base.group_user")
        cls.user_portal = cls._new_user("integration_portal", "base.group_portal")

    @classmethod
    def _new_user(cls, login, *groups, **values):
        """A user with exactly these groups (external ids), English, Brussels time."""
        values = {"lang": "en_US", "tz": "Europe/Brussels", **values}
        return new_test_user(cls.env, login=login, groups=",".join(groups), **values)

    @classmethod
    def _new_partner(cls, name="Jan Peeters", **values):
        """A partner in Belgium unless told otherwise."""
        return cls.env["res.partner"].create({"name": name, "country_id": cls.belgium.id, **values})

    @contextmanager
    def assert_no_network(self):
        """Fail when anything inside opens a connection, even to this machine, or looks up a name.

        Unix sockets are allowed. The database driver does not go through Python's sockets.
        """
        attempts = []

        def record(sock, address, *_args):
            if sock.family == socket.AF_UNIX:
                return original(sock, address)
            attempts.append(address)
            raise BlockedConnection(f"No network here (was {address})")

        def record_lookup(host, *_args, **_kwargs):
            attempts.append(host)
            raise BlockedConnection(f"No name look-up here (was {host})")

        original = socket.socket.connect
        with (
            patch.object(socket.socket, "connect", record),
            patch.object(socket.socket, "connect_ex", record),
            patch.object(socket.socket, "sendto", lambda sock, *args: record(sock, args[-1])),
            patch.object(socket, "getaddrinfo", record_lookup),
            patch.object(socket, "gethostbyname", record_lookup),
        ):
            yield
        self.assertFalse(attempts, "The network was used.")

    def assert_french_is_complete(self, module, same=frozenset()):
        """Fail when a term of the installed module is missing in its French file, or empty there.

        :param str module: technical name
        :param same: terms that are the same in French, which are left empty
        """
        live = set(self._terms(module))
        with open(Path(get_module_path(module)) / "i18n" / "fr.po", "rb") as stream:
            french = {row["src"]: row["value"] for row in PoFileReader(stream)}
        self.assertTrue(live)
        self.assertEqual(live - set(french), set(), "terms without French: export them anew")
        empty = {term for term in live if not french[term]}
        self.assertEqual(empty - set(same), set(), "empty French")

    def _terms(self, module):
        """Terms of an installed module; but not the labels of fields that its models have only
        because some other module is installed too."""
        self.env.flush_all()
        for _module, _type, name, xmlid, term, *_rest in TranslationModuleReader(
            self.env.cr, [module]
        ):
            if name.startswith("ir.model.fields,"):
                field = self.env.ref(xmlid)
                if module not in self.env[field.model]._fields[field.name]._modules:
                    continue
            yield term

    @classmethod
    def _load_test_models(cls, *definitions):
        """Create models that live as long as the test class, table included.

        A definition needs ``_module = None``, which keeps it out of every real registry, and all
        users may do everything with it.
        """
        registry = cls.registry
        for definition in definitions:
            add_to_registry(registry, definition)
        names = [definition._name for definition in definitions]
        cls.addClassCleanup(cls._unload_test_models, names)
        registry._setup_models__(cls.env.cr, [])
        registry.init_models(cls.env.cr, names, {})
        for name in names:
            cls.env["ir.model.access"].create(
                {
                    "name": name,
                    "model_id": cls.env["ir.model"]._get_id(name),
                    "group_id": cls.env.ref("base.group_user").id,
                    "perm_read": True,
                    "perm_write": True,
                    "perm_create": True,
                    "perm_unlink": True,
                }
            )

    @classmethod
    def _unload_test_models(cls, names):
        for name in names:
            for parent in cls.registry[name]._inherit_module:
                cls.registry[parent]._inherit_children.discard(name)
            cls.registry["base"]._inherit_children.discard(name)
            del cls.registry[name]
        cls.registry._setup_models__(cls.env.cr)

    @classmethod
    def _explain(cls, model, domain):
        """PostgreSQL's plan for a search, archived records included, as one text.

        Says something only about a table with a real number of rows and fresh statistics.
        """
        query = model.with_context(active_test=False)._search(Domain(domain))
        return "\n".join(
            line for [line] in cls.env.execute_query(SQL("EXPLAIN %s", query.select()))
        )


@tagged("post_install", "-at_install")
class IntegrationCase(IntegrationMixin, TransactionCase):
    """For models."""


@tagged("post_install", "-at_install")
class IntegrationHttpCase(IntegrationMixin, HttpCase):
    """For controllers and the web client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not (Path(get_module_path("mail")) / _STRIPPED_ASSET).exists():
            cls.env["ir.asset"].create(
                {
                    "name": "test: library missing in this build",
                    "bundle": "web.assets_backend",
                    "directive": "remove",
                    "path": f"mail/{_STRIPPED_ASSET}",
                }
            )


def _local_only(name):
    """`socket.connect` that refuses to leave the machine."""
    original = getattr(socket.socket, name)

    def connect(sock, address):
        if sock.family != socket.AF_UNIX and not _is_local(address[0]):
            raise BlockedConnection(f"Tests stay on this machine (was {address})")
        return original(sock, address)

    return connect


def _is_local(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")
