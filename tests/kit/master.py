"""A simulated master and the database that it is synchronised into."""

import shutil
from pathlib import Path

from simulators.silicon_master import Dialect, House, Settings

CREATE_BACKEND = """
env["sm.backend"].search([]).active = False
env["sm.backend"].create({{"name": "Master", "drop_folder": {drop!r}}})
env.company.tax_calculation_rounding_method = "round_globally"  # as the simulated master rounds
env.cr.commit()
"""
RUN_NIGHT = """
env["sm.run"]._cron_night()
env.cr.commit()
"""
#: Nothing but the synchronisation shall run in a server of these tests.
ONLY_OURS = """
    UPDATE ir_cron SET active = false WHERE id NOT IN
        (SELECT res_id FROM ir_model_data WHERE module = 'sm_connector' AND name = 'ir_cron_night')
"""
COUNTS = ("created", "updated", "unchanged", "missing", "archived", "quarantined")


class Master:
    """A house whose exports one database reads.

    :param database: an ``OdooDatabase`` with our addons installed
    :param Path folder: for the state of the house and for the drop folder
    """

    def __init__(self, database, folder: Path, size: str = "tiny", **settings):
        self.database = database
        self.folder = folder
        self.drop = folder / "drop"
        self.environment = {"SM_DROP_ROOTS": str(folder)}
        self.house = House(
            folder / "state",
            self.drop,
            Settings.of_size(size, rounding="document", **settings),
            Dialect(encoding="utf-8"),
        )
        database.shell(CREATE_BACKEND.format(drop=str(self.drop)))
        database.query(ONLY_OURS)

    def copy_drop(self, other: "Master") -> None:
        """Give ``other`` the files that wait here."""
        for path in self.drop.glob("*.csv"):
            shutil.copy2(path, other.drop)

    def run_night(self) -> None:
        """Synchronise once, in a process of its own."""
        self.database.shell(RUN_NIGHT, **self.environment)

    def lines(self) -> dict[str, dict]:
        """Counts of the last run by entity, with ``state`` and ``message``."""
        names = (*COUNTS, "state", "message", "archived_as", "file_sha256")
        rows = self.database.query(
            f"SELECT entity, {', '.join(names)} FROM sm_run_line"
            " WHERE run_id = (SELECT max(id) FROM sm_run)"
        )
        return {entity: dict(zip(names, values, strict=True)) for entity, *values in rows}
