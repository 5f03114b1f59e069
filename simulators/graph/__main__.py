"""``python -m simulators.graph serve``: see README.md."""

import argparse
import logging
import sys

from simulators.serving import serve as serve_until_interrupted

from .directory import MAILBOXES
from .letter import Person
from .server import Simulator


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser = argparse.ArgumentParser(prog="python -m simulators.graph", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8073)
    serve.add_argument(
        "--mailboxes",
        nargs="+",
        metavar="MAILBOX",
        help="'Name <address>' or address of each of our mailboxes",
    )
    serve.add_argument("--verbose", action="store_true")
    options = parser.parse_args(argv)
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    mailboxes = MAILBOXES
    if options.mailboxes:
        people = [Person.read(text) for text in options.mailboxes]
        mailboxes = [(person.address, person.name) for person in people]
    simulator = Simulator(mailboxes)
    serve_until_interrupted(simulator, options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
