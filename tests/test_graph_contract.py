"""Our client of Outlook and the simulator, both against what Microsoft published.

The simulator is held to the published shapes by its own tests; here what it sends, and the samples
of the documents themselves, are read by our parsers without a loss, and what our client asks for is
nothing that the documents do not have.
"""

import base64
import json
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path

import pytest

from odoo.addons.integration_base.exceptions import RetryableError
from odoo.addons.omnichannel_inbox.providers.base import Attachment, WebhookRequest
from odoo.addons.omnichannel_inbox.providers.outlook import messages, tokens
from odoo.addons.omnichannel_inbox.providers.outlook.errors import ResyncRequired
from odoo.addons.omnichannel_inbox.providers.outlook.folders import list_folders
from odoo.addons.omnichannel_inbox.providers.outlook.graph import parse_time
from odoo.addons.omnichannel_inbox.providers.outlook.notifications import (
    client_state,
    webhook_address,
)
from odoo.addons.omnichannel_inbox.providers.outlook.subscriptions import Subscriptions
from odoo.addons.omnichannel_inbox.providers.outlook.uploads import SINGLE
from odoo.addons.omnichannel_inbox.tests_pure import outlook_kit as kit

from simulators.graph import published
from simulators.graph.published_requests import objections
from simulators.graph.server import Simulator, running
from simulators.graph.tests.listener import listening

SECRET = "webhook secret"
SAMPLES = json.loads(Path(kit.__file__).with_name("published_graph.json").read_text())
#: Whatever a newer Graph adds.
NEW = {"somethingNew": {"of": ["a", "newer", "Graph"]}}
#: What is told of a message and does not concern a conversation with a customer.
NOT_READ = {
    "@odata.context", "@odata.etag", "changeKey", "createdDateTime", "lastModifiedDateTime",
    "categories", "bodyPreview", "importance", "parentFolderId", "isDeliveryReceiptRequested",
    "isReadReceiptRequested", "isRead", "isDraft", "webLink", "inferenceClassification",
    "bccRecipients", "flag", "sender", "conversationIndex",
}  # fmt: skip
#: What is, and how it is called here.
READ = {
    "id": "external_id",
    "subject": "subject",
    "conversationId": "conversation",
    "internetMessageId": "message_id",
    "receivedDateTime": "sent",
    "sentDateTime": "sent",  # of what we wrote
    "from": "author",
    "toRecipients": "recipients",
    "ccRecipients": "cc",
    "replyTo": "reply_to",
    "body": "html",
    "hasAttachments": "has_more_attachments",
    "internetMessageHeaders": "headers",
}
FILE = {"name": "plan.pdf", "content_type": "application/pdf", "base64": "JVBERg=="}
PICTURE = {
    "name": "logo.png", "content_type": "image/png", "content_id": "logo@1", "is_inline": True,
    "base64": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode(),
}  # fmt: skip
LETTER = {
    "from_name": "Claire Petit",
    "cc": ["Ami <ami@example.org>"],
    "reply_to": ["bureau@example.org"],
    "references": ["<one@example.org>", "<two@example.org>"],
    "in_reply_to": "<two@example.org>",
    "headers": {"X-Shop": "1"},
    "html": '<p>Bonjour <img src="cid:logo@1"></p>',
    "attachments": [FILE, PICTURE],
}


class House:
    """A simulated Microsoft 365 and our client."""

    def __init__(self, simulator):
        self.simulator = simulator
        self.outlook = kit.provider(simulator)
        self.key = kit.write_mail(simulator, **LETTER)

    def raw(self, path):
        """What the wire says, without any parser of ours; refusals too."""
        graph = self.outlook.graph
        base = f"{self.simulator.url}/v1.0"
        url = f"{base}{path}" if path.startswith("/") else f"{base}/users/{kit.BOX}/{path}"
        headers = {"Authorization": f"Bearer {graph.token()}", "Prefer": 'IdType="ImmutableId"'}
        request = urllib.request.Request(url, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)


@pytest.fixture
def house():
    with running(Simulator()) as simulator:
        yield House(simulator)


def fits(payload, source, shape):
    assert published.differences(payload, source, shape) == []


def read(payload, folder="inbox"):
    return messages.Reader(kit.BOX).message(payload, folder)


def people(rows):
    return [(row["emailAddress"]["address"].lower(), row["emailAddress"]["name"]) for row in rows]


# -- what is published is read -----------------------------------------------------------------


def lost(payload, inbound):
    """Names of what stands in a payload and not in what was made of it."""
    expected = {
        "id": payload["id"] == inbound.external_id,
        "subject": payload["subject"] == inbound.subject,
        "conversationId": payload["conversationId"] == inbound.conversation,
        "internetMessageId": payload["internetMessageId"] == inbound.message_id,
        "receivedDateTime": parse_time(payload["receivedDateTime"]) == inbound.sent,
        "from": people([payload["from"]]) == [(inbound.author.email, inbound.author.name)],
        "body": payload["body"]["content"] == (inbound.html or inbound.text),
        "hasAttachments": payload["hasAttachments"] <= inbound.has_more_attachments,
        "internetMessageHeaders": [
            (one["name"], one["value"]) for one in payload.get("internetMessageHeaders", ())
        ]
        == list(inbound.headers),
    }
    for name, found in (
        ("toRecipients", inbound.recipients),
        ("ccRecipients", inbound.cc),
        ("replyTo", inbound.reply_to),
    ):
        # Outlook repeats the address of whoever has no name
        expected[name] = people(payload[name]) == [
            (one.email, one.name or one.email) for one in found
        ]
    return [name for name, is_there in expected.items() if not is_there]


def test_message(house):
    payload = house.raw(f"messages/{house.key}")
    fits(payload, published.MESSAGE_GET, "message")
    whole = payload | house.raw(f"messages/{house.key}?$select=internetMessageHeaders")
    for message in (payload, whole, SAMPLES["message"]["body"]):
        inbound = read(message)
        assert lost(message, inbound) == []
        assert read(message | NEW) == inbound
    assert inbound.cc == () and read(whole).references[0] == "<two@example.org>"


def test_every_field_has_its_place(house):
    """What is asked for is published, and read; what is not read is known not to matter."""
    fields = set(published.SHAPES[published.MESSAGE_GET]["message"])
    assert fields == (fields & set(READ)) | (NOT_READ & fields)
    asked = set(messages.SELECT.split(","))
    assert asked - fields == {"internetMessageHeaders"}, "only to be had when it is asked for"
    assert set(READ) <= asked
    inbound = read(house.raw(f"messages/{house.key}?$select={messages.SELECT}"))
    assert [name for name in READ.values() if not getattr(inbound, name)] == []


def test_samples_fit_the_shapes():
    """Both sets of fixtures, ours and the simulator's, say the same."""
    sample = dict(SAMPLES["message"]["body"], webLink="https://outlook.office365.com/…")
    fits(sample, published.MESSAGE_GET, "message")
    for name, source in (
        ("notification", published.NOTIFICATION),
        ("lifecycle", published.LIFECYCLE),
    ):
        fits(SAMPLES[name]["body"], source, "collection")
        for item in SAMPLES[name]["body"]["value"]:
            fits(item, source, "notification")
    fits(SAMPLES["upload_progress"]["body"], published.UPLOAD, "progress")
    for name in ("delta_first_page", "delta_next_round"):
        fits(SAMPLES[name]["body"], published.DELTA, "page")
    removed, updated = SAMPLES["delta_next_round"]["body"]["value"]
    fits(removed, published.DELTA, "removed")
    # a slip of the pen in the document
    fits(updated | {"isRead": True}, published.DELTA, "item")


def test_delta(house):
    """A page, what was removed, and links that are followed as they are."""
    events, cursor, _pages = kit.read_all(house.outlook, since=kit.ago(hours=1))
    assert [event.dedupe_key for event in events] == [f"message:{house.key}"]
    whole = house.raw(f"messages/{house.key}?$select={messages.SELECT}")
    [inbound] = house.outlook.parse(events[0])
    assert inbound == read(whole)
    kit.control(
        house.simulator, "POST", f"/sim/mailboxes/{kit.BOX}/messages/{house.key}/delete", {}
    )
    [event], _cursor, _pages = kit.read_all(house.outlook, cursor=cursor)
    fits(event.payload, published.DELTA, "removed")
    [removed] = house.outlook.parse(event)
    assert removed.external_id == house.key


@pytest.mark.parametrize("how", ["gone", "sync_state"])
def test_delta_that_is_forgotten(house, how):
    _events, cursor, _pages = kit.read_all(house.outlook, since=kit.ago(hours=1))
    kit.fault(house.simulator, reset_delta=how)
    link = json.loads(cursor)["delta"]
    refusal = house.raw(link.removeprefix(f"{house.simulator.url}/v1.0"))
    fits(refusal, published.ERRORS, "envelope")
    with pytest.raises(ResyncRequired):
        house.outlook.graph.get(link)


def test_attachments(house):
    rows = house.raw(f"messages/{house.key}/attachments")["value"]
    assert len(rows) == 2
    inbound = read(house.raw(f"messages/{house.key}"))
    listed = house.outlook.attachments(inbound)
    for row, file in zip(rows, listed, strict=True):
        fits(row, published.ATTACHMENT_GET, "file")
        parsed = messages.attachment(row)
        assert parsed == messages.attachment(row | NEW) == file
        assert (parsed.external_id, parsed.name) == (row["id"], row["name"])
        assert (parsed.content_type, parsed.size) == (row["contentType"], row["size"])
        assert (parsed.content_id, parsed.is_inline) == (row["contentId"] or "", row["isInline"])
        assert house.outlook.fetch(inbound, file) == base64.b64decode(row["contentBytes"])


def test_folders(house):
    rows = house.raw("mailFolders?$top=100")["value"]
    for row in rows:
        fits(row, published.FOLDERS, "folder")
    counts = {row["displayName"]: row["totalItemCount"] for row in rows}
    folders = list_folders(house.outlook.graph)
    assert {"inbox", "sentitems"} <= {folder.key for folder in folders}
    assert all(folder.count == counts[folder.name] for folder in folders)


def test_subscription_and_what_it_tells(house):
    with listening() as endpoint:
        url = webhook_address(f"{endpoint.url}/hook", "inbox")
        proof = client_state(SECRET, "inbox")
        made = Subscriptions(house.outlook.graph).ensure("inbox", url, proof)
        [row] = house.raw("/subscriptions")["value"]
        fits(row, published.SUBSCRIPTIONS, "subscription")
        assert (made.id, made.expiry) == (row["id"], parse_time(row["expirationDateTime"]))
        kit.write_mail(house.simulator)
        endpoint.wait(1)
        kit.control(house.simulator, "POST", f"/sim/subscriptions/{made.id}/missed", {})
        endpoint.wait(2)
        told = [(path, body) for path, _headers, body in endpoint.requests]
    told += [(told[0][0], SAMPLES[name]["body"]) for name in ("notification", "lifecycle")]
    kinds = []
    for path, body in told:
        for item in body["value"]:
            shape = published.LIFECYCLE if "lifecycleEvent" in item else published.NOTIFICATION
            fits(item, shape, "notification")
        body = {"value": [item | NEW | {"clientState": proof} for item in body["value"]]}
        query = {"folder": path.partition("folder=")[2]}
        request = WebhookRequest("POST", query, {}, json.dumps(body).encode())
        house.outlook.verify(request)
        events, _reply = house.outlook.receive(request)
        assert len(events) == len(body["value"])
        for event, item in zip(events, body["value"], strict=True):
            assert event.folder == "inbox"
            assert event.payload == {k: v for k, v in item.items() if k != "clientState"}
            kinds.append(event.kind)
    assert kinds == ["hint", "lifecycle", "hint", "lifecycle"]


def test_token():
    """Both kinds of it, and what an answer has beside."""
    sample = {"token_type": "Bearer", "expires_in": 3599, "access_token": "x"}
    fits(sample, published.TOKEN, "token")
    found = tokens.Token.parse(sample | {"ext_expires_in": 3599} | NEW)
    assert (found.value, found.lifetime, found.refresh) == ("x", 3599, "")
    fits(sample | {"refresh_token": "r", "scope": "a b"}, published.USER_TOKEN, "token")
    assert tokens.Token.parse(sample | {"refresh_token": "r"}).refresh == "r"


def test_throttled(house):
    kit.control(house.simulator, "POST", "/sim/throttle", {"concurrent": 0})
    refusal = house.raw("messages")
    fits(refusal, published.ERRORS, "envelope")
    _source, _status, code, text = published.ERROR_TEXTS["too much at once"]
    assert refusal["error"]["code"] == code and text in refusal["error"]["message"]
    with pytest.raises(RetryableError) as caught:
        house.outlook.graph.get("messages")
    assert caught.value.retry_after


# -- what we ask for is published --------------------------------------------------------------


def everything(house, endpoint):
    """Whatever our client can do, once."""
    simulator, outlook = house.simulator, house.outlook
    # the first reading, the next one, history by windows, after a reset; the other folder
    _events, cursor, _pages = kit.read_all(outlook, since=kit.ago(days=40))
    kit.write_mail(simulator)
    kit.read_all(outlook, cursor=cursor)
    kit.fault(simulator, reset_delta="gone")
    kit.read_all(outlook, cursor=cursor)
    kit.read_all(outlook, "sentitems")
    list(outlook.census("inbox", kit.ago(days=1)))
    inbound = read(house.raw(f"messages/{house.key}"))
    simulator.faults.requests.pop()  # that was not our client
    for file in outlook.attachments(inbound):
        outlook.fetch(inbound, file)
    # a reply with all there is, and a new mail; a look at what became of them
    large = Attachment("large.pdf", "application/pdf", content=bytes(4_000_000))
    # of a size of which nobody says for sure how it is sent
    medium = Attachment("medium.pdf", "application/pdf", content=bytes(SINGLE + 1))
    small = Attachment("small.pdf", "application/pdf", content=b"%PDF")
    picture = Attachment("p.png", "image/png", content_id="p", is_inline=True, content=b"\x89PNG")
    kit.fault(simulator, {"action": "cut_after", "method": "PUT", "path": "/api/v2.0/"})
    progress = {}
    reply = kit.outbound(in_reply_to=house.key, attachments=(large, medium, small, picture))
    outlook.send(reply, progress.update)
    outlook.check(kit.outbound(progress=progress))
    fresh = kit.outbound(
        uuid="1" * 36,
        subject="Votre commande",
        references=("<two@example.org>",),
        cc=kit.outbound().recipients,
        bcc=kit.outbound().recipients,
    )
    outlook.send(fresh, progress.update)
    outlook.check(kit.outbound(uuid="1" * 36, progress={"creating": True}))
    # a draft of a life before: is deleted, and made anew
    kept = {}
    kit.fault(simulator, {"status": 503, "method": "PATCH", "path": "/messages/", "times": 9})
    with pytest.raises(RetryableError):
        outlook.send(kit.outbound(uuid="2" * 36), kept.update)
    kit.fault(simulator, reset=True)
    outlook.send(kit.outbound(uuid="2" * 36, progress=kept), kept.update)
    # being told
    url, proof = webhook_address(f"{endpoint.url}/hook", "inbox"), client_state(SECRET, "inbox")
    subscriptions = Subscriptions(outlook.graph)
    made = subscriptions.ensure("inbox", url, proof)
    subscriptions.ensure("inbox", url, proof, made.id)
    subscriptions.ensure("inbox", url, proof)  # adopted
    subscriptions.reauthorize(made.id)
    subscriptions.remove(made.id)
    # setting it up
    assert all(check.is_ok for check in outlook.health())
    list_folders(outlook.graph)


def test_nothing_is_asked_that_is_not_published(house):
    house.simulator.faults.requests.clear()
    with listening() as endpoint:
        everything(house, endpoint)
    rows = kit.control(house.simulator, "GET", "/sim/requests")
    found = {text for row in rows for text in objections(row)}
    assert found == set()
    done = {(row["method"], row["path"].rpartition("/")[2]) for row in rows}
    for step in (
        ("GET", "delta"), ("POST", "createReply"), ("POST", "createUploadSession"),
        ("POST", "send"), ("GET", "$value"), ("POST", "reauthorize"), ("POST", "token"),
    ):  # fmt: skip
        assert step in done, f"{step} was never tried"
    assert {"PUT", "PATCH", "DELETE"} <= {method for method, _path in done}


def _row(method, path, **values):
    row = {
        "method": method, "path": path, "query": {}, "body": None, "authorized": True,
        "prefer": ['IdType="ImmutableId"'],
    }  # fmt: skip
    return row | values


MAIL = "/v1.0/users/a@b.example/messages"


@pytest.mark.parametrize(
    "row",
    [
        _row("POST", f"{MAIL}/1/replyAllNow"),
        _row("GET", f"{MAIL}/1", query={"$select": "id,sofa"}),
        _row("GET", f"{MAIL}/1", prefer=[]),
        _row("GET", f"{MAIL}/1", body="{}"),
        _row("GET", MAIL, query={"$filter": "isRead eq false or 1 eq 1"}),
        _row("GET", MAIL, query={"$search": '"sofa"'}),
        _row("PATCH", f"{MAIL}/1", body='{"toRecipients": [{"address": "a@b.example"}]}'),
        _row("PATCH", f"{MAIL}/1", body='{"internetMessageHeaders": []}'),
        _row("POST", f"{MAIL}/1/send", body='{"saveToSentItems": true}'),
        _row(
            "GET",
            "/v1.0/users/a@b.example/mailFolders/inbox/messages/delta",
            query={"$filter": "receivedDateTime lt 2026-01-01T00:00:00Z"},
        ),
        _row("PUT", "/api/v2.0/x"),
        _row("POST", "/t/oauth2/v2.0/token", body="grant_type=client_credentials&password=x"),
    ],
)
def test_objections_are_seen(row):
    assert objections(row)


def test_published_requests_are_not_objected_to():
    assert objections(_row("GET", f"{MAIL}/1", query={"$select": "id,subject"})) == []
    assert objections(_row("PUT", "/api/v2.0/x", authorized=False, prefer=[])) == []
    moment = datetime(2026, 1, 1).isoformat()
    query = {"$filter": f"receivedDateTime ge {moment}Z", "$orderby": "receivedDateTime desc"}
    assert objections(_row("GET", MAIL, query=query)) == []
