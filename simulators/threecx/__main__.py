"""``python -m simulators.threecx serve``: see README.md."""

import json
import sys
import time

from simulators.command_line import read, serve_parser
from simulators.serving import serve as serve_until_interrupted

from .editions import EDITIONS, Licence
from .house import DOMAIN, make_house
from .server import Simulator, tls


def main(argv=None):
    """:param list argv: arguments, without the program's name; :return int: exit code"""
    parser, serve = serve_parser("threecx", __doc__, 8071)
    serve.add_argument("--edition", choices=EDITIONS, default="ENT")
    serve.add_argument("--version", default=Licence.version, help="of the PBX")
    serve.add_argument("--sim-calls", type=int, default=Licence.sim_calls)
    serve.add_argument("--extensions", type=int, default=15, help="how many, from 101 on")
    serve.add_argument("--domain", default=DOMAIN, help="of the users' mail addresses")
    serve.add_argument("--emails", type=json.loads, default={}, help='JSON: {"101": "a@b.c"}')
    serve.add_argument("--pop-url", default="", help="the page opens it when an extension rings")
    serve.add_argument("--fork", action="store_true", help="each telephone has its own participant")
    serve.add_argument("--cert", help="PEM file: serve HTTPS")
    serve.add_argument("--key", help="PEM file of its key")
    options = read(parser, argv)
    simulator = Simulator(
        make_house(options.extensions, options.domain, options.emails),
        Licence(options.edition, options.version, options.sim_calls),
        pop_url=options.pop_url,
        fork=options.fork,
        # It remembers nothing, and yet must not number calls as it did the last time.
        first_id=int(time.time() * 20) % 2**30,
    )
    serve_until_interrupted(simulator, options.host, options.port, tls(options.cert, options.key))
    return 0


if __name__ == "__main__":
    sys.exit(main())
