"""What the simulator sends, against what Microsoft published: a test for each shape."""

import base64
from datetime import datetime, timedelta, timezone

import pytest

from simulators.graph import published
from simulators.graph.directory import CLIENT_ID
from simulators.graph.published import (
    ATTACHMENT_GET,
    CREATE_REPLY,
    DELTA,
    ERROR_TEXTS,
    ERRORS,
    FOLDERS,
    IMMUTABLE,
    LIFECYCLE,
    MESSAGE_GET,
    NOTIFICATION,
    SUBSCRIPTION,
    SUBSCRIPTIONS,
    TOKEN,
    TOKEN_ERROR,
    TOKEN_ERRORS,
    UPLOAD,
)

from .client import INFO, signed_in
from .listener import listening

FILE = {"name": "plan.pdf", "base64": base64.b64encode(b"%PDF").decode()}


@pytest.fixture(scope="module")
def client():
    with signed_in() as client:
        yield client


@pytest.fixture
def message(client):
    return client.mail(attachments=[FILE])["messages"][0]["id"]


def check(payload, source, shape):
    assert published.differences(payload, source, shape) == []


def check_error(response, name=None):
    check(response.json(), ERRORS, "envelope")
    error = response.json()["error"]
    check(error, ERRORS, "error")
    check(error["innerError"], ERRORS, "inner")
    if name:
        _source, status, code, text = ERROR_TEXTS[name]
        assert response.status_code == status
        assert code in (None, error["code"])
        assert (text or "") in error["message"]


def later(minutes):
    moment = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")


def subscribe(client, endpoint, **changes):
    body = {
        "changeType": "created,updated",
        "notificationUrl": endpoint.url + "/hook?a=1",
        "lifecycleNotificationUrl": endpoint.url + "/life",
        "resource": f"/users/{INFO}/mailFolders('inbox')/messages",
        "expirationDateTime": later(1000),
        "clientState": "secret",
        **changes,
    }
    return client.post("/subscriptions", body)


def test_token(client):
    check(client.sign_in().json(), TOKEN, "token")


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (7000215, {"client_secret": "wrong"}),
        (90002, {"tenant": "nobody.example"}),
        (700016, {"client_id": CLIENT_ID.replace("2b", "3c")}),
    ],
)
def test_token_refused(client, number, changes):
    answer = client.sign_in(**changes)
    assert answer.status_code in (400, 401)
    check(answer.json(), TOKEN_ERROR, "error")
    assert answer.json()["error_codes"] == [number]
    assert answer.json()["error_description"].startswith(TOKEN_ERRORS[number])


def test_expired_secret():
    with signed_in() as client:
        client.sim("directory", {"expire_secrets": True})
        answer = client.sign_in()
        assert answer.status_code == 401
        check(answer.json(), TOKEN_ERROR, "error")
        assert answer.json()["error_description"].startswith(TOKEN_ERRORS[7000222])


def test_message(client, message):
    content = client.get(f"messages/{message}").json()
    check(content, MESSAGE_GET, "message")
    check(content["body"], MESSAGE_GET, "body")
    check(content["from"], MESSAGE_GET, "recipient")
    check(content["toRecipients"][0]["emailAddress"], MESSAGE_GET, "emailAddress")
    headers = client.get(f"messages/{message}?$select=internetMessageHeaders").json()
    assert set(headers) == {"@odata.context", "@odata.etag", "id", "internetMessageHeaders"}
    for header in headers["internetMessageHeaders"]:
        check(header, MESSAGE_GET, "header")


def test_create_reply(client, message):
    answer = client.post(f"messages/{message}/createReply")
    assert answer.status_code == 201
    check(answer.json(), CREATE_REPLY, "message")
    both = {"comment": "a", "message": {"body": {"contentType": "text", "content": "b"}}}
    check_error(client.post(f"messages/{message}/createReply", both), "both comment and body")
    options = {"data": "no base64!", "headers": {"Content-Type": "text/plain"}}
    check_error(client.post(f"messages/{message}/createReply", **options), "bad MIME")


def test_delta(client, message):
    page = client.get("mailFolders/inbox/messages/delta?$select=subject,sender,isRead").json()
    check(page, DELTA, "page")
    for item in page["value"]:
        check(item, DELTA, "item")
    _items, link = client.round("mailFolders/inbox/messages/delta?$select=subject,sender,isRead")
    client.sim(f"mailboxes/{INFO}/messages/{message}/delete")
    items, _link = client.round(link)
    check(items[0], DELTA, "removed")
    check(items[0]["@removed"], DELTA, "reason")


def test_delta_that_is_no_more(client):
    for how, name in (("gone", "reset"), ("sync_state", "expired token")):
        _items, link = client.round("mailFolders/inbox/messages/delta")
        client.fault(reset_delta=how)
        check_error(client.get(link), name)


def test_folders(client):
    page = client.get("mailFolders").json()
    check(page, FOLDERS, "page")
    names = [folder["displayName"] for folder in page["value"]]
    assert names == sorted(names) and "Sent Items" in names
    for folder in page["value"]:
        check(folder, FOLDERS, "folder")


def test_attachments(client):
    raw = (
        b"From: a@b.example\r\nSubject: x\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\nContent-Type: text/plain\r\n\r\n"
        b"see\r\n--z\r\nContent-Type: message/rfc822\r\n\r\nFrom: c@d.example\r\nSubject: inner\r\n"
        b"\r\ntext\r\n--z\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--z--\r\n"
    )
    answer = client.ask("POST", f"{client.url}/sim/mail?mailbox={INFO}", data=raw,
                        headers={"Content-Type": "message/rfc822"}).json()  # fmt: skip
    key = answer["messages"][0]["id"]
    item, file = client.values(f"messages/{key}/attachments")
    check(item, ATTACHMENT_GET, "item")
    check(file, ATTACHMENT_GET, "file")
    expanded = client.get(
        f"messages/{key}/attachments/{item['id']}?$expand=microsoft.graph.itemattachment/item"
    ).json()
    check(expanded, ATTACHMENT_GET, "item")
    assert expanded["item"]["subject"] == "inner"


def test_upload_session(client):
    draft = client.post("messages", {"subject": "x"}).json()["id"]
    path = f"messages/{draft}/attachments/createUploadSession"
    item = {"attachmentType": "file", "name": "flower", "size": 3_483_322}
    answer = client.post(path, {"AttachmentItem": item})
    assert answer.status_code == 201
    check(answer.json(), UPLOAD, "session")
    url = answer.json()["uploadUrl"]
    headers = {"Content-Range": "bytes 0-2097151/3483322", "Authorization": None}
    part = client.ask("PUT", url, data=bytes(2_097_152), headers=headers)
    check(part.json(), UPLOAD, "progress")
    assert part.json()["nextExpectedRanges"] == ["2097152"]
    small = client.post(path, {"AttachmentItem": {**item, "size": 1000}})
    check_error(small, "too small a session")


def test_subscription(client):
    with listening() as endpoint:
        answer = subscribe(client, endpoint)
        assert answer.status_code == 201
        check(answer.json(), SUBSCRIPTION, "subscription")
        page = client.get("/subscriptions").json()
        check(page, SUBSCRIPTIONS, "page")
        check(page["value"][0], SUBSCRIPTIONS, "subscription")
        assert page["value"][0]["clientState"] is None
        check_error(
            subscribe(client, endpoint, expirationDateTime=later(10_080)), "too long a subscription"
        )
        client.mail()
        (notice,) = endpoint.wait(1)
        check(notice, NOTIFICATION, "notification")
        check(notice["resourceData"], NOTIFICATION, "resourceData")
        key = answer.json()["id"]
        client.sim(f"subscriptions/{key}/missed")
        client.sim(f"subscriptions/{key}/remove")
        for lifecycle in endpoint.wait(3)[1:]:
            check(lifecycle, LIFECYCLE, "notification")
        assert {path for path, _headers, _body in endpoint.requests} == {"/hook?a=1", "/life"}


def test_translate_ids(client, message):
    default = client.get(f"messages/{message}").json()["id"]
    body = {
        "inputIds": [default],
        "targetIdType": "restImmutableEntryId",
        "sourceIdType": "restId",
    }
    page = client.post("translateExchangeIds", body).json()
    check(page, IMMUTABLE, "page")
    check(page["value"][0], IMMUTABLE, "translated")
    assert page["value"][0]["targetId"] == message


def test_throttled(client):
    client.sim("throttle", {"concurrent": 0})
    answer = client.get("messages")
    client.sim("throttle", {"concurrent": 4})
    check_error(answer, "too much at once")
    assert int(answer.headers["Retry-After"]) >= 1


def test_differences_are_seen():
    good = {"name": "X-A", "value": "1"}
    assert published.differences(good, MESSAGE_GET, "header") == []
    assert published.differences({**good, "new": 1}, MESSAGE_GET, "header")
    assert published.differences({"name": 1}, MESSAGE_GET, "header")
    assert published.differences({"@odata.type": "x"}, DELTA, "removed")
