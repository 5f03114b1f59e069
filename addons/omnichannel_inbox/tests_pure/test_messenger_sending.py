"""Sending over real HTTP, broken off at every point: never twice, never lost; windows; refusals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.omnichannel_inbox.providers.base import Attachment, FailureType
from odoo.addons.omnichannel_inbox.tests_pure.messenger_kit import UUID, page, provider

LONG = "\n\n".join(char * 1_500 for char in "abc")
FILE = Attachment("devis.pdf", "application/pdf", 5, content=b"%PDF-")
PICTURE = Attachment("a.png", "image/png", 8, content=b"\x89PNG\r\n\x1a\n")


@pytest.fixture
def sim():
    with page() as made:
        yield made


@pytest.fixture
def psid(sim):
    psid = sim.person()
    sim.writes(psid)
    return psid


def failure(sim, error):
    return sim.provider.failure_type(error)


# -- as it should ----------------------------------------------------------------------------------


def test_one_message(sim, psid):
    sent = sim.send(psid)
    [message] = sim.sees(psid)
    assert (message["text"], message["metadata"]) == ("Elle part demain.", UUID)
    assert (sent.external_id, sent.aliases) == (message["mid"], ())
    [request] = sim.requests()
    assert request["has_proof"]
    assert request["body"]["messaging_type"] == "RESPONSE"


def test_in_parts_with_files(sim, psid):
    sent = sim.send(psid, LONG, attachments=(FILE, PICTURE))
    seen = sim.sees(psid)
    assert [one["text"][:1] for one in seen] == ["a", "b", "c", "", ""]
    assert [one["metadata"] for one in seen] == [f"{UUID}:{n}/5" for n in range(1, 6)]
    assert (sent.external_id, *sent.aliases) == tuple(one["mid"] for one in seen)
    kinds = [file["type"] for one in seen for file in one["attachments"]]
    assert kinds == ["file", "image"]


def test_again_sends_nothing(sim, psid):
    sim.send(psid, LONG)
    again = sim.send(psid, LONG)
    assert len(sim.sees(psid)) == 3
    assert len(again.aliases) == 2


def test_nothing_to_send(sim, psid):
    for text, to in ((" ", psid), ("x", "")):
        with pytest.raises(RejectedError):
            sim.send(to, text, recipients=())
    assert not sim.sees(psid)


# -- broken off ------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("action", ["cut_before", "cut_after"])
def test_the_answer_gets_lost(sim, psid, action, skip):
    sim.fault({"action": action, "method": "POST", "path": "/messages$", "skip": skip})
    with pytest.raises(RetryableError) as caught:
        sim.send(psid, LONG)
    assert caught.value.is_uncertain and failure(sim, caught.value) is FailureType.UNCERTAIN
    known = sim.check(psid, LONG)
    assert known is None or action == "cut_after" and skip == 2
    sent = sim.send(psid, LONG)
    seen = sim.sees(psid)
    assert [one["text"][:1] for one in seen] == ["a", "b", "c"]
    assert (sent.external_id, *sent.aliases) == tuple(one["mid"] for one in seen)


def test_file_whose_answer_gets_lost(sim, psid):
    sim.fault({"action": "cut_after", "method": "POST", "path": "/messages$", "skip": 1})
    with pytest.raises(RetryableError):
        sim.send(psid, "x", attachments=(FILE,))
    sim.send(psid, "x", attachments=(FILE,))
    assert len(sim.sees(psid)) == 2


class Killed(BaseException):
    """The worker is gone."""


@pytest.mark.parametrize("after", range(1, 7))
def test_killed_between_the_steps(sim, psid, after):
    steps = iter(range(1, 100))

    def remember(progress):
        sim.progress.update(progress)
        if next(steps) == after:
            raise Killed

    with pytest.raises(Killed):
        sim.provider.send(sim.outbound(psid, LONG), remember)
    sim.send(psid, LONG)
    assert [one["text"][:1] for one in sim.sees(psid)] == ["a", "b", "c"]


def test_what_came_back_is_not_sent_again(sim, psid):
    sim.fault({"action": "cut_after", "method": "POST", "path": "/messages$"})
    with pytest.raises(RetryableError):
        sim.send(psid, LONG)
    [first] = sim.sees(psid)
    sim.progress["echoes"] = {"1": first["mid"]}
    # the list does not answer
    sim.fault({"action": "error", "method": "GET", "path": "/conversations", "times": 9, "code": 2})
    sim.send(psid, LONG)
    assert len(sim.sees(psid)) == 3


def test_too_early_to_tell(sim, psid):
    made = provider(sim.simulator, settle=120)
    sim.fault({"action": "cut_before", "method": "POST", "path": "/messages$"})
    with pytest.raises(RetryableError):
        sim.send(psid, made=made)
    with pytest.raises(RetryableError) as caught:
        made.check(sim.outbound(psid))
    assert caught.value.is_uncertain and caught.value.retry_after > 60
    sim.later(minutes=3)
    assert made.check(sim.outbound(psid)) is None


def test_another_message_with_the_same_words(sim, psid):
    other = sim.send(psid, "Oui", uuid="other").external_id
    sim.progress.clear()
    sim.fault({"action": "cut_before", "method": "POST", "path": "/messages$"})
    with pytest.raises(RetryableError):
        sim.send(psid, "Oui")
    sim.progress["others"] = [other]
    assert sim.check(psid, "Oui") is None
    assert sim.send(psid, "Oui").external_id != other
    assert len(sim.sees(psid)) == 2


def test_several_that_it_may_be(sim, psid):
    sim.does(psid, "inbox", text="Oui")
    sim.fault({"action": "cut_after", "method": "POST", "path": "/messages$"})
    with pytest.raises(RetryableError):
        sim.send(psid, "Oui")
    with pytest.raises(RejectedError, match="several times"):
        sim.check(psid, "Oui")


def test_a_list_that_may_not_be_read_does_not_say_that_it_was_not_sent(sim, psid):
    sim.fault({"action": "cut_after", "method": "POST", "path": "/messages$"})
    with pytest.raises(RetryableError):
        sim.send(psid)
    sim.fault(
        {"action": "error", "method": "GET", "path": "/conversations", "times": 9, "code": 10}
    )
    with pytest.raises(RejectedError):
        sim.check(psid)
    with pytest.raises(RetryableError) as caught:
        sim.send(psid)
    assert caught.value.is_uncertain
    assert len(sim.sees(psid)) == 1


# -- windows ---------------------------------------------------------------------------------------


def test_within_a_day_within_a_week_and_after(sim, psid):
    human = provider(sim.simulator, has_human_agent=True)
    sim.ask("POST", "app", {"human_agent": True})
    wrote = sim.now()
    sim.later(hours=23)
    sim.send(psid, "1", last_received=wrote, uuid="1")
    sim.later(hours=2)
    for made, values in ((sim.provider, {}), (human, {"is_automatic": True})):
        sim.progress.clear()
        with pytest.raises(RejectedError) as caught:
            sim.send(psid, "2", made=made, last_received=wrote, **values)
        assert failure(sim, caught.value) is FailureType.WINDOW
    assert len(sim.requests()) == 1, "refused by us, before anything left"
    sim.send(psid, "3", made=human, last_received=wrote, uuid="3")
    body = sim.requests()[-1]["body"]
    assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    sim.later(days=7)
    sim.progress.clear()
    with pytest.raises(RejectedError) as caught:
        sim.send(psid, "4", made=human, last_received=wrote)
    assert failure(sim, caught.value) is FailureType.WINDOW
    assert [one["text"] for one in sim.sees(psid)] == ["1", "3"]


def test_advertisement(sim):
    psid = sim.person()
    sim.writes(psid, ad={"id": "6", "title": "Soldes"})
    wrote = sim.now()
    sim.later(days=6)
    sim.send(psid, last_received=wrote, reply_window=timedelta(days=7))
    assert len(sim.sees(psid)) == 1


def test_nobody_has_written(sim):
    with pytest.raises(RejectedError) as caught:
        sim.send(sim.person(), last_received=None)
    assert failure(sim, caught.value) is FailureType.WINDOW


def test_the_window_closes_between_two_parts(sim, psid):
    wrote = sim.now()
    sim.fault({"action": "error", "method": "POST", "path": "/messages$", "skip": 1, "code": 613})
    with pytest.raises(RetryableError):
        sim.send(psid, LONG, last_received=wrote)
    sim.later(hours=25)
    with pytest.raises(RejectedError, match="1 of 3 parts were sent") as caught:
        sim.send(psid, LONG, last_received=wrote)
    assert failure(sim, caught.value) is FailureType.WINDOW


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "subcode", "kind"),
    [
        (10, 2018278, FailureType.WINDOW),
        (10, 2018065, FailureType.WINDOW),
        (10, 2018300, FailureType.PERMISSION),
        (10, 1893063, FailureType.PERMISSION),
        (100, 2018001, FailureType.RECIPIENT),
        (100, 33, FailureType.RECIPIENT),
        (100, 2018109, FailureType.TOO_LARGE),
        (100, 0, FailureType.CONTENT),
        (230, 0, FailureType.PERMISSION),
        (551, 0, FailureType.RECIPIENT),
        (190, 460, FailureType.AUTH),
        (190, 0, FailureType.AUTH),
        (613, 0, FailureType.THROTTLED),
        (4, 0, FailureType.THROTTLED),
        (1200, 0, FailureType.THROTTLED),
        (99999, 0, FailureType.UNKNOWN),
    ],
)
def test_refusals(sim, psid, code, subcode, kind):
    rule = {"action": "error", "method": "POST", "path": "/messages$", "code": code}
    sim.fault({**rule, "subcode": subcode})
    with pytest.raises(IntegrationError) as caught:
        sim.send(psid)
    assert failure(sim, caught.value) is kind
    assert not getattr(caught.value, "is_uncertain", False)
    # nothing was sent: the next attempt does it
    sim.send(psid)
    assert len(sim.sees(psid)) == 1


def test_as_long_as_meta_asks_for(sim, psid):
    rule = {"action": "error", "method": "POST", "path": "/messages$", "code": 80006, "minutes": 7}
    sim.fault(rule)
    with pytest.raises(RetryableError) as caught:
        sim.send(psid)
    assert caught.value.retry_after == 420


@pytest.mark.parametrize("code", [1, 2])
@pytest.mark.parametrize("status", [400, 500])
def test_unknown_error_is_uncertain(sim, psid, code, status):
    rule = {"action": "error", "method": "POST", "path": "/messages$", "code": code}
    sim.fault({**rule, "status": status})
    with pytest.raises(RetryableError) as caught:
        sim.send(psid)
    assert caught.value.is_uncertain


def test_dead_token(sim, psid):
    sim.fault(kill_token="password")
    with pytest.raises(AuthError):
        sim.send(psid)
    assert [check.is_ok for check in sim.provider.health()] == [False]


def test_wrong_secret(sim, psid):
    made = provider(sim.simulator, app_secret="wrong")
    with pytest.raises(RejectedError) as caught:
        sim.send(psid, made=made)
    assert "appsecret_proof" in str(caught.value)


def test_blocked(sim, psid):
    sim.ask("POST", f"people/{psid}", {"blocked": True})
    with pytest.raises(RejectedError) as caught:
        sim.send(psid)
    assert failure(sim, caught.value) is FailureType.RECIPIENT


def test_another_application_has_the_thread(sim, psid):
    sim.does(psid, "control", action="take")
    with pytest.raises(RejectedError) as caught:
        sim.send(psid)
    assert failure(sim, caught.value) is FailureType.PERMISSION
    sim.provider.take_thread(psid)
    sim.send(psid)
    sim.provider.pass_thread(psid)
    assert len(sim.sees(psid)) == 1


def test_no_secret_in_an_error(sim, psid):
    sim.fault({"action": "status", "method": "POST", "path": "/messages$", "status": 403})
    with pytest.raises(AuthError) as caught:
        sim.send(psid)
    assert "EAA" not in str(caught.value) and "proof" not in str(caught.value)


def test_name_of_a_file_cannot_break_the_form(sim, psid):
    odd = replace(FILE, name='a"\r\nX: 1.pdf', content_type="application/pdf\r\nX: 1")
    sim.send(psid, "", attachments=(odd,))
    [seen] = sim.sees(psid)
    assert seen["attachments"][0]["name"].startswith("a_")
