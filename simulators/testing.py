"""For the simulators' own tests: somebody who listens, and the plain part of a client."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests


class Listener(BaseHTTPRequestHandler):
    """An endpoint; subclasses say in ``do_GET`` and ``do_POST`` how it answers."""

    def body(self):
        """:return bytes: of the request"""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def low_headers(self):
        """:return dict: names in small letters"""
        return {name.lower(): value for name, value in self.headers.items()}

    def answer(self, status, body=b"", content_type="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


@contextmanager
def listening_at(listener):
    """:param listener: subclass of :class:`Listener`; :return str: its address, for the block"""
    server = ThreadingHTTPServer(("127.0.0.1", 0), listener)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for(look, count, seconds=8):
    """:param look: called until it returns at least so many; :return list: what it returned
    :raises AssertionError: too few came"""
    deadline = time.monotonic() + seconds
    while len(found := look()) < count:
        assert time.monotonic() < deadline, f"{len(found)} of {count} came"
        time.sleep(0.02)
    return found


class BaseClient:
    """Speaks to one simulator, with a token of its own.

    :param Service simulator: one that is served
    """

    def __init__(self, simulator):
        self.simulator = simulator
        self.url = simulator.url
        self.token = ""

    def sim(self, path, body=None, method="POST"):
        """:return: JSON of the simulator's own API; :raises AssertionError: it refused"""
        response = requests.request(method, f"{self.url}/sim/{path}", json=body, timeout=30)
        assert response.ok, f"{response.status_code} {response.text}"
        return response.json()

    def see(self, path):
        return self.sim(path, method="GET")

    def fault(self, **order):
        return self.sim("faults", order)
