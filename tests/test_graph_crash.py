"""An Odoo server is killed between every two steps of sending by Outlook, and in the middle of
them. In the end each customer has got his answer: once, and whole."""

import pytest

from simulators.graph.server import running
from tests.kit.crashes import answer_and_kill, wait_until_sent
from tests.kit.mailbox import Mailbox, connect, look, run_cron, until
from tests.kit.servers import server

SENDING = "providers.outlook.sending:Sending:"
GRAPH = "providers.outlook.graph:Graph:"
#: Function, at which of its calls, before or after it: in the order in which they come.
POINTS = [
    (f"{SENDING}send", 1, "before"),
    (f"{SENDING}_remember", 1, "after"),  # a draft may exist
    (f"{GRAPH}post", 1, "after"),  # it does, and nobody knows its id
    (f"{SENDING}_remember", 2, "after"),  # its id is known
    (f"{GRAPH}patch", 1, "after"),  # it is filled, and nobody knows
    (f"{SENDING}_remember", 3, "after"),
    (f"{GRAPH}post", 2, "after"),  # the file is on it, and nobody knows
    (f"{SENDING}_remember", 4, "after"),
    (f"{SENDING}_remember", 5, "after"),  # about to be sent
    (f"{GRAPH}post", 3, "after"),  # sent, and nobody knows
    (f"{SENDING}send", 1, "after"),  # known, and not written down
]
#: A picture of ten bytes within the text: the file that is sent along.
HTML = '<p>Demain. <img src="data:image/png;base64,iVBORw0KGgoAAA=="></p>'
#: Nobody waits half a minute to see whether a draft is one for good.
HURRY = """
    UPDATE omni_message SET progress = jsonb_set(progress::jsonb, '{sending}', '1')::json
     WHERE direction = 'out' AND state != 'sent' AND (progress::jsonb ->> 'sending') IS NOT NULL
"""
DUE = """
    UPDATE omni_message SET next_try = NULL WHERE direction = 'out' AND state != 'sent'
"""


def customer(number):
    return f"client{number}@example.org"


@pytest.fixture
def mailbox():
    with running() as simulator:
        yield Mailbox(simulator.url)


def hurry(database):
    """Have what waits tried again now."""
    database.query(HURRY)
    database.query(DUE)
    database.query("UPDATE omni_channel SET next_send = NULL")
    run_cron(database, "ir_cron_out_mail")


def test_killed_at_every_point(odoo_database, mailbox):
    database = odoo_database
    connect(database, mailbox.url)
    for number in range(len(POINTS)):
        mailbox.write(f"Question {number}", customer(number))
    answer_and_kill(database, POINTS, HTML, look, hurry)
    with server(database):
        wait_until_sent(database, len(POINTS), hurry)
        for number in range(len(POINTS)):
            [post] = mailbox.received(customer(number))
            assert post["html"].count("Demain.") == 1
            assert [file["is_inline"] for file in post["attachments"]] == [True]
        # what was sent comes back with the folder of sent mails, and is known
        look(database)
        until(lambda: not database.query("SELECT 1 FROM omni_folder WHERE is_dirty"), 60, database)
    rows = mailbox.ask("GET", "/sim/mailboxes/info@meubles-demo.example")
    drafts = [row for row in rows if row["is_draft"] and row["folder"] != "deleteditems"]
    assert not drafts, "none is left behind"
    sent = {row["id"] for row in rows if row["folder"] == "sentitems"}
    here = database.query("SELECT external_id FROM omni_message WHERE direction = 'out'")
    assert sorted(sent) == sorted(key for (key,) in here)
