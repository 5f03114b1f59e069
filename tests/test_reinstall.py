"""Uninstalled, the addon leaves what it brought; installed again, it finds all of it again."""

from tests.kit.master import Master
from tests.kit.snapshot import assert_same, snapshot

COUNTED = ("res_partner", "product_product", "product_template", "sale_order", "sale_order_line")
UNINSTALL = """
env["ir.module.module"].search([("name", "=", "sm_connector")]).button_immediate_uninstall()
"""
CONNECT = """
backend = env["sm.backend"].create({{"name": "Master", "drop_folder": {drop!r}}})
env.cr.commit()
"""


def counts(database):
    return {table: database.query(f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}


def test_uninstall_and_install_again(odoo_database, tmp_path):
    master = Master(odoo_database, tmp_path / "master")
    master.run_night()
    before, had = snapshot(odoo_database), counts(odoo_database)
    orders = "SELECT name, state, amount_total, partner_id FROM sale_order ORDER BY name"
    kept = odoo_database.query(orders)

    odoo_database.shell(UNINSTALL)
    assert counts(odoo_database) == had
    assert odoo_database.query(orders) == kept
    left = "SELECT count(*) FROM information_schema.tables WHERE table_name LIKE 'sm\\_%%'"
    assert odoo_database.query(left) == [(0,)]
    assert odoo_database.query("SELECT count(*) FROM ir_cron WHERE cron_name LIKE 'Silicon%%'") == [
        (0,)
    ]

    odoo_database.run("server", "-i", "sm_connector", "--stop-after-init", "--no-http")
    odoo_database.shell(CONNECT.format(drop=str(master.drop)))
    master.house.export()
    master.run_night()
    for entity, line in master.lines().items():
        # dossiers have no home but ours: they went with it, and are made again
        done, undone = ("created", "updated") if entity == "dossier" else ("updated", "created")
        assert (line[undone], line["archived"]) == (0, 0), (entity, line)
        expected = master.house.expected()[entity]
        assert line[done] == expected["keys"] - expected["quarantined"], entity
        assert line["quarantined"] == expected["quarantined"], (entity, line)
    assert counts(odoo_database) == had
    after = snapshot(odoo_database)
    for subject in ("links", "stock", "incoming", "orders", "order lines", "contacts", "dossiers"):
        assert len(after[subject]) == len(before[subject]), subject
    assert_same(_as_seen(before), _as_seen(after))


def _as_seen(taken):
    """A snapshot without what nobody sees: an empty cell is an empty cell, whether NULL or false,
    and rows in quarantine name the file that they were read from."""
    ours = {
        subject: [
            tuple(
                {name: value or None for name, value in cell.items()}
                if isinstance(cell, dict)
                else cell
                for cell in row
            )
            for row in rows
        ]
        for subject, rows in taken.items()
    }
    return {**ours, "quarantine": len(ours["quarantine"])}
