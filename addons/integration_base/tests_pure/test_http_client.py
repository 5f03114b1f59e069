"""The HTTP client, over real HTTP on this machine."""

import io
import ipaddress
import json
import logging
import ssl
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    HttpClient,
    parse_retry_after,
)

SECRET = "t0ps3cret-value"
BODY = bytes(range(256)) * 2000


class Server:
    """A server that answers from a script: each path has a list of answers, the last repeated.

    An answer is a function of the handler, or ``(status, headers, body)``.
    """

    def __init__(self):
        self.answers = {}
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                server.requests.append((self.command, self.path, dict(self.headers), body))
                answers = server.answers[self.path.partition("?")[0]]
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if callable(answer):
                    answer(self)
                else:
                    self.answer(*answer)

            do_POST = do_HEAD = do_GET

            def answer(self, status, headers=(), body=b"", length=None):
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)
                self.wfile.flush()
                if length is not None:
                    self.close_connection = True

            def log_message(self, *_args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.http.server_port}/"

    @property
    def paths(self):
        return [path for _method, path, _headers, _body in self.requests]

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


@contextmanager
def serving():
    server = Server()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server():
    with serving() as server:
        yield server


@pytest.fixture
def slept():
    return []


@pytest.fixture
def client(server, slept):
    with HttpClient(server.url, timeout=5, sleep=slept.append) as client:
        yield client


class TestAnswers:
    def test_json(self, server, client):
        server.answers["/x"] = [(200, {"ETag": '"1"'}, b'{"a": [1]}')]
        response = client.get("x", params={"n": 1, "none": None, "q": "é&="})
        assert (response.status, response.json()) == (200, {"a": [1]})
        assert response.headers["etag"] == '"1"'
        assert server.paths == ["/x?n=1&q=%C3%A9%26%3D"]

    def test_not_json(self, server, client):
        server.answers["/x"] = [(200, {}, b"<html>")]
        with pytest.raises(PayloadError, match="no JSON"):
            client.get("x").json()

    def test_deep_json(self, server, client):
        server.answers["/x"] = [(200, {}, b"[" * 100_000)]
        with pytest.raises(PayloadError):
            client.get("x").json()

    @pytest.mark.parametrize(
        ("body", "said"), [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"<html>", {}), (b"", {})]
    )
    def test_json_object(self, server, client, body, said):
        server.answers["/x"] = [(200, {}, body)]
        assert client.get("x").json_object() == said

    def test_unchanged(self, server, client):
        server.answers["/x"] = [(304, {}, b"")]
        assert client.get("x", headers={"If-None-Match": '"1"'}).is_unchanged

    def test_post(self, server, client):
        server.answers["/x"] = [(200, {}, b"{}")]
        client.request("POST", "x", json={"a": 1})
        method, _path, headers, body = server.requests[0]
        assert (method, json.loads(body)) == ("POST", {"a": 1})
        assert headers["Content-Type"] == "application/json"

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, RejectedError),
            (401, AuthError),
            (403, AuthError),
            (404, RejectedError),
            (408, RetryableError),
            (410, RejectedError),
            (429, RetryableError),
            (500, RetryableError),
            (503, RetryableError),
        ],
    )
    def test_errors(self, server, client, status, error):
        server.answers["/x"] = [(status, {}, b"why")]
        with pytest.raises(error) as caught:
            client.request("POST", "x")
        assert str(status) in str(caught.value)
        if error is RejectedError:
            assert caught.value.code == status

    def test_too_large(self, server, client):
        server.answers["/x"] = [(200, {}, b"x" * 1001)]
        with pytest.raises(PayloadError, match="1,000 bytes"):
            client.get("x", max_bytes=1000)
        assert len(server.paths) == 1

    def test_too_large_without_saying_so(self, server, client):
        def endless(handler):
            handler.send_response(200)
            handler.end_headers()
            handler.close_connection = True
            for _ in range(100):
                handler.wfile.write(b"x" * 100)

        server.answers["/x"] = [endless]
        with pytest.raises(PayloadError):
            client.get("x", max_bytes=1000)

    def test_nobody_there(self, slept):
        with serving() as gone:
            url = gone.url
        with pytest.raises(RetryableError, match="failed or broke off"):
            HttpClient(url, sleep=slept.append).get()
        assert len(slept) == 3

    def test_silence(self, server):
        server.answers["/x"] = [lambda handler: threading.Event().wait(1)]
        client = HttpClient(server.url, timeout=0.1, max_retries=0)
        with pytest.raises(RetryableError, match="in time"):
            client.get("x")

    def test_trickle(self, server):
        def trickle(handler):
            handler.send_response(200)
            handler.end_headers()
            handler.close_connection = True
            for _ in range(50):
                handler.wfile.write(b"x")
                threading.Event().wait(0.02)

        server.answers["/x"] = [trickle]
        client = HttpClient(server.url, max_seconds=0.1, max_retries=0)
        with pytest.raises(RetryableError, match="more than 0.1 seconds"):
            client.get("x")


class TestWhetherItWasDone:
    """What a caller knows of a request that failed and may not simply be repeated."""

    def failing(self, client):
        with pytest.raises(RetryableError) as caught:
            client.request("POST", "x", data={"a": "1"})
        return caught.value

    def test_never_connected(self):
        with serving() as gone:
            url = gone.url
        assert not self.failing(HttpClient(url)).is_uncertain

    def test_no_answer_in_time(self, server):
        server.answers["/x"] = [lambda handler: threading.Event().wait(1)]
        assert self.failing(HttpClient(server.url, timeout=0.1)).is_uncertain

    def test_hung_up(self, server, client):
        server.answers["/x"] = [lambda handler: setattr(handler, "close_connection", True)]
        assert self.failing(client).is_uncertain

    def test_an_answer_cut_off(self, server, client):
        server.answers["/x"] = [lambda handler: handler.answer(200, {}, b"ab", length=10)]
        assert self.failing(client).is_uncertain

    @pytest.mark.parametrize(
        ("status", "is_uncertain"),
        [(429, False), (500, False), (502, True), (503, False), (504, True)],
    )
    def test_statuses(self, server, client, status, is_uncertain):
        server.answers["/x"] = [(status, {}, b"")]
        assert self.failing(client).is_uncertain is is_uncertain

    def test_the_form(self, server, client):
        server.answers["/x"] = [(200, {}, b"")]
        client.request("POST", "x", data={"grant_type": "a b", "secret": "ä&"})
        _verb, _path, headers, body = server.requests[-1]
        assert headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert body == b"grant_type=a+b&secret=%C3%A4%26"


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_refused_knows_how(server, client, status):
    server.answers["/x"] = [(status, {}, b"")]
    with pytest.raises(AuthError) as caught:
        client.get("x")
    assert caught.value.code == status


class TestPatience:
    def test_it_works_in_the_end(self, server, client, slept):
        server.answers["/x"] = [(500, {}, b""), (503, {}, b""), (200, {}, b"ok")]
        assert client.get("x").content == b"ok"
        assert 0.5 <= slept[0] <= 1 <= slept[1] <= 2

    def test_never_a_post(self, server, client, slept):
        server.answers["/x"] = [(500, {}, b"")]
        with pytest.raises(RetryableError):
            client.request("POST", "x")
        assert (len(server.paths), slept) == (1, [])

    def test_retry_after(self, server, client, slept):
        server.answers["/x"] = [(429, {"Retry-After": "7"}, b""), (200, {}, b"ok")]
        assert client.get("x").content == b"ok"
        assert slept == [7]

    def test_retry_after_too_long(self, server, client, slept):
        server.answers["/x"] = [(429, {"Retry-After": "3600"}, b"")]
        with pytest.raises(RetryableError) as caught:
            client.get("x")
        assert (caught.value.retry_after, slept, len(server.paths)) == (3600, [], 1)

    def test_it_ends(self, server, client, slept):
        server.answers["/x"] = [(500, {}, b"")]
        with pytest.raises(RetryableError):
            client.get("x")
        assert (len(server.paths), len(slept)) == (4, 3)

    def test_parse_retry_after(self):
        now = datetime(2026, 11, 22, 3, 0, tzinfo=timezone.utc)
        assert parse_retry_after("120") == 120
        assert parse_retry_after(format_datetime(now + timedelta(seconds=90), True), now) == 90
        assert parse_retry_after("Sun, 22 Nov 2026 02:59:00 GMT", now) == 0
        for nonsense in (None, "", "soon", "-5", "1e9", "²", "Sun, 99 Nov 2026"):
            assert parse_retry_after(nonsense, now) is None


class TestCredentials:
    @pytest.mark.parametrize(
        ("auth", "name", "value"),
        [
            (BearerAuth(SECRET), "Authorization", f"Bearer {SECRET}"),
            (BearerAuth(lambda: SECRET), "Authorization", f"Bearer {SECRET}"),
            (BasicAuth("jan", "é:x"), "Authorization", "Basic amFuOsOpOng="),
            (ApiKeyAuth("X-Api-Key", SECRET), "X-Api-Key", SECRET),
        ],
    )
    def test_header(self, server, auth, name, value):
        server.answers["/"] = [(200, {}, b"")]
        HttpClient(server.url, auth).get()
        assert server.requests[0][2][name] == value

    def test_query(self, server):
        server.answers["/"] = [(200, {}, b"")]
        HttpClient(server.url, ApiKeyAuth("key", SECRET, "query")).get(params={"a": 1})
        assert server.paths == [f"/?a=1&key={SECRET}"]

    @pytest.mark.parametrize("hop", [301, 302, 303, 307, 308])
    def test_redirect_at_home(self, server, hop):
        server.answers["/a"] = [(hop, {"Location": "/b?x=1"}, b"")]
        server.answers["/b"] = [(200, {}, b"ok")]
        assert HttpClient(server.url, BearerAuth(SECRET)).get("a").content == b"ok"
        assert server.requests[1][2]["Authorization"] == f"Bearer {SECRET}"

    def test_redirect_to_a_stranger(self, server):
        with serving() as stranger:
            server.answers["/a"] = [(302, {"Location": f"{stranger.url}b"}, b"")]
            with pytest.raises(RejectedError) as caught:
                HttpClient(server.url, BearerAuth(SECRET)).get("a")
            assert caught.value.code == "host"
            assert stranger.requests == []

    def test_redirect_to_a_friend(self, server):
        """Allowed to be spoken to is not: trusted with the key."""
        with serving() as friend:
            friend.answers["/b"] = [(200, {}, b"ok")]
            server.answers["/a"] = [(302, {"Location": f"{friend.url}b"}, b"")]
            allowed = [f"127.0.0.1:{friend.http.server_port}"]
            for auth in (BearerAuth(SECRET), ApiKeyAuth("key", SECRET, "query")):
                client = HttpClient(server.url, auth, allowed_hosts=allowed)
                assert client.get("a").content == b"ok"
            assert all(SECRET not in str(request) for request in friend.requests)

    def test_redirect_without_end(self, server, client):
        server.answers["/a"] = [(302, {"Location": "/a"}, b"")]
        with pytest.raises(RejectedError, match="without end"):
            client.get("a")
        assert len(server.paths) == 6

    def test_redirected_post(self, server, client):
        server.answers["/a"] = [(307, {"Location": "/b"}, b"")]
        with pytest.raises(RejectedError):
            client.request("POST", "a", json={})

    def test_cookies_are_not_kept(self, server, client):
        server.answers["/a"] = [(200, {"Set-Cookie": "session=1"}, b"")]
        client.get("a")
        client.get("a")
        assert "Cookie" not in server.requests[1][2]

    def test_netrc_is_not_read(self, server, client, tmp_path, monkeypatch):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login jan password x\n")
        monkeypatch.setenv("NETRC", str(netrc))
        server.answers["/a"] = [(200, {}, b"")]
        client.get("a")
        assert "Authorization" not in server.requests[0][2]

    def test_nothing_secret_is_said(self, server, caplog):
        caplog.set_level(logging.DEBUG, "odoo.addons.integration_base.http_client")
        server.answers["/x"] = [(500, {}, SECRET.encode())]
        for auth in (ApiKeyAuth("k", SECRET, "query"), BearerAuth(SECRET), BasicAuth("j", SECRET)):
            client = HttpClient(server.url, auth, max_retries=0)
            with pytest.raises(RetryableError) as caught:
                client.get("x")
            assert SECRET not in f"{caught.value}{auth!r}"
        assert "/x" in caplog.text
        assert SECRET not in caplog.text


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "http://erp.example.com/",
            "ftp://erp.example.com/",
            "file:///etc/passwd",
            "erp.example.com",
            "",
            "https://",
            "https://jan:secret@erp.example.com/",
            "https://erp.example.com\\@evil.example.com/",
            "https://erp.example.com/a b",
            "https://erp.example.com:port/",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
        ],
    )
    def test_no_base(self, url):
        with pytest.raises(RejectedError) as caught:
            HttpClient(url)
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example.com/",
            "//evil.example.com/x",
            "https://erp.example.com:8443/",
            "http://erp.example.com/",
            "https://erp.example.com@evil.example.com/",
            "https://erp.example.com.evil.example.com/",
            "https://erp.example.com\\.evil.example.com/",
            "http://127.0.0.1/",
            "http://[::1]/",
        ],
    )
    def test_elsewhere(self, url):
        with pytest.raises(RejectedError):
            HttpClient("https://erp.example.com/api/", max_retries=0).get(url)

    def test_other_spelling_of_the_same_host(self, server):
        server.answers["/x"] = [(200, {}, b"")]
        client = HttpClient(server.url.replace("127.0.0.1", "LOCALHOST"))
        client.get(server.url.replace("127.0.0.1", "localhost") + "x")
        assert server.paths == ["/x"]


class TestDownload:
    def download(self, client, **options):
        target = io.BytesIO()
        response = client.download("x", target, **options)
        assert response.size == len(target.getvalue())
        return target.getvalue()

    def test_whole(self, server, client):
        server.answers["/x"] = [(200, {}, BODY)]
        assert self.download(client) == BODY

    def test_too_large(self, server, client):
        server.answers["/x"] = [(200, {}, BODY)]
        with pytest.raises(PayloadError):
            self.download(client, max_bytes=len(BODY) - 1)

    def test_broken_and_continued(self, server, client):
        """Twice on the way; each time it goes on where it was."""
        ends = iter([300_000, 400_000, len(BODY)])

        def piece(handler):
            start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
            starts.append((start, handler.headers.get("If-Range")))
            headers = {"ETag": '"1"', "Accept-Ranges": "bytes"}
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
            end, length = next(ends), len(BODY) - start
            handler.answer(206 if start else 200, headers, BODY[start:end], length)

        starts = []
        server.answers["/x"] = [piece]
        assert self.download(client) == BODY
        assert [etag for _start, etag in starts] == [None, '"1"', '"1"']
        assert 0 < starts[1][0] <= 300_000 < starts[2][0] <= 400_000

    def test_changed_meanwhile(self, server, client):
        headers = {"ETag": '"1"', "Accept-Ranges": "bytes"}
        server.answers["/x"] = [
            lambda handler: handler.answer(200, headers, b"a" * 300_000, len(BODY)),
            (200, {"ETag": '"2"', "Accept-Ranges": "bytes"}, BODY),
        ]
        assert self.download(client) == BODY

    @pytest.mark.parametrize(
        "headers", [{}, {"ETag": '"1"'}, {"ETag": 'W/"1"', "Accept-Ranges": "bytes"}]
    )
    def test_broken_and_begun_again(self, server, client, headers):
        server.answers["/x"] = [
            lambda handler: handler.answer(200, headers, b"a" * 300_000, len(BODY)),
            (200, headers, BODY),
        ]
        assert self.download(client) == BODY
        assert "Range" not in server.requests[1][2]

    def test_continued_at_the_wrong_place(self, server, client):
        headers = {"ETag": '"1"', "Accept-Ranges": "bytes"}
        server.answers["/x"] = [
            lambda handler: handler.answer(200, headers, BODY[:300_000], len(BODY)),
            (206, {"ETag": '"1"', "Content-Range": "bytes 5-9/10"}, b"xxxxx"),
            (200, headers, BODY),
        ]
        assert self.download(client) == BODY

    def test_chunks_that_break_off(self, server, client):
        def broken(handler):
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"5\r\nhello\r\n")
            handler.close_connection = True

        server.answers["/x"] = [broken, (200, {}, BODY)]
        assert self.download(client) == BODY


class TestTls:
    @pytest.fixture
    def secure(self, tmp_path):
        key, certificate = _self_signed()
        bundle = tmp_path / "ca.pem"
        bundle.write_bytes(certificate)
        both = tmp_path / "server.pem"
        both.write_bytes(key + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        with serving() as server:
            server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
            server.answers["/x"] = [(200, {}, b"ok")]
            yield f"https://127.0.0.1:{server.http.server_port}/", bundle

    def test_own_certificate(self, secure):
        url, bundle = secure
        assert HttpClient(url, ca_bundle=bundle).get("x").content == b"ok"

    def test_unknown_certificate(self, secure, slept, monkeypatch):
        url, bundle = secure
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        with pytest.raises(RejectedError, match="cannot be trusted") as caught:
            HttpClient(url, sleep=slept.append).get("x")
        assert (caught.value.code, slept) == ("tls", [])

    def test_missing_bundle(self, secure, tmp_path):
        url, _bundle = secure
        with pytest.raises(IntegrationError, match=r"gone\.pem"):
            HttpClient(url, ca_bundle=tmp_path / "gone.pem").get("x")


def test_the_words_of_the_other_side(server, slept):
    """``explain`` reads what an error says, and may leave it to the status."""
    said = b'{"error": {"code": "ErrorItemNotFound"}}' + b" " * 1000
    server.answers["/gone"] = [(404, {"Location": "/elsewhere"}, said)]
    server.answers["/busy"] = [(503, {"Retry-After": "7"}, b"no JSON")]

    def explain(answer):
        if answer.status == 503:
            return None
        assert answer.content == said
        return RejectedError(answer.headers["location"], code=answer.json()["error"]["code"])

    client = HttpClient(server.url, explain=explain, sleep=slept.append, max_wait=5)
    with pytest.raises(RejectedError, match="/elsewhere") as caught:
        client.get("gone")
    assert caught.value.code == "ErrorItemNotFound"
    with pytest.raises(RetryableError) as caught:
        client.get("busy")
    assert caught.value.retry_after == 7


def test_words_that_come_in_pieces(server, slept):
    """Some servers send an error in many small chunks."""
    said = json.dumps({"error": {"code": "ErrorItemNotFound", "message": "x" * 900}}).encode()

    def in_pieces(handler):
        handler.send_response(404)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(said), 100):
            piece = said[start : start + 100]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.flush()
        handler.wfile.write(b"0\r\n\r\n")

    server.answers["/gone"] = [in_pieces]
    client = HttpClient(server.url, explain=lambda a: RejectedError(code=a.json()["error"]["code"]))
    with pytest.raises(RejectedError) as caught:
        client.get("gone")
    assert caught.value.code == "ErrorItemNotFound"


def _self_signed():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate.public_bytes(serialization.Encoding.PEM),
    )
