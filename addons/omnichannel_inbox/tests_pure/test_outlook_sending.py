"""Sending over real HTTP, broken off at every point: never twice, never lost."""

import itertools
import json
import time

import pytest

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.omnichannel_inbox.providers.base import Address, Attachment, FailureType
from odoo.addons.omnichannel_inbox.providers.outlook import uploads
from odoo.addons.omnichannel_inbox.tests_pure.outlook_kit import (
    BOX,
    CUSTOMER,
    UUID,
    ago,
    control,
    fault,
    outbound,
    provider,
    read_all,
    received_by,
    requests_of,
    write_mail,
)

from simulators.graph.server import Simulator, running

PICTURE = Attachment("a.png", "image/png", 3, content_id="7@odoo", is_inline=True, content=b"png")
PROPERTIES = "singleValueExtendedProperties"
SMALL = Attachment("devis.pdf", "application/pdf", 5, content=b"%PDF-")


@pytest.fixture
def sim():
    with running(Simulator()) as simulator:
        yield simulator


class Killed(BaseException):
    """What a worker that is killed does: nothing more."""


class Memory:
    """Where progress is kept; kills the worker at a given moment.

    :param at: number of the note at which the worker dies; 0: never
    :param kept: whether the note is still written
    """

    def __init__(self, at=0, kept=True):
        self.progress = {}
        self.notes = 0
        self.at, self.kept = at, kept

    def __call__(self, values):
        self.notes += 1
        if self.notes != self.at or self.kept:
            self.progress.update(values)
        if self.notes == self.at:
            raise Killed


def received(sim, address=CUSTOMER):
    """What came to a customer from us."""
    control(sim, "POST", "/sim/settle", {})
    return [post for post in received_by(sim, address) if post["direction"] == "in"]


def drafts(sim):
    rows = provider(sim).graph.get("mailFolders/drafts/messages")["value"]
    return [row["subject"] for row in rows]


def test_answer(sim):
    mail = write_mail(sim)
    memory = Memory()
    sent = provider(sim).send(
        outbound(in_reply_to=mail, cc=(Address("chef@example.org", "", "chef@example.org"),)),
        memory,
    )
    [post] = received(sim)
    assert post["subject"] == "RE: Ma commande"
    assert post["in_reply_to"] and post["message_id"] == sent.message_id
    assert "Elle part demain." in post["html"] and "où est ma commande" in post["html"]
    assert post["html"].index("Elle part") < post["html"].index("où est ma commande")
    assert [one["address"] for one in post["cc"]] == ["chef@example.org"]
    assert memory.progress["message_id"] == sent.message_id
    assert sent.conversation
    events, _cursor, _pages = read_all(provider(sim), "sentitems", since=ago(minutes=5))
    [echo] = provider(sim).parse(events[0])
    assert echo.is_ours and echo.outbox_uuid == UUID and echo.external_id == sent.external_id


def test_own_id_stays_with_us(sim):
    provider(sim).send(outbound(subject="Bonjour"), Memory())
    assert UUID not in str(received(sim))


def test_new_conversation(sim):
    provider(sim).send(
        outbound(subject="Votre table est là", html="", text="Elle est là."), Memory()
    )
    [post] = received(sim)
    assert (post["subject"], post["text"]) == ("Votre table est là", "Elle est là.")


def test_what_is_answered_is_gone(sim):
    """It stays in the customer's thread all the same."""
    references = ("<second@example.org>", "<first@example.org>")
    message = outbound(in_reply_to="AAkGone=", references=references, subject="Re: table")
    provider(sim).send(message, Memory())
    assert len(received(sim)) == 1
    [made] = requests_of(sim, "POST", "/messages")[1:2]
    values = {row["id"]: row["value"] for row in json.loads(made["body"])[PROPERTIES]}
    assert values["String 0x1042"] == "<second@example.org>", "In-Reply-To"
    assert values["String 0x1039"] == "<first@example.org> <second@example.org>", "References"


def test_only_whom_we_name(sim):
    mail = write_mail(sim, cc=["autre@example.org"])
    provider(sim).send(outbound(in_reply_to=mail), Memory())
    assert not [post for post in received(sim, "autre@example.org") if BOX in str(post["from"])]
    assert len(received(sim)) == 1


def test_hidden_copies(sim):
    hidden = Address("archive@example.org", "", "archive@example.org")
    provider(sim).send(outbound(subject="x", bcc=(hidden,)), Memory())
    assert len(received(sim, "archive@example.org")) == 1
    assert "archive@" not in str(received(sim))


def test_files(sim):
    html = '<p>Voici <img src="/web/image/7?unique=1"></p>'
    message = outbound(subject="x", html=html, attachments=(PICTURE, SMALL))
    provider(sim).send(message, Memory())
    [post] = received(sim)
    files = {file["name"]: file for file in post["attachments"]}
    assert files["a.png"]["is_inline"] and files["a.png"]["content_id"] == "7@odoo"
    assert not files["devis.pdf"]["is_inline"] and files["devis.pdf"]["size"] == 5
    assert '<img src="data:image/png' in post["html"], "as his program shows it, by its reference"
    assert "/web/image" not in post["html"]


@pytest.mark.parametrize("size", [2_999_999, 3_000_000, 3_145_727, 3_145_728, 9 * 2**20])
def test_sizes_of_files(sim, size):
    file = Attachment("plan.zip", content=bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    provider(sim).send(outbound(subject="x", attachments=(file,)), Memory())
    [post] = received(sim)
    assert post["attachments"][0]["size"] == size
    pieces = requests_of(sim, "PUT")
    assert all(not row["authorized"] for row in pieces), "no credentials go there"
    assert all(row["size"] < 4 * 2**20 for row in pieces)
    assert bool(pieces) == (size >= 3_145_728)


@pytest.mark.parametrize("action", ["cut_before", "cut_after"])
def test_a_piece_that_gets_lost(sim, action):
    content = b"0123456789" * 900_000
    fault(sim, {"action": action, "method": "PUT", "times": 1, "skip": 1})
    message = outbound(subject="x", attachments=(Attachment("big.bin", content=content),))
    provider(sim).send(message, Memory())
    [post] = received(sim)
    assert post["attachments"][0]["size"] == len(content)
    assert len(requests_of(sim, "POST", "createUploadSession")) == 1


def test_patience_between_two_files(sim):
    """The files that are on the draft stay there."""
    files = (SMALL, Attachment("b.pdf", content=b"b"))
    fault(sim, {"status": 429, "retry_after": 30, "method": "POST", "path": "attachments$",
                "times": 1, "skip": 1})  # fmt: skip
    memory = Memory()
    message = outbound(subject="x", attachments=files)
    with pytest.raises(RetryableError) as caught:
        provider(sim).send(message, memory)
    assert caught.value.retry_after == 30
    provider(sim).send(outbound(subject="x", attachments=files, progress=memory.progress), memory)
    [post] = received(sim)
    assert [file["name"] for file in post["attachments"]] == ["devis.pdf", "b.pdf"]


# === never twice, never lost === #

MESSAGE = {
    "html": '<p>Bonjour <img src="/web/image/7"></p>',
    "attachments": (PICTURE, SMALL, Attachment("devis.pdf", content=b"another of that name")),
}


def try_until_sent(sim, memory, mail, **settings):
    for _attempt in range(8):
        message = outbound(in_reply_to=mail, progress=dict(memory.progress), **MESSAGE)
        try:
            return provider(sim, **settings).send(message, memory)
        except (Killed, RetryableError):
            continue
    raise AssertionError("never sent")


def is_whole(post):
    files = sorted(file["name"] for file in post["attachments"])
    return files == ["a.png", "devis.pdf", "devis.pdf"] and post["html"].count("Bonjour <img") == 1


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("at", range(1, 9))
def test_killed_at_every_note(sim, at, kept):
    """`at` counts what is remembered; the last ones lie behind the end."""
    mail = write_mail(sim)
    memory = Memory(at, kept)
    sent = try_until_sent(sim, memory, mail)
    [post] = received(sim)
    assert is_whole(post) and post["message_id"] == sent.message_id
    assert not drafts(sim)


REQUESTS = (
    ("POST", "createReply$"),
    ("PATCH", "/messages/"),
    ("POST", "/attachments$"),
    ("POST", "/send$"),
)


@pytest.mark.parametrize("action", ["cut_before", "cut_after"])
@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_no_answer_to_a_request(sim, action, method, path):
    mail = write_mail(sim)
    fault(sim, {"action": action, "method": method, "path": path, "times": 1})
    try_until_sent(sim, Memory(), mail)
    [post] = received(sim)
    assert is_whole(post)
    assert not drafts(sim)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_only_sending_is_ever_uncertain(sim, method, path):
    mail = write_mail(sim)
    fault(sim, {"action": "cut_after", "method": method, "path": path, "times": 1})
    with pytest.raises(RetryableError) as caught:
        provider(sim).send(outbound(in_reply_to=mail, **MESSAGE), Memory())
    assert caught.value.is_uncertain == path.startswith("/send")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_in_trouble(sim, status, method, path):
    mail = write_mail(sim)
    fault(sim, {"status": status, "method": method, "path": path, "times": 1})
    try_until_sent(sim, Memory(), mail)
    assert len(received(sim)) == 1


def test_killed_after_it_was_sent(sim):
    """The answer never reached the database."""
    memory = Memory()
    provider(sim).send(outbound(subject="x"), memory)
    again = provider(sim).send(outbound(subject="x", progress=memory.progress), memory)
    assert len(received(sim)) == 1 and again.external_id
    assert len(requests_of(sim, "POST", "/send")) == 1


def test_still_on_its_way(sim):
    """A draft that was sent may look like a draft for a while: it is not sent again meanwhile."""
    fault(sim, hold_sent=30)
    memory = Memory()
    provider(sim).send(outbound(subject="x"), memory)
    with pytest.raises(RetryableError) as caught:
        provider(sim, settle=60).send(outbound(subject="x", progress=memory.progress), memory)
    assert 0 < caught.value.retry_after <= 60
    assert len(requests_of(sim, "POST", "/send")) == 1


def test_no_copy_is_kept(sim):
    """It was given away for sending and is nowhere: nobody pretends to know."""
    memory = Memory()
    provider(sim).send(outbound(subject="x"), memory)
    control(sim, "POST", "/sim/settle", {})
    mail = memory.progress["draft"]
    provider(sim).graph.delete(f"messages/{mail}")
    for row in provider(sim).graph.get("mailFolders/deleteditems/messages")["value"]:
        provider(sim).graph.delete(f"messages/{row['id']}")
    message = outbound(subject="x", progress=memory.progress)
    with pytest.raises(RetryableError) as caught:
        provider(sim).send(message, memory)
    assert caught.value.is_uncertain
    assert len(received(sim)) == 1


def test_asked_what_became_of_it(sim):
    made, memory = provider(sim), Memory()
    assert made.check(outbound()) is None, "no attempt was made"
    sent = made.send(outbound(subject="x"), memory)
    found = made.check(outbound(progress=memory.progress))
    assert found.external_id == sent.external_id
    lost = made.check(outbound(progress={"creating": True}))
    assert lost.external_id == sent.external_id, "found by our own id"


def test_asked_when_it_never_left(sim):
    fault(sim, {"action": "cut_before", "path": "/send$", "times": 1})
    memory = Memory()
    with pytest.raises(RetryableError) as caught:
        provider(sim).send(outbound(subject="x"), memory)
    assert caught.value.is_uncertain
    assert provider(sim).check(outbound(progress=memory.progress)) is None


# === refused === #


def refused(sim, error, **rule):
    fault(sim, {"path": "/send$", "times": 1, **rule})
    memory, made = Memory(), provider(sim)
    with pytest.raises(error) as caught:
        made.send(outbound(subject="x"), memory)
    return made.failure_type(caught.value), memory


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "ErrorInvalidRecipients", FailureType.RECIPIENT),
        (400, "ErrorMessageSizeExceeded", FailureType.TOO_LARGE),
        (413, "RequestEntityTooLarge", FailureType.TOO_LARGE),
        (507, "ErrorQuotaExceeded", FailureType.PERMISSION),
        (400, "SomethingNew", FailureType.UNKNOWN),
    ],
)
def test_refused_for_good(sim, status, code, expected):
    kind, memory = refused(sim, RejectedError, status=status, code=code)
    assert kind is expected
    assert not drafts(sim), "no draft is left behind"
    # corrected, it is made anew
    provider(sim).send(outbound(subject="corrected", progress=memory.progress), memory)
    [post] = received(sim)
    assert post["subject"] == "corrected"


def test_not_allowed_to_send(sim):
    control(sim, "POST", "/sim/directory", {"roles": ["Mail.ReadWrite"]})
    memory, made = Memory(), provider(sim)
    with pytest.raises(AuthError) as caught:
        made.send(outbound(subject="x"), memory)
    assert made.failure_type(caught.value) is FailureType.PERMISSION
    control(sim, "POST", "/sim/directory", {"roles": ["Mail.ReadWrite", "Mail.Send"]})
    provider(sim).send(outbound(subject="x", progress=memory.progress), memory)
    assert len(received(sim)) == 1


def test_nobody_to_send_to(sim):
    with pytest.raises(RejectedError) as caught:
        provider(sim).send(outbound(recipients=()), Memory())
    assert provider(sim).failure_type(caught.value) is FailureType.RECIPIENT
    assert not requests_of(sim, "POST", BOX)


def test_what_a_piece_answers():
    assert uploads._expected({"nextExpectedRanges": ["2097152"]}, 0) == 2097152
    assert uploads._expected({"nextExpectedRanges": ["2097152-4194303", "5-"]}, 0) == 2097152
    assert uploads._expected({}, 7) == 7


def test_errors_are_of_the_contract(sim):
    """Whatever comes is an error the outbox knows."""
    for status, path in itertools.product((400, 401, 403, 404, 409, 410, 418, 429, 500), ("x",)):
        fault(sim, {"status": status, "path": "/messages", "times": 4}, reset=True)
        with pytest.raises(IntegrationError):
            provider(sim).send(outbound(subject=path), Memory())


def test_settle_is_not_for_ever(sim):
    memory = Memory()
    memory.progress = {"creating": True}
    fault(sim, {"action": "cut_before", "path": "/send$", "times": 1})
    with pytest.raises(RetryableError):
        provider(sim).send(outbound(subject="x"), memory)
    started = time.time() - 31
    memory.progress["sending"] = started
    provider(sim, settle=30).send(outbound(subject="x", progress=memory.progress), memory)
    assert len(received(sim)) == 1
