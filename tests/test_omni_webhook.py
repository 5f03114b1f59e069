"""A webhook on a real server, with its scheduler: the same told three times at once is stored once,
and is in the inbox in a moment; an answer is out a moment after the time to undo.
"""

import hashlib
import hmac
import http.client
import json
import threading
import time

import pytest

from scripts.test_suite import free_port
from tests.kit.telephones import until
from tests.kit.web import web_server

MESSAGES = 10
TIMES = 3

SET_UP = """
channel = env["omni.channel"].create({"name": "Demo", "provider": "demo", "is_enabled": True})
env.cr.commit()
print("CHANNEL", channel.id, channel.webhook_token, channel.secret)
"""


@pytest.fixture
def house(odoo_database):
    """Odoo with a channel of the demo in service, and where it can be told something."""
    output = odoo_database.shell(SET_UP)
    [line] = [line for line in output.splitlines() if line.startswith("CHANNEL")]
    _word, channel, token, secret = line.split()
    port = free_port()
    with web_server(odoo_database, port):
        yield odoo_database, int(channel), port, token, secret


def _tell(port, token, secret, document):
    """Answer of the webhook, as its status."""
    body = json.dumps(document).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(
            "POST",
            f"/omni/webhook/{token}",
            body,
            {"Content-Type": "application/json", "X-Demo-Signature": f"sha256={signature}"},
        )
        return connection.getresponse().status
    finally:
        connection.close()


def _document(number):
    return {
        "id": f"m{number}",
        "conversation": f"thread-{number}",
        "author": {"id": f"jan{number}@tafel.be", "email": f"jan{number}@tafel.be", "name": "Jan"},
        "subject": "Where is my sofa?",
        "text": "I have been waiting for weeks.",
    }


def test_same_event_three_times_at_once(house):
    database, channel, port, token, secret = house
    answers = []

    def tell(number, barrier):
        barrier.wait()
        answers.append(_tell(port, token, secret, _document(number)))

    for number in range(MESSAGES):
        barrier = threading.Barrier(TIMES)
        threads = [threading.Thread(target=tell, args=(number, barrier)) for _time in range(TIMES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [202] * MESSAGES * TIMES
    last = time.monotonic()

    def states():
        return dict(
            database.query(
                "SELECT state, count(*) FROM omni_event WHERE channel_id = %s GROUP BY state",
                (channel,),
            )
        )

    until(lambda: states() == {"done": MESSAGES}, 60, database)
    # the scheduler was woken: it would have looked by itself only once a minute
    assert time.monotonic() - last < 30
    [[messages, tickets]] = database.query(
        "SELECT count(*), count(DISTINCT c.case_id) FROM omni_message m"
        " JOIN omni_conversation c ON c.id = m.conversation_id WHERE m.channel_id = %s",
        (channel,),
    )
    assert (messages, tickets) == (MESSAGES, MESSAGES)


ANSWER = """
message = env["omni.message"].search([("channel_id.name", "=", "Demo")], limit=1)
conversation = message.conversation_id
answer = env["omni.message"]._enqueue(conversation, {"html": "<p>On Friday.</p>", "delay": 3})
env.cr.commit()
# the thread that wakes the scheduler lives in this process
import time
time.sleep(5)
"""


def test_answer_leaves_after_the_time_to_undo(house):
    database, _channel, port, token, secret = house
    assert _tell(port, token, secret, _document(0)) == 202
    until(lambda: database.query("SELECT 1 FROM omni_message"), 60, database)
    database.shell(ANSWER)
    started = time.monotonic()
    query = "SELECT 1 FROM omni_message WHERE direction = 'out' AND state = 'sent'"
    until(lambda: database.query(query), 60, database)
    assert time.monotonic() - started < 20
