"""Mail itself: what customers write, what Outlook's users do, what is sent and to whom."""

import base64

import pytest

from .client import ANNA, IMMUTABLE, INFO, SAV, signed_in

PREFER = IMMUTABLE["Prefer"]


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


def reply(client, key, text="Bonjour", **options):
    draft = client.post(f"messages/{key}/createReply", {"comment": text}, prefer=PREFER).json()
    assert client.post(f"messages/{draft['id']}/send", **options).status_code == 202
    return draft


def test_one_mail_to_two_mailboxes(client):
    answer = client.mail(mailbox=[INFO, SAV])
    assert [one["mailbox"] for one in answer["messages"]] == [INFO, SAV]
    assert len({one["id"] for one in answer["messages"]}) == 2
    rows = client.ledger()["incoming"]
    assert {row["message_id"] for row in rows} == {answer["internet_message_id"]}


def test_answer_reaches_the_customer_and_his_answer_joins_the_thread(client):
    key = client.mail()["messages"][0]["id"]
    draft = reply(client, key)
    (post,) = [one for one in client.see(f"customers/{ANNA}") if one["direction"] == "in"]
    assert post["message_id"] == draft["internetMessageId"]
    assert post["text"].startswith("Bonjour") and "Où est-elle" in post["text"]
    back = client.sim(
        f"customers/{ANNA}/{post['key']}/reply", {"text": "Merci", "subject": "Autre"}
    )
    answer = client.get(f"messages/{back['messages'][0]['id']}").json()
    assert answer["conversationId"] == draft["conversationId"]
    assert answer["subject"] == "Autre"


def test_the_same_subject_is_no_thread(client):
    first, second = (client.mail()["messages"][0]["id"] for _ in range(2))
    conversations = {
        client.get(f"messages/{key}").json()["conversationId"] for key in (first, second)
    }
    assert len(conversations) == 2


def test_default_ids_change_with_the_folder_and_immutable_ones_stay(client):
    key = client.mail()["messages"][0]["id"]
    before = client.get(f"messages/{key}").json()["id"]
    client.sim(f"mailboxes/{INFO}/messages/{key}/move", {"folder": "archive"})
    assert client.get(f"messages/{before}").status_code == 404
    after = client.get(f"messages/{key}").json()["id"]
    assert after not in (before, key)
    assert client.get(f"messages/{after}", prefer=PREFER).json()["id"] == key


def test_a_draft_keeps_its_immutable_id_when_it_was_sent(client):
    key = client.mail()["messages"][0]["id"]
    client.fault(hold_sent=-1)
    draft = reply(client, key)
    path = f"messages/{draft['id']}"
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/send").status_code == 404
    assert client.ledger()["outgoing"][0]["folder"] is None
    client.fault(release_sent=True)
    sent = client.get(path, prefer=PREFER).json()
    assert not sent["isDraft"] and sent["internetMessageId"] == draft["internetMessageId"]
    assert client.post(f"{path}/send").status_code == 400
    assert len(client.ledger()["outgoing"]) == 1


def test_a_copy_that_lags_comes_by_itself(client):
    client.fault(hold_sent=60)
    draft = reply(client, client.mail()["messages"][0]["id"])
    client.sim("clock", {"advance": 61})
    for _attempt in range(100):
        if client.get(f"messages/{draft['id']}").ok:
            return
    raise AssertionError("it did not come")


def test_reply_to_and_blind_copies(client):
    key = client.mail(reply_to=["orders@client.example"])["messages"][0]["id"]
    draft = client.post(f"messages/{key}/createReply").json()
    assert draft["toRecipients"][0]["emailAddress"]["address"] == "orders@client.example"
    blind = [{"emailAddress": {"address": "chef@client.example"}}]
    client.patch(f"messages/{draft['id']}", {"bccRecipients": blind})
    client.post(f"messages/{draft['id']}/send")
    assert client.ledger()["outgoing"][0]["delivered"] == [
        "orders@client.example", "chef@client.example",
    ]  # fmt: skip
    assert "chef@" not in str(client.see("customers/orders@client.example"))


def test_reply_all_leaves_ourselves_out(client):
    key = client.mail(to=[INFO, "bob@client.example"], cc=[SAV])["messages"][0]["id"]
    draft = client.post(f"messages/{key}/createReplyAll").json()
    assert [one["emailAddress"]["address"] for one in draft["toRecipients"]] == [ANNA]
    assert [one["emailAddress"]["address"] for one in draft["ccRecipients"]] == [
        "bob@client.example", SAV,
    ]  # fmt: skip


def test_a_reply_from_outlook_itself(client):
    key = client.mail()["messages"][0]["id"]
    sent = client.sim(f"mailboxes/{INFO}/messages/{key}/reply", {"text": "D'Outlook"})
    (row,) = client.ledger()["outgoing"]
    assert (row["by"], row["id"]) == ("outlook", sent["id"])
    (item,), _link = client.round("mailFolders/sentitems/messages/delta", prefer=PREFER)
    assert item["id"] == sent["id"]


def test_what_cannot_be_delivered_comes_back(client):
    client.fault(undeliverable=["client.example"])
    draft = reply(client, client.mail()["messages"][0]["id"])
    row = client.ledger()["outgoing"][0]
    assert (row["delivered"], row["refused"]) == ([], [ANNA])
    notes = client.values("messages?$filter=subject eq 'Undeliverable: RE: Ma commande'")
    headers = client.get(f"messages/{notes[0]['id']}?$select=internetMessageHeaders").json()[
        "internetMessageHeaders"
    ]
    values = {header["name"]: header["value"] for header in headers}
    assert values["In-Reply-To"] == draft["internetMessageId"]
    assert values["X-Failed-Recipients"] == ANNA
    assert values["Content-Type"].startswith("multipart/report")


def test_selected_fields_only(client):
    key = client.mail()["messages"][0]["id"]
    shown = client.get(f"messages/{key}?$select=subject").json()
    assert set(shown) == {"@odata.context", "@odata.etag", "id", "subject"}
    assert "internetMessageHeaders" not in client.get(f"messages/{key}").json()


def test_text_on_request_and_no_scripts(client):
    html = "<html><body><p onclick='x()'>Un <b>mot</b></p><script>alert(1)</script></body></html>"
    key = client.mail(html=html)["messages"][0]["id"]
    path = f"messages/{key}?$select=body"
    shown = client.get(path).json()["body"]["content"]
    assert "alert" not in shown and "onclick" not in shown
    answer = client.get(path, prefer='outlook.body-content-type="text"')
    assert answer.json()["body"] == {"contentType": "text", "content": "Un mot"}
    assert "outlook.body-content-type" in answer.headers["Preference-Applied"]
    asked = client.get(path, prefer="outlook.allow-unsafe-html").json()
    assert "alert(1)" in asked["body"]["content"]
    client.fault(unsafe_html=True)
    assert "alert(1)" in client.get(path).json()["body"]["content"]


def test_filters(client):
    name = "String {00020329-0000-0000-C000-000000000046} Name outbox"
    client.mail(subject="l'objet", received="2026-01-05T10:00:00Z")
    client.mail(received="2026-02-05T10:00:00Z")
    assert len(client.values("messages?$filter=receivedDateTime ge 2026-02-01T00:00:00Z")) == 1
    assert len(client.values("messages?$filter=subject eq 'l''objet'")) == 1
    body = {"subject": "x", "singleValueExtendedProperties": [{"id": name, "value": "42"}]}
    draft = client.post("messages", body).json()["id"]
    found = client.values(
        f"messages?$filter=singleValueExtendedProperties/any(ep: ep/id eq '{name}' and ep/value "
        f"eq '42')&$expand=singleValueExtendedProperties($filter=id eq '{name}')"
    )
    assert [one["id"] for one in found] == [draft]
    assert found[0]["singleValueExtendedProperties"] == [{"id": name, "value": "42"}]
    wrong = client.get("messages?$filter=isRead eq false&$orderby=receivedDateTime desc")
    assert wrong.json()["error"]["code"] == "InefficientFilter"


def test_pages(client):
    for number in range(5):
        client.mail(subject=str(number))
    first = client.get("messages?$top=2&$select=subject").json()
    assert len(first["value"]) == 2 and first["@odata.nextLink"].startswith(client.url)
    assert len(client.values("messages?$top=2")) == 5


def test_drafts_are_checked(client):
    key = client.mail()["messages"][0]["id"]
    assert client.patch(f"messages/{key}", {"subject": "nein"}).status_code == 400
    assert client.patch(f"messages/{key}", {"isRead": True}).json()["isRead"] is True
    draft = client.post("messages", {"subject": "x"}).json()["id"]
    nobody = client.post(f"messages/{draft}/send")
    assert nobody.json()["error"]["code"] == "ErrorInvalidRecipients"
    header = [{"name": "References", "value": "<1@x>"}]
    assert client.patch(f"messages/{draft}", {"internetMessageHeaders": header}).status_code == 400
    good = {"internetMessageHeaders": [{"name": "X-Outbox", "value": "1"}],
            "toRecipients": [{"emailAddress": {"address": ANNA}}]}  # fmt: skip
    client.patch(f"messages/{draft}", good)
    client.post(f"messages/{draft}/send")
    assert client.see(f"customers/{ANNA}")[-1]["headers"] == [{"name": "X-Outbox", "value": "1"}]


def test_attachments_of_both_sizes(client):
    draft = client.post("messages", {"toRecipients": [{"emailAddress": {"address": ANNA}}]}).json()
    path = f"messages/{draft['id']}/attachments"

    def small(size):
        content = base64.b64encode(bytes(size)).decode()
        body = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": "s",
            "contentBytes": content,
        }
        return client.post(path, body).status_code

    assert small(1000) == 201
    assert small(3 * 1024 * 1024) == 413
    content = bytes(range(256)) * 16_384  # 4 MB
    item = {"attachmentType": "file", "name": "grand.bin", "size": len(content)}
    session = client.post(f"{path}/createUploadSession", {"AttachmentItem": item}).json()

    def put(first, last, **headers):
        headers = {"Content-Range": f"bytes {first}-{last - 1}/{len(content)}",
                   "Authorization": None, **headers}  # fmt: skip
        return client.ask("PUT", session["uploadUrl"], data=content[first:last], headers=headers)

    half = len(content) // 2
    assert put(0, half, Authorization="Bearer x").status_code == 401
    assert put(half, len(content)).status_code == 416
    assert put(0, half).json()["nextExpectedRanges"] == [str(half)]
    last = put(half, len(content))
    assert last.status_code == 201 and "/Attachments('" in last.headers["Location"]
    client.post(f"messages/{draft['id']}/send")
    files = client.see(f"customers/{ANNA}")[-1]["attachments"]
    assert [file["name"] for file in files] == ["s", "grand.bin"]
    assert client.ask("GET", client.url + files[1]["url"]).content == content


def test_a_mailbox_has_a_limit(client):
    client.sim("directory", {"max_message": 5_000_000})
    draft = client.post("messages", {}).json()["id"]
    content = base64.b64encode(bytes(2_900_000)).decode()
    body = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "s", "contentBytes": content}
    answers = [client.post(f"messages/{draft}/attachments", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 413]
    assert answers[1].json()["error"]["code"] == "ErrorMessageSizeExceeded"


def test_broken_mime_is_taken_apart(client):
    raw = (
        b"From: =?x-unknown?Q?J=FCrgen?= <j@client.example>\r\nTo: " + INFO.encode() + b"\r\n"
        b"Subject: =?utf-8?B?Q2Fmw6k=?=\r\nMessage-ID: <7@client.example>\r\n"
        b"In-Reply-To: <6@x.example>\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n"
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nd\xe9j\xe0\r\n--z\r\n"
        b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\r\n"
    )
    answer = client.ask("POST", f"{client.url}/sim/mail?authenticated=fail", data=raw,
                        headers={"Content-Type": "message/rfc822"}).json()  # fmt: skip
    key = answer["messages"][0]["id"]
    shown = client.get(f"messages/{key}", prefer='outlook.body-content-type="text"').json()
    assert (shown["subject"], shown["body"]["content"].strip()) == ("Café", "déjà")
    assert shown["internetMessageId"] == "<7@client.example>"
    (file,) = client.values(f"messages/{key}/attachments")
    assert file["name"] == "winmail.dat"
    headers = client.get(f"messages/{key}?$select=internetMessageHeaders").json()
    assert "dmarc=fail" in str(headers)
    value = client.get(f"messages/{key}/$value")
    assert value.content.endswith(raw) and value.headers["Content-Type"].startswith("text/plain")
