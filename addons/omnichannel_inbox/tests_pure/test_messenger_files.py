"""Files are fetched from Meta's machines only, whatever an address looks like."""

import socket
from unittest.mock import patch

import pytest

from odoo.addons.integration_base.exceptions import RejectedError
from odoo.addons.omnichannel_inbox.providers.base import Address, Attachment, Inbound
from odoo.addons.omnichannel_inbox.providers.messenger import files, messages
from odoo.addons.omnichannel_inbox.tests_pure.messenger_kit import page, provider

REFUSED = [
    "http://scontent.fbcdn.net/a.png",
    "https://evil.example/a.png",
    "https://fbcdn.net.evil.example/a.png",
    "https://evilfbcdn.net/a.png",
    "https://scontent.fbcdn.net@evil.example/a.png",
    "https://user:pw@scontent.fbcdn.net/a.png",
    "https://scontent.fbcdn.net:8443/a.png",
    "https://evil.example\\.fbcdn.net/a.png",
    "https://evil.example#.fbcdn.net/a.png",
    "https://127.0.0.1/a.png",
    "http://127.0.0.1:8069/web/database/manager",
    "http://localhost/",
    "https://[::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.5/",
    "file:///etc/passwd",
    "ftp://scontent.fbcdn.net/a",
    "//scontent.fbcdn.net/a.png",
    "gopher://x",
    "",
    "https://",
    "https://scontent.fbcdn.net:notaport/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_refused_without_a_request(url):
    with patch("requests.Session.send") as send, pytest.raises(RejectedError):
        files.fetch(url, "graph.facebook.com")
    assert not send.called


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "127.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fd00::1",
                "::ffff:10.0.0.1", "0.0.0.0"]
)  # fmt: skip
def test_a_name_of_meta_that_leads_inside(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    with (
        patch.object(socket, "getaddrinfo", return_value=found),
        patch("requests.Session.send") as send,
        pytest.raises(RejectedError),
    ):
        files.fetch("https://scontent.fbcdn.net/a.png", "graph.facebook.com")
    assert not send.called


def test_this_machine_only_for_a_simulator():
    with page() as sim:
        psid = sim.person()
        picture = {"name": "a.png", "base64": "iVBORw0KGgo="}
        mid = sim.writes(psid, attachments=[picture])
        made = provider(sim.simulator)
        message = fetched(made, mid)
        assert made.fetch(*message) == b"\x89PNG\r\n\x1a\n"
        url = message[1].external_id.partition(" ")[2]
        with pytest.raises(RejectedError):
            files.fetch(url, "graph.facebook.com")
        with pytest.raises(RejectedError, match="large"):
            files.fetch(url, "127.0.0.1", limit=3)


def fetched(made, mid):
    """A message as it is told, and its file."""
    answer = made.graph.get(mid, fields="attachments{id,name,image_data,video_data,file_url}")
    url = messages.address_of(answer["attachments"]["data"][0])
    attachment = Attachment("a.png", external_id=f"0 {url}")
    return Inbound(mid, messages.datetime(2026, 1, 1), Address("1")), attachment


def test_address_that_is_over_is_asked_for_again():
    with page() as sim:
        psid = sim.person()
        mid = sim.writes(psid, attachments=[{"name": "a.png", "base64": "iVBORw0KGgo="}])
        made = provider(sim.simulator)
        message = fetched(made, mid)
        sim.fault(expire_links=True)
        assert made.fetch(*message) == b"\x89PNG\r\n\x1a\n"


def test_redirections_are_looked_at():
    """Meta's own machine sends us elsewhere."""

    class Answer:
        status_code = 302
        url = "https://scontent.fbcdn.net/a.png"
        headers = {"Location": "http://169.254.169.254/latest"}  # noqa: RUF012

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return None

    with (
        patch.object(files, "is_public", return_value=True),
        patch("requests.Session.send", return_value=Answer()) as send,
        pytest.raises(RejectedError),
    ):
        files.fetch("https://scontent.fbcdn.net/a.png", "graph.facebook.com")
    assert send.call_count == 1
