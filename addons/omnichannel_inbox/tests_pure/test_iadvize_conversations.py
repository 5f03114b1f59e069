"""Conversations read from the simulator, in both of its dialects, and lists of them."""

import json
from datetime import datetime, timedelta

import pytest

from odoo.addons.integration_base.exceptions import (
    AuthError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.omnichannel_inbox.providers.base import (
    Attachment,
    Claim,
    Event,
    Ignored,
    Inbound,
    Moment,
    Profile,
    Purchase,
    Rating,
)
from odoo.addons.omnichannel_inbox.providers.iadvize import IadvizeProvider, listing
from odoo.addons.omnichannel_inbox.providers.iadvize.tokens import MemoryTokens
from odoo.addons.omnichannel_inbox.providers.iadvize.transcript import Reader, Scope
from odoo.addons.omnichannel_inbox.tests_pure.iadvize_kit import (
    BOT,
    KARIM,
    SOPHIE,
    begin,
    credentials,
    do,
    fault,
    provider,
    read_all,
    say,
)

from simulators.iadvize.server import Simulator, running

CARD = {
    "title": "Canapé Oslo",
    "text": "En stock",
    "image": {"url": "https://shop.example/oslo.png", "description": "bleu"},
    "actions": [{"type": "LINK", "title": "Voir", "url": "https://shop.example/oslo"}],
}
FILE = {"file_name": "plan.png", "mime_type": "image/png", "url": "https://static.iadvize.com/p"}


@pytest.fixture(params=["typed", "flat"])
def sim(request):
    with running(Simulator(dialect=request.param)) as simulator:
        yield simulator


def of(items, kind):
    return [item for item in items if isinstance(item, kind)]


def items_of(sim, chat, **settings):
    made = provider(sim, **settings)
    return Reader(made.transcript(chat), made.scope).items()


# === one conversation === #


def test_whole(sim):
    chat = begin(
        sim,
        visitor={
            "email": "claire@example.org",
            "phone_number": "+32470000000",
            "zip_code": "4000",
            "external_user_id": "FR-012345",
            "external_id": "made up by the page",
        },
        custom_data={"orderNumber": "S00042", "customerNumber": 77, "vip": True},
        tags=["livraison", "livraison"],
    )
    say(sim, chat, "operator", "Je regarde.")
    say(sim, chat, "operator", "Patientez.", operator=BOT)
    say(sim, chat, "operator", card=CARD)
    say(sim, chat, "visitor", file=FILE)
    do(sim, chat, "rate", customerSatisfaction=4, satisfactionComment="Bien")
    do(sim, chat, "purchase", external_id="S00050", amount=12.5)
    do(sim, chat, "close")
    items = items_of(sim, chat)
    inbounds = of(items, Inbound)
    assert [(one.text, one.is_ours, one.is_automatic) for one in inbounds] == [
        ("Bonjour", False, False),
        ("Je regarde.", True, False),
        ("Patientez.", True, True),
        ("Canapé Oslo\nEn stock\nVoir\nhttps://shop.example/oslo", True, False),
        ("", False, False),
    ]
    assert inbounds[-1].attachments == (
        Attachment("plan.png", "image/png", external_id="https://static.iadvize.com/p"),
    )
    assert [one.author.email for one in inbounds] == ["", SOPHIE, BOT, SOPHIE, ""]
    assert all(one.conversation == chat and one.is_answered_elsewhere for one in inbounds)
    assert {one.tags for one in inbounds} == {("livraison",)}
    [claims] = {one.claims for one in inbounds}
    assert set(claims) == {
        Claim("user", "FR-012345", is_verified=True),
        Claim("email", "claire@example.org"),
        Claim("phone", "+32470000000"),
        Claim("postcode", "4000"),
        Claim("order", "S00042"),
        Claim("customer", "77"),
    }
    assert {moment.code for moment in of(items, Moment)} == {"opened", "closed"}
    [profile] = of(items, Profile)
    assert (profile.address.name, profile.address.email) == ("Claire Petit", "claire@example.org")
    [rating], [purchase] = of(items, Rating), of(items, Purchase)
    assert (rating.value, rating.comment) == (4.0, "Bien")
    assert (purchase.order, purchase.amount) == ("S00050", 12.5)


def test_only_authenticated_messaging_is_verified(sim):
    """Whatever a visitor or his page can say is never verified."""
    chat = begin(sim, visitor={"email": SOPHIE, "external_id": "FR-1"})
    items = items_of(sim, chat)
    assert not any(claim.is_verified for claim in of(items, Inbound)[0].claims)
    assert of(items, Inbound)[0].author.email == "", "who types an address is not its owner"


def test_order(sim):
    """By the time of iAdvize, however many pages it takes."""
    chat = begin(sim, text="0")
    for number in range(1, 230):
        say(sim, chat, "visitor" if number % 2 else "operator", str(number))
    inbounds = of(items_of(sim, chat), Inbound)
    assert [one.text for one in inbounds] == [str(number) for number in range(230)]
    assert [one.sequence for one in inbounds] == sorted(one.sequence for one in inbounds)
    asked = [row for row in sim.faults.requests if "messages(" in str(row["body"])]
    assert len(asked) == 3


def test_transfers(sim):
    """Where the transcript says so, it is a line of the thread."""
    chat = begin(sim)
    do(sim, chat, "transfer", operator=KARIM)
    moments = of(items_of(sim, chat), Moment)
    transfers = [one for one in moments if one.code == "transferred"]
    if sim.views.dialect.name == "typed":
        assert [one.params["operator"] for one in transfers] == ["Karim Haddad"]
    else:
        assert transfers == []


def test_nothing_written_yet(sim):
    chat = begin(sim, text="")
    assert items_of(sim, chat) == [Ignored("kind")]
    assert provider(sim).current(chat) is None


def test_history(sim):
    chat = begin(sim)
    do(sim, chat, "close")
    later = datetime(2100, 1, 1)
    assert all(one.is_history for one in of(items_of(sim, chat, start_date=later), Inbound))
    earlier = datetime(2000, 1, 1)
    assert not any(one.is_history for one in of(items_of(sim, chat, start_date=earlier), Inbound))


def test_messenger_elsewhere(sim):
    chat = begin(sim, channel="FACEBOOK_BUSINESS_ON_MESSENGER")
    assert items_of(sim, chat, is_messenger_elsewhere=True) == [Ignored("elsewhere")]
    assert of(items_of(sim, chat), Inbound)
    other = begin(sim, channel="FACEBOOK")
    assert of(items_of(sim, other, is_messenger_elsewhere=True), Inbound)


@pytest.mark.parametrize(
    "chat", ["4c8c7408-0000-4000-8000-000000000000", "x) { evil }", "", "a" * 99]
)
def test_none_such(sim, chat):
    with pytest.raises(RejectedError) as caught:
        provider(sim).transcript(chat)
    assert caught.value.code == "gone"


# === what was told is read === #


def told(chat, **values):
    return Event(
        "message",
        "k",
        {"eventType": "v2.conversation.pushed", "conversationId": chat, **values},
        occurred=values.pop("occurred", datetime.utcnow()),
    )


def test_told_and_read(sim):
    chat = begin(sim)
    assert len(of(provider(sim).resolve(told(chat)), Inbound)) == 1


def test_told_too_early(sim):
    """GraphQL shows later what was told: it is looked at again, and not for ever."""
    chat = begin(sim)
    fault(sim, lag=3600)
    with pytest.raises(RetryableError) as caught:
        provider(sim).resolve(told(chat))
    assert caught.value.retry_after
    old = Event("message", "k", told(chat).payload, occurred=datetime(2019, 1, 1))
    assert provider(sim).resolve(old) == [Ignored("kind")]
    fault(sim, lag=0)
    assert of(provider(sim).resolve(told(chat)), Inbound)


def test_calls_have_no_messages(sim):
    chat = begin(sim, text="", channel="CALL")
    assert provider(sim).resolve(told(chat)) == [Ignored("kind")]


def test_later_push_is_a_transfer(sim):
    """Where the transcript does not tell it, the event does; the first one is how it began."""
    chat = begin(sim)
    later = (datetime.utcnow() + timedelta(minutes=5)).isoformat() + "Z"
    items = provider(sim).resolve(told(chat, eventId="e", operatorId=15254, createdAt=later))
    transfers = [one for one in of(items, Moment) if one.code == "transferred"]
    assert len(transfers) == (0 if sim.views.dialect.name == "typed" else 1)
    items = provider(sim).resolve(told(chat, eventId="e", createdAt=datetime.utcnow().isoformat()))
    assert not [one for one in of(items, Moment) if one.code == "transferred"]


# === lists === #


def test_open(sim):
    """What is going on is read again; the same as long as nothing has changed."""
    chats = sorted(begin(sim, text=str(number)) for number in range(23))
    made = provider(sim, open=chats)
    events, cursor, pages = read_all(made, "open")
    assert [event.conversation for event in events] == chats
    assert (cursor, len(pages), pages[-1].is_last) == ("", 3, True)
    assert len({event.dedupe_key for event in events}) == 23
    again, _cursor, _pages = read_all(made, "open", pages[0].cursor)
    assert [event.conversation for event in again] == chats[10:], "a round goes on where it was"
    say(sim, chats[0], "operator", "Oui")
    changed, _cursor, _pages = read_all(made, "open")
    keys = {event.dedupe_key for event in events}
    assert [one.conversation for one in changed if one.dedupe_key not in keys] == chats[:1]


def test_gone(sim):
    """A conversation that was deleted does not go on."""
    chat = "4c8c7408-0000-4000-8000-000000000000"
    made = provider(sim, open=(chat, begin(sim)))
    events, _cursor, _pages = read_all(made, "open")
    [event] = [event for event in events if event.conversation == chat]
    [moment] = made.parse(event)
    assert (moment.conversation, moment.code) == (chat, "closed")


def test_closed(sim):
    """What was closed, page by page, once; what is closed later, later."""
    since = datetime.utcnow() - timedelta(days=30)
    chats = [begin(sim, text=str(number)) for number in range(60)]
    for chat in chats[:-1]:
        do(sim, chat, "close")
    made = provider(sim, projects=("1549",))
    events, cursor, pages = read_all(made, "closed", since=since)
    assert [event.conversation for event in events] == chats[:-1]
    assert pages[-1].is_last and not any(page.is_last for page in pages[:-1])
    do(sim, chats[-1], "close")
    events, cursor, _pages = read_all(made, "closed", cursor)
    assert [event.conversation for event in events] == chats[-1:]
    events, cursor, _pages = read_all(made, "closed", cursor)
    assert events == []
    assert not read_all(provider(sim, projects=("7",)), "closed", since=since)[0]


def test_closed_is_broken_off(sim):
    """A page that was stored is not read again, and none is left out."""
    chats = [begin(sim, text=str(number)) for number in range(120)]
    for chat in chats:
        do(sim, chat, "close")
    since = datetime.utcnow() - timedelta(days=1)
    seen, cursor, tokens = [], "", MemoryTokens()
    for _time in range(20):
        page = next(provider(sim, tokens=tokens).sync("closed", cursor, since))
        seen += [event.conversation for event in page.events]
        cursor = page.cursor
        if page.is_last:
            break
    assert seen == chats and page.is_last


def test_closed_late_is_found(sim):
    """A conversation that is listed late is within what is asked for once more."""
    chat = begin(sim)
    made = provider(sim)
    _events, cursor, _pages = read_all(made, "closed", since=datetime.utcnow())
    do(sim, chat, "close")
    sim.house.conversations[chat].closed_at -= 600
    events, cursor, _pages = read_all(made, "closed", cursor)
    assert [event.conversation for event in events] == [chat]
    assert read_all(made, "closed", cursor)[0] == []


def test_damaged_cursor(sim):
    chat = begin(sim)
    do(sim, chat, "close")
    since = datetime.utcnow() - timedelta(days=1)
    for cursor in ("x", "[]", "3", '{"since": "x", "seen": []}'):
        events, _cursor, _pages = read_all(provider(sim), "closed", cursor, since)
        assert [event.conversation for event in events] == [chat]


def test_list_is_not_offered(sim):
    """It is said, and nothing else is read in its place."""
    for name in ("closedConversations", "searchClosedConversations"):
        sim.views.server.schema.types["Query"].fields.pop(name, None)
    with pytest.raises(RejectedError):
        read_all(provider(sim), "closed", since=datetime.utcnow())
    assert provider(sim).census("closed", datetime.utcnow()) is None


def test_census(sim):
    """All messages of people and robots, and those that would be made here."""
    chat = begin(sim)
    say(sim, chat, "operator", "Oui ?")
    do(sim, chat, "close")
    other = begin(sim, channel="FACEBOOK_BUSINESS_ON_MESSENGER")
    do(sim, other, "close")
    made = provider(sim, is_messenger_elsewhere=True)
    since = datetime.utcnow() - timedelta(days=9)
    listed = {one.external_id for one in made.census("closed", since)}
    [event] = [one for one in read_all(made, "closed", since=since)[0] if one.conversation == chat]
    assert listed == {one.external_id for one in of(made.parse(event), Inbound)}
    assert len(listed) == 2
    assert not list(made.census("open", since))


# === what goes wrong === #


def test_one_sign_in(sim):
    tokens = MemoryTokens()
    chat = begin(sim)
    for _time in range(5):
        provider(sim, tokens=tokens).transcript(chat)
    assert sim.login.count == 1
    fault(sim, expire_tokens=True)
    provider(sim, tokens=tokens).transcript(chat)
    assert sim.login.count == 2


def test_wrong_password(sim):
    made = provider(sim, credentials=credentials(sim, password="wrong"))
    with pytest.raises(AuthError) as caught:
        made.transcript(begin(sim))
    assert "wrong" not in str(caught.value)
    assert made.failure_type(caught.value) == "auth"
    [check] = made.health()
    assert (check.name, check.is_ok) == ("login", False)
    # something follows it on the screen
    assert check.detail.endswith(".")


def test_nobody_answers(sim):
    """A connection that is not there says nothing against user and password."""
    lost = provider(sim, credentials=credentials(sim, url="http://127.0.0.1:9"))
    assert [(check.name, check.is_ok) for check in lost.health()] == [("reach", False)]


def test_throttled(sim):
    chat = begin(sim)
    made = provider(sim)
    made.plan  # noqa: B018 (the schema is read)
    fault(sim, {"path": "/graphql", "status": 429, "retry_after": 44})
    with pytest.raises(RetryableError) as caught:
        made.transcript(chat)
    assert caught.value.retry_after == 44
    assert made.failure_type(caught.value) == "throttled"
    assert made.transcript(chat)


@pytest.mark.parametrize("rule", [{"status": 500}, {"status": 503}, {"action": "cut_before"}])
def test_fails_in_passing(sim, rule):
    chat = begin(sim)
    made = provider(sim)
    made.plan  # noqa: B018 (the schema is read)
    fault(sim, {"path": "/graphql", **rule})
    with pytest.raises(RetryableError):
        made.transcript(chat)
    assert made.transcript(chat)


def test_other_platform(sim):
    """What lies on the other platform is not found, and is looked for there when it is said."""
    sim.house.platform = "sd"
    chat = begin(sim)
    with pytest.raises(RejectedError):
        provider(sim).transcript(chat)
    made = provider(sim, credentials=credentials(sim, platform="sd"))
    assert made.transcript(chat)
    assert made.link(chat) == f"https://sd.iadvize.com/desk/conversations/{chat}"


def test_custom_data_is_an_extra(sim):
    """Without it a conversation is imported all the same."""
    chat = begin(sim, custom_data={"orderNumber": "S00042"})
    made = provider(sim)
    made.plan  # noqa: B018 (the schema is read)
    rule = {"action": "error", "body": "visitorConversationCustomData", "message": "no right"}
    fault(sim, {**rule, "path": "/graphql"})
    assert "custom" not in made.transcript(chat)


def test_schema_is_learnt_again(sim):
    """The words have changed since they were kept: they are read once more, and kept."""
    kept = []
    other = "flat" if sim.views.dialect.name == "typed" else "typed"
    provider(sim, remember_schema=kept.append).plan  # noqa: B018
    sim.speak(other)
    chat = begin(sim)
    made = provider(sim, schema=kept[-1], remember_schema=kept.append)
    assert made.transcript(chat) and len(kept) == 2
    assert kept[0] != kept[1]


def test_files_from_elsewhere(sim):
    """Nothing is fetched but from iAdvize, whatever address a message names."""
    made = provider(sim)
    message = Inbound("m", datetime(2026, 1, 1), author=None)
    for url in (
        "http://static.iadvize.com/x",
        "https://iadvize.com.example.org/x",
        "https://example.org/x?iadvize.com",
        "https://static.iadvize.com:8443/x",
        "https://user@static.iadvize.com@example.org/x",
        "http://127.0.0.1:1/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ):
        with pytest.raises(RejectedError):
            made.fetch(message, Attachment("x", external_id=url))
    assert made.fetch(message, Attachment("x", external_id=f"{sim.url}/health"))


def test_checks(sim):
    """All is there, but the secret of the app is not entered."""
    assert all(check.is_ok for check in provider(sim).health())
    [check] = [check for check in provider(sim, secret="").health() if not check.is_ok]
    assert check.name == "secret"
    del sim.views.server.schema.types["Conversation"].fields["tags"]
    [check] = [check for check in provider(sim).health() if check.name == "field"]
    assert check.is_ok and check.detail == "tags Conversation.tags missing"


# === what is written by somebody else === #


@pytest.mark.parametrize(
    "payload", [None, 3, [], {}, {"conversation": None}, {"conversation": {}}, {"conversation": []}]
)
def test_no_conversation(payload):
    with pytest.raises(PayloadError):
        IadvizeProvider({}).parse(Event("message", "k", payload))


def conversation(*messages, **values):
    return {
        "conversation": {
            "id": "c",
            "createdAt": "2026-01-01T08:00:00Z",
            "closedAt": None,
            "channel": "CHAT",
            "visitor": {"visitorId": "v"},
            "messages": list(messages),
            **values,
        }
    }


def message(**values):
    return {"id": "m", "createdAt": "2026-01-01T08:00:00Z", "text": "a", **values}


def test_author_is_not_guessed():
    """A message that does not say who wrote it is given up, with its cause."""
    with pytest.raises(PayloadError):
        Reader(conversation(message()), Scope()).items()
    reader = Reader(conversation(message(author={"id": "v"})), Scope())
    assert not of(reader.items(), Inbound)[0].is_ours


def test_date_is_needed():
    with pytest.raises(PayloadError):
        Reader(conversation(message(createdAt=None)), Scope())


def test_newest_first():
    said = [message(id=str(n), role="visitor", createdAt=f"2026-01-01T08:0{n}:00Z") for n in (2, 1)]
    said.append(message(id="0", role="visitor", createdAt="2026-01-01T08:01:00Z"))
    inbounds = of(Reader(conversation(*said), Scope()).items(), Inbound)
    assert [one.external_id for one in inbounds] == ["0", "1", "2"]


def test_too_deep():
    deep = value = {}
    for _level in range(5000):
        value["content"] = value = {}
    with pytest.raises(PayloadError):
        Reader(conversation(message(role="visitor", content=deep)), Scope())


def test_deep_and_strange():
    deep = value = {}
    for _level in range(20):
        value["content"] = value = {}
    strange = [
        message(role="visitor", text=["a", 3, None], content=deep, files="x"),
        message(role="visitor", files=[None, {"url": 3}, {"url": "javascript:x", "name": "n"}]),
        None,
        "x",
    ]
    reader = Reader(
        conversation(*strange, tags="x", users=[None, 3], satisfactionSurvey=3), Scope()
    )
    assert of(reader.items(), Inbound)[0].attachments == ()
    assert json.dumps(reader.conversation)
    assert listing.transcript_event(conversation(message(role="visitor"))).conversation == "c"
