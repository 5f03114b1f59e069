"""What ``python -m simulators.… serve`` has in common."""

import argparse
import logging


def serve_parser(name, description, port):
    """:param str name: of the simulator; :param int port: unless another one is given
    :return tuple: parser, and the one of its command ``serve``, which takes more options"""
    parser = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=description)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run until interrupted")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=port)
    serve.add_argument("--verbose", action="store_true")
    return parser, serve


def read(parser, argv):
    """Begins to log, too. :return Namespace: options; :raises SystemExit: there are wrong ones"""
    options = parser.parse_args(argv)
    level = logging.INFO if options.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return options
