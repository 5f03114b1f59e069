"""What Meta tells, as published, forged, doubled, shuffled: read without a loss."""

import json
from datetime import datetime, timedelta

import pytest

from odoo.addons.integration_base.exceptions import AuthError, PayloadError
from odoo.addons.omnichannel_inbox.identity import signed_ref
from odoo.addons.omnichannel_inbox.providers.base import (
    Edited,
    Ignored,
    Inbound,
    Moment,
    Reaction,
    Status,
    WebhookRequest,
)
from odoo.addons.omnichannel_inbox.tests_pure.messenger_kit import (
    PAGE_ID,
    SECRET,
    UUID,
    entry,
    posted,
    provider,
    row,
    told,
)

from simulators.messenger.published import SAMPLES

WHEN = datetime(2016, 3, 23, 0, 25, 52, 478_000)


# -- is it Meta ----------------------------------------------------------------------------------


def handshake(**query):
    names = {"mode": "subscribe", "challenge": "1158201444", "verify_token": "let me in", **query}
    return WebhookRequest("GET", {f"hub.{name}": value for name, value in names.items()}, {}, b"")


def test_handshake():
    made = provider()
    made.verify(handshake())
    events, reply = made.receive(handshake())
    assert (events, reply.status, reply.body) == ((), 200, "1158201444")
    assert reply.content_type.startswith("text/plain")


@pytest.mark.parametrize("query", [{"verify_token": "no"}, {"verify_token": ""}, {"mode": "x"}])
def test_handshake_of_somebody_else(query):
    with pytest.raises(AuthError):
        provider().verify(handshake(**query))


def test_without_a_token_of_ours_nobody_shakes_hands():
    with pytest.raises(AuthError):
        provider(verify_token="").verify(handshake(verify_token=""))


def test_signature_over_the_body_as_it_came():
    body = b'{"object":"page","entry":[{"id":"1","messaging":[{"x":"\\u00e4 \\/"}]}]}'
    made = provider()
    made.verify(posted(body))
    parsed = json.dumps(json.loads(body)).encode()
    forged = posted(parsed)
    with pytest.raises(AuthError):
        made.verify(WebhookRequest("POST", {}, forged.headers, body))


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha1=00", "é"])
def test_wrong_signatures(signature):
    request = posted(entry(row(message={"mid": "m_1", "text": "x"})))
    with pytest.raises(AuthError):
        provider().verify(
            WebhookRequest("POST", {}, {"x-hub-signature-256": signature}, request.body)
        )
    with pytest.raises(AuthError):
        provider(app_secret="").verify(posted(b"{}", secret=""))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"entry":1}', b"null", b"[" * 100_000])
def test_what_cannot_be_read(body):
    with pytest.raises(PayloadError):
        provider().receive(posted(body))


# -- what is published ---------------------------------------------------------------------------


def page_of(payload):
    """The page a sample is of."""
    for one in payload.get("entry", ()):
        return str(one["id"])
    if "messaging" in payload:
        return str(payload["id"])
    ends = [str((payload.get(name) or {}).get("id") or "") for name in ("sender", "recipient")]
    is_echo = (payload.get("message") or {}).get("is_echo")
    return ends[0] if is_echo else ends[1]


def enveloped(payload):
    if "entry" in payload:
        return payload
    if "messaging" in payload:
        return {"object": "page", "entry": [payload]}
    entry = {"id": page_of(payload), "time": 1458692752478, "messaging": [payload]}
    return {"object": "page", "entry": [entry]}


#: What we are told, and not what we are answered.
EVENTS = [
    one
    for one in SAMPLES
    if one["shape"] not in ("error", "sent", "uploaded", "conversations", "owner")
]


@pytest.mark.parametrize("sample", EVENTS, ids=lambda one: f"{one['shape']} {one['source']}")
def test_published(sample):
    made = provider(page_id=page_of(sample["payload"]), app_id="1")
    events, _reply = made.receive(posted(enveloped(sample["payload"])))
    assert events
    for event in events:
        assert len(event.dedupe_key) <= 255
        assert event.kind == "lifecycle" or made.parse(event)


# -- messages ------------------------------------------------------------------------------------


def test_message():
    [message] = told(entry(row(message={"mid": "m_1", "text": "Où est ma table ?"})))
    assert (message.external_id, message.text) == ("m_1", "Où est ma table ?")
    assert message.sent == WHEN
    assert message.author.external_id == message.conversation == "4711"
    assert not (message.is_ours or message.is_answered_elsewhere or message.author.name)


def test_all_entries_of_one_request():
    first = entry(
        row(message={"mid": "m_1", "text": "1"}), row("12", message={"mid": "m_2", "text": "2"})
    )
    second = entry(row(message={"mid": "m_3", "text": "3"}), standby=True)
    document = {"object": "page", "entry": first["entry"] + second["entry"]}
    messages = told(document)
    assert [one.external_id for one in messages] == ["m_1", "m_2", "m_3"]
    assert [one.is_answered_elsewhere for one in messages] == [False, False, True]


def test_the_same_has_the_same_key_and_the_other_has_not():
    rows = [
        row(message={"mid": "m_1", "text": "1"}),
        row(message_edit={"mid": "m_1", "text": "2", "num_edit": 1}),
        row(message_edit={"mid": "m_1", "text": "3", "num_edit": 2}),
        row(reaction={"mid": "m_1", "action": "react", "reaction": "love", "emoji": "❤"}),
        row(at=1458692752479, reaction={"mid": "m_1", "action": "unreact"}),
        row(postback={"mid": "m_4", "title": "Aide", "payload": "HELP"}),
        row(postback={"title": "Aide", "payload": "HELP"}),
        row(read={"watermark": 1458668856253}),
        row(read={"watermark": 1458668856254}),
        row(delivery={"mids": ["m_1"], "watermark": 1458668856253}),
        row(referral={"ref": "a", "source": "SHORTLINK", "type": "OPEN_THREAD"}),
    ]
    made = provider()
    first, _reply = made.receive(posted(entry(*rows)))
    again, _reply = made.receive(posted(entry(*rows)))
    keys = [one.dedupe_key for one in first]
    assert keys == [one.dedupe_key for one in again]
    assert len(set(keys)) == len(rows)
    # in standby it is the same message
    standby, _reply = made.receive(posted(entry(rows[0], standby=True)))
    assert standby[0].dedupe_key == keys[0]


def test_echo_of_ours():
    echo = {"is_echo": True, "app_id": 731904562781234, "metadata": UUID, "mid": "m_1", "text": "x"}
    event = {"sender": {"id": PAGE_ID}, "recipient": {"id": "4711"}, "timestamp": 1458692752478}
    [message] = told(entry({**event, "message": echo}))
    assert message.is_ours and message.outbox_uuid == UUID and message.conversation == "4711"
    assert [one.external_id for one in message.recipients] == ["4711"]
    [part] = told(entry({**event, "message": {**echo, "metadata": f"{UUID}:2/3"}}))
    assert part.outbox_uuid == f"{UUID}:2/3"
    [other] = told(entry({**event, "message": {**echo, "metadata": "DEVELOPER_DEFINED"}}))
    assert other.is_ours and not other.outbox_uuid
    inbox = {**echo, "metadata": "", "app_id": 263902037430900}
    [other] = told(entry({**event, "message": inbox}))
    assert other.author.name == "Meta Business Suite"


def test_files_links_and_stickers():
    attachments = [
        {"type": "image", "payload": {"url": "https://scontent.fbcdn.net/v/a.png?oe=1"}},
        {
            "type": "sticker",
            "payload": {"url": "https://x.fbsbx.com/s", "sticker_id": 369239263222822},
        },
        {"type": "file", "payload": {"url": "https://cdn.fbsbx.com/v/devis.pdf?dl=1"}},
        {"type": "fallback", "title": "Notre table", "payload": {"url": "https://shop.example/t"}},
        {"type": "location", "payload": {"coordinates": {"lat": 50.85, "long": 4.35}}},
        {"type": "template", "payload": {"text": "Choisir", "buttons": [{"title": "Oui"}]}},
        {"type": "appointment_booking", "payload": {}},
        "nonsense",
    ]
    [message] = told(entry(row(message={"mid": "m_1", "attachments": attachments})))
    assert message.text == "Choisir\n[Oui]"
    files = message.attachments
    assert [one.name for one in files] == [
        "a.png", "s.png", "devis.pdf", "Notre table", "50.85000, 4.35000", "appointment_booking",
    ]  # fmt: skip
    assert [one.content_type for one in files[:3]] == ["image/png", "image/png", "application/pdf"]
    assert files[0].external_id == "0 https://scontent.fbcdn.net/v/a.png?oe=1"
    assert [bool(one.url) for one in files] == [False, False, False, True, True, False]


def test_what_only_messenger_shows_is_named():
    [message] = told(entry(row(message={"mid": "m_1", "is_unsupported": True})))
    assert message.attachments and not message.text


def test_quick_reply_and_answer_to_one_message():
    content = {
        "mid": "m_2",
        "text": "Oui",
        "quick_reply": {"payload": "YES"},
        "reply_to": {"mid": "m_1"},
    }
    [message] = told(entry(row(message=content)))
    assert (message.text, message.in_reply_to) == ("Oui", "m_1")


def test_deletion_is_none_of_a_page():
    """Meta documents it for Instagram; it is no message, and does not take the place of one."""
    deletion = entry(row(message={"mid": "m_1", "is_deleted": True}))
    assert told(deletion) == [Ignored("kind")]
    both = [deletion, entry(row(message={"mid": "m_1", "text": "x"}))]
    assert len({provider().receive(posted(one))[0][0].dedupe_key for one in both}) == 2


def test_edit_and_reactions():
    [edited] = told(entry(row(message_edit={"mid": "m_1", "text": "b", "num_edit": 3})))
    assert edited == Edited("m_1", "b", WHEN, 3)
    love = {"mid": "m_1", "action": "react", "reaction": "love", "emoji": "❤"}
    [reaction] = told(entry(row(reaction=love)))
    assert isinstance(reaction, Reaction)
    assert (reaction.emoji, reaction.author.external_id, reaction.is_removed) == (
        "❤",
        "4711",
        False,
    )
    [reaction] = told(entry(row(reaction={"mid": "m_1", "action": "unreact"})))
    assert reaction.is_removed


# -- buttons, links, advertisements ----------------------------------------------------------------


def test_button_says_what_he_wants():
    [message] = told(
        entry(row(postback={"mid": "m_1", "title": "Parler à quelqu'un", "payload": "X"}))
    )
    assert isinstance(message, Inbound) and message.text == "Parler à quelqu'un"


def test_arrival_is_no_request():
    [moment] = told(
        entry(row(postback={"mid": "m_1", "title": "Démarrer", "payload": "GET_STARTED"}))
    )
    assert isinstance(moment, Moment) and moment.code == "postback"
    assert moment.reply_window == timedelta(hours=24)


def test_signed_reference():
    ref = signed_ref.make(SECRET, "order", "S00012")
    referral = {"ref": ref, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    [moment] = told(entry(row(referral=referral)))
    [claim] = moment.claims
    assert (claim.kind, claim.value, claim.is_verified) == ("order", "S00012", True)
    assert moment.params["reference"] == "S00012"
    # somebody else has signed it
    other = signed_ref.make("other", "customer", "1")
    [moment] = told(entry(row(referral={**referral, "ref": other})))
    assert not any(claim.is_verified for claim in moment.claims)


@pytest.mark.parametrize("ref", ["S00012", "order_S00012"])
def test_unsigned_reference_is_a_claim(ref):
    [moment] = told(entry(row(referral={"ref": ref, "source": "SHORTLINK"})))
    assert [(one.kind, one.value, one.is_verified) for one in moment.claims] == [
        ("order", "S00012", False)
    ]


def test_advertisement_opens_a_week():
    ad = {"ref": "x", "ad_id": "6", "source": "ADS", "ads_context_data": {"ad_title": "Soldes"}}
    said = entry(row(message={"mid": "m_1", "text": "x", "referral": ad}))
    message, moment, *again = told(said)
    assert message.reply_window == moment.reply_window == timedelta(days=7)
    assert (moment.code, moment.params["title"]) == ("advertisement", "Soldes")
    # once more, should the message be known from the list already: the same, by its names
    assert again == [message, moment]
    events, _reply = provider().receive(posted(said))
    assert [(one.kind, one.dedupe_key) for one in events] == [
        ("message", "message:m_1"),
        ("status", "message:m_1:told"),
    ]


def test_what_says_nothing_beside_itself_is_told_once():
    ad = {"ref": "x", "ad_id": "6", "source": "ADS"}
    for content in (
        {"mid": "m_1", "text": "x"},
        {"mid": "m_1", "text": "x", "referral": "x"},
        {"mid": "m_1", "is_echo": True, "text": "x", "referral": ad},
        {"mid": "m_1", "is_deleted": True, "referral": ad},
        {"text": "x", "referral": ad},
    ):
        events, _reply = provider().receive(posted(entry(row(message=content))))
        assert len(events) == 1


# -- delivered, read, control ----------------------------------------------------------------------


def test_delivered_and_read():
    one, until = told(entry(row(delivery={"mids": ["m_1"], "watermark": 1458692752478})))
    assert (one.state, one.external_id) == ("delivered", "m_1")
    assert (until.conversation, until.until) == ("4711", WHEN)
    [read] = told(entry(row(read={"watermark": 1458692752478})))
    assert read == Status("read", conversation="4711", until=WHEN, occurred=WHEN)


def test_who_has_the_thread():
    control = {"previous_owner_app_id": 731904562781234, "new_owner_app_id": 263902037430900}
    [taken] = told(entry(row(take_thread_control=control)))
    assert (taken.code, taken.params["application"]) == ("taken", "Meta Business Suite")
    back = {"previous_owner_app_id": 263902037430900, "new_owner_app_id": 731904562781234}
    [passed] = told(entry(row(pass_thread_control=back)))
    assert passed.code == "passed"
    [asked] = told(entry(row(request_thread_control={"requested_owner_app_id": 263902037430900})))
    assert asked.code == "requested"


# -- the rest --------------------------------------------------------------------------------------


def test_what_is_new_or_strange_is_kept_and_left_alone():
    strange = [row(something_new={"a": 1}), {"timestamp": 1458692752478, "x": 1}]
    assert told(entry(*strange)) == [Ignored("kind")] * 2
    assert told({"object": "page", "entry": [{"id": PAGE_ID, "changes": [{"field": "feed"}]}]}) == [
        Ignored("kind")
    ]
    assert told({"object": "page", "entry": []}) == []


def test_another_page_of_the_same_app():
    made = provider()
    events, _reply = made.receive(
        posted(entry(row(message={"mid": "m", "text": "x"}), page_id="99"))
    )
    assert events[0].folder == "page:99"
    assert made.parse(events[0]) == [Ignored("page")]


@pytest.mark.parametrize(
    "event",
    [
        row(message={"text": "nameless"}),
        row(message_edit={"text": "x"}),
        row(reaction={"action": "react"}),
        row(read={}),
        {"message": {"mid": "m_1"}},
        row(at="yesterday", message={"mid": "m_1", "text": "x"}),
        row(at=10**18, message={"mid": "m_1", "text": "x"}),
    ],
)
def test_broken_events_are_stored_and_said_to_be_so(event):
    made = provider()
    [stored] = made.receive(posted(entry(event)))[0]
    with pytest.raises(PayloadError):
        made.parse(stored)
