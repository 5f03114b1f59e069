"""The XAPI: pages, filters, the call log as a live V20 writes it, recordings."""

import io
import wave

import pytest

from simulators.threecx.odata import ODataError, answer

from .client import signed_in
from .test_published_shapes import LOG

ROWS = [
    {"Id": place, "Name": name, "Start": f"2026-01-0{place}T08:00:00.000Z"}
    for place, name in enumerate(("Ann", "Bob", "Cléo"), 1)
]


@pytest.fixture(scope="module")
def client():
    with signed_in() as client:
        yield client


@pytest.fixture
def rows(client):
    """:return function: rows of the log of calls that begin after this moment"""
    known = len(client.get(LOG).json()["value"])

    def newest(polled=True):
        path = LOG if polled else LOG.replace("hidePcalls=false", "hidePcalls=true")
        values = client.get(path).json()["value"]
        return values[: len(values) - known] if polled else values

    return newest


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [1, 2, 3]),
        ({"$top": "2", "$skip": "1"}, [2, 3]),
        ({"$filter": "Name eq 'Bob'"}, [2]),
        ({"$filter": "Id gt 1 and Name ne 'Bob'"}, [3]),
        ({"$filter": "Start ge 2026-01-02T08:00:00Z"}, [2, 3]),
        ({"$filter": "contains(Name,'L')"}, [3]),
        ({"$filter": "startswith(tolower(Name), 'a')"}, [1]),
        ({"$orderby": "Name desc"}, [3, 2, 1]),
    ],
)
def test_odata(query, ids):
    assert [row["Id"] for row in answer(ROWS, query, "X")["value"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        {"$top": "-1"},
        {"$skip": "x"},
        {"$select": "Nope"},
        {"$orderby": "Nope"},
        {"$filter": "Nope eq 1"},
        {"$filter": "Id eq 'one' or"},
        {"$filter": "Name gt 5"},
        {"$filter": "Name eq perhaps"},
    ],
)
def test_odata_refuses(query):
    with pytest.raises(ODataError) as error:
        answer(ROWS, query, "X")
    assert error.value.status == 400


def test_a_page_has_its_limits():
    many = [{"Id": place} for place in range(250)]
    assert len(answer(many, {"$top": "500"}, "X")["value"]) == 100
    counted = answer(many, {"$count": "true", "$top": "1"}, "X")
    assert counted["@odata.count"] == 250 and counted["value"] == [{"Id": 0}]


def test_users(client):
    found = client.get("/xapi/v1/Users?$select=Number,EmailAddress&$filter=Number eq '101'")
    assert found.json()["value"] == [{"Number": "101", "EmailAddress": "vendeur@demo.example"}]
    assert client.get("/xapi/v1/Users(Number='115')").json()["IsRegistered"] is False
    assert client.get("/xapi/v1/Users(20)").json()["Number"] == "101"
    assert client.get("/xapi/v1/Users(Number='999')").status_code == 404
    assert client.get("/xapi/v1/Nothing").status_code == 404


def test_an_inbound_call_is_one_row(client, rows):
    client.sim(f"calls/{client.ring()}/drop")
    call = client.ring(name="Dupont")
    assert len(rows()) == 1  # it is written when it has ended
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/drop")
    row, _before = rows()
    assert (row["Direction"], row["Status"], row["Answered"]) == ("Inbound", "Answered", True)
    assert (row["SourceCallerId"], row["DestinationDn"]) == ("+32475123456", "101")
    assert (row["CallId"], row["SegmentId"], row["Indent"]) == (1, 1, 1)
    assert row["RecordingUrl"].startswith("101/[Dupont]") and row["DstRecId"]


def test_a_queue_call_is_joined_by_its_history_id(client, rows):
    call = client.ring(to="800")
    client.sim(f"calls/{call}/answer", {"extension": "104"})
    client.sim(f"calls/{call}/drop")
    queue, *shares = rows()
    assert (queue["DestinationDn"], queue["Status"]) == ("800", "Waiting")
    assert "(104)" in queue["Reason"]
    assert len({row["MainCallHistoryId"] for row in (queue, *shares)}) == 1
    assert len({row["CdrId"] for row in (queue, *shares)}) == 11
    assert [row["DestinationDn"] for row in shares if row["Answered"]] == ["104"]
    hidden = rows(polled=False)
    assert [row["DestinationDn"] for row in hidden[:2]] == ["800", "104"]


def test_missed_voicemail_transfer_and_unreached(client, rows):
    client.sim(f"calls/{client.ring()}/drop")
    call = client.ring()
    client.sim(f"calls/{call}/voicemail")
    client.sim(f"calls/{call}/drop")
    call = client.ring()
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/transfer", {"to": "102"})
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/drop")
    client.sim(f"calls/{client.ring(to='115')}/drop")
    told = [(row["DestinationDn"], row["DestinationType"], row["Status"]) for row in rows()]
    assert told == [
        ("115", 0, "Unanswered"),
        ("101", 0, "Answered"),
        ("102", 0, "Answered"),
        ("101", 0, "Unanswered"),
        ("101", 5, "Answered"),
        ("101", 0, "Unanswered"),
    ]


def test_outbound_and_internal(client, rows):
    for destination in ("0475123456", "102"):
        call = client.sim("extensions/101/dial", {"destination": destination})["callid"]
        client.sim(f"calls/{call}/drop")
    internal, outbound = rows()
    assert (outbound["Direction"], outbound["SourceDn"]) == ("Outbound", "101")
    assert (outbound["DestinationCallerId"], outbound["Answered"]) == ("0475123456", False)
    assert (internal["Direction"], internal["DestinationDn"]) == ("Internal", "102")


def test_a_log_without_all_parameters_is_not_found(client):
    path = LOG.replace(",hidePcalls=false", "")
    assert client.get(path).status_code == 404
    assert client.get(LOG.replace("2020-01-01T00:00:00Z", "yesterday")).status_code == 400


def test_call_ids_may_be_those_of_call_control(client, rows):
    client.sim("edition", {"own_call_ids": True})
    call = client.ring()
    client.sim(f"calls/{call}/drop")
    assert rows()[0]["CallId"] == call
    client.sim("edition", {"own_call_ids": False})


def test_recordings_can_be_heard(client):
    call = client.ring()
    client.sim(f"calls/{call}/answer")
    client.sim(f"calls/{call}/drop")
    number = next(row for row in client.ledger() if row["callid"] == call)["recording"]
    newest = client.get("/xapi/v1/Recordings?$orderby=Id desc&$top=1").json()["value"][0]
    assert newest["Id"] == number and newest["Transcription"] is None
    audio = client.get(f"/xapi/v1/Recordings/Pbx.DownloadRecording(recId={number})")
    assert audio.headers["Content-Type"] == "audio/wav"
    with wave.open(io.BytesIO(audio.content)) as sound:
        assert sound.getframerate() == 8000 and sound.getnframes() >= 8000
    assert client.get("/xapi/v1/Recordings/Pbx.DownloadRecording(recId=0)").status_code == 404


def test_transcripts_need_the_ai_edition(client):
    client.sim("edition", {"edition": "AI"})
    newest = client.get("/xapi/v1/Recordings?$orderby=Id desc&$top=1").json()["value"][0]
    assert newest["Transcription"] and newest["Summary"] and newest["SentimentScore"]
    client.sim("edition", {"edition": "ENT"})


def test_make_call_and_drop_call(client):
    answer = client.post(
        "/xapi/v1/Users/Pbx.MakeCall", {"dn": "101", "destination": "+3281304050"}
    ).json()
    assert answer["FinalStatus"] == "Success"
    call = client.get("/xapi/v1/ActiveCalls").json()["value"][-1]["Id"]
    assert client.post(f"/xapi/v1/ActiveCalls({call})/Pbx.DropCall").status_code == 204
    assert client.post(f"/xapi/v1/ActiveCalls({call})/Pbx.DropCall").status_code == 404
    assert client.post("/xapi/v1/Users/Pbx.MakeCall", {}).status_code == 400


def test_the_history_view_knows_when_a_segment_ended(client):
    segment = client.get("/xapi/v1/CallHistoryView?$top=1").json()["value"][0]
    assert segment["SegmentEndTime"] >= segment["SegmentStartTime"]
