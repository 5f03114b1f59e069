"""``python -m simulators.messenger serve``: see README.md."""

import sys

from simulators.command_line import read, serve_parser
from simulators.serving import serve as serve_until_interrupted

from .server import Simulator


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser, serve = serve_parser("messenger", __doc__, 8075)
    serve.add_argument("--page-name", metavar="NAME", help="what people see our page called")
    options = read(parser, argv)
    simulator = Simulator()
    if options.page_name:
        simulator.world.page.name = options.page_name
    serve_until_interrupted(simulator, options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
