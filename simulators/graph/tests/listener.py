"""Somebody who is told: an endpoint for notifications that answers as a test wants."""

import json
import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from simulators.testing import Listener, listening_at, wait_for


class Endpoint:
    """What it was sent, and how it answers."""

    def __init__(self):
        self.url = ""
        self.requests = []  # path with query, headers, JSON
        self.status = 202
        self.seconds = 0.0
        self.answers_token = True
        self.content_type = "text/plain"

    @property
    def notices(self):
        """:return list: of dict, without their batches"""
        return [notice for _path, _headers, body in self.requests for notice in body["value"]]

    def wait(self, count, seconds=8):
        """:return list: at least so many notices"""
        return wait_for(lambda: self.notices, count, seconds)


@contextmanager
def listening():
    """:return Endpoint: for the block"""
    endpoint = Endpoint()

    class Handler(Listener):
        def do_POST(self):
            text = self.body()
            token = parse_qs(urlsplit(self.path).query).get("validationToken")
            if token:
                answer = token[0] if endpoint.answers_token else "no"
                self.answer(200, answer.encode(), endpoint.content_type)
                return
            endpoint.requests.append((self.path, dict(self.headers), json.loads(text)))
            time.sleep(endpoint.seconds)
            self.answer(endpoint.status)

    with listening_at(Handler) as endpoint.url:
        yield endpoint
