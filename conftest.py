"""Makes our addons importable beside Odoo's, without starting a server and without their models.

`make test` gives pytest a ``PYTHONPATH`` on which Odoo 19 lies; where there is none, the packages
that need no Odoo are tested all the same. ``odoo.addons.<ours>`` is registered as a bare package:
its ``__init__`` (the models) does not run, which also proves that pure packages need no model.
"""

import sys
from pathlib import Path
from types import ModuleType

import pytest

ADDONS = Path(__file__).resolve().parent / "addons"
OURS = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def _bare_package(name: str, folder: Path) -> None:
    if name not in sys.modules:
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module


try:
    import odoo.addons
except ImportError:
    _bare_package("odoo", ADDONS / "none")
    _bare_package("odoo.addons", ADDONS)
else:
    if str(ADDONS) not in odoo.addons.__path__:
        odoo.addons.__path__.append(str(ADDONS))

# pytest names a test below addons/ after its folders, and would import those as packages.
_bare_package("addons", ADDONS)
for _name in OURS:
    _bare_package(f"addons.{_name}", ADDONS / _name)
    _bare_package(f"odoo.addons.{_name}", ADDONS / _name)


def pytest_collect_directory(path, parent):
    """An addon is a plain folder to pytest; as a package its ``__init__`` (models) would run."""
    return pytest.Dir.from_parent(parent, path=path) if path.parent == ADDONS else None


def pytest_configure(config):
    """A deprecation that one of our own files causes is an error."""
    for module in ("simulators", *(rf"odoo\.addons\.{name}" for name in OURS)):
        for category in ("DeprecationWarning", "PendingDeprecationWarning"):
            config.addinivalue_line("filterwarnings", f"error::{category}:{module}")
