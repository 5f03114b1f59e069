"""Make the pure packages importable under their real names without starting Odoo.

``odoo.addons.threecx_bridge`` is registered as a bare package: its ``__init__`` (the models) is not
run, so these tests also prove that the package needs none of it.
"""

import sys
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
ADDONS = HERE.parents[1]


def _bare_package(name: str, path: Path) -> None:
    if name not in sys.modules:
        module = ModuleType(name)
        module.__path__ = [str(path)]
        sys.modules[name] = module


_bare_package("odoo", ADDONS.parent)
_bare_package("odoo.addons", ADDONS)
_bare_package("odoo.addons.integration_base", ADDONS / "integration_base")
_bare_package("odoo.addons.threecx_bridge", ADDONS / "threecx_bridge")
