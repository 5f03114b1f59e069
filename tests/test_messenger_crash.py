"""An Odoo server is killed between every two steps of sending by Messenger, and in the middle of
them. In the end each customer has got his answer: every part of it once, in order."""

import pytest

from simulators.messenger.server import Simulator, running
from tests.kit.crashes import STATES, answer_and_kill, wait_until_sent
from tests.kit.mailbox import run_cron, until
from tests.kit.page import Page, connect, look
from tests.kit.servers import server

SENDING = "providers.messenger.sending:Sending:"
GRAPH = "providers.messenger.graph:Graph:"
#: Function, at which of its calls, before or after it: in the order in which they come.
POINTS = [
    (f"{SENDING}send", 1, "before"),
    (f"{SENDING}_remember", 1, "after"),  # about to send the first part
    (f"{GRAPH}post", 1, "before"),
    (f"{GRAPH}post", 1, "after"),  # sent, and nobody knows
    (f"{SENDING}_remember", 2, "after"),  # known
    (f"{SENDING}_remember", 3, "after"),
    (f"{GRAPH}post", 2, "after"),  # the second part, too
    (f"{SENDING}_remember", 4, "after"),
    (f"{GRAPH}post_file", 1, "before"),
    (f"{GRAPH}post_file", 1, "after"),  # the file, and nobody knows
    (f"{SENDING}_remember", 6, "after"),
    (f"{SENDING}send", 1, "after"),  # all is known, and not written down
]
FIRST, SECOND = "a" * 1_500, "b" * 1_500
#: Two parts of text, and a picture of ten bytes that is sent along.
HTML = f'<p>{FIRST}</p><p>{SECOND}</p><p><img src="data:image/png;base64,iVBORw0KGgoAAA=="></p>'
#: Nobody waits two minutes to see whether a part was taken.
HURRY = (
    """
    UPDATE omni_message
       SET progress = jsonb_set(
               progress::jsonb, '{since}', to_jsonb((progress::jsonb ->> 'since')::float - 200)
           )
     WHERE direction = 'out' AND state != 'sent' AND (progress::jsonb ->> 'sending') IS NOT NULL
       AND sending_since > now() AT TIME ZONE 'UTC' - interval '100 seconds'
    """,
    """
    UPDATE omni_message SET sending_since = sending_since - interval '200 seconds'
     WHERE direction = 'out' AND state != 'sent'
       AND sending_since > now() AT TIME ZONE 'UTC' - interval '100 seconds'
    """,
    "UPDATE omni_message SET next_try = NULL WHERE direction = 'out' AND state = 'queued'",
    """
    UPDATE omni_message SET next_try = now() AT TIME ZONE 'UTC'
     WHERE direction = 'out' AND state = 'uncertain' AND next_try IS NOT NULL
    """,
    "UPDATE omni_channel SET next_send = NULL",
)


@pytest.fixture
def page():
    with running(Simulator()) as simulator:
        yield Page(simulator.url)


def hurry(database):
    """Have what waits tried again now."""
    for statement in HURRY:
        database.query(statement)
    run_cron(database, "ir_cron_out_chat")


def test_killed_at_every_point(odoo_database, page):
    database = odoo_database
    connect(database, page.url)
    people = [page.person(f"Client {number}") for number in range(len(POINTS))]
    for psid in people:
        page.writes(psid)
    answer_and_kill(database, POINTS, HTML, look, hurry)
    with server(database):
        wait_until_sent(database, len(POINTS), hurry)
        for psid in people:
            seen = page.sees(psid)
            assert [one["text"] for one in seen] == [FIRST, SECOND, ""], seen
            assert len(seen[2]["attachments"]) == 1
        # what was sent is in the list of conversations as well, and is known
        look(database)
        until(lambda: not database.query("SELECT 1 FROM omni_folder WHERE is_dirty"), 60, database)
        until(
            lambda: not database.query("SELECT 1 FROM omni_event WHERE state IN ('new', 'retry')"),
            60,
            database,
        )
    assert database.query(STATES) == [("sent", len(POINTS))]
    names = {one["mid"] for psid in people for one in page.sees(psid)}
    here = database.query("SELECT external_id FROM omni_message WHERE direction = 'out'")
    here += database.query("SELECT external_id FROM omni_message_alias")
    assert sorted(names) == sorted({name for (name,) in here})
