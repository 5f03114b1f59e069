"""The simulator against what Meta published."""

import base64

import pytest

from simulators.messenger.errors import TABLE, MetaError
from simulators.messenger.published import SAMPLES, SHAPES, differences, kind_of

from .client import connected


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one['shape']} of {one['source']}")
def test_the_shapes_fit_the_samples(sample):
    assert differences(sample["payload"], sample["shape"]) == []
    for entry in sample["payload"].get("entry", ()):
        assert differences(entry, "entry") == []
        for event in entry.get("messaging", []) + entry.get("standby", []):
            assert differences(event, kind_of(event)) == []


def test_a_difference_is_seen():
    (sample,) = (one for one in SAMPLES if one["shape"] == "read")
    event = sample["payload"]
    assert differences({**event, "seq": 37}, "read") == [".seq: not published"]
    assert differences({**event, "read": {"watermark": "1"}}, "read") == [
        ".read.watermark: '1' is no whole"
    ]
    assert differences({**event, "read": {}}, "read") == [".read.watermark: is not there"]


def test_everything_that_is_told():
    with connected() as client:
        psid = client.person()
        picture = {"name": "a.png", "base64": base64.b64encode(b"x").decode()}
        mid = client.writes(psid, "Bonjour", attachments=[picture], ref="A-1")
        client.writes(psid, "Soldes", ad={"id": "1", "title": "Soldes"}, reply_to=mid,
                      quick_reply="X")  # fmt: skip
        client.does(psid, "edit", mid=mid, text="Bonsoir")
        client.does(psid, "react", mid=mid, reaction="wow")
        client.does(psid, "react", mid=mid, action="unreact")
        client.does(psid, "postback", ref="A-1")
        sent = client.send(psid, message={"text": "Oui", "metadata": "1"}, reply_to={"mid": mid})
        assert differences(sent.json(), "sent") == []
        client.does(psid, "read")
        client.does(psid, "control", action="request", metadata="please")
        client.does(psid, "control", action="take")
        client.writes(psid, "En attente")
        client.does(psid, "postback")
        client.does(psid, "inbox", text="De la boîte")
        client.does(psid, "control", action="pass", metadata="back")
        client.sim("policy", {"action": "block"})
        client.settle()
        seen = set()
        for _headers, _body, content in client.endpoint.requests:
            assert differences(content, "webhook") == []
            for entry in content["entry"]:
                assert differences(entry, "entry") == []
                for event in entry.get("messaging", []) + entry.get("standby", []):
                    assert differences(event, kind_of(event)) == []
                    seen.add((kind_of(event), "standby" in entry))
        assert {kind for kind, _is_standby in seen} == {
            "message", "echo", "edit", "reaction", "delivery", "read", "postback", "referral",
            "pass", "take", "request", "policy",
        }  # fmt: skip
        assert {("message", True), ("echo", True), ("postback", True)} <= seen


def test_conversations_and_profiles():
    with connected() as client:
        psid = client.person()
        picture = {"name": "a.png", "base64": base64.b64encode(b"x").decode()}
        client.writes(psid, "Bonjour", attachments=[picture])
        inner = "id,created_time,from,to,message,attachments,tags,sticker,reply_to"
        fields = f"id,updated_time,participants,message_count,messages{{{inner}}}"
        content = client.get("/me/conversations", platform="messenger", fields=fields).json()
        assert differences(content, "conversations") == []
        assert differences(content["data"][0], "conversation") == []
        (message,) = content["data"][0]["messages"]["data"]
        assert differences(message, "conversation message") == []
        profile = client.get(f"/{psid}", fields="first_name,last_name,name,profile_pic").json()
        assert differences(profile, "profile") == []


def test_every_error_has_the_published_envelope():
    for code, subcode in TABLE:
        response = MetaError(code, subcode).response()
        assert response.status >= 400
        assert "x-fb-trace-id" in response.headers
    with connected() as client:
        refused = client.send("12")
        assert differences(refused.json(), "error") == []


def test_nothing_published_is_left_out():
    assert {sample["shape"] for sample in SAMPLES} <= set(SHAPES)
