"""Nights in a database with everything that delivers, mails, sells or asks the outside world."""

from scripts.compat import APPS

from .kit.master import Master

SETTINGS = """
company = env.company
company.vat_check_vies = True
company.account_peppol_proxy_state = "receiver"
env["ir.default"].set("res.partner", "invoice_edi_format_store", "ubl_bis3")
# goods that Odoo would deliver and buy, were they its own orders
env["ir.default"].set("product.template", "is_storable", True)
env.cr.commit()
"""
NIGHT = """
import socket

def refuse(*args, **kwargs):
    raise AssertionError("Tried to reach %r" % (args,))

for owner, name in ((socket.socket, "connect"), (socket.socket, "connect_ex"),
                    (socket.socket, "sendto"), (socket, "getaddrinfo"),
                    (socket, "gethostbyname"), (socket, "create_connection")):
    setattr(owner, name, refuse)
env["sm.run"]._cron_night()
env.cr.commit()
"""
SIDE_EFFECTS = (
    "stock_picking",
    "stock_move",
    "purchase_order",
    "mail_mail",
    "mail_activity",
    "account_move",
    "sms_sms",
)


def test_no_picking_no_mail_no_socket(odoo_database, tmp_path):
    """Loads and nights leave nothing behind but contacts, articles and orders."""
    odoo_database.run("server", "-i", ",".join(APPS), "--stop-after-init", "--no-http")
    master = Master(odoo_database, tmp_path)
    odoo_database.shell(SETTINGS)
    before = {table: _count(odoo_database, table) for table in SIDE_EFFECTS}
    messages = _messages(odoo_database)
    for night in range(3):
        if night:
            master.house.night()
        output = odoo_database.shell(NIGHT, **master.environment)
        assert "Tried to reach" not in output, output[-4000:]
        assert {line["state"] for line in master.lines().values()} == {"done"}, master.lines()
    assert _count(odoo_database, "sale_order") > 20
    assert {table: _count(odoo_database, table) for table in SIDE_EFFECTS} == before
    assert _messages(odoo_database) == messages
    stored = odoo_database.query(
        "SELECT count(*) FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id"
        " WHERE t.is_storable AND EXISTS (SELECT 1 FROM sm_link l WHERE l.product_id = p.id)"
    )
    assert stored[0][0] > 20, "the articles were not storable, so nothing could be delivered"


def _count(database, table) -> int:
    return database.query(f"SELECT count(*) FROM {table}")[0][0]


def _messages(database) -> int:
    """Messages on what is synchronised; the master's own state is told in its own chatter."""
    return database.query(
        "SELECT count(*) FROM mail_message"
        " WHERE model IN ('res.partner', 'product.product', 'product.template', 'sale.order')"
    )[0][0]
