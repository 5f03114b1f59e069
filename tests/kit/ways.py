"""Every way in which the master's data may come: transports × formats, on the simulator.

The reference is the CSV file in a folder. Whatever the way, the same night has to give the same
canonical rows (their hashes are on the links), the same quarantine and the same Odoo records.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from simulators.silicon_master import Dialect, House, Settings
from simulators.silicon_master.names import xml_name
from simulators.silicon_master.schema import HEADERS
from simulators.silicon_master.sql import fill

from .database import server_sql
from .snapshot import QUERIES, snapshot

PATHS = {"contact": "contacts", "article": "articles", "order": "orders", "dossier": "dossiers"}
VIEWS = {"contact": "clients", "article": "articles", "order": "commandes", "dossier": "dossiers"}
#: What differs between two ways although nothing is wrong: how a cell was written.
WRITTEN = ("links", "quarantine")
MEANING = {
    "links": "SELECT entity, external_id, state, encode(content_hash, 'hex') FROM sm_link",
    "quarantine": "SELECT entity, external_id, state, cause FROM sm_quarantine",
}


@dataclass(frozen=True)
class Way:
    """One way.

    :ivar name: what a person calls it
    :ivar dialect: how the simulator writes its exports
    :ivar transport: file, http or sql
    :ivar mapping: a shipped mapping, or ``fr_xml``: French names as XML allows them
    :ivar query: of the simulator's API
    :ivar feed: settings of every feed
    :ivar order: settings of the orders' feed besides
    """

    name: str
    dialect: dict = field(default_factory=dict)
    transport: str = "file"
    mapping: str = "silicon_master_fr"
    query: str = ""
    feed: dict = field(default_factory=dict)
    order: dict = field(default_factory=dict)


WAYS = (
    Way("file, CSV, Windows text", {"encoding": "cp1252"}),
    Way("file, CSV in a ZIP", {"zipped": True}),
    Way(
        "file, CSV, orders and lines apart",
        {"split_orders": True},
        order={"lines_pattern": "LIGNES_*.*"},
    ),
    Way(
        "file, CSV, announced by a marker",
        {"marker": ".ok"},
        feed={"completion": "marker", "marker_suffix": ".ok"},
    ),
    Way("file, XLSX", {"format": "xlsx"}),
    Way("file, XML", {"format": "xml"}, mapping="fr_xml", feed={"trailer": "optional"}),
    Way(
        "file, nested XML, English",
        {"format": "xml", "names": "en_nested"},
        mapping="english_xml",
        feed={"trailer": "optional"},
    ),
    Way("file, JSON", {"format": "json"}, feed={"trailer": "none"}),
    Way("file, JSON Lines", {"format": "jsonl"}, feed={"trailer": "none"}),
    Way(
        "file, nested JSON, English",
        {"format": "json", "names": "en_nested"},
        mapping="english_json",
        feed={"trailer": "optional"},
    ),
    Way(
        "HTTP, nested JSON, pages by offset, Bearer",
        transport="http",
        mapping="english_json",
        query="format=json&paging=offset",
        feed={"format": "json", "paging": "offset", "page_size": 100, "trailer": "none"}
        | {"auth": "bearer", "auth_secret": "silicon-token"},
    ),
    Way(
        "HTTP, nested XML, pages by link, Basic",
        transport="http",
        mapping="english_xml",
        query="format=xml&names=en_nested&paging=link&limit=100",
        feed={"format": "xml", "paging": "link", "trailer": "none", "auth": "basic"}
        | {"auth_name": "odoo", "auth_secret": "silicon-password"},
    ),
    Way(
        "HTTP, CSV, pages by cursor, API key",
        transport="http",
        query="format=csv&names=fr&paging=cursor&limit=100",
        feed={"format": "csv", "paging": "cursor", "trailer": "none", "auth": "api_key"}
        | {"auth_name": "X-Api-Key", "auth_secret": "silicon-key", "next_name": "X-Next-Cursor"},
    ),
    Way("SQL, views", transport="sql", feed={"trailer": "none"}),
)
REFERENCE = Way("file, CSV")
SETUP = """
import json
from odoo import Command
from odoo.addons.sm_connector.contract.shipped import SHIPPED

env["sm.backend"].search([]).active = False
backend = env["sm.backend"].create({{"name": "Master", "drop_folder": {drop!r}}})
env.company.tax_calculation_rounding_method = "round_globally"
renamed = {renamed!r}
rules = SHIPPED[{mapping!r}].rules
for feed in backend.feed_ids:
    feed.mapping_ids = [Command.clear()] + [
        Command.create({{
            "sequence": position, "source": renamed.get(rule.source, rule.source),
            "target": rule.target, "converter": rule.converter,
            "params": json.dumps(dict(rule.params)) if rule.params else False,
            "required": rule.required,
        }})
        for position, rule in enumerate(rules[feed.entity])
    ]
    feed.write({feeds!r}[feed.entity])
env.cr.commit()
"""
NIGHT = """
env["sm.run"]._queue(backend, "manual")
env["sm.run"]._cron_night()
env.cr.commit()
"""


def settings_of(size: str) -> Settings:
    return Settings.of_size(size, rounding="document")


def synchronise(way: Way, database, folder: Path, size: str, times: int = 1) -> None:
    """Load the first night of a new master by one way, and again, in one process of Odoo.

    :param database: an ``OdooDatabase`` with our addons installed
    """
    with ExitStack() as stack:
        drop = folder / "drop"
        dialect = Dialect(**{"encoding": "utf-8", **way.dialect})
        house = House(folder / "state", drop, settings_of(size), dialect)
        stack.callback(house._lock.close)
        feeds = {entity: dict(way.feed) for entity in HEADERS if entity in PATHS}
        feeds["order"] |= way.order
        if way.transport == "http":
            from simulators.silicon_master.server import running

            server = stack.enter_context(running(house))
            server.control(auth=way.feed["auth"])
            for entity, values in feeds.items():
                values["url"] = f"{server.url}/api/{PATHS[entity]}?{way.query}"
        elif way.transport == "sql":
            for entity, values in feeds.items():
                values |= _fill_sql(stack, house) | {
                    "sql_query": f"SELECT * FROM silicon_master.v_{VIEWS[entity]}"
                }
        for values in feeds.values():
            values["transport"] = way.transport
        is_renamed = way.mapping == "fr_xml"
        renamed = {name: xml_name(name) for names in HEADERS.values() for name in names}
        setup = SETUP.format(
            drop=str(drop),
            mapping="silicon_master_fr" if is_renamed else way.mapping,
            renamed=renamed if is_renamed else {},
            feeds=feeds,
        )
        database.shell(setup + NIGHT * times, SM_DROP_ROOTS=str(folder))


def _fill_sql(stack, house) -> dict:
    """Put the master's state into a database of its own; return how to reach it."""
    name = f"{os.environ['SUITE_DB_PREFIX']}master"
    if not server_sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        server_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')

        stack.callback(server_sql, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        fill(f"dbname={name}", house.world)
    [(socket,)] = server_sql("SHOW unix_socket_directories")
    [(port,)] = server_sql("SHOW port")
    return {
        "sql_host": os.environ.get("PGHOST") or socket,
        "sql_port": int(port),
        "sql_database": name,
        "sql_user": os.environ.get("PGUSER", ""),
        "sql_password": os.environ.get("PGPASSWORD", ""),
        "sql_sslmode": "prefer",
    }


def meaning(database) -> dict[str, list]:
    """What a night left, apart from how it was written."""
    found = snapshot(database)
    for subject in WRITTEN:
        found[subject] = sorted(database.query(MEANING[subject]), key=repr)
    assert set(found) == set(QUERIES)
    return found
