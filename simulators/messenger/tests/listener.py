"""The application that is told: an endpoint that answers as a test wants."""

import hashlib
import hmac
import json
import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from simulators.testing import Listener, listening_at, wait_for

VERIFY_TOKEN = "verify me"


class Endpoint:
    """What it was sent, and how it answers."""

    def __init__(self):
        self.url = ""
        self.secret = ""
        self.requests = []  # headers in lower case, bytes, JSON
        self.status = 200
        self.seconds = 0.0
        self.forged = 0

    @property
    def entries(self):
        """:return list: of dict, in the order they came"""
        return [entry for _headers, _body, content in self.requests for entry in content["entry"]]

    @property
    def events(self):
        """:return list: of dict, those in standby left out"""
        return [event for entry in self.entries for event in entry.get("messaging", ())]

    def of(self, kind):
        """:param str kind: word of the event; :return list:"""
        return [event for event in self.events if kind in event]

    def wait(self, count, kind=None, seconds=8):
        """:return list: at least so many events"""
        return wait_for(lambda: self.of(kind) if kind else self.events, count, seconds)


@contextmanager
def listening(secret):
    """:param str secret: by which what comes is signed; :return Endpoint: for the block"""
    endpoint = Endpoint()
    endpoint.secret = secret

    class Handler(Listener):
        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            if query.get("hub.verify_token") != [VERIFY_TOKEN]:
                self.answer(403)
            elif query["hub.mode"] == ["subscribe"]:
                self.answer(200, query["hub.challenge"][0].encode())

        def do_POST(self):
            body = self.body()
            expected = hmac.new(endpoint.secret.encode(), body, hashlib.sha256).hexdigest()
            if self.headers["X-Hub-Signature-256"] != f"sha256={expected}":
                endpoint.forged += 1
            time.sleep(endpoint.seconds)
            endpoint.requests.append((self.low_headers(), body, json.loads(body)))
            self.answer(endpoint.status)

    with listening_at(Handler) as url:
        endpoint.url = f"{url}/webhook"
        yield endpoint
