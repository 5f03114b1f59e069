"""``python -m simulators.iadvize serve``: see README.md."""

import sys

from simulators.command_line import read, serve_parser
from simulators.serving import serve as serve_until_interrupted

from .dialects import DIALECTS
from .server import Simulator


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser, serve = serve_parser("iadvize", __doc__, 8074)
    serve.add_argument("--dialect", choices=sorted(DIALECTS), default="typed")
    options = read(parser, argv)
    simulator = Simulator(dialect=options.dialect)
    serve_until_interrupted(simulator, options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
