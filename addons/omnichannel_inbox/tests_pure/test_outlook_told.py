"""What Outlook tells by itself: the handshake, notifications, lifecycle; and subscriptions."""

import json
import threading
import time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from odoo.addons.integration_base.exceptions import AuthError, PayloadError, RejectedError
from odoo.addons.omnichannel_inbox.providers.base import WebhookRequest
from odoo.addons.omnichannel_inbox.providers.outlook.graph import utc_now
from odoo.addons.omnichannel_inbox.providers.outlook.notifications import (
    client_state,
    receive,
    verify,
    webhook_address,
)
from odoo.addons.omnichannel_inbox.providers.outlook.subscriptions import (
    CEILING,
    Subscriptions,
    learnt_ceiling,
)
from odoo.addons.omnichannel_inbox.tests_pure.outlook_kit import (
    BOX,
    control,
    provider,
    requests_of,
    write_mail,
)

from simulators.graph.server import Simulator, running

PUBLISHED = json.loads(Path(__file__).with_name("published_graph.json").read_text())
SECRET = "webhook secret"
NOW = datetime(2026, 11, 22, 9)


def heard(items, folder="inbox", query=None, method="POST"):
    body = items if isinstance(items, bytes) else json.dumps({"value": items}).encode()
    return WebhookRequest(method, {"folder": folder, **(query or {})}, {}, body)


def notification(name="notification", **values):
    [item] = json.loads(json.dumps(PUBLISHED[name]["body"]["value"]))
    return item | {"clientState": client_state(SECRET, "inbox")} | values


# === the webhook === #


def test_handshake():
    """Text, decoded, exactly; nothing is stored."""
    token = "Validation: Testing client application reachability for subscription <b>&+%20"
    request = heard(b"", query={"validationToken": token})
    verify(request, SECRET)
    events, reply = receive(request, NOW)
    assert events == ()
    assert (reply.status, reply.body) == (200, token)
    assert reply.content_type.startswith("text/plain")


def test_handshake_is_no_way_around():
    request = heard([notification(clientState="wrong")], query={"validationToken": ""})
    with pytest.raises(AuthError):
        verify(request, SECRET)
    with pytest.raises(PayloadError):
        receive(heard(b"", query={"validationToken": "x" * 5000}), NOW)


def test_notification():
    request = heard([notification(), notification(changeType="updated")])
    verify(request, SECRET)
    events, reply = receive(request, NOW)
    assert reply is None
    assert [event.kind for event in events] == ["hint", "hint"]
    assert all(event.folder == "inbox" for event in events)
    assert len({event.dedupe_key for event in events}) == 2
    assert all(len(event.dedupe_key) < 255 for event in events)
    assert "clientState" not in str(events), "the proof is not kept"
    assert provider_parse(events[0]) == []


def provider_parse(event):
    from odoo.addons.omnichannel_inbox.providers.outlook import OutlookProvider

    return OutlookProvider({"mailbox": BOX}).parse(event)


def test_a_repetition_is_recognised():
    first, _reply = receive(heard([notification(id="one")]), NOW)
    second, _reply = receive(heard([notification(id="two")]), NOW)
    assert first[0].dedupe_key == second[0].dedupe_key


@pytest.mark.parametrize("word", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_lifecycle(word):
    request = heard([notification("lifecycle", lifecycleEvent=word)])
    verify(request, SECRET)
    [event], _reply = receive(request, NOW)
    assert (event.kind, event.payload["lifecycleEvent"]) == ("lifecycle", word)
    [again], _reply = receive(request, NOW + timedelta(days=1))
    assert event.dedupe_key != again.dedupe_key, "worth hearing again another day"


WRONG = [
    ("wrong", {"clientState": "wrong"}),
    ("null", {"clientState": None}),
    ("empty", {"clientState": ""}),
    ("number", {"clientState": 1}),
    ("of another folder", {"clientState": client_state(SECRET, "sentitems")}),
    ("of another channel", {"clientState": client_state("another", "inbox")}),
    ("not ascii", {"clientState": "é" * 64}),
]


@pytest.mark.parametrize("values", [values for _name, values in WRONG], ids=[n for n, _v in WRONG])
def test_without_the_right_proof(values):
    with pytest.raises(AuthError):
        verify(heard([notification(**values)]), SECRET)
    with pytest.raises(AuthError):
        verify(heard([notification(), notification(**values)]), SECRET), "one is enough"


def test_without_any_proof():
    item = notification()
    del item["clientState"]
    with pytest.raises(AuthError):
        verify(heard([item]), SECRET)


@pytest.mark.parametrize("secret", ["", None])
def test_a_channel_without_secret_hears_nothing(secret):
    item = notification(clientState=client_state("", "inbox"))
    with pytest.raises(AuthError):
        verify(heard([item]), secret or "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"value": []}',
        b'{"value": {}}',
        b'{"value": [1]}',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_what_is_no_notification(body):
    with pytest.raises(AuthError):
        verify(heard(body), SECRET)
    with pytest.raises(PayloadError):
        receive(heard(body), NOW)


# === subscriptions, with a webhook that answers === #


class Webhook:
    """Listens as Odoo does."""

    def __init__(self):
        self.got = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = WebhookRequest("POST", query, {}, body)
                try:
                    verify(request, SECRET)
                    events, reply = receive(request, utc_now())
                except (AuthError, PayloadError):
                    self.send_response(403)
                    self.end_headers()
                    return
                webhook.got += events
                self.send_response(reply.status if reply else 202)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(reply.body.encode() if reply else b"")

            def log_message(self, *_args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/omni/webhook/token"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def until(self, kind):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = [event for event in self.got if event.kind == kind]
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"no {kind} came")


@pytest.fixture
def sim():
    with running(Simulator()) as simulator:
        yield simulator


@pytest.fixture
def webhook():
    made = Webhook()
    yield made
    made.http.shutdown()
    made.http.server_close()


def subscribe(sim, webhook, known="", ceiling=0, folder="inbox"):
    found = Subscriptions(provider(sim).graph, ceiling)
    url = webhook_address(webhook.url, folder)
    return found.ensure(folder, url, client_state(SECRET, folder), known)


def active(sim):
    return control(sim, "GET", "/sim/subscriptions")


def test_told(sim, webhook):
    subscribe(sim, webhook)
    write_mail(sim)
    event = webhook.until("hint")
    assert event.folder == "inbox" and event.payload["changeType"] == "created"


def test_ceiling_is_learnt(sim, webhook):
    """More than is allowed is refused; the refusal says how much it is."""
    made = subscribe(sim, webhook)
    assert made.ceiling == 10_070 < CEILING
    posts = requests_of(sim, "POST", "/subscriptions")
    assert [row["status"] for row in posts] == [400, 201]
    assert timedelta(days=6) < made.expiry - utc_now() < timedelta(days=7)
    control(sim, "POST", "/sim/subscriptions", {"max_minutes": 4230})
    made = subscribe(sim, webhook, known=made.id, ceiling=10_070)
    assert made.ceiling == 4230 and len(active(sim)) == 1
    sim.faults.requests.clear()
    subscribe(sim, webhook, known=made.id, ceiling=4230)
    assert [row["status"] for row in requests_of(sim, "PATCH")] == [200], "known from now on"


def test_ceiling_in_words():
    assert learnt_ceiling(PUBLISHED["ceiling"]["body"]) == 10_070
    assert learnt_ceiling("something else with 77 minutes") == 0


def test_renewed_and_not_made_again(sim, webhook):
    made = subscribe(sim, webhook)
    control(sim, "POST", "/sim/clock", {"advance": 3600})
    again = subscribe(sim, webhook, known=made.id)
    assert again.id == made.id and len(active(sim)) == 1


def test_adopted(sim, webhook):
    """Of an earlier life of ours, whose id was lost; and the surplus is ended."""
    first = subscribe(sim, webhook)
    graph = provider(sim).graph
    url = webhook_address(webhook.url, "inbox")
    Subscriptions(graph, first.ceiling)._create("inbox", url, client_state(SECRET, "inbox"))
    subscribe(sim, webhook, folder="sentitems")
    assert len(active(sim)) == 3
    found = subscribe(sim, webhook)
    assert len(active(sim)) == 2, "one for each folder"
    assert found.id in {row["id"] for row in active(sim)}


def test_those_of_others_are_left_alone(sim, webhook):
    other = Webhook()
    theirs = subscribe(sim, other)
    ours = subscribe(sim, webhook)
    assert {theirs.id, ours.id} == {row["id"] for row in active(sim)}
    other.http.shutdown()
    other.http.server_close()


def test_gone_ones_are_made_anew(sim, webhook):
    made = subscribe(sim, webhook)
    control(sim, "POST", f"/sim/subscriptions/{made.id}/remove", {})
    assert webhook.until("lifecycle").payload["lifecycleEvent"] == "subscriptionRemoved"
    assert subscribe(sim, webhook, known=made.id).id != made.id


def test_renewing_authorises(sim, webhook):
    made = subscribe(sim, webhook)
    control(sim, "POST", f"/sim/subscriptions/{made.id}/reauthorize", {})
    assert webhook.until("lifecycle").payload["lifecycleEvent"] == "reauthorizationRequired"
    assert active(sim)[0]["paused"]
    subscribe(sim, webhook, known=made.id)
    assert not active(sim)[0]["paused"]


def test_reauthorised_alone(sim, webhook):
    made = subscribe(sim, webhook)
    control(sim, "POST", f"/sim/subscriptions/{made.id}/reauthorize", {})
    found = Subscriptions(provider(sim).graph)
    assert found.reauthorize(made.id) and not active(sim)[0]["paused"]
    assert not found.reauthorize("no such")


def test_ended(sim, webhook):
    made = subscribe(sim, webhook)
    found = Subscriptions(provider(sim).graph)
    found.remove(made.id)
    found.remove(made.id)
    assert not active(sim)


def test_nobody_answers_there(sim, webhook):
    webhook.http.shutdown()
    webhook.http.server_close()
    with pytest.raises(RejectedError):
        subscribe(sim, webhook)
    assert not active(sim)
