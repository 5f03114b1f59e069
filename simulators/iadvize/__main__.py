"""``python -m simulators.iadvize serve``: see README.md."""

import argparse
import logging
import sys

from simulators.serving import serve as serve_until_interrupted

from .dialects import DIALECTS
from .server import Simulator


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser = argparse.ArgumentParser(prog="python -m simulators.iadvize", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8074)
    serve.add_argument("--dialect", choices=sorted(DIALECTS), default="typed")
    serve.add_argument("--verbose", action="store_true")
    options = parser.parse_args(argv)
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    simulator = Simulator(dialect=options.dialect)
    serve_until_interrupted(simulator, options.host, options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
