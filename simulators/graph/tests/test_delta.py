"""Delta: rounds, pages, repetitions, what it refuses, and how it forgets."""

import pytest

from .client import IMMUTABLE, INFO, signed_in

PREFER = IMMUTABLE["Prefer"]
PATH = "mailFolders/inbox/messages/delta"


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


def ids(items):
    return [item["id"] for item in items]


def mails(client, count, **letter):
    return [client.mail(**letter)["messages"][0]["id"] for _ in range(count)]


def test_rounds(client):
    keys = mails(client, 5)
    items, link = client.round(f"{PATH}?$select=subject", prefer=[PREFER, "odata.maxpagesize=2"])
    assert sorted(ids(items)) == sorted(keys)
    assert link.startswith(client.url) and "$deltatoken=" in link
    assert client.round(link)[0] == []
    (new,) = mails(client, 1)
    client.sim(f"mailboxes/{INFO}/messages/{keys[0]}/read")
    client.sim(f"mailboxes/{INFO}/messages/{keys[1]}/move", {"folder": "archive"})
    items, following = client.round(link, prefer=PREFER)
    assert sorted(ids(items)) == sorted([new, keys[0], keys[1]])
    by_id = {item["id"]: item for item in items}
    assert by_id[keys[1]]["@removed"] == {"reason": "deleted"}
    assert by_id[new]["subject"] == "Ma commande"
    assert "subject" not in by_id[keys[0]]  # at least what changed, and no more
    assert sorted(ids(client.round(link, prefer=PREFER)[0])) == sorted(ids(items))
    assert client.round(following)[0] == []


def test_an_update_tells_what_changed(client):
    (key,) = mails(client, 1)
    _items, link = client.round(f"{PATH}?$select=subject,isRead")
    client.sim(f"mailboxes/{INFO}/messages/{key}/read")
    (item,), _link = client.round(link)
    assert item["isRead"] is True and "subject" not in item
    client.fault(whole_updates=True)
    (item,), _link = client.round(link)
    assert item["subject"] == "Ma commande"


def test_both_kinds_of_ids_on_one_link(client):
    (key,) = mails(client, 1)
    _items, link = client.round(PATH)
    default = client.get(f"messages/{key}").json()["id"]
    client.sim(f"mailboxes/{INFO}/messages/{key}/read")
    assert ids(client.round(link)[0]) == [default]
    assert ids(client.round(link, prefer=PREFER)[0]) == [key]


def test_change_type(client):
    mails(client, 1)
    items, link = client.round(f"{PATH}?changeType=created")
    assert len(items) == 1
    old = client.see(f"mailboxes/{INFO}")[0]["id"]
    client.sim(f"mailboxes/{INFO}/messages/{old}/read")
    client.sim(f"mailboxes/{INFO}/messages/{old}/delete")
    (new,) = mails(client, 1)
    assert ids(client.round(link, prefer=PREFER)[0]) == [new]


def test_filter_by_date(client):
    mails(client, 1, received="2026-01-01T00:00:00Z")
    (key,) = mails(client, 1, received="2026-03-01T00:00:00Z")
    items, link = client.round(
        f"{PATH}?$filter=receivedDateTime ge 2026-02-01T00:00:00Z", prefer=PREFER
    )
    assert ids(items) == [key]
    mails(client, 1, received="2026-01-02T00:00:00Z")
    assert client.round(link)[0] == []


def test_a_filtered_delta_gives_five_thousand_at_most(client):
    exchange = client.simulator.exchange
    for number in range(5003):
        exchange.write(_letter(number), [INFO], received=1_767_225_600 + number)
    path = f"{PATH}?$select=receivedDateTime&$filter=receivedDateTime ge 2025-01-01T00:00:00Z"
    items, _link = client.round(path, prefer="odata.maxpagesize=1000")
    assert len(items) == 5000
    assert min(item["receivedDateTime"] for item in items) == "2026-01-01T00:00:03Z"
    items, _link = client.round(f"{PATH}?$select=subject", prefer="odata.maxpagesize=1000")
    assert len(items) == 5003


def _letter(number):
    from simulators.graph.letter import Letter, Person

    return Letter(Person("a@client.example"), subject=str(number), date=1.0)


def test_empty_pages_and_repetitions(client):
    keys = mails(client, 3)
    client.fault(empty_pages=2, repeat=1)
    first = client.get(PATH).json()
    assert first["value"] == [] and "$skiptoken=" in first["@odata.nextLink"]
    items, _link = client.round(PATH, prefer=[PREFER, "odata.maxpagesize=2"])
    assert sorted(ids(items)) == sorted(keys * 2)


def test_what_leaves_between_two_pages_is_told_in_the_next_round(client):
    keys = mails(client, 3)
    page = client.get(PATH, prefer=[PREFER, "odata.maxpagesize=1"]).json()
    for key in keys:
        client.sim(f"mailboxes/{INFO}/messages/{key}/delete")
    items, link = client.round(page["@odata.nextLink"], prefer=PREFER)
    assert items == []
    removed, _link = client.round(link, prefer=PREFER)
    assert sorted(ids(removed)) == sorted(keys)


@pytest.mark.parametrize(
    "query",
    ["$search=x", "$skip=1", "$filter=isRead eq true", "$filter=receivedDateTime le 2026-01-01",
     "$orderby=subject", "changeType=new"],
)  # fmt: skip
def test_refused(client, query):
    assert client.get(f"{PATH}?{query}").status_code == 400


def test_reset(client):
    (key,) = mails(client, 1)
    _items, link = client.round(PATH)
    client.fault(reset_delta="gone")
    answer = client.get(link)
    assert answer.status_code == 410
    items, link = client.round(answer.headers["Location"], prefer=PREFER)
    assert ids(items) == [key]
    client.fault(reset_delta="sync_state")
    assert client.get(link).json()["error"]["code"] == "SyncStateNotFound"


def test_links_carry_the_host_that_was_asked(client):
    port = client.url.rpartition(":")[2]
    answer = client.get(f"http://localhost:{port}/v1.0/users/{INFO}/{PATH}").json()
    assert answer["@odata.deltaLink"].startswith(f"http://localhost:{port}/v1.0/")
