"""Somebody who is told: an endpoint for notifications that answers as a test wants."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


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
        deadline = time.monotonic() + seconds
        while len(self.notices) < count:
            assert time.monotonic() < deadline, f"{len(self.notices)} of {count} came"
            time.sleep(0.02)
        return self.notices


@contextmanager
def listening():
    """:return Endpoint: for the block"""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = parse_qs(urlsplit(self.path).query).get("validationToken")
            if token:
                answer = token[0] if endpoint.answers_token else "no"
                self._answer(200, answer.encode(), endpoint.content_type)
                return
            endpoint.requests.append((self.path, dict(self.headers), json.loads(text)))
            time.sleep(endpoint.seconds)
            self._answer(endpoint.status, b"", "text/plain")

        def _answer(self, status, body, content_type):
            self.send_response(status)
            self.send_header("Content-Type", content_type)
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
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
