"""The application that is told: an endpoint that answers as a test wants."""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

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
        deadline = time.monotonic() + seconds
        while True:
            found = self.of(kind) if kind else self.events
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{len(found)} of {count} came"
            time.sleep(0.02)


@contextmanager
def listening(secret):
    """:param str secret: by which what comes is signed; :return Endpoint: for the block"""
    endpoint = Endpoint()
    endpoint.secret = secret

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            if query.get("hub.verify_token") != [VERIFY_TOKEN]:
                self._answer(403, b"")
            elif query["hub.mode"] == ["subscribe"]:
                self._answer(200, query["hub.challenge"][0].encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            expected = hmac.new(endpoint.secret.encode(), body, hashlib.sha256).hexdigest()
            if self.headers["X-Hub-Signature-256"] != f"sha256={expected}":
                endpoint.forged += 1
            time.sleep(endpoint.seconds)
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.requests.append((headers, body, json.loads(body)))
            self._answer(endpoint.status, b"")

        def _answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/webhook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
