"""Found and loaded by Odoo as ``odoo.cli.threecx_listener``: outside of the addon's package, before
the configuration is read, and with import errors swallowed. Hence nothing of the addon up here."""

import optparse
import signal
import sys

from odoo.cli import Command
from odoo.cli.server import check_root_user, report_configuration
from odoo.tools import config


class ThreecxListener(Command):
    """Follow the calls of 3CX while they happen (V20 Enterprise)

    One process beside the server, for one database. It may be stopped and started at any time: what
    happened meanwhile is read from the PBX.
    """

    name = "threecx_listener"

    def run(self, args):
        config.parser.prog = self.prog
        group = optparse.OptionGroup(config.parser, "Options of the 3CX listener")
        group.add_option(
            "--reconnect-pause",
            dest="threecx_reconnect_pause",
            type="float",
            help="Seconds before a PBX is tried again (5); they double up to 120 while it is away.",
        )
        config.parser.add_option_group(group)
        check_root_user()
        config.parse_config(args, setup_logging=True)
        report_configuration()
        names = config["db_name"]
        if len(names) != 1:
            sys.exit("threecx_listener needs one database: -d NAME, or db_name in odoo.conf")

        # pylint: disable=odoo-addons-relative-import
        from odoo.addons.threecx_bridge.listener.service import Service

        service = Service(names[0], config.get("threecx_reconnect_pause", 5.0))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_unused: service.stop())
        service.run()
