"""What was written while nobody told us, the name of people, the state of a connection."""

from datetime import timedelta

import pytest

from odoo.addons.integration_base.exceptions import AuthError, RejectedError
from odoo.addons.omnichannel_inbox.providers.messenger import checks, listing
from odoo.addons.omnichannel_inbox.providers.messenger.listing import FOLDER
from odoo.addons.omnichannel_inbox.providers.messenger.webhook import FIELDS
from odoo.addons.omnichannel_inbox.tests_pure.messenger_kit import APP_SECRET, page, provider

from simulators.messenger.tests.listener import VERIFY_TOKEN, listening


@pytest.fixture
def sim():
    with page() as made:
        yield made


def read(sim, cursor="", since=None):
    pages = list(sim.provider.sync(FOLDER, cursor, since))
    return [event for one in pages for event in one.events], pages[-1].cursor


def parsed(sim, events):
    return [item for event in events for item in sim.provider.parse(event)]


def test_what_was_missed(sim, monkeypatch):
    monkeypatch.setattr(listing, "CONVERSATIONS", 2)
    monkeypatch.setattr(listing, "MESSAGES", 2)
    since = sim.now() - timedelta(minutes=1)
    people = [sim.person(f"Client {number}") for number in range(5)]
    mids = [sim.writes(psid, f"{n}") for n in range(5) for psid in people]
    sim.does(people[0], "inbox", text="De la boîte")
    events, cursor = read(sim, since=since)
    items = parsed(sim, events)
    assert {one.external_id for one in items if not one.is_ours} == set(mids)
    [ours] = [one for one in items if one.is_ours]
    assert (ours.text, ours.conversation) == ("De la boîte", people[0])
    assert {one.conversation for one in items} == set(people)
    assert {one.dedupe_key for one in events} >= {f"message:{mid}" for mid in mids}
    # in the order in which somebody wrote
    his = [one.text for one in items if one.conversation == people[1]]
    assert his == ["0", "1", "2", "3", "4"]
    # from there on only what is new, and what overlaps
    sim.later(minutes=10)
    _events, cursor = read(sim, cursor)
    sim.later(minutes=10)
    mid = sim.writes(people[2], "nouveau")
    events, _cursor = read(sim, cursor)
    assert [one.external_id for one in parsed(sim, events)] == [mid]


def test_unfinished_reading_goes_on(sim, monkeypatch):
    monkeypatch.setattr(listing, "CONVERSATIONS", 1)
    since = sim.now() - timedelta(minutes=1)
    mids = {sim.writes(sim.person(f"Client {number}")) for number in range(3)}
    first = next(sim.provider.sync(FOLDER, "", since))
    assert not first.is_last
    events, _cursor = read(sim, first.cursor)
    both = [*first.events, *events]
    assert {one.external_id for one in parsed(sim, both)} == mids


def test_files_of_what_was_missed(sim):
    since = sim.now() - timedelta(minutes=1)
    psid = sim.person()
    sim.writes(psid, "", attachments=[{"name": "a.png", "base64": "iVBORw0KGgo="}])
    [message] = parsed(sim, read(sim, since=since)[0])
    [file] = message.attachments
    assert sim.provider.fetch(message, file) == b"\x89PNG\r\n\x1a\n"


def test_census(sim):
    psid = sim.person()
    sim.writes(psid, "old")
    sim.later(days=2)
    since = sim.now() - timedelta(minutes=1)
    mids = {sim.writes(psid, "new"), sim.writes(sim.person("Ami"), "new")}
    sim.send(psid)
    listed = {one.external_id for one in sim.provider.census(FOLDER, since)}
    assert listed == {*mids, sim.sees(psid)[0]["mid"]}


def test_names(sim):
    psid = sim.person("Claire Petit")
    assert sim.provider.profile(psid).address.name == "Claire Petit"
    for profile in ("none", "refused"):
        with pytest.raises(RejectedError):
            sim.provider.profile(sim.person("X", profile=profile))


def test_health(sim):
    found = {one.name: one for one in sim.provider.health()}
    assert tuple(found) == checks.CHECKS
    assert not found["subscription"].is_ok
    checks.subscribe(sim.provider.graph)
    assert all(one.is_ok for one in sim.provider.health())
    other = provider(sim.simulator, page_id="999")
    assert [(one.is_ok, one.detail) for one in other.health()] == [(False, "other")]


def test_token_of_a_system_user(sim):
    """It is good for one thing: having that of the page."""
    assert checks.page_token(sim.provider.graph) == ""
    user = provider(sim.simulator, page_token=sim.simulator.world.user_token)
    assert [(one.name, one.detail) for one in user.health()] == [("page", "other")]
    assert checks.page_token(user.graph) == sim.simulator.world.page.token
    other = provider(sim.simulator, page_token=sim.simulator.world.user_token, page_id="999")
    assert checks.page_token(other.graph) == ""


def test_nobody_answers(sim):
    """A connection that is not there says nothing against the token."""
    lost = provider(sim.simulator, api_url="http://127.0.0.1:9")
    assert [(one.name, one.is_ok) for one in lost.health()] == [("reach", False)]


def test_token_that_is_none(sim):
    assert sim.provider.graph.token_facts()["is_valid"]
    sim.fault(kill_token="expired")
    assert not sim.provider.graph.token_facts()["is_valid"]
    with pytest.raises(AuthError):
        _ = provider(sim.simulator, page_token="").graph


def test_the_address_is_told(sim):
    graph = sim.provider.graph
    with listening(APP_SECRET) as endpoint:
        with pytest.raises(RejectedError, match="2200"):
            graph.register(endpoint.url, "something else", FIELDS)
        graph.register(endpoint.url, VERIFY_TOKEN, FIELDS)
        checks.subscribe(graph)
        sim.writes(sim.person(), "Bonjour")
        [event] = endpoint.wait(1, "message")
        assert event["message"]["text"] == "Bonjour" and not endpoint.forged
