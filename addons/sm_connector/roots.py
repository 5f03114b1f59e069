"""Folders of the server under which drop folders may lie."""

import os
from configparser import Error as ConfigError
from configparser import RawConfigParser
from pathlib import Path

from odoo.tools import config

SECTION = "sm_connector"
OPTION = "drop_roots"
ENVIRONMENT = "SM_DROP_ROOTS"


def drop_roots() -> list[Path]:
    """Return the allowed roots: ``$SM_DROP_ROOTS``, else ``drop_roots`` of section
    ``[sm_connector]`` in odoo.conf, separated by commas.

    They are read from the server's own configuration and never from the database, so that no
    administrator of the addon can make the server read its own files. No root: no folder is read.
    """
    value = os.environ.get(ENVIRONMENT)
    if value is None:
        parser = RawConfigParser()
        try:
            parser.read([config["config"]])
            value = parser.get(SECTION, OPTION, fallback="")
        except ConfigError:
            value = ""
    return [Path(root.strip()) for root in value.split(",") if root.strip()]
