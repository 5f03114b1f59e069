"""Files are fetched from iAdvize only, whatever address a message of a visitor names."""

from datetime import datetime
from unittest.mock import patch

import pytest

from odoo.addons.integration_base.exceptions import RejectedError
from odoo.addons.omnichannel_inbox.providers.base import Address, Attachment, Inbound
from odoo.addons.omnichannel_inbox.providers.iadvize import IadvizeProvider
from odoo.addons.omnichannel_inbox.providers.iadvize.tokens import Credentials, MemoryTokens

MESSAGE = Inbound("m1", datetime(2026, 11, 22), Address("v1"))
REFUSED = [
    "http://static.iadvize.com/a.png",
    "https://evil.example/a.png",
    "https://iadvize.com.evil.example/a.png",
    "https://eviliadvize.com/a.png",
    "https://static.iadvize.com@evil.example/a.png",
    "https://user:pw@static.iadvize.com/a.png",
    "https://user@static.iadvize.com/a.png",
    "https://static.iadvize.com:8443/a.png",
    "https://evil.example\\.iadvize.com/a.png",
    "https://evil.example\\@static.iadvize.com/a.png",
    "https://evil.example#.iadvize.com/a.png",
    "https://127.0.0.1/a.png",
    "http://127.0.0.1:8069/web/database/manager",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://localhost/",
    "http://localhost.localdomain:5432/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.5/",
    "file:///etc/passwd",
    "ftp://static.iadvize.com/a",
    "//static.iadvize.com/a.png",
    "gopher://x",
    "javascript:alert(1)",
    "data:text/html,x",
    "",
    "https://",
    "https://[::1",
    "https://static.iadvize.com:notaport/",
    "https://static.iadvize.com\r\nHost: evil.example/a.png",
]


def _provider(url="https://api.iadvize.com"):
    credentials = Credentials(user="a", password="b", url=url)
    return IadvizeProvider({"credentials": credentials, "tokens": MemoryTokens()})


@pytest.mark.parametrize("api", ["https://api.iadvize.com", "http://127.0.0.1:8074"])
@pytest.mark.parametrize("url", REFUSED)
def test_refused_without_a_request(url, api):
    with patch("requests.Session.send") as send, pytest.raises(RejectedError):
        _provider(api).fetch(MESSAGE, Attachment("a.png", external_id=url))
    assert not send.called


class _Answer:
    status_code = 302
    url = "https://static.iadvize.com/a.png"

    def __init__(self, location):
        self.headers = {"Location": location}

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest", "//127.0.0.1/", "http://static.iadvize.com/", "file:///etc"],
)
def test_redirections_are_looked_at(location):
    with (
        patch("requests.Session.send", return_value=_Answer(location)) as send,
        pytest.raises(RejectedError),
    ):
        _provider().fetch(MESSAGE, Attachment("a.png", external_id=_Answer.url))
    assert send.call_count == 1
