"""The simulator as a service: small JSON over HTTP, and exports in the drop folder."""

import json
import logging
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_logger = logging.getLogger(__name__)


class Request(BaseHTTPRequestHandler):
    """GET /health, /ledger, /expected; POST /night, /export, /bad."""

    server_version = "SiliconMaster/1"
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds a silent client may hold its connection

    def do_GET(self):
        self._answer(
            {"/health": self._health, "/ledger": self._ledger, "/expected": self._expected}
        )

    def do_POST(self):
        # Bodies are not used, but must be read for the connection to go on.
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer({"/night": self._night, "/export": self._export, "/bad": self._bad})

    def log_message(self, format, *args):
        _logger.info("%s %s", self.address_string(), format % args)

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

    def _answer(self, routes):
        parts = urlsplit(self.path)
        route = routes.get(parts.path)
        if route is None:
            return self._send(404, {"error": f"no such page: {self.command} {parts.path}"})
        try:
            # One at a time: the world must not live two nights at once.
            with self.server.one_at_a_time:
                answer = route(parse_qs(parts.query))
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
    """:param House house: what it serves."""

    daemon_threads = True

    def __init__(self, address, house):
        super().__init__(address, Request)
        self.house = house
        self.one_at_a_time = threading.Lock()


def serve(house, host, port):
    """Serves until SIGTERM or Ctrl-C; a night that is being lived is finished first.

    :param int port: 0 takes a free one. The address is printed once connections are accepted.
    """
    server = Server((host, port), house)

    def stop(_signal, _frame):
        # shutdown() waits for the loop that this very thread runs: ask from another one.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Silicon Master simulator on http://{host}:{server.server_port}/", flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    finally:
        with server.one_at_a_time:
            server.server_close()
