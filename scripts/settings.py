"""Paths and settings; every one can be overridden by the environment variable named beside it."""

import ast
import hashlib
import os
from pathlib import Path

SUITE = "silicon-crm-suite"
ODOO_SERIES = "19.0"

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"

#: Short mark of this checkout, so that two checkouts on one machine never share a name.
CHECKOUT_ID = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]

#: Apps the company chose, beside the suite. ``l10n_be`` brings the Belgian taxes.
DEMO_APPS = (
    "contacts",
    "crm",
    "sale_management",
    "calendar",
    "project",
    "mass_mailing",
    "hr_recruitment",
    "l10n_be",
)
LANGUAGES = ("en_US", "fr_BE")


def _path(variable: str, default: Path) -> Path:
    value = os.environ.get(variable)
    return Path(value).expanduser().resolve() if value else default


def _port(variable: str, default: int) -> int:
    from .console import Problem

    value = os.environ.get(variable, "")
    if not value:
        return default
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise Problem(
            f"reading the port from {variable}",
            f"{value!r} is not a port number",
            f"set {variable} to a number from 1 to 65535, or unset it for {default}",
        )
    return int(value)


def cache_dir() -> Path:
    """Downloads shared by all checkouts (``SUITE_CACHE``)."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return _path("SUITE_CACHE", base / SUITE)


def data_dir() -> Path:
    """What belongs to this checkout: clusters, databases, filestore, logs (``SUITE_DATA``)."""
    return _path("SUITE_DATA", ROOT / ".data")


def http_port() -> int:
    """Port of Odoo in the demo (``ODOO_HTTP_PORT``)."""
    return _port("ODOO_HTTP_PORT", 8069)


def simulator_port() -> int:
    """Port of the Silicon Master simulator in the demo (``SM_SIM_PORT``)."""
    return _port("SM_SIM_PORT", 8070)


def threecx_port() -> int:
    """Port of the 3CX simulator in the demo (``THREECX_SIM_PORT``)."""
    return _port("THREECX_SIM_PORT", 8071)


def graph_port() -> int:
    """Port of the simulator of Microsoft Graph in the demo (``GRAPH_SIM_PORT``)."""
    return _port("GRAPH_SIM_PORT", 8073)


def iadvize_port() -> int:
    """Port of the iAdvize simulator in the demo (``IADVIZE_SIM_PORT``)."""
    return _port("IADVIZE_SIM_PORT", 8074)


def messenger_port() -> int:
    """Port of the Messenger simulator in the demo (``MESSENGER_SIM_PORT``)."""
    return _port("MESSENGER_SIM_PORT", 8075)


def demo_database() -> str:
    """Database of the demo (``DEMO_DB``); on the user's own server it bears the checkout's mark."""
    default = "suite_demo" if not os.environ.get("PGHOST") else f"suite_demo_{CHECKOUT_ID}"
    return os.environ.get("DEMO_DB") or default


def odoo_home() -> Path | None:
    """An Odoo 19 of the user's own (``ODOO_HOME``): the folder of ``odoo/release.py``."""
    value = os.environ.get("ODOO_HOME")
    return Path(value).expanduser().resolve() if value else None


def our_addons() -> list[str]:
    """Technical names of the suite's addons, in alphabetical order."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def manifest(addon: str) -> dict:
    """The manifest of one of our addons."""
    return ast.literal_eval((ADDONS / addon / "__manifest__.py").read_text())
