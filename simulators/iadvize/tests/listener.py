"""An app that is told: an endpoint for webhooks that answers as a test wants."""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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
        deadline = time.monotonic() + seconds
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} came"
            time.sleep(0.02)
        return self.events


def signature(content):
    """:return str: of a raw body, or a raw query"""
    return "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


@contextmanager
def listening(client=None):
    """:param Client client: of a simulator that is told to tell; :return Endpoint: for the block"""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.requests.append((headers, body))
            self._answer(endpoint.statuses.pop(0) if endpoint.statuses else 200, b"")

        def do_GET(self):
            query = self.path.partition("?")[2]
            endpoint.queries.append((query, self.headers.get("x-iadvize-signature")))
            self._answer(200, endpoint.page)

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    if client:
        client.sim("app", {"webhook_url": f"{endpoint.url}/hook", "secret": SECRET})
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
