"""``python -m simulators.graph serve``: see README.md."""

import sys

from simulators.command_line import read, serve_parser
from simulators.serving import serve as serve_until_interrupted

from .directory import MAILBOXES
from .letter import Person
from .server import Simulator


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser, serve = serve_parser("graph", __doc__, 8073)
    serve.add_argument(
        "--mailboxes",
        nargs="+",
        metavar="MAILBOX",
        help="'Name <address>' or address of each of our mailboxes",
    )
    options = read(parser, argv)
    mailboxes = MAILBOXES
    if options.mailboxes:
        people = [Person.read(text) for text in options.mailboxes]
        mailboxes = [(person.address, person.name) for person in people]
    simulator = Simulator(mailboxes)
    serve_until_interrupted(simulator, options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
