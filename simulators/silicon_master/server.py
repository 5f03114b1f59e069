"""The simulator as a service: the API of the master, and small JSON to make it live and fail."""

import json
import logging
import signal
import ssl
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from . import sql
from .api import Api, Refusal
from .api_control import Control

_logger = logging.getLogger(__name__)
NOTED = ("If-None-Match", "If-Modified-Since", "Range", "If-Range", "Accept-Encoding")
CHUNKS_PER_SECOND = 10


class Request(BaseHTTPRequestHandler):
    """GET /health, /ledger, /expected, /control, /requests and /api/…; POST /night, /export, /bad,
    /control, /prepare, /sql; DELETE /control, /requests."""

    server_version = "SiliconMaster/1"
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds a silent client may hold its connection
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path.startswith("/api/"):
            return self._answer_api()
        return self._answer(
            {
                "/health": self._health,
                "/ledger": self._ledger,
                "/expected": self._expected,
                "/control": lambda _query: self.server.mood.to_json(),
                "/requests": lambda _query: list(self.server.mood.requests),
            }
        )

    def do_HEAD(self):
        return self._answer_api()

    def do_POST(self):
        self._body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(
            {
                "/night": self._night,
                "/export": self._export,
                "/bad": self._bad,
                "/control": lambda _query: self.server.control(**self._json()),
                "/prepare": self.server.api.prepare,
                "/sql": self._sql,
            }
        )

    def do_DELETE(self):
        self._answer(
            {
                "/control": lambda _query: self.server.control(reset=True),
                "/requests": lambda _query: self.server.mood.requests.clear(),
            }
        )

    def log_message(self, format, *args):
        _logger.info("%s %s", self.address_string(), format % args)

    # -- the API of the master -----------------------------------------------------------------
    def _answer_api(self):
        reply, failure = self.server.api.answer(self.path, self.headers, self._base_url())
        parts = urlsplit(self.path)
        noted = {name: self.headers[name] for name in NOTED if name in self.headers}
        if "Authorization" in self.headers:
            noted["Authorization"] = self.headers["Authorization"].partition(" ")[0]
        self.server.mood.requests.append(
            {
                "method": self.command,
                "path": parts.path,
                "query": {name: texts[-1] for name, texts in parse_qs(parts.query).items()},
                "status": reply.status,
                "headers": noted,
                "bytes": len(reply.body),
                "failure": failure,
            }
        )
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self._send_body(reply)
        except ConnectionError:
            self.close_connection = True

    def _base_url(self):
        scheme = "https" if self.server.is_secure else "http"
        return f"{scheme}://{self.headers.get('Host') or self.server.address}"

    def _send_body(self, reply):
        body = reply.body if reply.cut_at is None else reply.body[: reply.cut_at]
        if reply.pause:
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            time.sleep(reply.pause)
            body = body[half:]
        speed = self.server.mood.bytes_per_second
        size = max(1, int(speed / CHUNKS_PER_SECOND)) if speed else max(1, len(body))
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            if speed:
                time.sleep(1 / CHUNKS_PER_SECOND)
        if reply.cut_at is not None:
            self.close_connection = True

    # -- life of the house ---------------------------------------------------------------------
    def _health(self, _query):
        world = self.server.house.world
        return {
            "status": "ok",
            "night": world.night,
            "date": world.today.isoformat(),
            "drop": str(self.server.house.drop),
            "keys": {entity: len(table) for entity, table in world.tables.items()},
        }

    def _ledger(self, query):
        records = self.server.house.ledger.records()
        if "night" in query:
            night = int(query["night"][0])
            records = [record for record in records if record["night"] == night]
        return records

    def _expected(self, query):
        house = self.server.house
        night = int(query["night"][0]) if "night" in query else house.world.night
        archive_after = int(query.get("archive_after", ["3"])[0])
        return {"night": night, "entities": house.expected(archive_after, night)}

    def _night(self, query):
        house = self.server.house
        share = float(query["share"][0]) if "share" in query else None
        events = [kind for text in query.get("events", ()) for kind in text.split(",")]
        changes = house.night(share, events)
        return {
            "night": house.world.night,
            "date": house.world.today.isoformat(),
            "entities": changes,
        }

    def _export(self, _query):
        house = self.server.house
        paths = house.export()
        return {
            "night": house.world.night,
            "files": {name: str(path) for name, path in paths.items()},
        }

    def _bad(self, query):
        bad = self.server.house.bad(query.get("kind", [""])[0], query.get("entity", [None])[0])
        return {**vars(bad), "path": str(bad.path)}

    def _sql(self, query):
        if "dsn" not in query:
            raise ValueError("dsn: of the database to fill")
        return sql.fill(query["dsn"][0], self.server.house.world)

    def _json(self):
        """:return dict: of the body of this request."""
        content = json.loads(self._body or b"{}")
        if not isinstance(content, dict):
            raise ValueError("an object is wanted")
        return content

    def _answer(self, routes):
        parts = urlsplit(self.path)
        route = routes.get(parts.path)
        if route is None:
            return self._send(404, {"error": f"no such page: {self.command} {parts.path}"})
        try:
            # One at a time: the world must not live two nights at once.
            with self.server.house.lock:
                answer = route(parse_qs(parts.query))
        except Refusal as refusal:
            return self._send(refusal.reply.status, {"error": str(refusal)})
        except ValueError as error:
            return self._send(400, {"error": str(error)})
        except OSError as error:
            _logger.exception("%s failed", parts.path)
            return self._send(500, {"error": str(error)})
        return self._send(200, answer)

    def _send(self, status, answer):
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """:param House house: what it serves.

    :param tuple certificate: PEM files of the certificate and of its key, for HTTPS
    """

    daemon_threads = True

    def __init__(self, address, house, auth="none", certificate=None):
        super().__init__(address, Request)
        self.house = house
        self.mood = Control(auth)
        self.api = Api(house, self.mood)
        self.is_secure = bool(certificate)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is left to the thread of the connection.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def address(self):
        """:return str: host and port."""
        return f"{self.server_address[0]}:{self.server_port}"

    @property
    def url(self):
        return f"{'https' if self.is_secure else 'http'}://{self.address}"

    def control(self, **changes):
        """The same as POST /control. :return dict: the control as it is now"""
        return self.mood.update(**changes)

    def requests(self):
        """:return list: of dict, what the API was asked since :meth:`reset`."""
        return list(self.mood.requests)

    def reset(self):
        """Everything works again, and nothing was asked yet."""
        self.mood.update(reset=True)
        self.mood.requests.clear()

    def handle_error(self, request, client_address):
        # A client that leaves, or does not trust us, is everyday life here.
        if isinstance(sys.exc_info()[1], OSError):
            _logger.info("%s: connection lost", client_address, exc_info=True)
        else:
            _logger.exception("%s: not answered", client_address)


@contextmanager
def running(house, host="127.0.0.1", port=0, **options):
    """Serves in a thread of this process. :return Server: while the block lasts"""
    server = Server((host, port), house, **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve(house, host, port, **options):
    """Serves until SIGTERM or Ctrl-C; a night that is being lived is finished first.

    :param int port: 0 takes a free one. The address is printed once connections are accepted.
    """
    server = Server((host, port), house, **options)

    def stop(_signal, _frame):
        # shutdown() waits for the loop that this very thread runs: ask from another one.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Silicon Master simulator on {server.url}/", flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        with house.lock:
            server.server_close()
