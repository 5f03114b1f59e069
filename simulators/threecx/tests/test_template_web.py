"""The step over a real socket."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulators.threecx.template_engine import Answer, Engine, HttpError, Sent, Template, UrllibHttp

from .templates import LOOKUP, NUMBER, crm, ended_call, person, report, value


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"people": [person()]})

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        self.server.bodies.append((dict(self.headers), self.rfile.read(size)))
        self.answer({}, 403 if "forbidden" in self.path else 200)

    def answer(self, value, status=200):
        self.server.paths.append(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_arguments):
        """Nothing on the screen."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.paths, served.bodies = [], []
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_lookup_and_journal(server):
    template = Template.parse(crm(LOOKUP + report(value("n", "[Name]"))))
    url = f"http://127.0.0.1:{server.server_port}"
    pbx = Engine(template, {"Url": url})
    (contact,) = pbx.lookup(NUMBER)
    (exchange,) = pbx.report_call(ended_call(contact=contact))
    assert server.paths == ["/find?phone=%2B32475123456", "/journal"]
    headers, body = server.bodies[0]
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"n": "Anne Dubois"}
    assert exchange.succeeded
    assert exchange.answer.status == 200


def test_a_refusal_is_an_answer(server):
    url = f"http://127.0.0.1:{server.server_port}/forbidden"
    answer = UrllibHttp()(Sent("POST", url, body=b"x"))
    assert answer.status == 403


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "crm.example/x", "file:///etc/hosts", "http://[/"]
)
def test_nobody_there(url):
    with pytest.raises(HttpError):
        UrllibHttp(timeout=1)(Sent("GET", url))


def test_not_more_requests_at_once_than_the_template_allows():
    under_way, most = [], []

    def slow(sent):
        under_way.append(sent)
        most.append(len(under_way))
        time.sleep(0.02)
        under_way.remove(sent)
        return Answer(200, b'{"people": []}')

    pbx = Engine(Template.parse(crm(connection='MaxConcurrentRequests="3"')), http=slow)
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(pbx.lookup, [f"+3247512{place:04d}" for place in range(24)]))
    assert len(most) == 24
    assert max(most) == 3
