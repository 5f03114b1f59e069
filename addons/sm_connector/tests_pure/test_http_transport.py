"""Fetching page by page: complete, resumed, unchanged, broken; against the simulated master."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import datetime
from pathlib import Path

import pytest

from odoo.addons.integration_base import http_client
from odoo.addons.integration_base.exceptions import AuthError, RejectedError, RetryableError
from odoo.addons.integration_base.http_client import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    HttpClient,
)
from odoo.addons.sm_connector.formats import FileError, FormatOptions
from odoo.addons.sm_connector.transports import (
    HttpRequest,
    HttpTransport,
    Paging,
    TransportError,
    http_transport,
    paging,
)
from odoo.addons.sm_connector.transports.spool import Spool

from simulators.silicon_master import Dialect, House, Settings
from simulators.silicon_master.server import running

STAMP = datetime(2027, 1, 12, 4, 0, 7)
ROOT = Path(__file__).resolve().parents[3]


LINES = 96  # of all orders of the first day


def new_house(folder):
    return House(folder / "state", folder / "drop", Settings.of_size("tiny"), Dialect())


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    with running(new_house(tmp_path_factory.mktemp("house"))) as server:
        yield server


@pytest.fixture
def server(request):
    """The simulated master; one of its own for a test that lets a night pass."""
    if "house" in request.fixturenames:
        with running(request.getfixturevalue("house")) as server:
            yield server
    else:
        server = request.getfixturevalue("shared_server")
        server.reset()
        yield server


@pytest.fixture
def house(tmp_path):
    return new_house(tmp_path / "house")


@pytest.fixture
def make(server, tmp_path):
    """Return what makes a transport of the simulated master's API."""

    def make(entity="orders", paging="link", format="json", last="", auth=None, **query):
        query = {"format": format, "paging": paging} | query
        names = {"link": "", "cursor": "next_cursor" if format == "json" else "X-Next-Cursor"}
        request = HttpRequest(
            f"{server.url}/api/{entity}?" + "&".join(f"{k}={v}" for k, v in query.items()),
            Paging(paging, size=7, next_name=names.get(paging, "")),
        )
        client = HttpClient(server.url, auth, timeout=5, sleep=lambda _seconds: None)
        return HttpTransport(client, request, tmp_path / "spool", last)

    return make


def read(transport, delivery):
    with transport.reader(delivery, "auto", FormatOptions(sample=1000), pytest.fail) as reader:
        rows = [tuple(cells) for _line, cells in reader]
    return sorted(rows)


def fetch(transport):
    [delivery] = transport.waiting()
    return delivery


def keep(transport):
    delivery = fetch(transport)
    return str(transport.archive(delivery, "done", STAMP, transport.checksum(delivery)))


class TestPages:
    @pytest.mark.parametrize("paging", ["none", "link", "offset", "cursor"])
    @pytest.mark.parametrize("format", ["json", "xml", "jsonl"])
    def test_same_rows(self, make, paging, format):
        whole = make(paging="none", format=format)
        expected = read(whole, fetch(whole))
        transport = make(paging=paging, format=format)
        delivery = fetch(transport)
        assert read(transport, delivery) == expected
        assert len(delivery.parts) == (1 if paging == "none" else 5)
        assert delivery.name.endswith(f".{format}")
        assert delivery.size == sum(part.stat().st_size for part in delivery.parts)
        assert len(transport.checksum(delivery)) == 64

    def test_end_without_a_count(self, make, monkeypatch):
        """Counting on until a page is empty."""
        monkeypatch.setattr(paging, "total_of", lambda _response: None)
        transport = make(paging="offset")
        delivery = fetch(transport)
        assert len(delivery.parts) == 6
        assert len(read(transport, delivery)) == LINES

    def test_number_of_pages(self, make, monkeypatch):
        monkeypatch.setattr(http_transport, "MAX_PAGES", 3)
        with pytest.raises(FileError) as caught:
            make().waiting()
        assert caught.value.cause == "too_large"

    def test_bytes_of_all_pages(self, make):
        transport = make()
        transport.request.__dict__["max_bytes"] = 9000
        with pytest.raises(FileError, match="bytes allowed"):
            transport.waiting()

    def test_check_and_glance(self, make, server, tmp_path):
        transport = make()
        assert "json, 30 records" in transport.check()
        with transport.glance() as delivery:
            assert len(delivery.parts) == 1
            with transport.reader(delivery, "auto", FormatOptions(), pytest.fail) as reader:
                assert next(iter(reader))
        assert len(server.requests()) == 2
        assert transport.here() == []
        assert not list((tmp_path / "spool").glob(".glance-*"))

    def test_two_at_once(self, make):
        transport = make()
        with transport._alone(), pytest.raises(TransportError, match="somebody else"):
            make().waiting()

    def test_since(self, make, server):
        transport = make(entity="contacts", paging="none")
        transport.request.__dict__["since"] = ("modified_since", "2099-01-01T00:00:00")
        delivery = fetch(transport)
        assert delivery.size < 500
        assert server.requests()[0]["query"]["modified_since"] == "2099-01-01T00:00:00"


class TestUnchanged:
    @pytest.mark.parametrize("paging", ["none", "link", "offset", "cursor"])
    def test_nothing_new(self, make, server, paging):
        last = keep(make(paging=paging))
        server.reset()
        transport = make(paging=paging, last=last)
        assert transport.waiting() == []
        assert {request["status"] for request in server.requests()} == {304}
        assert transport.here() == []
        kept = transport.kept(last)
        assert read(transport, kept) and transport.checksum(kept)

    def test_one_page_changed(self, make, server, tmp_path):
        """The other pages are not sent again."""
        last = keep(make())
        manifest = Path(last) / "manifest.jsonl"
        lines = manifest.read_text().splitlines(True)
        changed = lines[2].replace('"etag": "\\"', '"etag": "\\"x')
        changed = changed.replace('"sha256": "', '"sha256": "0')
        manifest.write_text("".join([*lines[:2], changed, *lines[3:]]))
        server.reset()
        transport = make(last=last)
        delivery = fetch(transport)
        statuses = [request["status"] for request in server.requests()]
        assert statuses == [304, 200, 304, 304, 304, 304]
        assert len(read(transport, delivery)) == LINES

    def test_new_night(self, make, house):
        last = keep(make(entity="contacts"))
        house.night()
        assert make(entity="contacts", last=last).waiting()

    def test_kept_pages_of_another_request(self, make):
        last = keep(make())
        assert make(paging="cursor", last=last).waiting()

    def test_kept_elsewhere(self, make, tmp_path):
        elsewhere = Path(keep(make())).rename(tmp_path / "elsewhere")
        assert make().kept(str(elsewhere)) is None
        (tmp_path / "secret.json").write_text("[]")
        transport = make()
        assert transport.kept(str(tmp_path / "secret.json")) is None
        assert transport.kept("/etc/passwd") is None
        assert transport.kept("") is None

    def test_upload_kept_instead(self, make, tmp_path):
        folder = tmp_path / "spool" / "done" / "2026-11"
        folder.mkdir(parents=True)
        (folder / "20261122T040000_abcdef01_orders.json").write_text('[{"number": "1"}]')
        transport = make()
        kept = transport.kept(str(folder / "20261122T040000_abcdef01_orders.json"))
        assert read(transport, kept) == [("1",)]
        assert len(transport.checksum(kept)) == 64


class TestResume:
    def test_pages_are_not_fetched_twice(self, make, server):
        server.control(fail=[{"kind": "error500", "skip": 3, "times": 99}])
        transport = make()
        with pytest.raises(RetryableError):
            transport.waiting()
        assert transport.here() == []
        server.reset()
        delivery = fetch(make())
        assert len(read(transport, delivery)) == LINES
        # is the first page still the same, then the two that were missing, and once more the first
        assert [request["status"] for request in server.requests()] == [304, 200, 200, 304]

    def test_another_night_meanwhile(self, make, server, house):
        server.control(fail=[{"kind": "error500", "skip": 3, "times": 99}])
        with pytest.raises(RetryableError):
            make().waiting()
        server.reset()
        house.night()
        delivery = fetch(make())
        fetched = [request for request in server.requests() if request["status"] == 200]
        assert len(fetched) == len(delivery.parts) + 1

    def test_pages_of_yesterday(self, make, server, monkeypatch):
        server.control(fail=[{"kind": "error500", "skip": 3, "times": 99}])
        with pytest.raises(RetryableError):
            make().waiting()
        server.reset()
        monkeypatch.setattr(http_transport, "MAX_AGE", -1)
        fetch(make())
        assert [request["status"] for request in server.requests()][:2] == [200, 200]

    def test_damaged_page(self, make, server, tmp_path):
        server.control(fail=[{"kind": "error500", "skip": 3, "times": 99}])
        with pytest.raises(RetryableError):
            make().waiting()
        server.reset()
        page = tmp_path / "spool" / "spool" / "page_00002"
        page.write_bytes(b" " * page.stat().st_size)
        assert len(read(make(), fetch(make()))) == LINES

    def test_not_put_away(self, make, server):
        """A process killed before it put the delivery away gives the same one again."""
        first = fetch(make())
        checksum = make().checksum(first)
        server.reset()
        again = fetch(make())
        assert (again.name, make().checksum(again)) == (first.name, checksum)
        assert all(request["status"] == 304 for request in server.requests())

    def test_killed(self, make, server, tmp_path):
        """A real process, killed while a page is coming."""
        script = textwrap.dedent(
            f"""
            import sys
            sys.path[:0] = {[str(ROOT), *sys.path]!r}
            import conftest
            from odoo.addons.integration_base.http_client import HttpClient
            from odoo.addons.sm_connector.transports import HttpRequest, HttpTransport, Paging
            client = HttpClient({server.url!r})
            request = HttpRequest({make().request.url!r}, Paging("link", size=7))
            HttpTransport(client, request, {str(tmp_path / "spool")!r}).waiting()
            """
        )
        server.control(fail=[{"kind": "slow", "skip": 2, "times": 99, "seconds": 30}])
        process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        manifest = tmp_path / "spool" / "spool" / "manifest.jsonl"
        deadline = time.monotonic() + 20
        while not manifest.exists() or manifest.read_text().count("\n") < 3:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        server.reset()
        delivery = fetch(make())
        assert len(read(make(), delivery)) == LINES
        assert sum(request["status"] == 200 for request in server.requests()) == 3


class TestFailures:
    @pytest.mark.parametrize(
        "rule",
        [
            {"kind": "error500"},
            {"kind": "error503", "retry_after": 1},
            {"kind": "throttled", "retry_after": "date", "seconds": 2},
            {"kind": "cut"},
            {"kind": "cut", "skip": 2, "times": 2},
            {"kind": "duplicate_page", "skip": 2},
            {"kind": "not_json", "skip": 1},
            {"kind": "cursor_expired", "skip": 2},
        ],
    )
    def test_it_heals(self, make, server, rule):
        whole = make(paging="none")
        expected = read(whole, fetch(whole))
        server.control(fail=[{"times": 1} | rule])
        transport = make(paging="link" if rule["kind"] == "duplicate_page" else "cursor")
        assert read(transport, fetch(transport)) == expected

    def test_cut_page_is_continued(self, make, server, tmp_path, monkeypatch):
        whole = fetch(make(entity="contacts", paging="none")).parts[0].read_bytes()
        make(entity="contacts", paging="none")._begin(Spool(tmp_path / "spool" / "spool"))
        server.reset()
        monkeypatch.setattr(http_client, "CHUNK", 1000)
        server.control(fail=[{"kind": "cut", "times": 1, "at": 3500}])
        again = fetch(make(entity="contacts", paging="none")).parts[0].read_bytes()
        assert again == whole
        ranges = [request["headers"].get("Range") for request in server.requests()]
        assert ranges == [None, "bytes=3000-"]

    @pytest.mark.parametrize("kind", ["missing_page", "empty_page"])
    def test_a_page_is_missing(self, make, server, kind):
        server.control(fail=[{"kind": kind, "skip": 2, "times": 99}])
        transport = make(entity="contacts")
        with pytest.raises(FileError) as caught:
            read(transport, fetch(transport))
        assert caught.value.cause in ("truncated", "trailer_mismatch", "no_rows", "empty")

    def test_web_page(self, make, server):
        server.control(fail=[{"kind": "wrong_type", "times": 99}])
        with pytest.raises(FileError, match="web page"):
            make().waiting()
        with pytest.raises(FileError, match="web page"):
            make().check()

    def test_never_json(self, make, server):
        server.control(fail=[{"kind": "not_json", "times": 99}])
        with pytest.raises(FileError, match="comes broken each time"):
            make().waiting()

    def test_redirected_to_another_host(self, make, server):
        server.control(fail=[{"kind": "redirect", "times": 99}])
        with pytest.raises(RejectedError) as caught:
            make().waiting()
        assert caught.value.code == "host"

    def test_full_disk(self, make, tmp_path, monkeypatch):
        def full(*_args, **_options):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(http_transport.os, "link", full)
        monkeypatch.setattr(HttpClient, "download", full)
        with pytest.raises(TransportError, match="No space left"):
            make().waiting()

    def test_link_to_a_stranger(self, make, server, monkeypatch):
        transport = make()
        evil = "https://evil.example.com/next"
        monkeypatch.setattr(Paging, "following", lambda *_args: evil)
        with pytest.raises(RejectedError) as caught:
            transport.waiting()
        assert caught.value.code == "host"


class TestCredentials:
    @pytest.mark.parametrize(
        ("kind", "auth"),
        [
            ("bearer", BearerAuth("silicon-token")),
            ("basic", BasicAuth("odoo", "silicon-password")),
            ("api_key", ApiKeyAuth("X-Api-Key", "silicon-key")),
            ("api_key", ApiKeyAuth("api_key", "silicon-key", "query")),
        ],
    )
    def test_accepted(self, make, server, kind, auth, tmp_path):
        server.control(auth=kind)
        with pytest.raises(AuthError):
            make().waiting()
        transport = make(auth=auth)
        assert len(read(transport, fetch(transport))) == LINES
        manifest = (tmp_path / "spool" / "spool" / "manifest.jsonl").read_text()
        assert "silicon-" not in manifest


def test_archive(make, tmp_path):
    transport = make()
    delivery = fetch(transport)
    checksum = transport.checksum(delivery)
    path = transport.archive(delivery, "done", STAMP, checksum)
    assert path.parent == tmp_path / "spool" / "done" / "2027-01"
    assert path.name.startswith(f"20270112T040007_{checksum[:8]}_orders_")
    assert transport.here() == []
    with pytest.raises(ValueError, match="unknown outcome"):
        transport.archive(delivery, "lost", STAMP, checksum)
