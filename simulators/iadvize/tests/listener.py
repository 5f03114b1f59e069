"""An app that is told: an endpoint for webhooks that answers as a test wants."""

import hashlib
import hmac
import json
from contextlib import contextmanager

from simulators.testing import Listener, listening_at, wait_for

SECRET = "app-secret"


class Endpoint:
    """What it was sent, and how it answers."""

    def __init__(self):
        self.url = ""
        self.requests = []  # headers in small letters, raw body
        self.statuses = []  # of the next answers; 200 when there is none
        self.page = b""  # what is got
        self.queries = []  # raw query and signature of each GET

    @property
    def events(self):
        """:return list: of dict, as they came"""
        return [json.loads(body) for _headers, body in self.requests]

    @property
    def kinds(self):
        return [event["eventType"] for event in self.events]

    def wait(self, count, seconds=8):
        """:return list: at least so many events"""
        wait_for(lambda: self.requests, count, seconds)
        return self.events


def signature(content):
    """:return str: of a raw body, or a raw query"""
    return "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


@contextmanager
def listening(client=None):
    """:param Client client: of a simulator that is told to tell; :return Endpoint: for the block"""
    endpoint = Endpoint()

    class Handler(Listener):
        def do_POST(self):
            endpoint.requests.append((self.low_headers(), self.body()))
            self._answer(endpoint.statuses.pop(0) if endpoint.statuses else 200, b"")

        def do_GET(self):
            query = self.path.partition("?")[2]
            endpoint.queries.append((query, self.headers.get("x-iadvize-signature")))
            self._answer(200, endpoint.page)

        def _answer(self, status, body):
            self.answer(status, body, "text/html; charset=utf-8")

    with listening_at(Handler) as endpoint.url:
        if client:
            client.sim("app", {"webhook_url": f"{endpoint.url}/hook", "secret": SECRET})
        yield endpoint
