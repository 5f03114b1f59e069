"""docker-compose.yml, odoo.conf, the scripts and the addons agree with each other and with Odoo."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import settings

ROOT = Path(__file__).resolve().parent.parent
SECRET_OPTIONS = {"admin_passwd", "db_password", "smtp_password"}


@pytest.fixture(scope="module")
def odoo_config():
    from odoo.tools import config

    return config


@pytest.fixture(scope="module")
def conf() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(ROOT / "odoo.conf")
    return parser


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def mounts(service: dict) -> dict[str, str]:
    """Target → source of each volume of a service."""
    return {volume.split(":")[1]: volume.split(":")[0] for volume in service.get("volumes", [])}


def published(service: dict) -> dict[str, str]:
    """Container port → address and port on the host."""
    pairs = (port.rpartition(":") for port in service.get("ports", []))
    return {container: host for host, _, container in pairs}


# === odoo.conf === #


def test_odoo_knows_every_option(conf, odoo_config):
    for name, value in conf["options"].items():
        option = odoo_config.options_index.get(name)
        assert option, f"Odoo does not know the option {name}"
        assert option.file_loadable, f"{name} is not read from a file"
        odoo_config.parse(name, value)


def test_an_unknown_option_would_be_noticed(odoo_config):
    assert "limit_time_reel" not in odoo_config.options_index


def test_every_option_has_a_comment():
    """Each group of options is introduced by at least one comment line."""
    lines = (ROOT / "odoo.conf").read_text().splitlines()
    for block in "\n".join(lines).split("\n; ---")[1:]:
        body = block.splitlines()[1:]
        assert any(line.startswith(";") for line in body), block


def test_no_secret_in_odoo_conf(conf):
    assert not SECRET_OPTIONS & set(conf["options"])


def test_odoo_conf_is_made_for_production(conf):
    options = conf["options"]
    assert options["list_db"] == "False"
    assert options["proxy_mode"] == "True"
    assert options["http_interface"] == "127.0.0.1"
    assert int(options["workers"]) >= 2
    assert int(options["max_cron_threads"]) >= 2
    assert int(options["limit_time_real_cron"]) > int(options["limit_time_real"])
    assert int(options["limit_memory_hard"]) > int(options["limit_memory_soft"])
    assert re.match(options["dbfilter"], options["db_name"])
    assert not re.match(options["dbfilter"], options["db_name"] + "2")


def test_sections_are_those_that_addons_read(conf):
    """Besides Odoo's own, odoo.conf has the sections and options that the addons look up."""
    roots = ast.parse((settings.ADDONS / "sm_connector" / "roots.py").read_text())
    values = {
        node.targets[0].id: node.value.value
        for node in roots.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }
    assert conf.sections() == ["options", values["SECTION"]]
    assert list(conf[values["SECTION"]]) == [values["OPTION"]]


# === docker-compose.yml === #


def test_compose_runs_the_official_images(compose):
    services = compose["services"]
    assert services["odoo"]["image"] == services["install"]["image"] == "odoo:19"
    assert services["db"]["image"].startswith("postgres:")
    assert int(services["db"]["image"].split(":")[1].split(".")[0]) >= 13


def test_compose_mounts_what_odoo_conf_names(compose, conf):
    for name in ("odoo", "install"):
        targets = mounts(compose["services"][name])
        assert targets[conf["options"]["addons_path"]] == "./addons"
        assert targets["/etc/odoo/odoo.conf"] == "./odoo.conf"
        assert targets[conf["options"]["data_dir"]] == "odoo"
        assert targets[conf["sm_connector"]["drop_roots"]] == "drop"


def test_compose_simulator_writes_where_odoo_reads(compose, conf):
    simulator = compose["services"]["silicon_master"]
    drop = conf["sm_connector"]["drop_roots"]
    assert f"--drop={drop}" in simulator["command"]
    assert mounts(simulator)[drop] == "drop"
    state = next(part for part in simulator["command"] if part.startswith("--state="))
    assert state.partition("=")[2] in mounts(simulator)
    assert drop in (ROOT / "docker" / "connect.py").read_text()
    assert drop in (ROOT / "docker" / "simulators.Dockerfile").read_text()


def test_compose_ports(compose, conf):
    options, services = conf["options"], compose["services"]
    ports = published(services["odoo"])
    beside = {
        "threecx": str(settings.threecx_port()),
        "graph": str(settings.graph_port()),
        "iadvize": str(settings.iadvize_port()),
        "messenger": str(settings.messenger_port()),
    }
    assert set(ports) == {options["http_port"], options["gevent_port"], *beside.values()}
    assert f":{options['http_port']}/web/health" in services["odoo"]["healthcheck"]["test"][-1]
    assert ports[options["http_port"]] == f"127.0.0.1:{settings.http_port()}"
    simulator = services["silicon_master"]
    assert f"--port={settings.simulator_port()}" in simulator["command"]
    assert str(settings.simulator_port()) in published(simulator)
    assert f":{settings.simulator_port()}/health" in simulator["healthcheck"]["test"][-1]
    for name, port in beside.items():
        assert f"--port={port}" in services[name]["command"]
        assert f":{port}/health" in services[name]["healthcheck"]["test"][-1]


def test_compose_reaches_simulators_under_one_address(compose):
    """Odoo, the listener and the browser know them as 127.0.0.1: they share Odoo's network."""
    sharing = ("threecx", "threecx_listener", "graph", "iadvize", "messenger", "link_chats")
    for name in sharing:
        assert compose["services"][name]["network_mode"] == "service:odoo"
        assert "ports" not in compose["services"][name]
    connected = (ROOT / "docker" / "connect.py").read_text()
    ports = (settings.iadvize_port(), settings.messenger_port())
    for port in (settings.threecx_port(), settings.graph_port(), *ports):
        assert f"127.0.0.1:{port}" in connected
    linked = (ROOT / "docker" / "link_chats.sh").read_text()
    assert all(f"127.0.0.1:{port}" in linked for port in ports)


def test_compose_listener_is_the_command_of_the_addon(compose, conf):
    service = compose["services"]["threecx_listener"]
    program, command, *options = service["command"]
    assert program == "odoo"
    assert (settings.ADDONS / "threecx_bridge" / "cli" / f"{command}.py").is_file()
    assert options == ["--config=/etc/odoo/odoo.conf"]
    assert mounts(service) == mounts(compose["services"]["odoo"])
    listener = settings.ADDONS / "threecx_bridge" / "listener"
    alive = re.search(r'^ALIVE = "(.+)"', (listener / "service.py").read_text(), re.MULTILINE)[1]
    assert f"{conf['options']['data_dir']}/{alive} " in service["healthcheck"]["test"][-1]


def test_listener_image_adds_what_the_listener_needs():
    """By Debian's name of what requirements-listener.txt names for pip."""
    assert list(pins("requirements-listener.txt")) == ["websocket-client"]
    assert "python3-websocket" in (ROOT / "docker" / "listener.Dockerfile").read_text()


def test_compose_publishes_on_this_machine_only(compose):
    for service in compose["services"].values():
        assert all(host.startswith("127.0.0.1:") for host in published(service).values())


def test_compose_named_volumes_are_declared(compose):
    used = {
        source
        for service in compose["services"].values()
        for source in mounts(service).values()
        if not source.startswith(".")
    }
    assert used == set(compose["volumes"])
    for service in compose["services"].values():
        for source in mounts(service).values():
            assert not source.startswith(".") or (ROOT / source).exists(), source


def test_compose_waits_for_health(compose):
    services = compose["services"]
    for name, service in services.items():
        ends = service.get("restart") == "no" or name == "install"
        assert ends or "healthcheck" in service, f"{name} has no health check"
        for dependency, condition in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if dependency == "install" else None
            assert condition["condition"] == (expected or "service_healthy")


def test_compose_has_no_secret_and_says_when_it_is_missing(compose):
    found = 0
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                found += 1
                assert re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?.*\.env.*\}", value), value
    assert found >= 3
    assert ".env" in (ROOT / ".gitignore").read_text()


def test_compose_gives_odoo_options_that_exist(compose, odoo_config):
    script = (ROOT / "docker" / "install.sh").read_text()
    used = re.findall(r"(?<=\s)(--[a-z-]+)(?==)", script)
    used += [part.split("=")[0] for part in compose["services"]["odoo"]["command"][1:]]
    known = set(odoo_config.parser._long_opt)
    assert used
    assert set(used) - {"--command", "--dbname"} <= known


def test_compose_installs_the_apps_of_the_demo():
    script = (ROOT / "docker" / "install.sh").read_text()
    assert f"apps={','.join(settings.DEMO_APPS)}\n" in script
    assert f"--load-language={','.join(settings.LANGUAGES)}" in script


@pytest.mark.parametrize("name", ["silicon_master", "threecx", "graph", "iadvize", "messenger"])
def test_simulator_knows_the_options_it_is_given(compose, name):
    """Both by docker-compose.yml and by the demo."""
    text = subprocess.run(
        [sys.executable, "-m", f"simulators.{name}", "serve", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    command = compose["services"][name]["command"]
    classes = (ROOT / "scripts" / "simulator.py").read_text().split("\nclass ")
    (starter,) = (text for text in classes if f'module = "{name}"' in text)
    demo = [*re.findall(r'"(--[a-z]+)"', starter), "--port"]
    given = [part.split("=")[0] for part in command if part.startswith("--")]
    assert given, "docker-compose.yml starts it without a port"
    for option in given + demo:
        assert option in text


# === requirements, Makefile, house rules === #


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    lines = [line.split(";")[0].strip() for line in lines if line and line[0] not in "#-"]
    return {line.partition("==")[0].lower(): line.partition("==")[2] for line in lines}


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("requirements*.txt")))
def test_requirements_are_pinned(name):
    assert pins(name)
    assert all(re.fullmatch(r"[0-9][\w.]*", version) for version in pins(name).values())


def test_requirements_agree_with_each_other():
    run_time = pins("requirements.txt")
    for name in ("requirements-dev.txt", "requirements-simulators.txt"):
        for package, version in pins(name).items():
            assert run_time.get(package, version) == version, package


def test_addons_need_only_what_odoo_installs():
    """Names of modules that differ from the name of their package are listed."""
    package = {"stdnum": "python-stdnum", "dateutil": "python-dateutil"}
    known = pins("requirements.txt")
    for addon in settings.our_addons():
        for module in settings.manifest(addon).get("external_dependencies", {}).get("python", []):
            assert package.get(module, module).lower() in known, f"{addon} needs {module}"


def test_pre_commit_uses_the_same_versions():
    versions = pins("requirements-dev.txt")
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    wanted = [
        dependency.split("==")
        for repository in hooks["repos"]
        for hook in repository["hooks"]
        for dependency in hook.get("additional_dependencies", [])
    ]
    assert wanted
    assert all(versions[name] == version for name, version in wanted)


def test_make_offers_what_the_scripts_do():
    from scripts.__main__ import _commands

    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert targets == set(_commands()) - {"traps"}
    assert targets >= {"demo", "demo-reset", "night", "test", "lint", "bench", "clean", "help"}


def test_ci_runs_lint_and_tests():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert re.findall(r"^make (\w+)$", script.read_text(), re.MULTILINE) == ["lint", "test"]


def test_platform_names_no_host():
    """Packages come from where the machine's own apt, pip and npm are configured to look."""
    files = [*(ROOT / "scripts").glob("*.py"), *(ROOT / "docker").iterdir(), *ROOT.glob("*.txt")]
    files += [ROOT / name for name in ("Makefile", "docker-compose.yml", "pyproject.toml")]
    files += [ROOT / ".pre-commit-config.yaml", ROOT / ".ci" / "run", ROOT / "odoo.conf"]
    for path in files:
        hosts = re.findall(r"https?://([\w.{-]+)", path.read_text())
        assert set(hosts) <= {"127.0.0.1", "localhost"}, f"{path.name}: {hosts}"
