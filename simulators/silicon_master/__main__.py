"""Command line: ``python -m simulators.silicon_master COMMAND --help``."""

import argparse
import json
import logging
import sys
import tempfile
from pathlib import Path

from . import sql
from .amounts import DOCUMENT, LINE
from .api_control import AUTHS
from .bad_files import BAD_FILES
from .events import KINDS
from .export import ENCODINGS, FORMATS, Dialect
from .house import LEDGER_FILE, House, read_world
from .ledger import Ledger, expected_counts
from .names import FRENCH, NAMES
from .schema import ENTITIES
from .server import serve
from .world import SIZES, Settings, World


def kinds_help():
    return "one of " + ", ".join(sorted(BAD_FILES))


def events_help():
    return "make one more of each happen: " + ", ".join(KINDS)


def parser():
    """:return ArgumentParser: of all commands."""
    main_parser = argparse.ArgumentParser(
        prog="python -m simulators.silicon_master",
        description="Simulator of the ERP Silicon Master.",
    )
    commands = main_parser.add_subparsers(dest="command", required=True)
    house = argparse.ArgumentParser(add_help=False)
    house.add_argument("--state", help="folder of the simulator's state and ledger")
    house.add_argument("--drop", help="folder the exports are written into")
    house.add_argument("--format", choices=FORMATS, default="csv")
    house.add_argument("--encoding", choices=ENCODINGS, default="cp1252", help="of CSV files")
    house.add_argument(
        "--plain", action="store_true", help="no blank lines, padding, cell newlines"
    )
    house.add_argument("--names", choices=NAMES, default=FRENCH, help="of the columns")
    house.add_argument("--split-orders", action="store_true", help="headers and lines apart")
    house.add_argument("--zip", action="store_true", help="each file alone in an archive")
    house.add_argument("--marker", default="", metavar="SUFFIX", help="of a file saying: complete")
    world = argparse.ArgumentParser(add_help=False)
    world.add_argument("--size", choices=SIZES, default="demo", help="of a new world")
    world.add_argument("--seed", type=int, default=1)
    world.add_argument("--start", help="first day of a new world (ISO date, default 2026-11-02)")
    world.add_argument("--rounding", choices=(LINE, DOCUMENT), help="of the VAT (default document)")
    for name in ("contacts", "articles", "orders"):
        world.add_argument(f"--{name}", type=int, help="instead of what the size says")

    command = commands.add_parser("serve", parents=[house, world], help="serve over HTTP")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8070, help="0 takes a free one")
    command.add_argument("--auth", choices=AUTHS, default="none", help="of the HTTP API")
    command.add_argument("--sql-dsn", help="fill this database, now and after every night")
    command.add_argument("--cert", help="PEM file of a certificate: serve HTTPS")
    command.add_argument("--key", help="PEM file of its private key")
    commands.add_parser("init", parents=[house, world], help="make a world and its first export")
    command = commands.add_parser("night", parents=[house], help="live one night and export")
    command.add_argument("--share", type=float, help="update just this share of every entity")
    command.add_argument("--events", nargs="*", default=(), metavar="KIND", help=events_help())
    commands.add_parser("export", parents=[house], help="write the present snapshot once more")
    command = commands.add_parser("bad", parents=[house], help="export once more, one file spoilt")
    command.add_argument("kind", choices=sorted(BAD_FILES), metavar="KIND", help=kinds_help())
    command.add_argument("--entity", choices=ENTITIES, help="spoil this one, not the usual one")
    command = commands.add_parser("sql", parents=[world], help="fill a PostgreSQL database")
    command.add_argument("--dsn", required=True)
    command.add_argument("--schema", default=sql.SCHEMA)
    command.add_argument("--state", help="the world of this folder, not a new one")
    command = commands.add_parser("ledger", help="print what the nights changed")
    command.add_argument("--state", required=True)
    command.add_argument(
        "--expected", action="store_true", help="print what an importer must count"
    )
    command.add_argument("--archive-after", type=int, default=3)
    return main_parser


def settings_of(options):
    """:return Settings: of a new world."""
    names = ("seed", "start", "rounding", "contacts", "articles", "orders")
    return Settings.of_size(options.size, **{name: getattr(options, name) for name in names})


def open_house(options, settings=None):
    """:return House: the one on disk, or a new one when settings are given."""
    rough = not options.plain
    dialect = Dialect(
        options.format,
        options.encoding,
        blank_lines=rough,
        padding=rough,
        cell_newlines=rough,
        names=options.names,
        split_orders=options.split_orders,
        zipped=options.zip,
        marker=options.marker,
    )
    return House(options.state, options.drop, settings, dialect)


def world_of(options):
    """:return World: the one on disk when a folder is named, else a new one."""
    if not options.state:
        return World(settings_of(options))
    return read_world(options.state)


def show(answer):
    json.dump(answer, sys.stdout, ensure_ascii=False, indent=1)
    print()


def serve_house(options):
    """Serves; folders that were not named are temporary and go when the service stops."""
    with tempfile.TemporaryDirectory(prefix="silicon_master_") as scratch:
        options.state = options.state or f"{scratch}/state"
        options.drop = options.drop or f"{scratch}/drop"
        house = open_house(options, settings_of(options))
        if options.sql_dsn:
            sql.fill(options.sql_dsn, house.world)
            house.after_night.append(lambda world: sql.fill(options.sql_dsn, world))
        certificate = (options.cert, options.key) if options.cert else None
        serve(house, options.host, options.port, auth=options.auth, certificate=certificate)


def run(options):
    """Carries out one command. :raises ValueError, OSError: with a message for the user"""
    if options.command == "serve":
        return serve_house(options)
    if options.command == "sql":
        return show(sql.fill(options.dsn, world_of(options), options.schema))
    if not options.state or not getattr(options, "drop", options.state):
        raise ValueError(f"{options.command}: name the folders with --state and --drop")
    if options.command == "init":
        house = open_house(options, settings_of(options))
        show({"night": house.world.night, "new": house.is_new, "drop": str(house.drop)})
    elif options.command == "night":
        house = open_house(options)
        show({"entities": house.night(options.share, options.events), "night": house.world.night})
    elif options.command == "export":
        house = open_house(options)
        show({name: str(path) for name, path in house.export().items()})
    elif options.command == "bad":
        bad = open_house(options).bad(options.kind, options.entity)
        show({**vars(bad), "path": str(bad.path)})
    elif options.command == "ledger":
        records = Ledger(Path(options.state) / LEDGER_FILE).records()
        if options.expected:
            last = max(record["night"] for record in records)
            show(expected_counts(records, last, options.archive_after))
        else:
            show(records)


def main(arguments=None):
    """:return int: exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    arguments = sys.argv[1:] if arguments is None else arguments
    # Every simulator starts with `python -m simulators.<name> --port …`.
    if "--port" in arguments[:1]:
        arguments = ["serve", *arguments]
    try:
        run(parser().parse_args(arguments))
    except (ValueError, OSError) as error:
        print(f"Silicon Master simulator: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
