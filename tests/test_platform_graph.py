"""The dependency graph of the house, from the manifests and the imports: arrows point down only."""

import ast
import re
from pathlib import Path

import pytest

from scripts.settings import ADDONS, ROOT, manifest, our_addons

PILLARS = {"sm_connector", "threecx_bridge", "omnichannel_inbox"}
#: Of our addons, what each may build on. Glue addons (auto_install) may build on what they glue.
ALLOWED = {
    "integration_base": set(),
    "crm_ticket": {"integration_base"},
    "sm_connector": {"integration_base"},
    "threecx_bridge": {"integration_base"},
    "omnichannel_inbox": {"integration_base", "crm_ticket"},
    "customer_care": {*PILLARS, "integration_base", "crm_ticket"},
}
CORE = {
    "integration_base": {"mail", "contacts", "phone_validation"},
    "sm_connector": {"sale_management", "base_vat"},
    "threecx_bridge": {"crm"},
    "crm_ticket": {"sale_crm", "rating", "portal"},
}
#: Part of Odoo Community, distributed with it, though its manifest claims another licence.
COMMUNITY_DESPITE_MANIFEST = {"certificate"}
#: The only file of the house that talks HTTP to the outside world.
HTTP_CLIENT = ADDONS / "integration_base" / "http_client.py"


def python_files(addon: str) -> list[Path]:
    return sorted((ADDONS / addon).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, relative imports left out."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_glue(addon: str) -> bool:
    return addon not in ALLOWED and bool(manifest(addon).get("auto_install"))


def all_depends(addon: str) -> set[str]:
    """Our addons that this one builds on, directly or through others."""
    direct = set(manifest(addon)["depends"]) & set(our_addons())
    return direct.union(*(all_depends(name) for name in direct))


@pytest.mark.parametrize("addon", our_addons())
def test_depends_point_down(addon):
    depends = set(manifest(addon)["depends"])
    ours = depends & set(our_addons())
    if is_glue(addon):
        assert not PILLARS <= ours, "only customer_care stands on all pillars"
        return
    assert ours <= ALLOWED[addon]
    assert CORE.get(addon, set()) <= depends


@pytest.mark.parametrize("addon", our_addons())
def test_imports_follow_the_manifest(addon):
    below = all_depends(addon) | {addon}
    for path in python_files(addon):
        used = {
            name.split(".")[2]
            for name in imported(path)
            if name.startswith("odoo.addons.") and name.count(".") >= 2
        }
        wrong = (used & set(our_addons())) - below
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"
        assert not {name for name in imported(path) if name.split(".")[0] == "simulators"} or (
            "tests" in path.parts or "tests_pure" in path.parts
        ), f"{path.relative_to(ROOT)} imports a simulator"


@pytest.mark.parametrize("addon", our_addons())
def test_data_refers_only_to_what_is_below(addon):
    above = set(our_addons()) - all_depends(addon) - {addon}
    for path in sorted((ADDONS / addon).rglob("*")):
        if path.suffix in {".xml", ".csv", ".js", ".scss"}:
            text = path.read_text()
            for other in above:
                assert not re.search(rf"\b{other}\.\w", text), f"{path}: {other}"
                assert f"@{other}/" not in text, f"{path}: {other}"


def soft_checks(source: str) -> list[str]:
    """Questions such as ``"x" in self.env`` or ``self.env.get("x")``."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            right = node.comparators[0]
            # a model that a record or a client names may be looked for; one that we name may not
            named_by_data = isinstance(node.left, ast.Name | ast.Attribute)
            if ast.unparse(right).split(".")[-1] in {"env", "registry", "pool"} and not (
                named_by_data and not ast.unparse(node.left).isupper()
            ):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value).split(".")[-1]
            if node.func.attr in {"get", "_is_module_installed"} and owner in {"env", "registry"}:
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Constant) and node.value == "ir.module.module":
            found.append("ir.module.module")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "if 'threecx.call' in self.env: pass",
        "if 'sm.order.event' not in env.registry: pass",
        "if TICKET in self.env: pass",
        "model = self.env.get('omni.message')",
        "self.env['ir.module.module'].search([])",
    ],
)
def test_soft_checks_are_recognised(source):
    assert soft_checks(source)


@pytest.mark.parametrize("addon", our_addons())
def test_no_soft_checks(addon):
    for path in python_files(addon):
        if not {"tests", "tests_pure"} & set(path.parts):
            assert not soft_checks(path.read_text()), path.relative_to(ROOT)


@pytest.mark.parametrize("addon", our_addons())
def test_only_the_http_client_imports_requests(addon):
    for path in python_files(addon):
        if path != HTTP_CLIENT and not {"tests", "tests_pure"} & set(path.parts):
            used = {name.split(".")[0] for name in imported(path)}
            assert not used & {"requests", "httpx", "aiohttp", "urllib3"}, path.relative_to(ROOT)


@pytest.mark.parametrize("addon", our_addons())
def test_manifest(addon):
    values = manifest(addon)
    assert values["license"] == "LGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", values["version"])
    assert values["author"]


def odoo_manifest(name: str) -> dict | None:
    import odoo.addons

    for folder in [*odoo.addons.__path__, str(Path(odoo.addons.__path__[0]).parent / "addons")]:
        path = Path(folder) / name / "__manifest__.py"
        if path.is_file():
            return ast.literal_eval(path.read_text())
    return None


@pytest.mark.parametrize("addon", our_addons())
def test_nothing_below_is_enterprise_or_agpl(addon):
    pending, seen = set(manifest(addon)["depends"]), set()
    while pending:
        name = pending.pop()
        seen.add(name)
        values = odoo_manifest(name)
        assert values, f"{addon} depends on {name}, which Odoo Community does not have"
        licence = values.get("license", "LGPL-3")
        assert licence in {"LGPL-3", "MIT"} or name in COMMUNITY_DESPITE_MANIFEST, name
        pending |= set(values.get("depends", ["base"] if name != "base" else [])) - seen


def test_simulators_know_nothing_of_odoo_or_of_us():
    for path in sorted((ROOT / "simulators").rglob("*.py")):
        used = {name.split(".")[0] for name in imported(path)}
        assert not used & {"odoo", "addons", "scripts"}, path.relative_to(ROOT)


def test_no_file_shadows_the_standard_library():
    import sys

    for addon in our_addons():
        for path in python_files(addon):
            shadows = path.stem in sys.stdlib_module_names and path.parent == ADDONS / addon
            assert not shadows, path.relative_to(ROOT)
    for path in [*(ROOT / "scripts").glob("*.py"), *(ROOT / "simulators").rglob("*.py")]:
        assert path.stem not in {"csv", "json", "xml", "http", "email", "logging"}, path
