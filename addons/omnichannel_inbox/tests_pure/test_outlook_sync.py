"""Reading a mailbox over real HTTP: against the simulated Microsoft 365."""

import base64
import json
from datetime import timedelta

import pytest

from odoo.addons.integration_base.exceptions import AuthError, RejectedError, RetryableError
from odoo.addons.omnichannel_inbox.providers.base import FailureType, Removed
from odoo.addons.omnichannel_inbox.providers.outlook import delta
from odoo.addons.omnichannel_inbox.providers.outlook.folders import list_folders
from odoo.addons.omnichannel_inbox.tests_pure.outlook_kit import (
    BOX,
    CUSTOMER,
    OTHER,
    ago,
    control,
    credentials,
    fault,
    provider,
    read_all,
    requests_of,
    write_mail,
)

from simulators.graph.server import Simulator, running


@pytest.fixture
def sim():
    with running(Simulator()) as simulator:
        yield simulator


@pytest.fixture
def outlook(sim):
    return provider(sim)


def ids(events):
    return [event.payload["id"] for event in events if "@removed" not in event.payload]


def keys(events):
    return [event.dedupe_key for event in events]


def test_first_reading_and_what_follows(sim, outlook):
    first = write_mail(sim)
    events, cursor, pages = read_all(outlook, since=ago(minutes=5))
    assert ids(events) == [first]
    assert pages[-1].is_last and not pages[-1].is_reset
    again, cursor, _pages = read_all(outlook, cursor=cursor)
    assert not again
    second = write_mail(sim, subject="Encore")
    events, cursor, _pages = read_all(outlook, cursor=cursor)
    assert ids(events) == [second]
    [inbound] = outlook.parse(events[0])
    assert inbound.author.email == CUSTOMER and inbound.folder == "inbox"
    assert inbound.is_authenticated is True


def test_every_request_asks_for_lasting_ids(sim, outlook):
    write_mail(sim, attachments=[{"name": "a.txt", "base64": "aGVsbG8="}])
    events, _cursor, _pages = read_all(outlook, since=ago(minutes=5))
    outlook.attachments(outlook.parse(events[0])[0])
    rows = requests_of(sim, path="/v1.0")
    assert rows and all('IdType="ImmutableId"' in ", ".join(row["prefer"]) for row in rows)


def test_pages(sim, outlook, monkeypatch):
    monkeypatch.setattr(delta, "_PREFER", "odata.maxpagesize=2")
    written = [write_mail(sim, subject=str(number)) for number in range(5)]
    events, _cursor, pages = read_all(outlook, since=ago(minutes=5))
    assert sorted(ids(events)) == sorted(written)
    assert len(pages) > 2 and [page.is_last for page in pages].count(True) == 1


def test_goes_on_where_it_was_left(sim, outlook, monkeypatch):
    monkeypatch.setattr(delta, "_PREFER", "odata.maxpagesize=2")
    written = [write_mail(sim, subject=str(number)) for number in range(5)]
    page = next(iter(outlook.sync("inbox", "", ago(minutes=5))))
    events, _cursor, _pages = read_all(outlook, cursor=page.cursor)
    assert sorted(ids(page.events) + ids(events)) == sorted(written)


def test_empty_pages_and_repetitions(sim, outlook):
    fault(sim, empty_pages=3, repeat=1)
    first = write_mail(sim)
    events, _cursor, pages = read_all(outlook, since=ago(minutes=5))
    assert set(ids(events)) == {first}
    assert len(set(keys(events))) == 1, "stored once, whatever is repeated"
    assert len(pages) > 3


def test_a_person_reading_the_mail_says_nothing_new(sim, outlook):
    mail = write_mail(sim)
    _events, cursor, _pages = read_all(outlook, since=ago(minutes=5))
    control(sim, "POST", f"/sim/mailboxes/{BOX}/messages/{mail}/read", {})
    events, cursor, _pages = read_all(outlook, cursor=cursor)
    assert not events
    # one that was read before we looked is there all the same
    other = write_mail(sim)
    control(sim, "POST", f"/sim/mailboxes/{BOX}/messages/{other}/read", {})
    events, _cursor, _pages = read_all(outlook, cursor=cursor)
    assert ids(events) == [other]


def test_changed_ones_may_come_whole(sim, outlook):
    fault(sim, whole_updates=True)
    mail = write_mail(sim)
    before, cursor, _pages = read_all(outlook, since=ago(minutes=5))
    control(sim, "POST", f"/sim/mailboxes/{BOX}/messages/{mail}/read", {})
    after, _cursor, _pages = read_all(outlook, cursor=cursor)
    assert set(keys(after)) <= set(keys(before)), "recognised as known"


def test_deleted(sim, outlook):
    mail = write_mail(sim)
    _events, cursor, _pages = read_all(outlook, since=ago(minutes=5))
    control(sim, "POST", f"/sim/mailboxes/{BOX}/messages/{mail}/delete", {})
    events, _cursor, _pages = read_all(outlook, cursor=cursor)
    assert [outlook.parse(event) for event in events] == [[Removed(mail, "inbox")]]


def test_replies_written_in_outlook_itself(sim, outlook):
    body = {"to": [CUSTOMER], "subject": "Votre commande", "html": "<p>Bonjour</p>"}
    control(sim, "POST", f"/sim/mailboxes/{BOX}/send", body)
    control(sim, "POST", "/sim/settle", {})
    events, _cursor, _pages = read_all(outlook, "sentitems", since=ago(minutes=5))
    [inbound] = outlook.parse(events[0])
    assert inbound.is_ours and not inbound.outbox_uuid
    assert [one.email for one in inbound.recipients] == [CUSTOMER]


def test_drafts_are_passed_over(sim, outlook):
    outlook.graph.post("messages", {"subject": "later"})
    events, _cursor, _pages = read_all(outlook, "drafts", since=ago(minutes=5))
    assert not events


@pytest.mark.parametrize("how", ["gone", "sync_state"])
def test_forgotten_by_outlook(sim, outlook, how):
    first = write_mail(sim)
    known, cursor, _pages = read_all(outlook, since=ago(minutes=5))
    second = write_mail(sim, subject="Pendant ce temps")
    fault(sim, reset_delta=how)
    events, cursor, pages = read_all(outlook, cursor=cursor)
    assert all(page.is_reset for page in pages)
    assert {first, second} == set(ids(known + events))
    assert len(set(keys(known + events))) == 2, "no duplicates"
    third = write_mail(sim)
    events, _cursor, pages = read_all(outlook, cursor=cursor)
    assert ids(events) == [third] and not pages[-1].is_reset


def test_forgotten_after_a_long_silence(sim, outlook):
    """What came between the last message seen and the new beginning is read by windows."""
    write_mail(sim, received=ago(days=60).isoformat() + "Z")
    known, cursor, _pages = read_all(outlook, since=ago(days=61))
    missed = write_mail(sim, received=ago(days=40).isoformat() + "Z")
    fault(sim, reset_delta="gone")
    events, _cursor, _pages = read_all(outlook, cursor=cursor)
    assert missed in ids(events)
    assert len(set(keys(known + events))) == 2


def test_a_link_that_is_worth_nothing(sim, outlook):
    """Of another cloud, of another mailbox, damaged: begin anew instead of failing for ever."""
    first = write_mail(sim)
    for link in ("https://elsewhere.example/v1.0/delta", f"{sim.url}/v1.0/users/x/nowhere"):
        cursor = json.dumps({"delta": link, "base": ago(minutes=5).isoformat() + "Z"})
        events, _cursor, pages = read_all(outlook, cursor=cursor)
        assert ids(events) == [first] and pages[-1].is_reset
    assert not requests_of(sim, path="elsewhere")


def test_history_by_windows(sim, outlook):
    """The delta query begins shortly before now, whatever is asked for."""
    old = [write_mail(sim, received=ago(days=days).isoformat() + "Z") for days in (10, 40, 80)]
    older = write_mail(sim, received=ago(days=120).isoformat() + "Z")
    new = write_mail(sim)
    events, cursor, pages = read_all(outlook, since=ago(days=90))
    found = ids(events)
    assert found == [new, *old], "the newest first"
    assert older not in found
    asked = requests_of(sim, path="messages/delta")
    assert ago(days=8).isoformat() < asked[0]["query"]["$filter"].rpartition(" ")[2]
    assert pages[-1].is_last
    assert not read_all(outlook, cursor=cursor)[0]


def test_history_goes_on_where_it_was_left(sim, outlook):
    old = [write_mail(sim, received=ago(days=days).isoformat() + "Z") for days in (10, 40, 80)]
    found, cursor = [], ""
    for _round in range(12):
        page = next(iter(outlook.sync("inbox", cursor, ago(days=90))))
        # a worker that is killed after each page; the first page of a round is the delta query
        pages = iter(outlook.sync("inbox", page.cursor, None))
        found += ids(page.events)
        for page in list(pages)[:2]:
            found += ids(page.events)
            cursor = page.cursor
    assert found == old


def test_more_than_a_filtered_delta_gives(sim, outlook, monkeypatch):
    """5,000 in reality: the simulator's limit and ours are lowered together."""
    monkeypatch.setattr(delta, "LIMIT", 20)
    monkeypatch.setattr("simulators.graph.delta._FILTERED", 20)
    written = [
        write_mail(sim, subject=str(number), received=ago(hours=30 + number).isoformat() + "Z")
        for number in range(30)
    ]
    events, cursor, _pages = read_all(outlook, since=ago(days=6))
    assert set(ids(events)) == set(written)
    assert len(set(keys(events))) == 30
    new = write_mail(sim)
    assert ids(read_all(outlook, cursor=cursor)[0]) == [new]


def test_attachments(sim, outlook):
    content = base64.b64encode(b"hello").decode()
    write_mail(
        sim,
        html='<p><img src="cid:logo@x"></p>',
        attachments=[
            {"name": "plan.pdf", "base64": content, "content_type": "application/pdf"},
            {"name": "logo.png", "base64": content, "content_type": "image/png",
             "is_inline": True, "content_id": "logo@x"},
        ],
    )  # fmt: skip
    events, _cursor, _pages = read_all(outlook, since=ago(minutes=5))
    [inbound] = outlook.parse(events[0])
    assert inbound.has_more_attachments
    files = {file.name: file for file in outlook.attachments(inbound)}
    assert set(files) == {"plan.pdf", "logo.png"}
    assert files["logo.png"].content_id == "logo@x" and files["logo.png"].is_inline
    assert outlook.fetch(inbound, files["plan.pdf"]) == b"hello"
    assert "$select" in requests_of(sim, "GET", "/attachments")[0]["query"], "without content"


def test_only_a_picture_within_the_text(sim, outlook):
    picture = {"name": "i.png", "base64": "aGk=", "content_type": "image/png",
               "is_inline": True, "content_id": "i@x"}  # fmt: skip
    write_mail(sim, html='<img src="cid:i@x">', attachments=[picture])
    events, _cursor, _pages = read_all(outlook, since=ago(minutes=5))
    [inbound] = outlook.parse(events[0])
    assert inbound.has_more_attachments and len(outlook.attachments(inbound)) == 1


def test_zero_in_a_text(sim, outlook):
    write_mail(sim, subject="nul\0here", html="<p>a\0b</p>")
    events, _cursor, _pages = read_all(outlook, since=ago(minutes=5))
    assert "\\u0000" not in json.dumps(events[0].payload)


def test_two_mailboxes(sim, outlook):
    write_mail(sim, [BOX, OTHER])
    other = provider(sim, OTHER)
    [first] = outlook.parse(read_all(outlook, since=ago(minutes=5))[0][0])
    [second] = other.parse(read_all(other, since=ago(minutes=5))[0][0])
    assert first.message_id == second.message_id and first.external_id != second.external_id


def test_patience(sim, outlook):
    fault(sim, {"status": 429, "retry_after": 120, "times": 1, "path": "delta"})
    with pytest.raises(RetryableError) as caught:
        read_all(outlook)
    assert caught.value.retry_after == 120
    assert outlook.failure_type(caught.value) is FailureType.THROTTLED
    assert len(requests_of(sim, path="/delta")) == 1, "nothing was asked meanwhile"


def test_a_short_patience_is_waited_for(sim, outlook):
    fault(sim, {"status": 503, "retry_after": 1, "times": 1, "path": "delta"})
    write_mail(sim)
    assert read_all(outlook, since=ago(minutes=5))[0]


def test_refused(sim, outlook):
    control(sim, "POST", "/sim/directory", {"mailboxes": [OTHER]})
    with pytest.raises(AuthError) as caught:
        read_all(outlook)
    assert outlook.failure_type(caught.value) is FailureType.PERMISSION
    assert "ErrorAccessDenied" in str(caught.value)


def test_no_such_folder(sim, outlook):
    with pytest.raises(RejectedError) as caught:
        read_all(outlook, "AAMkNothing")
    assert outlook.failure_type(caught.value) is FailureType.GONE


def test_a_foreign_link_is_not_followed(sim, outlook):
    with pytest.raises(RejectedError) as caught:
        outlook.graph.get("https://evil.example/v1.0/me/messages")
    assert caught.value.code == "host"


def test_folders(sim, outlook):
    control(sim, "POST", f"/sim/mailboxes/{BOX}/folders", {"name": "Fournisseurs"})
    folders = {folder.key: folder for folder in list_folders(outlook.graph)}
    assert folders["inbox"].role == "inbox" and folders["sentitems"].role == "sent"
    assert "Fournisseurs" in {folder.name for folder in folders.values()}
    assert "drafts" not in folders and "deleteditems" not in folders


def test_checks(sim):
    def found(**settings):
        return {check.name: check for check in provider(sim, **settings).health()}

    assert all(check.is_ok for check in found().values())
    assert found()["scope"].detail == "Mail.ReadWrite, Mail.Send", "told, and no failure"
    assert found(folders=("inbox", "AAMkGone"))["folders"].detail == "AAMkGone"
    wrong = found(credentials=credentials(sim, secret="wrong"))
    assert list(wrong) == ["login"] and wrong["login"].detail == "AADSTS7000215"
    control(sim, "POST", "/sim/directory", {"mailboxes": [OTHER]})
    assert found()["mailbox"].detail == "denied"
    control(sim, "POST", "/sim/directory", {"mailboxes": None, "roles": ["Mail.Read"]})
    assert found()["write"].detail == "denied"
    assert "unknown" in {found(mailbox="nobody@meubles-demo.example")["mailbox"].detail}


def test_what_lies_in_a_folder_is_counted_whoever_has_read_it(sim, outlook):
    old = write_mail(sim, received=ago(days=9).isoformat() + "Z")
    new = [write_mail(sim, subject=f"Mail {number}") for number in range(3)]
    control(sim, "POST", f"/sim/mailboxes/{BOX}/messages/{new[0]}/read")
    listed = list(outlook.census("inbox", ago(days=7)))
    assert sorted(one.external_id for one in listed) == sorted(new)
    assert all(one.sent.tzinfo is None and one.sent >= ago(days=1) for one in listed)
    [oldest] = [one for one in outlook.census("inbox", ago(days=10)) if one.external_id == old]
    assert abs(oldest.sent - ago(days=9)) < timedelta(minutes=1)
    assert list(outlook.census("sentitems", ago(days=10))) == []
